//! Calls that another simulated service makes: Flows, as the action provider of Compute.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Compute;
use super::store::Outcome;

impl Compute {
    /// Calls `function` with `args` and `kwargs` in the name of `user` and waits for its end: the task's id, and its value or why there is none.
    pub(crate) async fn call(
        self: &Arc<Self>,
        user: &str,
        endpoint: &str,
        task: &Value,
    ) -> Result<(String, Result<Value, String>), String> {
        let endpoint = self.known(endpoint);
        let endpoint = endpoint.map_err(|_| "the endpoint could not be resolved".to_owned())?;
        let function = task["function"].as_str().unwrap_or_default();
        let args = task["args"].as_array().cloned().unwrap_or_default();
        let kwargs = task["kwargs"].as_object().cloned().unwrap_or_default();
        let buffers = [format!("11\n{}", json!(args)), format!("11\n{}", json!(kwargs))];
        let payload: Vec<String> = buffers
            .iter()
            .map(|buffer| format!("{}\n{buffer}", buffer.chars().count()))
            .collect();
        let mut tasks = serde_json::Map::new();
        tasks.insert(function.to_owned(), json!([payload.concat()]));
        let body = json!({"tasks": tasks, "result_serializers": ["globus_compute_sdk.serialize.JSONData"]});
        let mut ended = self.ended.subscribe();
        let body = body.to_string();
        let submitted = self.submit(&endpoint, user, body.as_bytes(), false).await;
        let submitted = submitted.map_err(|_| format!("Function {function:?} could not be resolved"))?;
        let id = submitted["tasks"][function][0]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        loop {
            let outcome = self.store().task(&id).map(|task| task.outcome.clone());
            match outcome {
                Some(Outcome::None) => {}
                Some(Outcome::Result(text)) => {
                    let value = text.strip_prefix("11\n").unwrap_or(&text);
                    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
                    return Ok((id, Ok(value)));
                }
                Some(Outcome::Exception(text) | Outcome::Reason(text)) => return Ok((id, Err(text))),
                None => return Err(format!("task {id} is gone")),
            }
            // An error means that the simulator ends.
            if ended.changed().await.is_err() {
                return Err("the simulator ends".to_owned());
            }
        }
    }
}
