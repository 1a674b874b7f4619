//! Which runs a list is to hold.

use axum::response::Response;
use serde_json::Value;

use super::{Deployment, checks, detail};
use crate::routes;

/// Most rows of a list, which is also how many come without a limit.
const MAX_LIMIT: u64 = 200;

/// What can be asked of a field of a run: the path of the filter, and the field.
const ANY_OF: &[(&[&str], &str)] = &[
    (&["id"], "id"),
    (&["name"], "name"),
    (&["deployment_id"], "deployment_id"),
    (&["idempotency_key"], "idempotency_key"),
    (&["state", "type"], "state_type"),
    (&["state", "name"], "state_name"),
];

/// The lists' own filters: what they are of, and what can be asked of it.
const FILTERS: &[(&str, &[&str])] = &[
    (
        "flow_runs",
        &["id", "name", "deployment_id", "idempotency_key", "state", "tags"],
    ),
    ("deployments", &["id", "name"]),
    ("flows", &["id", "name"]),
    ("work_pools", &["name"]),
];

/// Answers a list. Of every filter `any_` is known, of tags `all_`, of a run's name also `like_`. The newest or the
/// first due come first, as `sort` says.
pub(super) fn apply(asked: &Value, runs: &[Value], deployments: &[Deployment]) -> Response {
    let mut complaints = Vec::new();
    for (field, known) in FILTERS.iter().filter(|(field, _)| !asked[*field].is_null()) {
        checks::only(&asked[*field], &["body", field], known, &mut complaints);
    }
    if let Err(refusal) = checks::refuse_any(&complaints, asked) {
        return refusal;
    }
    let fits = |run: &&Value| run_fits(&asked["flow_runs"], run) && parents_fit(asked, run, deployments);
    let mut found: Vec<&Value> = runs.iter().filter(fits).collect();
    match asked["sort"].as_str().unwrap_or("ID_DESC") {
        "NAME_ASC" => found.sort_by_key(|run| run["name"].to_string()),
        "EXPECTED_START_TIME_ASC" | "NEXT_SCHEDULED_START_TIME_ASC" => {
            found.sort_by_key(|run| run["expected_start_time"].to_string());
        }
        // Ids of the real server grow with time.
        _ => found.reverse(),
    }
    page(asked, found)
}

/// The part of a list that was asked for.
pub(super) fn page(asked: &Value, found: Vec<&Value>) -> Response {
    let limit = asked["limit"].as_u64().unwrap_or(MAX_LIMIT);
    if limit > MAX_LIMIT {
        return detail(422, "Invalid limit: must be less than or equal to 200.");
    }
    let rows = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let offset = asked["offset"].as_u64().unwrap_or(0);
    let page: Vec<Value> = found
        .into_iter()
        .skip(rows(offset))
        .take(rows(limit))
        .cloned()
        .collect();
    routes::json(200, &Value::from(page))
}

fn run_fits(asked: &Value, run: &Value) -> bool {
    let any = ANY_OF.iter().all(|(path, field)| {
        let filter = path.iter().fold(asked, |value, name| &value[name]);
        is_any(filter, &run[field])
    });
    any && has_all(&asked["tags"], &run["tags"]) && is_like(&asked["name"], &run["name"])
}

/// Whether every tag that is asked for is there.
pub(super) fn has_all(filter: &Value, tags: &Value) -> bool {
    let mut wanted = filter["all_"].as_array().into_iter().flatten();
    wanted.all(|tag| tags.as_array().is_some_and(|tags| tags.contains(tag)))
}

/// Whether a name has the part that is asked for, in whatever case.
pub(super) fn is_like(filter: &Value, name: &Value) -> bool {
    let part = filter["like_"].as_str().unwrap_or_default().to_lowercase();
    name.as_str().unwrap_or_default().to_lowercase().contains(&part)
}

/// What is asked of the things that a run belongs to.
fn parents_fit(asked: &Value, run: &Value, deployments: &[Deployment]) -> bool {
    let Some(of) = deployments
        .iter()
        .find(|found| found.document["id"] == run["deployment_id"])
    else {
        return false;
    };
    is_any(&asked["deployments"]["id"], &of.document["id"])
        && is_any(&asked["deployments"]["name"], &of.document["name"])
        && is_any(&asked["flows"]["id"], &of.document["flow_id"])
        && is_any(&asked["flows"]["name"], &Value::from(of.flow_name))
        && is_any(&asked["work_pools"]["name"], &of.document["work_pool_name"])
}

/// A filter that says nothing lets everything through.
pub(super) fn is_any(filter: &Value, value: &Value) -> bool {
    filter["any_"]
        .as_array()
        .is_none_or(|wanted| wanted.contains(value))
}
