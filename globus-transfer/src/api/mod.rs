//! Requests, one builder each, in the order of the service's documentation.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod access;
mod bookmarks;
mod call;
mod endpoint;
mod endpoint_admin;
mod endpoint_search;
mod ls;
mod ls_filter;
mod ls_whole;
mod manager;
mod manager_tasks;
mod paging;
mod pause_rules;
mod submission;
mod submission_setters;
mod submit_delete;
mod submit_transfer;
mod task;
mod task_admin;
mod task_follow;
mod task_lists;
mod tasks;
mod transfer_item;
mod tunnels;
mod walk;
mod walk_run;

pub use access::{
    AccessRules, AddAccessRule, AddRole, DeleteAccessRule, DeleteRole, GetAccessRule, GetRole,
    ListAccessRules, ListRoles, Roles, UpdateAccessRule,
};
pub use bookmarks::{Bookmarks, CreateBookmark, DeleteBookmark, GetBookmark, ListBookmarks, UpdateBookmark};
pub use endpoint::{EndpointHandle, Mkdir, Rename, Stat};
pub use endpoint_admin::{
    CreateSharedEndpoint, DeleteEndpoint, GetEndpoint, GetServer, ListMyEffectivePauseRules,
    ListMySharedEndpoints, ListServers, ListSharedEndpoints, SetSubscriptionAdminVerified, SetSubscriptionId,
    UpdateEndpoint,
};
pub use endpoint_search::SearchEndpoints;
pub use ls::Ls;
pub use ls_filter::LsFilter;
pub use manager::{
    CancelStatus, CancelTasks, EndpointManager, GetManagedEndpoint, ListHostedEndpoints,
    ListManagedAccessRules, ListMonitoredEndpoints, PauseTasks, ResumeTasks,
};
pub use manager_tasks::{
    GetManagedTask, ListManagedEvents, ListManagedSkippedErrors, ListManagedSuccessfulTransfers,
    ListManagedTasks, ManagedPauseInfo,
};
pub use pause_rules::{
    CreatePauseRule, DeletePauseRule, GetPauseRule, ListPauseRules, PauseRules, UpdatePauseRule,
};
pub use submission::{GetSubmissionId, SubmissionDocument, SubmissionKind, Submit};
pub use submit_delete::SubmitDelete;
pub use submit_transfer::SubmitTransfer;
pub use task::{CancelTask, GetTask, TaskHandle};
pub use task_admin::{GetPauseInfo, UpdateTask};
pub use task_lists::{ListEvents, ListSkippedErrors, ListSuccessfulTransfers};
pub use tasks::ListTasks;
pub use transfer_item::{FilterRule, SyncLevel, TransferItem};
pub use tunnels::{
    CreateTunnel, DeleteTunnel, GetStreamAccessPoint, GetTunnel, ListStreamAccessPoints, ListTunnelEvents,
    ListTunnels, Tunnels, UpdateTunnel,
};
pub use walk::{FolderSize, Found, LsRecursive};

use crate::{Error, Result};

/// Refuses a path no storage can hold, before any request is made.
pub(crate) fn check_path(what: &str, path: &str) -> Result<()> {
    if path.is_empty() {
        return Err(Error::config(format!("{what} is empty")));
    }
    if path.contains('\0') {
        return Err(Error::config(format!("{what} {path:?} contains a NUL character")));
    }
    Ok(())
}
