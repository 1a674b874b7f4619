//! Every method of the Python SDK's `TransferClient` has one here, which makes the same request. The table of the
//! README is made from this list.

mod endpoints;
mod manager;
mod tasks;
mod tunnels;

use std::fmt::Write as _;

use chrono::{DateTime, TimeZone, Utc};
use globus_transfer::{Client, RequestParts, Result, SubmissionId, TaskId};
use insta::assert_json_snapshot;

use crate::support::idle;
use endpoints::{BOOKMARKS, ENDPOINTS};
use manager::MANAGER;
use tasks::TASKS;
use tunnels::TUNNELS;

/// A method of the SDK's, the request it makes, and ours.
struct Row {
    theirs: &'static str,
    request: &'static str,
    ours: &'static str,
    parts: fn(&Client) -> Result<RequestParts>,
}

const fn row(
    theirs: &'static str,
    request: &'static str,
    ours: &'static str,
    parts: fn(&Client) -> Result<RequestParts>,
) -> Row {
    Row {
        theirs,
        request,
        ours,
        parts,
    }
}

/// Methods of the SDK's that make no request of their own.
const WITHOUT_REQUEST: &[(&str, &str)] = &[(
    "add_app_data_access_scope",
    "the token's scope: `Endpoint::needs_data_access()` tells whether a collection wants it",
)];

fn task() -> TaskId {
    TaskId::new("7c1d0000-0000-4000-8000-00000000000b")
}

fn submission() -> SubmissionId {
    SubmissionId::new("5b9e4f0a-0000-4000-8000-00000000000a")
}

fn day() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 12, 1, 8, 0, 0).unwrap()
}

fn rows() -> Vec<&'static Row> {
    let mut rows: Vec<&Row> = [TASKS, ENDPOINTS, BOOKMARKS, MANAGER, TUNNELS]
        .into_iter()
        .flatten()
        .collect();
    rows.sort_by_key(|row| row.theirs);
    rows
}

#[test]
fn every_method_makes_the_same_request() {
    for row in rows() {
        let parts = (row.parts)(&idle()).unwrap();
        let request = format!("{} {}", parts.method(), parts.path_template());
        assert_eq!(request, row.request, "{}", row.theirs);
        assert!(!parts.path().unwrap().contains('{'), "{}", row.theirs);
    }
}

/// As many as version 4.9 of the SDK has.
#[test]
fn no_method_is_missing_or_twice() {
    let mut names: Vec<&str> = rows().iter().map(|row| row.theirs).collect();
    names.dedup();
    assert_eq!(names.len() + WITHOUT_REQUEST.len(), 69);
}

fn snapshot(name: &str, rows: &[Row]) {
    let parts: Vec<RequestParts> = rows.iter().map(|row| (row.parts)(&idle()).unwrap()).collect();
    assert_json_snapshot!(name, parts);
}

#[test]
fn what_is_sent() {
    snapshot("tasks", TASKS);
    snapshot("endpoints", ENDPOINTS);
    snapshot("bookmarks", BOOKMARKS);
    snapshot("endpoint_manager", MANAGER);
    snapshot("tunnels", TUNNELS);
}

const BEGIN: &str = "<!-- methods: made by the tests, see tests/api/surface.rs -->\n";
const END: &str = "<!-- end of methods -->";

fn table() -> String {
    let mut table = "| `TransferClient` of globus-sdk 4.9 | request | here |\n|---|---|---|\n".to_owned();
    let mut lines: Vec<(&str, String)> = rows()
        .iter()
        .map(|row| {
            let ours = if row.ours.contains("::") {
                row.ours.to_owned()
            } else {
                format!("client.{}", row.ours)
            };
            (row.theirs, format!("`{}` | `{ours}`", row.request))
        })
        .collect();
    lines.extend(
        WITHOUT_REQUEST
            .iter()
            .map(|(theirs, ours)| (*theirs, format!("none | {ours}"))),
    );
    lines.sort();
    for (theirs, line) in &lines {
        writeln!(table, "| `{theirs}` | {line} |").unwrap();
    }
    writeln!(table, "\n{0} of {0} methods.", lines.len()).unwrap();
    table
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let begin = readme.find(BEGIN).expect("the README has a place for the table") + BEGIN.len();
    let end = begin + readme[begin..].find(END).expect("the table has an end");
    if readme[begin..end] == table() {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some(),
        "the table of the README is out of date: run the tests with UPDATE_README=1"
    );
    std::fs::write(path, format!("{}{}{}", &readme[..begin], table(), &readme[end..])).unwrap();
}
