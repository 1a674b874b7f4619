//! `logs`.

use serde_json::Value;

use super::call::{act, fields, list};
use crate::Client;
use crate::model::{Log, NewLog};

impl Client {
    /// The logs of runs.
    pub fn logs(&self) -> Logs {
        Logs { client: self.clone() }
    }
}

/// The logs of runs. Made by [`Client::logs`].
#[derive(Clone, Debug)]
pub struct Logs {
    client: Client,
}

impl Logs {
    /// Writes lines; a thousand at a time is well within what the server takes.
    pub fn create(&self, lines: impl IntoIterator<Item = NewLog>) -> CreateLogs {
        let mut create = CreateLogs::new(&self.client, &[]);
        let lines: Result<Vec<Value>, _> = lines.into_iter().map(serde_json::to_value).collect();
        match lines {
            Ok(lines) => create.call.body(Value::Array(lines)),
            Err(problem) => create.call.refuse(format!("a line cannot be written: {problem}")),
        }
        create
    }

    /// Lists lines.
    pub fn list(&self) -> ListLogs {
        ListLogs::new(&self.client, &[])
    }
}

act! {
    /// Writes lines. Made by [`Logs::create`].
    CreateLogs: "prefect.log_create", POST(repeatable) "/logs/";
    /// Writes them. Retried: after a lost answer they may stand there twice, which is better than not at all.
}

list! {
    /// Lists lines, the earliest first. Made by [`Logs::list`].
    ListLogs: "prefect.log_list", "/logs/filter" -> Log;
}

fields!(ListLogs {
    /// Only those of these flow runs.
    flow_run_ids: texts["logs", "flow_run_id", "any_"];
    /// Only those of these task runs.
    task_run_ids: texts["logs", "task_run_id", "any_"];
    /// Only those of this level or above; 20 is info, 30 warning, 40 error.
    level_from: number["logs", "level", "ge_"];
    /// Only those of this time or later.
    after: date["logs", "timestamp", "after_"];
    /// Only those of this time or earlier.
    before: date["logs", "timestamp", "before_"];
    /// The order: `TIMESTAMP_ASC` or `TIMESTAMP_DESC`.
    sort: text;
});
