//! Files of the host: listed, read, written.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::Sfapi;
use crate::routes;

/// The service moves small files only.
const LARGEST: u64 = 10 << 20;

fn absent(program: &str, path: &str) -> String {
    format!("{program}: cannot access '{path}': No such file or directory")
}

pub(super) async fn ls(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path((_machine, path)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let here = sfapi.tree.here(&path);
    let reply = |status: &str, entries: Vec<Value>, error: Option<String>| {
        let document =
            json!({ "status": status, "entries": entries, "error": error, "file": null, "is_binary": false });
        routes::json(200, &document)
    };
    let Ok(facts) = here.symlink_metadata() else {
        return reply("ERROR", Vec::new(), Some(absent("ls", &path)));
    };
    let as_folder = if facts.is_symlink() {
        here.metadata().unwrap_or(facts.clone())
    } else {
        facts.clone()
    };
    if !as_folder.is_dir() {
        return reply("OK", vec![entry(&path, &facts)], None);
    }
    let mut entries = vec![entry(".", &as_folder), entry("..", &as_folder)];
    for found in std::fs::read_dir(&here).into_iter().flatten().flatten() {
        let Ok(facts) = found.path().symlink_metadata() else {
            continue;
        };
        let mut name = found.file_name().to_string_lossy().into_owned();
        if let Ok(target) = std::fs::read_link(found.path()) {
            name = format!("{name} -> {}", target.display());
        }
        entries.push(entry(&name, &facts));
    }
    reply("OK", entries, None)
}

fn entry(name: &str, facts: &Metadata) -> Value {
    let date: DateTime<Utc> = facts.modified().map(Into::into).unwrap_or_default();
    #[allow(clippy::cast_precision_loss)] // as the service does
    let size = facts.len() as f64;
    json!({
        "perms": permissions(facts),
        "hardlinks": facts.nlink(),
        "user": "alsdev",
        "group": "als",
        "size": size,
        "date": date.format("%Y-%m-%dT%H:%M:%S").to_string(),
        "name": name,
    })
}

/// `-rw-r--r--`.
fn permissions(facts: &Metadata) -> String {
    let kind = match facts {
        facts if facts.is_dir() => 'd',
        facts if facts.is_symlink() => 'l',
        _ => '-',
    };
    let mode = facts.permissions().mode();
    let bits = (0..9).rev().map(|bit| match (mode >> bit & 1, bit % 3) {
        (0, _) => '-',
        (_, 2) => 'r',
        (_, 1) => 'w',
        _ => 'x',
    });
    std::iter::once(kind).chain(bits).collect()
}

pub(super) async fn download(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path((_machine, path)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let binary = query.unwrap_or_default().contains("binary=true");
    let here = sfapi.tree.here(&path);
    let refused = |said: String| {
        routes::json(
            200,
            &json!({ "status": "ERROR", "file": null, "is_binary": binary, "error": said }),
        )
    };
    let bytes = match here.metadata() {
        Err(_) => return refused(absent("stat", &path)),
        Ok(facts) if facts.is_dir() => return refused(format!("{path}: Is a directory")),
        Ok(facts) if facts.len() > LARGEST => return refused(format!("{path}: File too large")),
        Ok(_) => match std::fs::read(&here) {
            Ok(bytes) => bytes,
            Err(e) => return refused(format!("{path}: {e}")),
        },
    };
    let file = if binary {
        STANDARD.encode(&bytes)
    } else {
        String::from_utf8_lossy(&bytes).into_owned()
    };
    routes::json(
        200,
        &json!({ "status": "OK", "file": file, "is_binary": binary, "error": null }),
    )
}

pub(super) async fn upload(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path((_machine, path)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let Some(bytes) = part(&headers, &body) else {
        return super::lacks("file");
    };
    let said = std::fs::write(sfapi.tree.here(&path), bytes)
        .err()
        .map(|e| format!("{path}: {e}"));
    let status = if said.is_some() { "ERROR" } else { "OK" };
    routes::json(200, &json!({ "status": status, "output": null, "error": said }))
}

/// The bytes of the part named `file` of a form of parts.
fn part<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<&'a [u8]> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = content_type
        .strip_prefix("multipart/form-data")?
        .split("boundary=")
        .nth(1)?;
    let boundary = boundary.split(';').next()?.trim_matches('"');
    let mut rest = body;
    loop {
        let start = find(rest, format!("--{boundary}\r\n").as_bytes())?;
        rest = rest.get(start + boundary.len() + 4..)?;
        let end_of_head = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(rest.get(..end_of_head)?).into_owned();
        let content = rest.get(end_of_head + 4..)?;
        let end = find(content, format!("\r\n--{boundary}").as_bytes())?;
        if head.contains("name=\"file\"") {
            return content.get(..end);
        }
        rest = content.get(end + 2..)?;
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
