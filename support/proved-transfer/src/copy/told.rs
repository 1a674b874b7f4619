//! What is told of a task while it moves and when it has delivered.

use globus_transfer::Task;

use super::hop::Hop;
use crate::progress::Event;

pub(super) fn delivered(hop: Hop<'_>, task: &Task) -> Event {
    let time = task.completion_time.zip(task.request_time);
    Event::Delivered {
        hop: hop.to_string(),
        machine: hop.destination.name().to_owned(),
        bytes: task.bytes_transferred.unwrap_or(0),
        bytes_per_second: task.effective_bytes_per_second,
        seconds: time.map(|(end, begin)| (end - begin).as_seconds_f64()),
    }
}

pub(super) fn moving(hop: &str, total: u64, task: &Task) -> Event {
    Event::Moving {
        hop: hop.to_owned(),
        bytes: task.bytes_transferred.unwrap_or(0),
        total,
        status: task
            .nice_status
            .as_ref()
            .map_or_else(|| task.status.to_string(), ToString::to_string),
    }
}
