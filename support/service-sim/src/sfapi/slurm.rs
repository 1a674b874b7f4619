//! A real Slurm behind the service: `sbatch`, `squeue`, `sacct` and `scancel` on PATH.

use std::process::{Command as Plain, Output, Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use super::Sfapi;
use super::bash::environment;
use super::compute::Wanted;

/// Whose jobs they are: whoever runs the simulator.
pub(super) fn user() -> String {
    let output = Plain::new("id").arg("-un").stdin(Stdio::null()).output();
    let name = output
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    name.map_or_else(|| "root".to_owned(), |name| name.trim().to_owned())
}

async fn output(command: &mut Command) -> Result<Output, String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    output.map_err(|e| format!("slurm: {e}"))
}

/// Hands the script to `sbatch`, with the host's paths as they are here.
pub(super) async fn submit(sfapi: &Sfapi, script: &str, args: Vec<String>) -> Result<String, String> {
    let folder = sfapi.tree.beside("jobs");
    let file = folder.join(format!("{}.sh", uuid::Uuid::new_v4().simple()));
    let write = async {
        tokio::fs::create_dir_all(&folder).await?;
        tokio::fs::write(&file, sfapi.tree.localised(script)).await
    };
    write.await.map_err(|e| format!("sbatch: {e}"))?;
    let home = sfapi.tree.here("/global/homes/a/alsdev");
    let mut sbatch = Command::new("sbatch");
    sbatch
        .arg("--parsable")
        .arg(&file)
        .args(args)
        .current_dir(home)
        .envs(environment(sfapi));
    let output = output(&mut sbatch).await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.trim().split(';').next().unwrap_or_default().to_owned())
}

/// The rows of `squeue` or `sacct`, names in lower case.
pub(super) async fn list(wanted: &Wanted) -> Result<Vec<Value>, String> {
    let mut command = if wanted.accounting {
        let mut command = Command::new("sacct");
        command.args(["-P", "--format=ALL"]);
        command
    } else {
        let mut command = Command::new("squeue");
        command.args(["-o", "%all"]);
        command
    };
    if let Some(ids) = &wanted.ids {
        command.arg(format!("--jobs={}", ids.join(",")));
    }
    for (name, value) in &wanted.options {
        command.arg(format!("--{name}={value}"));
    }
    let output = output(&mut command).await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let names: Vec<String> = lines
        .next()
        .unwrap_or_default()
        .split('|')
        .map(str::to_lowercase)
        .collect();
    let row = |line: &str| {
        let pairs = names
            .iter()
            .cloned()
            .zip(line.split('|').map(|value| json!(value)));
        Value::Object(pairs.collect())
    };
    Ok(lines.map(row).collect())
}

pub(super) async fn cancel(id: &str) -> Value {
    let error = match output(Command::new("scancel").arg(id)).await {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(said) => Some(said),
    };
    json!({ "status": if error.is_some() { "error" } else { "ok" }, "output": "", "error": error })
}
