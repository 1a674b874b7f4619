//! Which flow serves a run.

use super::flow::Flow;

/// The flows of a worker.
#[derive(Debug, Default)]
pub(crate) struct Registry(Vec<Flow>);

impl Registry {
    pub(crate) fn add(&mut self, flow: Flow) {
        self.0.push(flow);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(Flow::name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The flow of a run: by deployment and pool, then by deployment, then by the flow's name if that is clear.
    pub(crate) fn find(&self, deployment: Option<&str>, pool: &str, flow: &str) -> Option<&Flow> {
        let bound = |wanted: Option<&str>| {
            self.0.iter().find(|one| {
                one.deployments()
                    .iter()
                    .any(|(name, of)| Some(name.as_str()) == deployment && of.as_deref() == wanted)
            })
        };
        bound(Some(pool))
            .or_else(|| bound(None))
            .or_else(|| self.by_name(flow))
    }

    fn by_name(&self, name: &str) -> Option<&Flow> {
        let named: Vec<&Flow> = self.0.iter().filter(|flow| flow.name() == name).collect();
        match named.as_slice() {
            [one] => Some(one),
            several => {
                let mut unbound = several.iter().filter(|flow| flow.deployments().is_empty());
                let first = unbound.next();
                if unbound.next().is_some() {
                    None
                } else {
                    first.copied()
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(name: &str) -> Flow {
        Flow::new(name, |_, (): ()| async { Ok::<_, String>(()) })
    }

    fn version<'a>(
        registry: &'a Registry,
        deployment: Option<&str>,
        pool: &str,
        name: &str,
    ) -> Option<&'a str> {
        registry.find(deployment, pool, name)?.version_text()
    }

    #[test]
    fn a_run_goes_by_deployment_and_pool_then_deployment_then_name() {
        let mut registry = Registry::default();
        registry.add(flow("dispatcher").version("a").deployment_in("run", "pool-a"));
        registry.add(flow("dispatcher").version("b").deployment("run"));
        registry.add(flow("copy").version("c"));
        let find = |deployment, pool, name| version(&registry, deployment, pool, name);
        assert_eq!(find(Some("run"), "pool-a", "dispatcher"), Some("a"));
        assert_eq!(find(Some("run"), "pool-b", "dispatcher"), Some("b"));
        assert_eq!(find(Some("other"), "pool-a", "copy"), Some("c"));
        // Two of one name, and nothing else to go by.
        assert_eq!(find(Some("other"), "pool-a", "dispatcher"), None);
        assert_eq!(find(None, "pool-a", "nothing"), None);
        assert_eq!(registry.names(), ["copy", "dispatcher"]);
    }

    #[test]
    fn of_two_with_one_name_the_one_that_is_bound_to_nothing_serves() {
        let mut registry = Registry::default();
        registry.add(flow("dispatcher").version("a").deployment_in("run", "pool-a"));
        registry.add(flow("dispatcher").version("b"));
        assert_eq!(version(&registry, None, "x", "dispatcher"), Some("b"));
    }
}
