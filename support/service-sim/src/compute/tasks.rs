//! Submitting and following tasks.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::Compute;
use super::caller::{Caller, Refusal};
use super::functions::unknown;
use super::outside::Errand;
use super::run::Job;
use crate::routes::{self, Odd};

/// The bytes of a submission.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;
/// The ids of one question.
const MAX_IDS: usize = 128;

pub(super) async fn submit(
    State(compute): State<Arc<Compute>>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let gives_up = request.extensions().get::<Odd>() == Some(&Odd::GiveUp);
    let body = axum::body::to_bytes(request.into_body(), routes::MAX_BODY)
        .await
        .unwrap_or_default();
    let submitted = match compute.known(&id) {
        Ok(endpoint) => compute.submit(&endpoint, &caller.user, &body, gives_up).await,
        Err(refusal) => Err(refusal),
    };
    match submitted {
        Ok(reply) => routes::json(200, &reply),
        Err(refusal) => refusal.response(),
    }
}

pub(super) async fn read(
    State(compute): State<Arc<Compute>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let now = compute.now();
    match compute.store().fetch(&id, now) {
        Some(task) => routes::json(200, &task),
        None => Refusal::new(404, "TASK_NOT_FOUND", format!("Task {id} not found")).response(),
    }
}

/// Unknown tasks are left out, and with the fault `omit` every other one.
pub(super) async fn batch(
    State(compute): State<Arc<Compute>>,
    _caller: Caller,
    request: Request,
) -> Response {
    let omits = request.extensions().get::<Odd>() == Some(&Odd::Omit);
    let body: Bytes = axum::body::to_bytes(request.into_body(), routes::MAX_BODY)
        .await
        .unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(ids) = body["task_ids"].as_array().filter(|ids| ids.len() <= MAX_IDS) else {
        return Refusal::malformed(format!("task_ids: a list of at most {MAX_IDS} is required")).response();
    };
    let now = compute.now();
    let mut store = compute.store();
    let mut results = Map::new();
    for (index, id) in ids.iter().filter_map(Value::as_str).enumerate() {
        if omits && index % 2 == 0 {
            continue;
        }
        if let Some(task) = store.fetch(id, now) {
            results.insert(id.to_owned(), task);
        }
    }
    routes::json(200, &json!({"response": "batch", "results": results}))
}

pub(super) async fn group(
    State(compute): State<Arc<Compute>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let store = compute.store();
    let Some(group) = store.groups.get(&id) else {
        let reason = format!("Task Group {id} could not be resolved");
        return Refusal::new(404, "TASK_GROUP_NOT_FOUND", reason).response();
    };
    let tasks = group.tasks.iter().filter_map(|task| store.task(task));
    let tasks: Vec<Value> = tasks
        .map(|task| json!({"id": task.id, "created_at": task.created.to_rfc3339()}))
        .collect();
    routes::json(
        200,
        &json!({"taskgroup_id": id, "create_websockets_queue": group.queue, "tasks": tasks}),
    )
}

impl Compute {
    /// Takes a submission of `user`; its tasks run from now on.
    pub(super) async fn submit(
        self: &Arc<Self>,
        endpoint: &str,
        user: &str,
        body: &[u8],
        gives_up: bool,
    ) -> Result<Value, Refusal> {
        let submission = Submission::read(body)?;
        if submission.queue {
            self.make_queue(&submission.group).await?;
        }
        let jobs = self.jobs(&submission, endpoint, user)?;
        let mut ids: Map<String, Value> = Map::new();
        for job in jobs {
            let list = ids.entry(job.to.function.as_str()).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!(job.id));
            }
            self.start(job, gives_up);
        }
        Ok(json!({
            "request_id": self.shared.request_id(), "task_group_id": submission.group, "endpoint_id": endpoint,
            "tasks": ids,
        }))
    }

    fn jobs(&self, submission: &Submission, endpoint: &str, user: &str) -> Result<Vec<Job>, Refusal> {
        let now = self.now();
        let mut store = self.store();
        let mut jobs = Vec::new();
        for (id, payloads) in &submission.tasks {
            let function = store.functions.get(id).cloned().ok_or_else(|| unknown(id))?;
            let payloads = payloads.as_array().filter(|payloads| !payloads.is_empty());
            let payloads =
                payloads.ok_or_else(|| Refusal::malformed(format!("tasks.{id}: a list is required")))?;
            for payload in payloads {
                let payload = payload
                    .as_str()
                    .ok_or_else(|| Refusal::malformed(format!("tasks.{id}: texts are required")))?;
                let to = Errand {
                    endpoint: endpoint.to_owned(),
                    function: id.clone(),
                    user: user.to_owned(),
                    config: submission.config.clone(),
                    resources: submission.resources.clone(),
                };
                jobs.push((
                    function.name.clone(),
                    Job {
                        id: uuid::Uuid::new_v4().to_string(),
                        code: function.code.clone(),
                        payload: payload.to_owned(),
                        serializers: submission.serializers.clone(),
                        to,
                    },
                ));
            }
        }
        // Nothing of a submission is kept unless all of it is good.
        for (name, job) in &jobs {
            store.add(job.id.clone(), name.clone(), &submission.group, now);
        }
        if let Some(group) = store.groups.get_mut(&submission.group) {
            group.queue |= submission.queue;
        }
        Ok(jobs.into_iter().map(|(_, job)| job).collect())
    }
}

/// What was submitted.
struct Submission {
    tasks: Map<String, Value>,
    group: String,
    /// Whether results are to be pushed.
    queue: bool,
    serializers: Vec<String>,
    config: Value,
    resources: Value,
}

impl Submission {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        if body.len() > MAX_PAYLOAD {
            let words = format!(
                "the submission has {} bytes, {MAX_PAYLOAD} are allowed",
                body.len()
            );
            return Err(Refusal::new(413, "TASK_PAYLOAD_TOO_LARGE", words));
        }
        let body: Value =
            serde_json::from_slice(body).map_err(|_| Refusal::malformed("the body is no JSON"))?;
        let tasks = body["tasks"].as_object().filter(|tasks| !tasks.is_empty());
        let tasks = tasks.ok_or_else(|| Refusal::malformed("tasks: field required"))?;
        let group = match &body["task_group_id"] {
            Value::String(id) => uuid::Uuid::parse_str(id)
                .map_err(|_| Refusal::invalid_uuid(id))?
                .to_string(),
            _ => uuid::Uuid::new_v4().to_string(),
        };
        let listed = body["result_serializers"].as_array().into_iter().flatten();
        let config = body["user_endpoint_config"].as_object().cloned();
        Ok(Self {
            tasks: tasks.clone(),
            group,
            queue: body["create_queue"] == json!(true),
            serializers: listed
                .filter_map(|path| path.as_str().map(str::to_owned))
                .collect(),
            config: config.unwrap_or_default().into(),
            resources: body["resource_specification"].clone(),
        })
    }
}
