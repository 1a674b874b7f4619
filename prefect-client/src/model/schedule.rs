//! Schedules of deployments.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{DeploymentId, ScheduleId};

/// When runs are made. Time zones are names such as `America/Los_Angeles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Schedule {
    /// At the times of a cron line.
    Cron {
        /// The line, such as `0 */12 * * *`.
        cron: String,
        /// The time zone that the line is read in; UTC if there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        timezone: Option<String>,
        /// Whether a day that fits either the day of the month or that of the week will do, as cron has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        day_or: Option<bool>,
    },
    /// At even distances.
    Interval {
        /// The distance, in seconds.
        #[serde(serialize_with = "seconds")]
        interval: f64,
        /// One of the times, from which the others are counted.
        #[serde(skip_serializing_if = "Option::is_none")]
        anchor_date: Option<DateTime<Utc>>,
        /// The time zone, which matters where clocks are changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        timezone: Option<String>,
    },
    /// By a rule of RFC 5545.
    RRule {
        /// The rule, such as `FREQ=WEEKLY;BYDAY=MO`.
        rrule: String,
        /// The time zone that the rule is read in; UTC if there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        timezone: Option<String>,
    },
    /// Something that this version does not know, as it came.
    Unknown(Value),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers well below the limit are cast"
)]
fn seconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // As people write it where it is whole.
    if seconds.fract() == 0.0 && seconds.abs() < 1e15 {
        serializer.serialize_i64(*seconds as i64)
    } else {
        serializer.serialize_f64(*seconds)
    }
}

impl Schedule {
    /// At the times of a cron line, read in this time zone.
    pub fn cron(line: impl Into<String>, timezone: impl Into<String>) -> Self {
        Self::Cron {
            cron: line.into(),
            timezone: Some(timezone.into()),
            day_or: None,
        }
    }

    /// At even distances; the server refuses none.
    pub fn every(interval: Duration) -> Self {
        Self::Interval {
            interval: interval.as_secs_f64(),
            anchor_date: None,
            timezone: None,
        }
    }

    /// By a rule of RFC 5545, read in this time zone.
    pub fn rrule(rule: impl Into<String>, timezone: impl Into<String>) -> Self {
        Self::RRule {
            rrule: rule.into(),
            timezone: Some(timezone.into()),
        }
    }
}

/// A schedule to be given to a deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewSchedule {
    schedule: Schedule,
    active: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
}

impl From<Schedule> for NewSchedule {
    fn from(schedule: Schedule) -> Self {
        Self {
            schedule,
            active: true,
            parameters: Map::new(),
            slug: None,
        }
    }
}

impl NewSchedule {
    /// Whether it makes runs; it does unless said.
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// A parameter of the runs that it makes, over the deployment's. Server version 3.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// A name by which it is known again when the deployment is created once more. Server version 3.
    pub fn slug(mut self, slug: impl Into<String>) -> Self {
        self.slug = Some(slug.into());
        self
    }
}

/// A schedule of a deployment. Its identifier and when it makes runs are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploymentSchedule {
    /// The identifier.
    pub id: ScheduleId,
    /// The deployment.
    pub deployment_id: Option<DeploymentId>,
    /// When it makes runs.
    pub schedule: Schedule,
    /// Whether it makes runs.
    pub active: Option<bool>,
    /// Parameters of the runs that it makes.
    pub parameters: Option<Map<String, Value>>,
    /// The name by which it is known again.
    pub slug: Option<String>,
}
