//! Jobs, as the queue and the accounting show them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::JobState;
use crate::JobId;
use crate::slurm::parse_time;

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Source {
    /// `squeue`: jobs that wait or run, and for some minutes those that ended. Knows no exit code.
    Queue,
    /// `sacct`: all jobs, some seconds late.
    Accounting,
}

/// How a job's script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitCode {
    /// Its exit code.
    pub code: u32,
    /// The signal that ended it, 0 if none did.
    pub signal: u32,
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signal {
            0 => write!(f, "{}", self.code),
            signal => write!(f, "{} (signal {signal})", self.code),
        }
    }
}

/// A job. Every field that the service gave stands in [`Job::get`] too, under the service's name for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its name.
    pub name: Option<String>,
    /// Its state.
    pub state: JobState,
    /// Its state as Slurm wrote it, such as `CANCELLED by 1000`.
    pub state_text: String,
    /// Why it waits, or why it ended so.
    pub reason: Option<String>,
    /// How its script ended; only from the accounting.
    pub exit_code: Option<ExitCode>,
    /// How long it may run.
    pub time_limit: Option<Duration>,
    /// How long it has run.
    pub elapsed: Option<Duration>,
    /// Whose it is.
    pub user: Option<String>,
    /// Which account pays.
    pub account: Option<String>,
    /// Its quality of service.
    pub qos: Option<String>,
    /// The nodes it has.
    pub node_list: Option<String>,
    /// Who says so.
    pub source: Source,
    fields: BTreeMap<String, String>,
}

/// What Slurm writes where it has nothing to say.
const NOTHING: [&str; 7] = ["", "N/A", "(null)", "None", "Unknown", "None assigned", "NONE"];

impl Job {
    /// A field as the service names it (`nodelist`, `submitline`), if it was given.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    /// All fields that the service gave.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether it has come to its end.
    pub fn is_done(&self) -> bool {
        self.state.is_terminal()
    }

    /// Reads a row. `None` for what is no job of its own: a step (`123.batch`), or a row without an id or a state.
    pub(crate) fn from_row(row: BTreeMap<String, Value>, source: Source) -> Option<Self> {
        let fields: BTreeMap<String, String> = row
            .into_iter()
            .filter_map(|(name, value)| Some((name, text(value)?)))
            .collect();
        let id = fields
            .get("jobid")
            .filter(|id| !id.is_empty() && !id.contains('.'))?
            .clone();
        let field = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| fields.get(*name))
                .map(|text| text.trim());
            found.filter(|text| !NOTHING.contains(text)).map(str::to_owned)
        };
        let time = |names: &[&str]| field(names).as_deref().and_then(parse_time);
        let state_text = field(&["state"])?;
        Some(Self {
            id: JobId::new(id),
            name: field(&["name", "jobname"]),
            state: JobState::read(&state_text),
            state_text,
            reason: field(&["reason"]),
            exit_code: field(&["exitcode"]).as_deref().and_then(exit_code),
            time_limit: time(&["time_limit", "timelimit"]),
            elapsed: time(&["time", "elapsed"]),
            user: field(&["user"]),
            account: field(&["account"]),
            qos: field(&["qos"]),
            node_list: field(&["nodelist"]),
            source,
            fields,
        })
    }
}

/// Rows hold text; a number or a truth is read as text too.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `3:0`: exit code and signal.
fn exit_code(text: &str) -> Option<ExitCode> {
    let (code, signal) = text.split_once(':')?;
    Some(ExitCode {
        code: code.parse().ok()?,
        signal: signal.parse().ok()?,
    })
}

impl fmt::Display for Job {
    /// `job 123 FAILED, exit code 3, reason NonZeroExitCode`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "job {} {}", self.id, self.state_text)?;
        if let Some(code) = self.exit_code {
            write!(f, ", exit code {code}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ", reason {reason}"),
            None => Ok(()),
        }
    }
}

/// What a question about jobs answers.
#[derive(Debug, Deserialize)]
pub(crate) struct QueueReply {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) output: Option<Vec<BTreeMap<String, Value>>>,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job(row: Value, source: Source) -> Option<Job> {
        Job::from_row(serde_json::from_value(row).unwrap(), source)
    }

    /// A row of `squeue -o %all` and one of `sacct -P --format=ALL` (Slurm 22.05), shortened.
    #[test]
    fn both_kinds_of_row_give_a_job() {
        let queue = json!({"account": "als", "jobid": "2", "name": "tomo", "time_limit": "5:00", "time": "0:01",
            "state": "PENDING", "reason": "Priority", "user": "alsdev", "nodelist": "", "": "x", "s:c:t": "*:*:*"});
        let queued = job(queue, Source::Queue).unwrap();
        assert_eq!((queued.id.as_str(), &queued.state), ("2", &JobState::Pending));
        assert_eq!(queued.time_limit, Some(Duration::from_secs(300)));
        assert_eq!(queued.reason.as_deref(), Some("Priority"));
        assert_eq!(queued.node_list, None);
        assert_eq!(queued.get("s:c:t"), Some("*:*:*"));
        let accounting = json!({"jobid": "2", "jobname": "tomo", "state": "CANCELLED by 0", "exitcode": "0:15",
            "elapsed": "1-00:00:10", "timelimit": "UNLIMITED", "reason": "None", "ncpus": 4});
        let ended = job(accounting, Source::Accounting).unwrap();
        assert_eq!(ended.state, JobState::Cancelled);
        assert_eq!(ended.exit_code, Some(ExitCode { code: 0, signal: 15 }));
        assert_eq!(ended.elapsed, Some(Duration::from_secs(86_410)));
        assert_eq!(
            (ended.time_limit, ended.reason.as_deref(), ended.get("ncpus")),
            (None, None, Some("4"))
        );
        assert_eq!(ended.to_string(), "job 2 CANCELLED by 0, exit code 0 (signal 15)");
    }

    #[test]
    fn steps_and_rows_that_tell_nothing_are_no_jobs() {
        for row in [
            json!({"jobid": "2.batch", "state": "COMPLETED"}),
            json!({"jobid": "2"}),
            json!({"state": "X"}),
            json!({}),
        ] {
            assert_eq!(job(row.clone(), Source::Accounting), None, "{row}");
        }
    }
}
