//! What goes over the broker. A message is the byte 1 and then JSON; commands are JSON alone.

use serde_json::{Value, json};

use super::super::run::Job;
use super::super::store::Outcome;

/// The queue into which the results of a group are pushed.
pub(super) fn queue_of(group: &str) -> String {
    format!("{PREFIX}{group}")
}

/// Before the group's id.
pub(super) const PREFIX: &str = "sim.results.";

/// Where an endpoint sends what is of a `kind`, `results` or `heartbeats`.
pub(super) fn outgoing(url: &str, kind: &str, id: &str) -> Value {
    json!({
        "connection_url": url, "exchange": kind, "queue": kind,
        "queue_publish_kwargs": {"exchange": kind, "routing_key": format!("{id}.{kind}"), "mandatory": true,
            "properties": {"delivery_mode": 2}},
    })
}

/// The command that starts a process for a task, or does nothing if it runs.
pub(super) fn start(url: &str, process: &str, job: &Job) -> Value {
    let credentials = json!({
        "endpoint_id": process,
        "task_queue_info": {"connection_url": url, "exchange": "tasks", "queue": format!("{process}.tasks")},
        "result_queue_info": outgoing(url, "results", process),
        "heartbeat_queue_info": outgoing(url, "heartbeats", process),
    });
    let name = process.split('-').next().unwrap_or_default();
    json!({
        "command": "cmd_start_endpoint", "args": [],
        "kwargs": {"name": format!("uep.{}.{name}", job.to.endpoint), "amqp_creds": credentials, "user_opts": job.to.config,
            "user_runtime": {}},
        "globus_username": format!("{}@clients.auth.globus.org", job.to.user),
        "globus_effective_identity": job.to.user, "globus_identity_set": [{"sub": job.to.user}],
    })
}

/// A task for a process.
pub(super) fn task(job: &Job) -> Vec<u8> {
    let text = format!("{}{}", job.code, job.payload);
    let data = json!({"task_id": job.id, "container_id": null, "container": null, "task_buffer": text});
    packed("task", &data)
}

/// The message about a task that ended here; none if there is nothing that a worker could have said.
pub(super) fn result(id: &str, outcome: &Outcome) -> Option<Vec<u8>> {
    let (text, error) = match outcome {
        Outcome::Result(text) => (text, Value::Null),
        Outcome::Exception(text) => {
            let words = text.trim_end().lines().last().unwrap_or_default();
            (
                text,
                json!({"code": "RemoteExecutionError", "user_message": words}),
            )
        }
        Outcome::Reason(_) | Outcome::None => return None,
    };
    let data =
        json!({"task_id": id, "data": text, "details": null, "error_details": error, "task_statuses": null});
    Some(packed("result", &data))
}

fn packed(kind: &str, data: &Value) -> Vec<u8> {
    let text = json!({"message_type": kind, "data": data}).to_string();
    [&[1], text.as_bytes()].concat()
}

/// The task of a result, and what it came to.
pub(super) fn read_result(message: &[u8]) -> Option<(String, Outcome)> {
    let data = data_of(message, "result")?;
    let text = data["data"].as_str()?.to_owned();
    let outcome = if data["error_details"].is_null() {
        Outcome::Result(text)
    } else {
        Outcome::Exception(text)
    };
    Some((data["task_id"].as_str()?.to_owned(), outcome))
}

/// Who reports, and how it stands there.
pub(super) fn read_report(message: &[u8]) -> Option<(String, Value)> {
    let mut data = data_of(message, "ep_status_report")?;
    let id = data["endpoint_id"].as_str()?.to_owned();
    Some((id, data["global_state"].take()))
}

fn data_of(message: &[u8], kind: &str) -> Option<Value> {
    let mut message: Value = serde_json::from_slice(message.strip_prefix(&[1])?).ok()?;
    (message["message_type"] == kind).then(|| message["data"].take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_here_is_told_as_a_worker_tells_it() {
        let good = result("t", &Outcome::Result("11\n\"ü\"".to_owned())).unwrap();
        let (id, outcome) = read_result(&good).unwrap();
        assert!(id == "t" && matches!(outcome, Outcome::Result(text) if text == "11\n\"ü\""));
        let bad = result("t", &Outcome::Exception("Traceback\nValueError: no\n".to_owned())).unwrap();
        assert!(String::from_utf8_lossy(&bad).contains("\"user_message\":\"ValueError: no\""));
        assert!(matches!(read_result(&bad), Some((_, Outcome::Exception(_)))));
        assert!(result("t", &Outcome::Reason("gone".to_owned())).is_none());
        assert!(read_report(&good).is_none());
        for other in [
            &b""[..],
            b"\x01",
            b"\x01{}",
            b"\x02{}",
            b"\x01{\"message_type\":\"result\"}",
        ] {
            assert!(read_result(other).is_none() && read_report(other).is_none());
        }
    }
}
