//! Faults from text.

use std::str::FromStr;
use std::time::Duration;

use super::{Aim, FaultSpec, RequestEffect, TaskEffect, TaskFilter, When};
use crate::operations::{OPERATIONS, glob};

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

fn request_aim(target: &str, effect: &str, keys: &mut Keys<'_>) -> Result<Aim, String> {
    if !OPERATIONS.iter().any(|operation| glob(target, operation)) {
        return Err(format!(
            "no operation is called {target:?}; known are `task` and {}",
            OPERATIONS.join(", ")
        ));
    }
    let (name, value) = split(effect);
    let effect = match (name, value) {
        ("status", Some(code)) => RequestEffect::Status {
            code: code
                .parse()
                .ok()
                .filter(|code| (400..600).contains(code))
                .ok_or_else(|| format!("status={code}: expected 400 to 599"))?,
            retry_after: keys.number("retry-after")?.map(Duration::from_secs),
        },
        ("html", None) => RequestEffect::Html,
        ("401", None) => RequestEffect::Unauthorized,
        ("reset-before", None) => RequestEffect::ResetBefore,
        ("reset-after", None) => RequestEffect::ResetAfter,
        ("truncate", None) => RequestEffect::Truncate,
        ("hold", name) => RequestEffect::Hold(hold_name(name)?),
        _ => {
            return Err(format!(
                "{effect:?} is no effect on a request; known are status=N, html, 401, reset-before, \
                 reset-after, truncate, hold[=NAME]"
            ));
        }
    };
    Ok(Aim::Requests {
        operations: target.to_owned(),
        effect,
    })
}

fn task_aim(effect: &str, keys: &mut Keys<'_>) -> Result<Aim, String> {
    let filter = TaskFilter {
        source: keys.text("source"),
        destination: keys.text("destination"),
    };
    let effect = match split(effect) {
        ("fail", None) => TaskEffect::Fail {
            code: keys.text("code").unwrap_or_else(|| "ENDPOINT_ERROR".to_owned()),
        },
        ("file-not-found", None) => TaskEffect::Stuck {
            nice_status: "FILE_NOT_FOUND",
        },
        ("permission-denied", None) => TaskEffect::Stuck {
            nice_status: "PERMISSION_DENIED",
        },
        ("inactive", None) => TaskEffect::Inactive,
        ("hold", name) => TaskEffect::Hold(hold_name(name)?),
        ("corrupt", None) => TaskEffect::Corrupt,
        _ => {
            return Err(format!(
                "{effect:?} is no effect on a task; known are fail, file-not-found, permission-denied, \
                 inactive, hold[=NAME], corrupt"
            ));
        }
    };
    Ok(Aim::Tasks { filter, effect })
}

fn split(effect: &str) -> (&str, Option<&str>) {
    match effect.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (effect, None),
    }
}

fn hold_name(name: Option<&str>) -> Result<String, String> {
    match name {
        None => Ok("hold".to_owned()),
        Some("" | "*") => Err("a hold needs a name other than `*`".to_owned()),
        Some(name) => Ok(name.to_owned()),
    }
}

/// The `key=value` parts, each to be taken once.
struct Keys<'a>(Vec<(&'a str, &'a str)>);

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

    fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(str::to_owned)
    }

    fn number(&mut self, key: &str) -> Result<Option<u64>, String> {
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
        ] {
            format!("task:{effect},source=data832,nth=2")
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
            ("task:hold=", "needs a name"),
        ] {
            let error = text.parse::<FaultSpec>().unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
