//! Ending a task that will not end well by itself.

use std::time::Duration;

use tracing::warn;

use super::service::Service;
use super::source::Abort;
use crate::model::TaskEvent;
use crate::{NiceStatus, Task, TaskId};

/// How often, and how far apart at first, the end of a cancelled task is looked for; about 5 s in all.
const LOOKS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// What became of a cancellation.
#[derive(Clone, Debug, Default)]
pub(super) struct Aborted {
    /// The task at its end, if it was seen. It may have ended well just before.
    pub(super) end: Option<Task>,
}

/// Cancels the task and looks whether it ended: once, however many waiters ask for it.
pub(super) async fn abort(shared: &Abort, service: &dyn Service, task_id: &TaskId) -> Aborted {
    shared.get_or_init(|| cancel(service, task_id)).await.clone()
}

async fn cancel(service: &dyn Service, task_id: &TaskId) -> Aborted {
    if let Err(error) = service.cancel(task_id).await {
        warn!(%task_id, %error, "the task could not be cancelled");
        return Aborted::default();
    }
    for look in 0..LOOKS {
        match service.task(task_id).await {
            Ok(Some(task)) if task.is_done() => return Aborted { end: Some(task) },
            Ok(_) => {}
            Err(error) => warn!(%task_id, %error, "the cancelled task could not be read"),
        }
        if look + 1 < LOOKS {
            service.clock().sleep(FIRST_PAUSE * 2_u32.pow(look)).await;
        }
    }
    warn!(%task_id, "the task was cancelled but is still there");
    Aborted::default()
}

/// The file and the collection a fatal condition is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: Option<String>,
    pub(super) endpoint: Option<String>,
}

/// Looks into the task's own words first and into its events if those do not say. Best effort: a report
/// without the name is better than none.
pub(super) async fn place(service: &dyn Service, task: &Task, status: &NiceStatus) -> Place {
    let place = task
        .nice_status_details
        .as_deref()
        .map(read_place)
        .unwrap_or_default();
    if place.file.is_some() {
        return place;
    }
    let events = service.events(&task.task_id).await.unwrap_or_default();
    told(&events, status).unwrap_or(place)
}

/// The fatal condition for which a task was cancelled before the first look at it, if its events tell of one: a wait
/// that did not live to say so may have cancelled it.
pub(super) async fn blame(
    service: &dyn Service,
    task: &Task,
    fatal: &[NiceStatus],
) -> Option<(NiceStatus, Place)> {
    let events = service.events(&task.task_id).await.unwrap_or_default();
    let is = |event: &TaskEvent, status: &NiceStatus| event.code == status.as_str();
    let status = events
        .iter()
        .find_map(|event| fatal.iter().find(|status| is(event, status)))?;
    let place = told(&events, status).unwrap_or_default();
    Some((status.clone(), place))
}

/// The file that the newest event of this condition names.
fn told(events: &[TaskEvent], status: &NiceStatus) -> Option<Place> {
    events
        .iter()
        .filter(|event| event.code == status.as_str())
        .filter_map(|event| event.details.as_deref())
        .map(read_place)
        .find(|place| place.file.is_some())
}

/// Reads the lines `Endpoint: …` and `File: …` (or `Path: …`) of an error's details.
fn read_place(details: &str) -> Place {
    let line = |key: &str| {
        details
            .lines()
            .find_map(|line| line.trim().strip_prefix(key))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    Place {
        file: line("File:").or_else(|| line("Path:")),
        endpoint: line("Endpoint:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_endpoint_are_read_from_details() {
        let details = "Error (transfer)\nEndpoint: data (0af7)\nServer: 127.0.0.1:443\nFile: /raw/a b.h5\nCommand: RETR";
        let place = read_place(details);
        assert_eq!(place.file.as_deref(), Some("/raw/a b.h5"));
        assert_eq!(place.endpoint.as_deref(), Some("data (0af7)"));
        assert_eq!(read_place("file not found"), Place::default());
    }
}
