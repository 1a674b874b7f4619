//! Tasks as administrators see them.

use chrono::{DateTime, Utc};

use super::call::{call, optional};
use super::ls_filter::between;
use super::paging::{KeyedList, list};
use crate::model::{
    EndpointUse, ManagedTask, MarkedList, OffsetList, PauseInfo, SkippedError, SuccessfulTransfer, TaskEvent,
    TaskStatus,
};
use crate::{Client, EndpointId, TaskId};

/// The largest page of events the service gives.
const PAGE: u64 = 1000;

list! {
    /// Lists tasks of all users; filters add up. Made by
    /// [`EndpointManager::tasks`](super::EndpointManager::tasks).
    ListManagedTasks: "globus_transfer.endpoint_manager_task_list",
        "/v0.10/endpoint_manager/task_list" -> KeyedList<ManagedTask>;
}

impl ListManagedTasks {
    pub(super) fn begin(client: &Client) -> Self {
        Self::new(client, &[])
    }

    /// Only tasks in one of these states.
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = TaskStatus>) -> Self {
        self.call.ask_each("filter_status", statuses);
        self
    }

    /// Only these tasks.
    pub fn ids<'a>(mut self, ids: impl IntoIterator<Item = &'a TaskId>) -> Self {
        self.call.ask_each("filter_task_id", ids);
        self
    }

    /// Only tasks of this identity.
    pub fn owner(mut self, identity: impl Into<String>) -> Self {
        self.call.ask("filter_owner_id", identity);
        self
    }

    /// Only tasks on this endpoint. The service wants it for most of the other filters.
    pub fn endpoint(mut self, id: &EndpointId) -> Self {
        self.call.ask("filter_endpoint", id.as_str());
        self
    }

    /// Only tasks with that endpoint on this side.
    pub fn endpoint_use(mut self, side: &EndpointUse) -> Self {
        self.call.ask("filter_endpoint_use", side.as_str());
        self
    }

    /// Only tasks that are paused, or only those that are not.
    pub fn is_paused(mut self, paused: bool) -> Self {
        self.call
            .ask("filter_is_paused", if paused { "True" } else { "False" });
        self
    }

    /// Only tasks that ended within these times, either of which may be open. The service gives at most the
    /// last 90 days.
    pub fn completed_between(mut self, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        self.call.ask("filter_completion_time", between(from, to));
        self
    }

    /// Only tasks that met at least so many errors.
    pub fn min_faults(mut self, faults: u64) -> Self {
        self.call.ask("filter_min_faults", faults.to_string());
        self
    }

    /// Only tasks of this local account.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.call.ask("filter_local_user", user);
        self
    }

    /// Begins after the `last_key` of an earlier page.
    pub fn last_key(mut self, key: impl Into<String>) -> Self {
        self.call.ask("last_key", key);
        self
    }
}

call! {
    /// Reads a task. Made by [`EndpointManager::task`](super::EndpointManager::task).
    GetManagedTask: "globus_transfer.endpoint_manager_get_task",
        GET "/v0.10/endpoint_manager/task/{task_id}" -> ManagedTask;
    /// The task. Retried.
}
optional!(GetManagedTask -> ManagedTask);

list! {
    /// Lists events. Made by [`EndpointManager::task_events`](super::EndpointManager::task_events).
    ListManagedEvents: "globus_transfer.endpoint_manager_task_event_list",
        "/v0.10/endpoint_manager/task/{task_id}/event_list" -> OffsetList<TaskEvent>;
}

impl ListManagedEvents {
    pub(super) fn of(client: &Client, id: &TaskId) -> Self {
        Self::new(client, &[("task_id", id.as_str())])
            .limit(PAGE)
            .offset(0)
    }

    /// How many events a request asks for (1 to 1000).
    pub fn limit(mut self, limit: u64) -> Self {
        self.call.ask("limit", limit.clamp(1, PAGE).to_string());
        self
    }

    /// How many of the newest events to leave out.
    pub fn offset(mut self, offset: u64) -> Self {
        self.call.ask("offset", offset.to_string());
        self
    }

    /// Only events that count as errors, or only those that do not.
    pub fn is_error(mut self, error: bool) -> Self {
        self.call.ask("filter_is_error", if error { "1" } else { "0" });
        self
    }
}

call! {
    /// Reads why a task is paused. Made by
    /// [`EndpointManager::task_pause_info`](super::EndpointManager::task_pause_info).
    ManagedPauseInfo: "globus_transfer.endpoint_manager_task_pause_info",
        GET "/v0.10/endpoint_manager/task/{task_id}/pause_info" -> PauseInfo;
    /// The rules and the administrators' words; empty for a task that is not paused. Retried.
}

list! {
    /// Lists the files a task copied. Made by
    /// [`EndpointManager::task_successful_transfers`](super::EndpointManager::task_successful_transfers).
    ListManagedSuccessfulTransfers: "globus_transfer.endpoint_manager_task_successful_transfers",
        "/v0.10/endpoint_manager/task/{task_id}/successful_transfers" -> MarkedList<SuccessfulTransfer>;
}

list! {
    /// Lists the files a task passed over. Made by
    /// [`EndpointManager::task_skipped_errors`](super::EndpointManager::task_skipped_errors).
    ListManagedSkippedErrors: "globus_transfer.endpoint_manager_task_skipped_errors",
        "/v0.10/endpoint_manager/task/{task_id}/skipped_errors" -> MarkedList<SkippedError>;
}

/// Of one task; the lists among them begin where an earlier page ended.
macro_rules! of_task {
    ($($name:ident)+) => {
        $( impl $name {
            pub(super) fn of(client: &Client, id: &TaskId) -> Self {
                Self::new(client, &[("task_id", id.as_str())])
            }
        } )+
    };
}
of_task!(GetManagedTask ManagedPauseInfo ListManagedSuccessfulTransfers ListManagedSkippedErrors);

macro_rules! marker {
    ($($name:ident)+) => {
        $( impl $name {
            /// Begins at the `next_marker` of an earlier page.
            pub fn marker(mut self, marker: impl Into<String>) -> Self {
                self.call.ask("marker", marker);
                self
            }
        } )+
    };
}
marker!(ListManagedSuccessfulTransfers ListManagedSkippedErrors);
