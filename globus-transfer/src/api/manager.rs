//! What administrators of endpoints may see and do (`endpoint_manager`).

use super::call::{call, optional};
use super::manager_tasks::{
    GetManagedTask, ListManagedEvents, ListManagedSkippedErrors, ListManagedSuccessfulTransfers,
    ListManagedTasks, ManagedPauseInfo,
};
use super::paging::{Whole, list};
use super::pause_rules::PauseRules;
use crate::model::{AccessRule, AdminCancel, Endpoint, OperationResult};
use crate::{Client, EndpointId, TaskId};

impl Client {
    /// What administrators of endpoints may see and do, for those with the role of a manager or monitor.
    pub fn endpoint_manager(&self) -> EndpointManager {
        EndpointManager { client: self.clone() }
    }
}

/// The administrators' side of the service. Made by [`Client::endpoint_manager`].
#[derive(Clone, Debug)]
pub struct EndpointManager {
    client: Client,
}

impl EndpointManager {
    /// Lists the endpoints that the caller manages or monitors.
    pub fn monitored_endpoints(&self) -> ListMonitoredEndpoints {
        ListMonitoredEndpoints::new(&self.client, &[])
    }

    /// Reads an endpoint.
    pub fn endpoint(&self, id: &EndpointId) -> GetManagedEndpoint {
        GetManagedEndpoint::new(&self.client, &[("endpoint_id", id.as_str())])
    }

    /// Lists the collections that an endpoint hosts.
    pub fn hosted_endpoints(&self, id: &EndpointId) -> ListHostedEndpoints {
        ListHostedEndpoints::new(&self.client, &[("endpoint_id", id.as_str())])
    }

    /// Lists the access rules of a collection.
    pub fn access_rules(&self, id: &EndpointId) -> ListManagedAccessRules {
        ListManagedAccessRules::new(&self.client, &[("endpoint_id", id.as_str())])
    }

    /// Lists the tasks of all users on the endpoints that the caller manages.
    pub fn tasks(&self) -> ListManagedTasks {
        ListManagedTasks::begin(&self.client)
    }

    /// Reads anybody's task.
    pub fn task(&self, id: &TaskId) -> GetManagedTask {
        GetManagedTask::of(&self.client, id)
    }

    /// Lists what happened to anybody's task, newest first.
    pub fn task_events(&self, id: &TaskId) -> ListManagedEvents {
        ListManagedEvents::of(&self.client, id)
    }

    /// Reads why anybody's task is paused.
    pub fn task_pause_info(&self, id: &TaskId) -> ManagedPauseInfo {
        ManagedPauseInfo::of(&self.client, id)
    }

    /// Lists the files that anybody's task copied.
    pub fn task_successful_transfers(&self, id: &TaskId) -> ListManagedSuccessfulTransfers {
        ListManagedSuccessfulTransfers::of(&self.client, id)
    }

    /// Lists the files that anybody's task passed over.
    pub fn task_skipped_errors(&self, id: &TaskId) -> ListManagedSkippedErrors {
        ListManagedSkippedErrors::of(&self.client, id)
    }

    /// Ends anybody's tasks; `message` is what their owners are told.
    pub fn cancel_tasks<'a>(
        &self,
        tasks: impl IntoIterator<Item = &'a TaskId>,
        message: impl Into<String>,
    ) -> CancelTasks {
        let mut cancel = CancelTasks::new(&self.client, &[]);
        cancel.call = cancel.call.idempotent();
        cancel.call.set("message", message.into());
        cancel.call.set("task_id_list", texts(tasks));
        cancel
    }

    /// Reads how far a cancellation has come.
    pub fn cancel_status(&self, admin_cancel: impl AsRef<str>) -> CancelStatus {
        CancelStatus::new(&self.client, &[("admin_cancel_id", admin_cancel.as_ref())])
    }

    /// Pauses anybody's tasks; `message` is what their owners are told.
    pub fn pause_tasks<'a>(
        &self,
        tasks: impl IntoIterator<Item = &'a TaskId>,
        message: impl Into<String>,
    ) -> PauseTasks {
        let mut pause = PauseTasks::new(&self.client, &[]);
        pause.call = pause.call.idempotent();
        pause.call.set("message", message.into());
        pause.call.set("task_id_list", texts(tasks));
        pause
    }

    /// Lets tasks go on that were paused.
    pub fn resume_tasks<'a>(&self, tasks: impl IntoIterator<Item = &'a TaskId>) -> ResumeTasks {
        let mut resume = ResumeTasks::new(&self.client, &[]);
        resume.call = resume.call.idempotent();
        resume.call.set("task_id_list", texts(tasks));
        resume
    }

    /// The rules by which tasks are paused.
    pub fn pause_rules(&self) -> PauseRules {
        PauseRules::of(&self.client)
    }
}

fn texts<'a>(tasks: impl IntoIterator<Item = &'a TaskId>) -> Vec<String> {
    tasks.into_iter().map(ToString::to_string).collect()
}

list! {
    /// Lists endpoints. Made by [`EndpointManager::monitored_endpoints`].
    ListMonitoredEndpoints: "globus_transfer.endpoint_manager_monitored_endpoints",
        "/v0.10/endpoint_manager/monitored_endpoints" -> Whole<Endpoint>;
}

call! {
    /// Reads an endpoint. Made by [`EndpointManager::endpoint`].
    GetManagedEndpoint: "globus_transfer.endpoint_manager_get_endpoint",
        GET "/v0.10/endpoint_manager/endpoint/{endpoint_id}" -> Endpoint;
    /// The endpoint. Retried.
}
optional!(GetManagedEndpoint -> Endpoint);

list! {
    /// Lists collections. Made by [`EndpointManager::hosted_endpoints`].
    ListHostedEndpoints: "globus_transfer.endpoint_manager_hosted_endpoint_list",
        "/v0.10/endpoint_manager/endpoint/{endpoint_id}/hosted_endpoint_list" -> Whole<Endpoint>;
}

list! {
    /// Lists access rules. Made by [`EndpointManager::access_rules`].
    ListManagedAccessRules: "globus_transfer.endpoint_manager_acl_list",
        "/v0.10/endpoint_manager/endpoint/{endpoint_id}/access_list" -> Whole<AccessRule>;
}

call! {
    /// Ends tasks. Made by [`EndpointManager::cancel_tasks`].
    CancelTasks: "globus_transfer.endpoint_manager_cancel_tasks",
        POST "/v0.10/endpoint_manager/admin_cancel" -> AdminCancel;
    /// The cancellation, which [`EndpointManager::cancel_status`] follows. Retried: cancelling twice is
    /// cancelling once.
}

call! {
    /// Reads a cancellation. Made by [`EndpointManager::cancel_status`].
    CancelStatus: "globus_transfer.endpoint_manager_cancel_status",
        GET "/v0.10/endpoint_manager/admin_cancel/{admin_cancel_id}" -> AdminCancel;
    /// How far it has come. Retried.
}

call! {
    /// Pauses tasks. Made by [`EndpointManager::pause_tasks`].
    PauseTasks: "globus_transfer.endpoint_manager_pause_tasks",
        POST "/v0.10/endpoint_manager/admin_pause" -> OperationResult;
    /// Pauses them. Retried: pausing twice is pausing once.
}

call! {
    /// Lets tasks go on. Made by [`EndpointManager::resume_tasks`].
    ResumeTasks: "globus_transfer.endpoint_manager_resume_tasks",
        POST "/v0.10/endpoint_manager/admin_resume" -> OperationResult;
    /// Lets them go on. Retried.
}
