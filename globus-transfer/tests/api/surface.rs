//! Every method of the Python SDK's `TransferClient` has one here, which makes the same request. The table of the
//! README is made from this list.

mod endpoints;
mod manager;
mod tasks;
mod tunnels;

use chrono::{DateTime, TimeZone, Utc};
use globus_transfer::{Client, SubmissionId, TaskId};
use insta::assert_json_snapshot;
use method_table::{Line, row, same_requests, table};

use crate::support::idle;
use endpoints::{BOOKMARKS, ENDPOINTS};
use manager::MANAGER;
use tasks::TASKS;
use tunnels::TUNNELS;

type Row = method_table::Row<Client>;

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

/// As many as version 4.9 of the SDK has.
#[test]
fn no_method_is_missing_or_twice() {
    let mut names: Vec<&str> = rows().iter().map(|row| row.theirs).collect();
    names.dedup();
    assert_eq!(names.len() + WITHOUT_REQUEST.len(), 69);
}

fn snapshot(name: &str, rows: &[Row]) {
    assert_json_snapshot!(name, same_requests(&idle(), rows));
}

#[test]
fn every_method_makes_the_same_request() {
    snapshot("tasks", TASKS);
    snapshot("endpoints", ENDPOINTS);
    snapshot("bookmarks", BOOKMARKS);
    snapshot("endpoint_manager", MANAGER);
    snapshot("tunnels", TUNNELS);
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let mut lines: Vec<Line> = rows().into_iter().map(Row::line).collect();
    lines.extend(WITHOUT_REQUEST.iter().map(Line::without_request));
    lines.sort();
    let table = table("`TransferClient` of globus-sdk 4.9", &lines);
    let table = format!("{table}\n{0} of {0} methods.\n", lines.len());
    method_table::keep_readme(env!("CARGO_MANIFEST_DIR"), &table);
}
