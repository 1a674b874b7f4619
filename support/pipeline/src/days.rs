//! How long copies stay, as staff set it in a variable.

use chrono::TimeDelta;
use serde_json::Value;

use crate::failure::Failure;
use crate::scheduler::Scheduler;

const STEP: &str = "preflight";
const SECONDS_PER_DAY: f64 = 86_400.0;
/// Longer than any disk lasts, and still a date that every service can store.
const MOST_DAYS: f64 = 36_500.0;

/// The days in one variable, each under a key.
#[derive(Debug, Clone)]
pub struct Days {
    variable: &'static str,
    document: Value,
}

impl Days {
    /// What the variable holds. Prefect 2 keeps a variable's JSON as text.
    pub fn new(variable: &'static str, value: &Value) -> Self {
        let document = match value {
            Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            other => other.clone(),
        };
        Self { variable, document }
    }

    /// Reads a variable that must be set.
    ///
    /// # Errors
    /// It is not set, or cannot be read.
    pub async fn read(scheduler: &dyn Scheduler, variable: &'static str) -> Result<Self, Failure> {
        Self::read_if_set(scheduler, variable).await?.ok_or_else(|| {
            Failure::new(STEP, "no_variable", format!("the variable {variable} is not set")).remedy(
                "create it on the Prefect server, or under `variables` in config.yml where there is none",
            )
        })
    }

    /// Reads a variable that need not be there.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read_if_set(
        scheduler: &dyn Scheduler,
        variable: &'static str,
    ) -> Result<Option<Self>, Failure> {
        let value = scheduler.variable(variable).await?;
        Ok(value.map(|value| Self::new(variable, &value)))
    }

    /// A delay in days, whole or not; 0 is at once.
    ///
    /// # Errors
    /// The key is missing, or is no number of days from 0 to 36,500 (`bad_variable`).
    pub fn after(&self, key: &str) -> Result<TimeDelta, Failure> {
        let given = &self.document[key];
        let days = given.as_f64().unwrap_or(f64::NAN);
        if !(0.0..=MOST_DAYS).contains(&days) {
            let text = format!(
                "{key} in the variable {} must be a number of days from 0 to {MOST_DAYS}, and is {given}",
                self.variable
            );
            return Err(Failure::new(STEP, "bad_variable", text));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 36,500 days, checked above"
        )]
        let seconds = (days * SECONDS_PER_DAY).round() as i64;
        Ok(TimeDelta::seconds(seconds))
    }
}
