//! Simulated Globus Transfer over the folders of the collections.

mod access;
mod caller;
mod changes;
mod copy;
mod delete;
mod documents;
mod endpoints;
mod engine;
mod entry;
mod files;
mod filter;
mod job;
mod limits;
mod listing;
mod order;
mod pause;
mod refusal;
mod rules;
mod store;
mod submission;
mod submit;
mod task;
mod tasks;
mod times;
mod tree;
mod trouble;
mod view;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::clock::Clock;
use crate::collection::Collection;
use crate::routes::Routes;
use crate::shared::Shared;
use caller::Caller;
use changes::{Before, Changes};
use limits::{Rate, Slots};
use refusal::Refusal;
use store::Store;
use tree::Tree;
pub use view::TaskView;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct Transfer {
    shared: Arc<Shared>,
    clock: Clock,
    changes: Changes,
    rules: access::Rules,
    tasks: Store,
    rate: Rate,
    slots: Slots,
}

impl Transfer {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        let limits = shared.limits;
        Arc::new(Self {
            clock: shared.clock_of("globus_transfer"),
            shared,
            changes: Changes::default(),
            rules: access::Rules::default(),
            tasks: Store::default(),
            rate: Rate::default(),
            slots: Slots::new(limits),
        })
    }

    /// Every task, in the order of submission.
    pub(crate) fn views(&self) -> Vec<TaskView> {
        self.tasks.map(TaskView::of)
    }

    /// The first collection with this uuid; the others see the same files.
    fn collection(&self, uuid: &str) -> Result<&Collection, Refusal> {
        let mut collections = self.shared.collections.iter();
        collections
            .find(|c| c.uuid() == uuid)
            .ok_or_else(|| Refusal::no_endpoint(uuid))
    }

    /// Whether a collection's storage can rename.
    fn can_rename(&self, uuid: &str) -> bool {
        let mut same = self.shared.collections.iter().filter(|c| c.uuid() == uuid);
        same.all(Collection::rename_supported)
    }

    /// Whether a listing or `stat` of this path and query could be stale although nobody asked before.
    fn has_changed(&self, path: &str, query: &str) -> bool {
        let mut query = url::form_urlencoded::parse(query.as_bytes());
        let asked = query.find(|(key, _)| key == "path");
        let asked = asked.as_ref().map_or("/~/", |(_, value)| value);
        let mut parts = path.split('/').skip_while(|part| *part != "endpoint");
        let tree = parts.nth(1).and_then(|uuid| self.tree(uuid).ok());
        let place = tree.and_then(|tree| tree.entry(asked).ok());
        place.is_some_and(|place| self.changes.concern(&place))
    }

    /// What this caller is to be shown at a path instead of the truth.
    fn before(&self, caller: &Caller, path: &Path) -> Before {
        if caller.wants_stale {
            self.changes.before(path)
        } else {
            Before::Unknown
        }
    }

    /// The files behind a collection's uuid, for a caller who may reach its data.
    fn opened(&self, caller: &Caller, uuid: &str) -> Result<Tree, Refusal> {
        self.open(caller, uuid)?;
        self.tree(uuid)
    }

    /// Whether a caller may reach the data of a collection: a mapped one must have been named in the token's scope.
    fn open(&self, caller: &Caller, uuid: &str) -> Result<(), Refusal> {
        let collection = self.collection(uuid)?;
        let mut same = self.shared.collections.iter().filter(|c| c.uuid() == uuid);
        if same.any(Collection::is_mapped) && !caller.data_access.iter().any(|id| id == uuid) {
            return Err(Refusal::no_consent(collection.uuid()));
        }
        Ok(())
    }

    /// The files behind a collection's uuid.
    fn tree(&self, uuid: &str) -> Result<Tree, Refusal> {
        self.collection(uuid)
            .map(|collection| Tree::new(collection.dir()))
    }
}

/// The service's routes.
pub(crate) fn router(state: Arc<Transfer>) -> Router {
    let shared = Arc::clone(&state.shared);
    let transfer = Arc::clone(&state);
    let routes = Routes::new(&shared, "globus_transfer", refusal::error_document)
        .changed(Arc::new(move |path, query| transfer.has_changed(path, query)));
    on_endpoints(on_tasks(routes)).finish(state)
}

/// Submissions and what becomes of them.
fn on_tasks(routes: Routes<Arc<Transfer>>) -> Routes<Arc<Transfer>> {
    routes
        .on(
            "transfer.submission_id",
            "/v0.10/submission_id",
            get(submit::submission_id),
        )
        .on("transfer.submit", "/v0.10/transfer", post(submit::transfer))
        .on("transfer.delete", "/v0.10/delete", post(submit::delete))
        .on("transfer.task_list", "/v0.10/task_list", get(tasks::list))
        .on("transfer.task_get", "/v0.10/task/{task_id}", get(tasks::one))
        .on(
            "transfer.task_update",
            "/v0.10/task/{task_id}",
            axum::routing::put(tasks::update),
        )
        .on(
            "transfer.task_cancel",
            "/v0.10/task/{task_id}/cancel",
            post(tasks::cancel),
        )
        .on(
            "transfer.task_pause_info",
            "/v0.10/task/{task_id}/pause_info",
            get(pause::info),
        )
        .on(
            "transfer.admin_pause",
            "/v0.10/endpoint_manager/admin_pause",
            post(pause::pause),
        )
        .on(
            "transfer.admin_resume",
            "/v0.10/endpoint_manager/admin_resume",
            post(pause::resume),
        )
        .on(
            "transfer.task_events",
            "/v0.10/task/{task_id}/event_list",
            get(tasks::events),
        )
        .on(
            "transfer.task_successful_transfers",
            "/v0.10/task/{task_id}/successful_transfers",
            get(tasks::successful_transfers),
        )
        .on(
            "transfer.task_skipped_errors",
            "/v0.10/task/{task_id}/skipped_errors",
            get(tasks::skipped_errors),
        )
}

/// Collections, their files and who may reach them.
fn on_endpoints(routes: Routes<Arc<Transfer>>) -> Routes<Arc<Transfer>> {
    routes
        .on(
            "transfer.endpoint_get",
            "/v0.10/endpoint/{endpoint_id}",
            get(endpoints::one),
        )
        .on(
            "transfer.access_list",
            "/v0.10/endpoint/{endpoint_id}/access_list",
            get(access::list),
        )
        .on(
            "transfer.access_create",
            "/v0.10/endpoint/{endpoint_id}/access",
            post(access::create),
        )
        .on(
            "transfer.access_get",
            "/v0.10/endpoint/{endpoint_id}/access/{rule_id}",
            get(access::one),
        )
        .on(
            "transfer.access_update",
            "/v0.10/endpoint/{endpoint_id}/access/{rule_id}",
            axum::routing::put(access::update),
        )
        .on(
            "transfer.access_delete",
            "/v0.10/endpoint/{endpoint_id}/access/{rule_id}",
            axum::routing::delete(access::delete),
        )
        .on(
            "transfer.ls",
            "/v0.10/operation/endpoint/{endpoint_id}/ls",
            get(listing::ls),
        )
        .on(
            "transfer.stat",
            "/v0.10/operation/endpoint/{endpoint_id}/stat",
            get(files::stat),
        )
        .on(
            "transfer.rename",
            "/v0.10/operation/endpoint/{endpoint_id}/rename",
            post(files::rename),
        )
        .on(
            "transfer.mkdir",
            "/v0.10/operation/endpoint/{endpoint_id}/mkdir",
            post(files::mkdir),
        )
        .on(
            "transfer.endpoint_search",
            "/v0.10/endpoint_search",
            get(endpoints::search),
        )
}
