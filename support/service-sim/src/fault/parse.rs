//! Faults from text.

use std::str::FromStr;

use super::effects::{job_aim, request_aim, task_aim};
use super::{FaultSpec, When};

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fault {spec:?}: {why}")]
#[non_exhaustive]
pub struct FaultSpecError {
    /// The text.
    pub spec: String,
    /// What is wrong with it.
    pub why: String,
}

impl FromStr for FaultSpec {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        parse(text).map_err(|why| FaultSpecError {
            spec: text.to_owned(),
            why,
        })
    }
}

fn parse(text: &str) -> Result<FaultSpec, String> {
    let (target, rest) = text
        .split_once(':')
        .ok_or("expected TARGET:EFFECT[,key=value…]")?;
    let mut parts = rest.split(',');
    let effect = parts.next().unwrap_or_default();
    let mut keys = Keys::new(parts)?;
    let (aim, once) = if target == "task" {
        (task_aim(effect, &mut keys)?, false)
    } else if target == "job" {
        (job_aim(effect, &mut keys)?, false)
    } else {
        (request_aim(target, effect, &mut keys)?, effect == "401")
    };
    let mut when = When {
        nth: keys.number("nth")?,
        times: keys.number("times")?,
        rate: keys.rate()?,
    };
    keys.finish()?;
    if once && when == When::default() {
        // Each new token would be refused too, and no client could get on.
        when.times = Some(1);
    }
    Ok(FaultSpec {
        text: text.to_owned(),
        aim,
        when,
    })
}

/// The `key=value` parts, each to be taken once.
pub(super) struct Keys<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Keys<'a> {
    fn new(parts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut keys: Vec<(&str, &str)> = Vec::new();
        for part in parts {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("{part:?}: expected key=value"))?;
            if keys.iter().any(|(known, _)| *known == key) {
                return Err(format!("{key} is given twice"));
            }
            keys.push((key, value));
        }
        Ok(Self(keys))
    }

    fn take(&mut self, key: &str) -> Option<&'a str> {
        let at = self.0.iter().position(|(known, _)| *known == key)?;
        Some(self.0.swap_remove(at).1)
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(str::to_owned)
    }

    pub(super) fn number(&mut self, key: &str) -> Result<Option<u64>, String> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let least = u64::from(key != "retry-after");
        match value.parse() {
            Ok(n) if n >= least => Ok(Some(n)),
            _ => Err(format!("{key}={value}: expected a whole number from {least}")),
        }
    }

    fn rate(&mut self) -> Result<Option<f64>, String> {
        let Some(value) = self.take("rate") else {
            return Ok(None);
        };
        match value.parse() {
            Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(Some(rate)),
            _ => Err(format!("rate={value}: expected a number from 0 to 1")),
        }
    }

    fn finish(self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((key, _)) => Err(format!("{key} is no key of this effect")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::OPERATIONS;

    #[test]
    fn every_form_of_the_help_is_read() {
        let examples = FaultSpec::help().split("Examples:").nth(1).unwrap();
        let examples: Vec<&str> = examples
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        assert!(examples.len() > 3);
        for text in examples {
            assert_eq!(text.parse::<FaultSpec>().unwrap().to_string(), text);
        }
        for effect in [
            "status=500",
            "html",
            "401",
            "reset-before",
            "reset-after",
            "truncate",
            "hold",
            "hold=x",
            "hold-before",
            "hold-before=x",
            "stall",
            "stall=x",
            "latency=20",
            "duplicate",
            "skew=-7200",
        ] {
            format!("scicat.*:{effect}").parse::<FaultSpec>().unwrap();
        }
        for effect in [
            "fail",
            "fail,code=X",
            "file-not-found",
            "permission-denied",
            "inactive",
            "corrupt",
            "hold",
            "disk-full",
            "quota",
            "stall",
            "expire",
            "skipped",
            "truncate",
            "slow=1000",
            "skew=3600",
        ] {
            format!("task:{effect},source=data832,nth=2")
                .parse::<FaultSpec>()
                .unwrap();
        }
        for effect in [
            "fail",
            "fail,exit=3",
            "timeout",
            "oom",
            "node-fail",
            "boot-fail",
            "deadline",
            "preempt",
            "hold=x",
        ] {
            format!("job:{effect},name=recon*,nth=2")
                .parse::<FaultSpec>()
                .unwrap();
        }
    }

    #[test]
    fn the_help_names_every_operation() {
        for operation in OPERATIONS.iter().filter(|name| name.starts_with("transfer.")) {
            assert!(FaultSpec::help().contains(operation), "{operation}");
        }
    }

    #[test]
    fn mistakes_are_explained() {
        for (text, why) in [
            ("transfer.submit", "TARGET:EFFECT"),
            ("transfer.submitt:html", "no operation is called"),
            ("transfer.submit:explode", "no effect on a request"),
            ("transfer.submit:status=200", "400 to 599"),
            ("transfer.submit:html,nth=0", "whole number from 1"),
            ("transfer.submit:html,rate=2", "0 to 1"),
            ("transfer.submit:html,often", "key=value"),
            ("transfer.submit:html,nth=1,nth=2", "twice"),
            ("transfer.submit:html,source=x", "no key"),
            ("task:html", "no effect on a task"),
            ("job:corrupt", "no effect on a job"),
            ("task:hold=", "needs a name"),
            ("transfer.ls:hold-before=*", "needs a name"),
            ("transfer.ls:latency=soon", "whole number from 1"),
            ("transfer.ls:skew=0.5", "number of seconds"),
            ("scicat.*:stale", "can be stale"),
            ("task:slow=0", "whole number from 1"),
        ] {
            let error = text.parse::<FaultSpec>().unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
