//! How long copies stay, as staff set it.

use chrono::TimeDelta;
use pipeline::days::Days;
use serde_json::Value;

use crate::failure::Failure;
use crate::scheduler::Scheduler;

/// The Prefect variable (or key under `variables` in config.yml) that holds the days until copies are pruned.
pub const VARIABLE: &str = "bl832-settings";
/// The one that holds the days until copies of results go.
const PRUNING: &str = "pruning-config";

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
        Self::of(&Days::read(scheduler, VARIABLE).await?)
    }

    fn parse(value: &Value) -> Result<Self, Failure> {
        Self::of(&Days::new(VARIABLE, value))
    }

    fn of(days: &Days) -> Result<Self, Failure> {
        Ok(Self {
            spot832: days.after("delete_spot832_files_after_days")?,
            data832: days.after("delete_data832_files_after_days")?,
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
        let days = Days::read(scheduler, PRUNING).await?;
        Ok(Self {
            data832: days.after("delete_data832_files_after_days")?,
            nersc: days.after("delete_nersc832_files_after_days")?,
        })
    }
}

/// How long copies at ALCF stay, by the variable `pruning-config`.
pub(super) async fn alcf_retention(scheduler: &dyn Scheduler) -> Result<TimeDelta, Failure> {
    let days = Days::read(scheduler, PRUNING).await?;
    days.after("delete_alcf832_files_after_days")
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
