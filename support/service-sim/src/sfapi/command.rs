//! Commands on a login node.

use std::process::Stdio;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::process::Command;

use super::bash::environment;
use super::{Sfapi, field, form, lacks, tasks, words};

pub(super) async fn run(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(_machine): Path<String>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let form = form(&body);
    let Some(line) = field(&form, "executable").map(str::to_owned) else {
        return lacks("executable");
    };
    let place = Arc::clone(&sfapi);
    tasks::begin(&sfapi, async move { carry_out(&place, &line).await })
}

/// Runs it without a shell, as the service does.
async fn carry_out(sfapi: &Sfapi, line: &str) -> Value {
    let failed = |said: String| json!({ "status": "error", "output": null, "error": said, "exit_code": 127 });
    let words = words::split(line).unwrap_or_default();
    let words: Vec<String> = words.iter().map(|word| sfapi.tree.localised(word)).collect();
    let Some((program, arguments)) = words.split_first() else {
        return failed(format!("{line}: no command"));
    };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(sfapi.tree.here("/global/homes/a/alsdev"))
        .envs(environment(sfapi))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output = match output {
        Ok(output) => output,
        Err(e) => return failed(format!("{program}: {e}")),
    };
    let text = |bytes: &[u8]| sfapi.tree.remote(&String::from_utf8_lossy(bytes));
    let said = text(&output.stderr);
    json!({
        "status": "ok",
        "output": text(&output.stdout),
        "error": (!said.is_empty()).then_some(said),
        "exit_code": output.status.code().unwrap_or(1),
    })
}
