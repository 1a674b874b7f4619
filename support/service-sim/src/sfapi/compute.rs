//! Jobs: submitted, listed, called off.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};

use super::{Sfapi, bash, field, form, lacks, rows, slurm, tasks};
use crate::routes;

const MACHINE: &str = "perlmutter";

fn no_machine(machine: &str) -> Response {
    let detail = json!([{ "loc": ["path", "machine"], "msg": format!("{machine} takes no jobs"), "type": "type_error.enum" }]);
    routes::json(422, &json!({ "detail": detail }))
}

pub(super) async fn submit(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(machine): Path<String>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    if machine != MACHINE {
        return no_machine(&machine);
    }
    let form = form(&body);
    let (Some(job), Some(is_path)) = (field(&form, "job"), field(&form, "isPath")) else {
        return lacks(if field(&form, "job").is_none() {
            "job"
        } else {
            "isPath"
        });
    };
    let (job, is_path) = (job.to_owned(), is_path.eq_ignore_ascii_case("true"));
    let args: Vec<String> = form
        .into_iter()
        .filter(|(key, _)| key == "args")
        .map(|(_, value)| value)
        .collect();
    let place = Arc::clone(&sfapi);
    tasks::begin(&sfapi, async move {
        match accept(&place, &job, is_path, args).await {
            Ok(id) => json!({ "status": "ok", "jobid": id, "error": null }),
            Err(said) => json!({ "status": "error", "jobid": null, "error": said }),
        }
    })
}

async fn accept(sfapi: &Arc<Sfapi>, job: &str, is_path: bool, args: Vec<String>) -> Result<String, String> {
    let script = if is_path {
        let here = sfapi.tree.here(job);
        tokio::fs::read_to_string(here)
            .await
            .map_err(|_| format!("sbatch: error: Unable to open file {job}"))?
    } else {
        job.to_owned()
    };
    if sfapi.settings.slurm {
        return slurm::submit(sfapi, &script, args).await;
    }
    bash::submit(sfapi, &script, args).map(|id| id.to_string())
}

/// What a list is asked for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) accounting: bool,
    pub(super) ids: Option<Vec<String>>,
    pub(super) options: HashMap<String, String>,
    cached: bool,
    index: usize,
    limit: Option<usize>,
}

impl Wanted {
    fn read(query: Option<&str>) -> Self {
        // The parameters' defaults: the queue, and what is remembered.
        let mut wanted = Self {
            cached: true,
            ..Self::default()
        };
        for (key, value) in form(query.unwrap_or_default().as_bytes()) {
            match key.as_str() {
                "sacct" => wanted.accounting = value == "true",
                "cached" => wanted.cached = value == "true",
                "index" => wanted.index = value.parse().unwrap_or_default(),
                "limit" => wanted.limit = value.parse().ok(),
                "kwargs" => {
                    let (option, value) = value.split_once('=').unwrap_or((&value, ""));
                    if option == "jobid" {
                        wanted.ids = Some(value.split(',').map(str::to_owned).collect());
                    } else {
                        wanted.options.insert(option.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        wanted
    }

    fn wants(&self, row: &Value) -> bool {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        let own = text("jobid").split('.').next().unwrap_or_default().to_owned();
        self.ids.as_ref().is_none_or(|ids| ids.contains(&own))
            && self.options.iter().all(|(name, value)| {
                let found = if name == "name" && self.accounting {
                    text("jobname")
                } else {
                    text(name)
                };
                // A step has no user of its own.
                found == value || (name == "user" && text("jobid").contains('.'))
            })
    }
}

pub(super) async fn list(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(machine): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    if machine != MACHINE {
        return no_machine(&machine);
    }
    answer(&sfapi, &Wanted::read(query.as_deref())).await
}

pub(super) async fn one(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path((machine, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    if machine != MACHINE {
        return no_machine(&machine);
    }
    let wanted = Wanted {
        ids: Some(vec![id]),
        ..Wanted::read(query.as_deref())
    };
    answer(&sfapi, &wanted).await
}

async fn answer(sfapi: &Sfapi, wanted: &Wanted) -> Response {
    let found = if sfapi.settings.slurm {
        slurm::list(wanted).await
    } else {
        Ok(of_bash(sfapi, wanted))
    };
    match found {
        Ok(rows) => {
            let rows = rows
                .into_iter()
                .filter(|row| sfapi.settings.slurm || wanted.wants(row));
            let rows: Vec<Value> = rows
                .skip(wanted.index)
                .take(wanted.limit.unwrap_or(usize::MAX))
                .collect();
            // Slurm finds it worth an error when the only job that is asked for is not in the queue.
            if rows.is_empty() && !wanted.accounting && wanted.ids.as_ref().is_some_and(|ids| ids.len() == 1)
            {
                return refused("slurm_load_jobs error: Invalid job id specified");
            }
            routes::json(200, &json!({ "status": "OK", "output": rows, "error": null }))
        }
        Err(said) => refused(&said),
    }
}

fn refused(said: &str) -> Response {
    routes::json(200, &json!({ "status": "ERROR", "output": [], "error": said }))
}

/// How old what is remembered is, in seconds: a new job is not in it.
const REMEMBERED_S: i64 = 10;

fn of_bash(sfapi: &Sfapi, wanted: &Wanted) -> Vec<Value> {
    let now = sfapi.clock.now();
    let cached = wanted
        .cached
        .then(|| now - chrono::TimeDelta::seconds(REMEMBERED_S));
    let rows = sfapi.jobs.each(|job| {
        if cached.is_some_and(|then| job.state_at(then).is_none()) {
            return None;
        }
        Some(if wanted.accounting {
            rows::accounting(job, now - sfapi.jobs.lag)
        } else {
            rows::queue(job, now).into_iter().collect()
        })
    });
    rows.into_iter().flatten().collect()
}

pub(super) async fn cancel(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path((machine, id)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    if machine != MACHINE {
        return no_machine(&machine);
    }
    let place = Arc::clone(&sfapi);
    tasks::begin(&sfapi, async move {
        if place.settings.slurm {
            return slurm::cancel(&id).await;
        }
        let number = id.parse().unwrap_or_default();
        let error = (!place.jobs.cancel(number) && place.jobs.with(number, |_| ()).is_none())
            .then(|| format!("scancel: error: Kill job error on job id {id}: Invalid job id specified"));
        json!({ "status": if error.is_some() { "error" } else { "ok" }, "output": "", "error": error })
    })
}
