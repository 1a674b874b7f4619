//! What a prune is refused for before anything is asked of a service.

use proved_transfer::copy::{Claim, Located, Verify};
use proved_transfer::delete::{Mode, Request, TRASH, in_trash};
use serde_json::Value;

use super::flow::{PruneParameters, STEP};
use crate::config::{Config, DeletionMode};
use crate::copy::{collection, path_on};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;

/// What every name beside a pruned folder begins with; no prune is of one.
const ASIDE: &str = ".prune-";

/// A prune that is not refused at once.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) source: StorageEndpoint,
    /// None where a retention rule lets the last copy go.
    pub(super) check: Option<StorageEndpoint>,
    path: String,
    /// Where the copy lies on the check endpoint: for what lies in the trash, where it lay before.
    check_path: String,
    verify: Verify,
    retention: chrono::TimeDelta,
}

impl Target {
    /// Resolves and checks the parameters.
    pub(super) fn new(config: &Config, parameters: &PruneParameters) -> Result<Self, Failure> {
        let source = configured(config, &parameters.source_endpoint)?;
        collection(&source, STEP)?;
        let path = parameters.relative_path.as_str();
        path_on(&source, path, STEP)?;
        let before = in_trash(path);
        not_ours(path, before)?;
        not_above_a_root(config, &source, path)?;
        never_delete(config, &source, path)?;
        if let Some(before) = before {
            never_delete(config, &source, before)?;
        }
        let check = match &parameters.check_endpoint {
            Value::Null => None,
            given => Some(configured(config, given)?),
        };
        let retention = match &check {
            Some(check) => {
                collection(check, STEP)?;
                proves(config, &source, check)?;
                chrono::TimeDelta::zero()
            }
            None => retention(config, &source, path)?,
        };
        Ok(Self {
            check_path: before.unwrap_or(path).to_owned(),
            path: path.to_owned(),
            verify: parameters.verify,
            source,
            check,
            retention,
        })
    }

    /// What is asked of the deleter. What lies in the trash has been there long enough: it is not moved again.
    pub(super) fn to_request(&self, config: &Config, dry_run: bool) -> Request<'_> {
        let claim = match &self.check {
            Some(check) => Claim::Copy {
                witness: Located {
                    endpoint: check,
                    path: &self.check_path,
                },
                by: self.verify,
            },
            None => Claim::Retention { age: self.retention },
        };
        let mode = match config.deletion() {
            _ if dry_run => Mode::Report,
            DeletionMode::Report => Mode::Report,
            DeletionMode::Quarantine if in_trash(&self.path).is_none() => Mode::Quarantine,
            DeletionMode::Quarantine | DeletionMode::On => Mode::Delete,
        };
        Request {
            subject: self.subject(),
            claim,
            mode,
            limits: config.pruning().limits(),
        }
    }

    pub(super) fn subject(&self) -> Located<'_> {
        Located {
            endpoint: &self.source,
            path: &self.path,
        }
    }
}

/// Whether a refusal will be the same tomorrow: it was of the request itself.
pub(super) fn is_for_good(code: &str) -> bool {
    matches!(
        code,
        "path"
            | "config"
            | "no_rule"
            | "no_check_endpoint"
            | "never_delete"
            | "endpoint_root"
            | "raw_data"
            | "dropped"
            | "export_control"
    )
}

/// An endpoint of the configuration, by key or by the incumbent's document. A document that means another
/// place than the configuration's endpoint of that name is refused: the table of rules goes by names.
pub(super) fn configured(config: &Config, value: &Value) -> Result<StorageEndpoint, Failure> {
    let refused = |text: String| Failure::new(STEP, "config", text);
    let given = config
        .endpoint_from_parameter(value)
        .map_err(|error| refused(error.to_string()))?;
    let known = config
        .endpoint(given.key().as_str())
        .map_err(|error| refused(error.to_string()))?;
    if !known.same_place(&given) {
        return Err(refused(format!(
            "the endpoint {} of the parameters is another place than that of {}",
            given.key(),
            config.file()
        )));
    }
    Ok(known.clone())
}

fn proves(config: &Config, source: &StorageEndpoint, check: &StorageEndpoint) -> Result<(), Failure> {
    let (source, check) = (source.key(), check.key());
    if config
        .site()
        .prune_rule(source.as_str(), check.as_str())
        .is_some()
    {
        return Ok(());
    }
    let text = format!("a copy on {check} does not prove the one on {source}");
    Err(Failure::new(STEP, "no_rule", text))
}

/// Of the trash only what lies in it; nothing that a prune has set aside.
fn not_ours(path: &str, before: Option<&str>) -> Result<(), Failure> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    if path.split('/').any(|part| part.starts_with(ASIDE)) {
        let text = format!("{path:?} was set aside by a prune: run that prune again, with its run id");
        return Err(Failure::new(STEP, "path", text));
    }
    if parts.next() == Some(TRASH) && before.is_none() {
        let text = "the trash is emptied item by item, each when its time comes";
        return Err(Failure::new(STEP, "path", text));
    }
    Ok(())
}

/// Refuses the root of an endpoint of the configuration, under whatever name, and any folder above one.
fn not_above_a_root(config: &Config, source: &StorageEndpoint, path: &str) -> Result<(), Failure> {
    let here = path_on(source, path, STEP)?;
    for other in config.endpoints().values().filter(|other| near(source, other)) {
        if other.root().is_ok_and(|root| is_below(&root, &here)) {
            let text = format!(
                "{here:?} on {} is the root of {} or lies above it",
                source.key(),
                other.key()
            );
            return Err(Failure::new(STEP, "endpoint_root", text));
        }
    }
    Ok(())
}

/// Refuses what `never_delete` keeps, what lies in it, and what it lies in.
fn never_delete(config: &Config, source: &StorageEndpoint, path: &str) -> Result<(), Failure> {
    let here = path_on(source, path, STEP)?;
    let relative: String = path
        .split('/')
        .filter(|part| !part.is_empty())
        .flat_map(|part| ["/", part])
        .collect();
    for kept in config.pruning().never_delete() {
        let meets = |text: &str, one: &str| is_below(text, one) || is_below(one, text);
        let hit = match kept.endpoint() {
            None => meets(&here, kept.path()) || meets(&relative, kept.path()),
            Some(key) => config
                .endpoints()
                .get(key)
                .filter(|endpoint| near(source, endpoint))
                .and_then(|endpoint| endpoint.root().ok())
                // A path may be written as the collection shows it, or from the endpoint's root.
                .is_some_and(|root| {
                    meets(&here, &(root.clone() + kept.path()))
                        || (!root.is_empty() && is_below(kept.path(), &root) && meets(&here, kept.path()))
                }),
        };
        if hit {
            let text = format!("never_delete keeps {:?} on {}", kept.path(), source.key());
            return Err(Failure::new(STEP, "never_delete", text));
        }
    }
    Ok(())
}

/// The age at which the last copy may go: only by a rule of the configuration, only where nothing raw lies.
fn retention(config: &Config, source: &StorageEndpoint, path: &str) -> Result<chrono::TimeDelta, Failure> {
    let Some(age) = config.pruning().retention(source.key().as_str()) else {
        let text = "without a check endpoint nothing proves that another copy stands, and no `retention` rule lets \
                    the last one go";
        return Err(Failure::new(STEP, "no_check_endpoint", text));
    };
    let here = path_on(source, path, STEP)?;
    let raw = config
        .site()
        .raw_only
        .iter()
        .filter_map(|key| config.endpoints().values().find(|one| one.key().as_str() == *key));
    let meets_raw = raw
        .filter(|raw| near(source, raw))
        .filter_map(|raw| raw.root().ok())
        .any(|root| is_below(&here, &root) || is_below(&root, &here));
    if config.site().holds_raw(source.key().as_str()) || meets_raw {
        let text = format!(
            "raw data lies on {} there: its last copy is never deleted",
            source.key()
        );
        return Err(Failure::new(STEP, "raw_data", text));
    }
    Ok(age)
}

/// Whether two endpoints may show the same files: one collection, or collections of one host.
fn near(one: &StorageEndpoint, other: &StorageEndpoint) -> bool {
    let same_collection = matches!((one.uuid(), other.uuid()), (Ok(a), Ok(b)) if a.eq_ignore_ascii_case(b));
    same_collection || (!one.uri().is_empty() && one.uri() == other.uri())
}

/// Whether `path` is `folder` or lies below it; both absolute, without a slash at the end.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_by_whole_names() {
        assert!(is_below("/a/b", "/a") && is_below("/a", "/a") && is_below("/a", ""));
        assert!(!is_below("/ab", "/a") && !is_below("/a", "/a/b"));
    }
}
