//! How long copies stay, as staff set it.

use chrono::TimeDelta;
use serde_json::Value;

use crate::failure::Failure;
use crate::scheduler::Scheduler;

const STEP: &str = "preflight";
/// The Prefect variable (or key under `variables` in config.yml) that holds the days until copies are pruned.
pub const VARIABLE: &str = "bl832-settings";
const SECONDS_PER_DAY: f64 = 86_400.0;
/// Longer than any disk lasts, and still a date that every service can store.
const MOST_DAYS: f64 = 36_500.0;

/// Checks a value for [`VARIABLE`] as every run does before its first effect.
///
/// # Errors
/// A delay is missing, or no number of days from 0.
pub fn check_variable(value: &Value) -> Result<(), Failure> {
    Retention::parse(value).map(|_| ())
}

/// The delays of the two prunes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retention {
    pub(super) spot832: TimeDelta,
    pub(super) data832: TimeDelta,
}

impl Retention {
    /// Reads the variable `bl832-settings`.
    pub(super) async fn read(scheduler: &dyn Scheduler) -> Result<Self, Failure> {
        Self::parse(&variable(scheduler, VARIABLE).await?)
    }

    fn parse(value: &Value) -> Result<Self, Failure> {
        let value = document(value);
        Ok(Self {
            spot832: days(&value, VARIABLE, "delete_spot832_files_after_days")?,
            data832: days(&value, VARIABLE, "delete_data832_files_after_days")?,
        })
    }
}

/// How long the copies of results stay, and those of the scans beside them.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResultRetention {
    pub(super) data832: TimeDelta,
    pub(super) nersc: TimeDelta,
}

impl ResultRetention {
    /// Reads the variable `pruning-config`.
    pub(super) async fn read(scheduler: &dyn Scheduler) -> Result<Self, Failure> {
        let value = document(&variable(scheduler, PRUNING).await?);
        Ok(Self {
            data832: days(&value, PRUNING, "delete_data832_files_after_days")?,
            nersc: days(&value, PRUNING, "delete_nersc832_files_after_days")?,
        })
    }
}

/// The Prefect variable (or key under `variables` in config.yml) that holds the days until copies of results go.
const PRUNING: &str = "pruning-config";

async fn variable(scheduler: &dyn Scheduler, name: &str) -> Result<Value, Failure> {
    scheduler.variable(name).await?.ok_or_else(|| {
        Failure::new(STEP, "no_variable", format!("the variable {name} is not set"))
            .remedy("create it on the Prefect server, or under `variables` in config.yml where there is none")
    })
}

/// Prefect 2 keeps a variable's JSON as text.
fn document(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    }
}

/// A delay in days, whole or not; 0 is at once.
fn days(settings: &Value, variable: &str, key: &str) -> Result<TimeDelta, Failure> {
    let days = settings[key].as_f64().unwrap_or(f64::NAN);
    if !(0.0..=MOST_DAYS).contains(&days) {
        return Err(Failure::new(
            STEP,
            "bad_variable",
            format!(
                "{key} in the variable {variable} must be a number of days from 0 to {MOST_DAYS}, and is {}",
                settings[key]
            ),
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 36,500 days, checked above"
    )]
    let seconds = (days * SECONDS_PER_DAY).round() as i64;
    Ok(TimeDelta::seconds(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn days_may_be_fractions_and_a_variable_may_be_text() {
        let both = json!({"delete_spot832_files_after_days": 0, "delete_data832_files_after_days": 0.5});
        let read = Retention::parse(&both).unwrap();
        assert_eq!(read.spot832, TimeDelta::zero());
        assert_eq!(read.data832, TimeDelta::hours(12));
        assert_eq!(
            Retention::parse(&json!(both.to_string())).unwrap().data832,
            TimeDelta::hours(12)
        );
    }

    #[test]
    fn a_delay_that_cannot_be_meant_is_refused() {
        for bad in [json!(-1), json!("soon"), json!(null), json!(1e300), json!([])] {
            let settings =
                json!({"delete_spot832_files_after_days": bad, "delete_data832_files_after_days": 35});
            let failure = Retention::parse(&settings).unwrap_err();
            assert_eq!(failure.code, "bad_variable");
            assert!(
                failure.message.contains("delete_spot832_files_after_days"),
                "{failure}"
            );
        }
    }
}
