//! Submitting: the endpoint's dialect, the function's id, the request, and what to do when its answer is lost.

use std::time::Duration;

use serde_json::Value;
use tracing::debug;

use super::{CommandHandle, Executor, TaskHandle};
use crate::api::{Submit, TASKS_PER_SUBMISSION};
use crate::model::Submitted;
use crate::{
    Arguments, Command, Dialect, Error, Function, FunctionId, MAX_PAYLOAD, Result, Sent, TaskGroupId, TaskId,
};

/// When to look into the group after an answer was lost: a request may still be on its way.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(6)];
/// What a submission has besides its payloads, generously.
const ENVELOPE: usize = 64 * 1024;

impl Executor {
    /// How the endpoint is talked to: as was set, or by its version, which is asked for once.
    ///
    /// # Errors
    /// Those of any request; 404 if there is no such endpoint.
    pub async fn endpoint_dialect(&self) -> Result<Dialect> {
        if let Some(dialect) = self.dialect {
            return Ok(dialect);
        }
        let ask = || async {
            let endpoint = self.endpoint_handle().get().send().await?;
            Ok(Dialect::of_version(endpoint.endpoint_version.as_deref()))
        };
        self.shared.dialect.get_or_try_init(ask).await.copied()
    }

    /// Registers a function, once for each executor and its clones, and gives its id.
    ///
    /// # Errors
    /// Those of any request; [`ErrorKind::Config`](crate::ErrorKind::Config) if the endpoint is too old for its source.
    pub async fn register(&self, function: &Function) -> Result<FunctionId> {
        let dialect = self.endpoint_dialect().await?;
        let code = function.code(dialect)?;
        let mut functions = self.shared.functions.lock().await;
        if let Some(id) = functions.get(&code) {
            return Ok(id.clone());
        }
        let register = self.shared.client.register_function(function, dialect);
        let id = register.send().await?.function_uuid;
        functions.insert(code, id.clone());
        Ok(id)
    }

    /// Submits a call of a function, which is registered first if this executor has not done so yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) before anything is sent, if the arguments cannot be sent or are
    /// too large; else those of any request. Nothing is submitted twice: after an error with
    /// [`was_sent`](crate::Error::was_sent) other than `No` the task may exist.
    pub async fn submit(&self, function: &Function, arguments: Arguments) -> Result<TaskHandle> {
        let mut handles = self.submit_all(function, [arguments]).await?;
        handles
            .pop()
            .ok_or_else(|| Error::decode("globus_compute.submit", "the service made no task"))
    }

    /// Submits many calls of a function, up to 128 and 10 MB in one request. The handles are in the arguments' order.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit); what was submitted before the error is in the [group](Self::group_id).
    pub async fn submit_all(
        &self,
        function: &Function,
        calls: impl IntoIterator<Item = Arguments>,
    ) -> Result<Vec<TaskHandle>> {
        let calls: Vec<Arguments> = calls.into_iter().collect();
        // What cannot be sent is found before anything is registered.
        for arguments in &calls {
            arguments.payload(self.dialect.unwrap_or(Dialect::Modern))?;
        }
        let dialect = self.endpoint_dialect().await?;
        let mut payloads = Vec::with_capacity(calls.len());
        for arguments in &calls {
            payloads.push(arguments.payload(dialect)?);
        }
        let batches = batches(payloads)?;
        let function = self.register(function).await?;
        let mut handles = Vec::with_capacity(calls.len());
        for batch in batches {
            for id in self.send(&function, batch).await? {
                handles.push(self.attach(id));
            }
        }
        Ok(handles)
    }

    /// Submits a command.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit).
    pub async fn run(&self, command: &Command) -> Result<CommandHandle> {
        let handle = self.submit(&Command::function()?, command.arguments()?).await?;
        Ok(handle.command())
    }

    fn endpoint_handle(&self) -> crate::api::EndpointHandle {
        self.shared.client.endpoint(self.shared.endpoint.clone())
    }

    /// One request; the ids in the payloads' order.
    async fn send(&self, function: &FunctionId, payloads: Vec<String>) -> Result<Vec<TaskId>> {
        let _turn = self.shared.submitting.lock().await;
        let count = payloads.len();
        let mut submit = self.endpoint_handle().submit();
        for payload in payloads {
            submit = submit.payload(function, payload);
        }
        submit = self.with_options(submit);
        let submitted = match submit.send().await {
            Ok(submitted) => submitted,
            Err(error) => self.after_lost_answer(error, function, count).await?,
        };
        self.note(&submitted);
        let ids = submitted.tasks.get(function).cloned().unwrap_or_default();
        if ids.len() != count {
            let problem = format!(
                "{count} calls were submitted, but the service names {} tasks",
                ids.len()
            );
            return Err(Error::decode("globus_compute.submit", problem));
        }
        Ok(ids)
    }

    fn with_options(&self, mut submit: Submit) -> Submit {
        for (key, value) in &self.options {
            submit = match (key.as_str(), value) {
                ("user_endpoint_config", Value::Object(fields)) => {
                    submit.user_endpoint_config(fields.clone())
                }
                ("resource_specification", Value::Object(fields)) => {
                    submit.resource_specification(fields.clone())
                }
                ("create_queue", Value::Bool(yes)) => submit.create_queue(*yes),
                _ => submit,
            };
        }
        match self.group_id() {
            Some(group) => submit.task_group(&group),
            None => submit,
        }
    }

    fn note(&self, submitted: &Submitted) {
        self.with_group(|group| {
            group.id.get_or_insert_with(|| submitted.task_group_id.clone());
            group.known.extend(submitted.tasks.values().flatten().cloned());
        });
        if let Some(record) = &self.on_submitted {
            record(submitted);
        }
    }

    /// Looks into the group for tasks that nobody knows yet. Only a group whose id was known before can be looked into.
    async fn after_lost_answer(
        &self,
        error: Error,
        function: &FunctionId,
        count: usize,
    ) -> Result<Submitted> {
        let group = self.group_id();
        let (Sent::Maybe, Some(group)) = (error.was_sent(), group) else {
            return Err(error);
        };
        let clock = self.shared.client.rest().clock().clone();
        for pause in LOOKS {
            clock.sleep(pause).await;
            let new = self.new_in(&group).await;
            debug!(%group, ?new, "looked for a submission whose answer was lost");
            if let Ok(new) = new
                && new.len() == count
            {
                return Ok(found(group, function, new));
            }
        }
        Err(error)
    }

    async fn new_in(&self, group: &TaskGroupId) -> Result<Vec<TaskId>> {
        let tasks = self.shared.client.task_group(group).send_opt().await?;
        let tasks = tasks.map(|group| group.tasks).unwrap_or_default();
        let known = self.with_group(|group| group.known.clone());
        let new = tasks.into_iter().map(|task| task.id);
        Ok(new.filter(|id| !known.contains(id)).collect())
    }
}

fn found(task_group_id: TaskGroupId, function: &FunctionId, ids: Vec<TaskId>) -> Submitted {
    Submitted {
        request_id: None,
        task_group_id,
        endpoint_id: None,
        tasks: [(function.clone(), ids)].into(),
    }
}

/// Cuts payloads into submissions.
fn batches(payloads: Vec<String>) -> Result<Vec<Vec<String>>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut size = 0;
    for payload in payloads {
        // As JSON text: line breaks, quotes and backslashes take two bytes.
        let escapes = payload
            .bytes()
            .filter(|byte| matches!(byte, b'\n' | b'"' | b'\\'))
            .count();
        let length = payload.len() + escapes + 3;
        if length + ENVELOPE > MAX_PAYLOAD {
            return Err(Error::config(format!(
                "the arguments of one call have {length} bytes, the service takes {MAX_PAYLOAD} in all; put large ones \
                 into files and pass their paths"
            )));
        }
        size += length;
        match batches.last_mut() {
            Some(batch) if batch.len() < TASKS_PER_SUBMISSION && size + ENVELOPE <= MAX_PAYLOAD => {
                batch.push(payload);
            }
            _ => {
                size = length;
                batches.push(vec![payload]);
            }
        }
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_cut_by_count_and_by_size() {
        let sizes = |payloads: Vec<String>| -> Vec<usize> {
            batches(payloads).unwrap().iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(vec!["x".to_owned(); 300]), [128, 128, 44]);
        assert_eq!(sizes(vec!["x".repeat(4 << 20); 3]), [2, 1]);
        assert_eq!(sizes(vec!["\"".repeat(4 << 20); 2]), [1, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }

    #[test]
    fn a_call_that_cannot_be_sent_is_refused() {
        let error = batches(vec!["x".repeat(MAX_PAYLOAD)]).unwrap_err();
        assert!(error.to_string().contains("put large ones into files"), "{error}");
    }
}
