//! Every method of pyscicat's `ScicatClient` has one here, which makes the same request. The table of the README is
//! made from this list.

use method_table::{Line, same_requests, table};
use scicat::{
    Client, DatasetPid, Filter, InstrumentId, NewAttachment, NewOrigDatablock, NewRawDataset, ProposalId,
    RequestParts, Result, SampleId,
};

use crate::support::{noon, offline, pid, required};

type Row = method_table::Row<Client>;

/// A method with its other names, the request it makes, and ours.
const fn row(
    theirs: &'static str,
    aliases: &'static [&'static str],
    request: &'static str,
    ours: &'static str,
    parts: fn(&Client) -> Result<RequestParts>,
) -> Row {
    Row {
        theirs,
        aliases,
        request,
        ours,
        parts,
    }
}

const ROWS: &[Row] = &[
    row(
        "datasets_attachment_create",
        &["create_dataset_attachment", "upload_attachment"],
        "POST /v3/datasets/{pid}/attachments",
        "attachments(pid).create(&picture)",
        |c| {
            let picture = NewAttachment::new(vec![1], "image/png", "raw image", "g");
            c.attachments(pid()).create(&picture).into_parts()
        },
    ),
    row(
        "datasets_create",
        &["create_dataset", "upload_new_dataset"],
        "POST /v3/datasets",
        "datasets().create(dataset)",
        |c| c.datasets().create(NewRawDataset::new(required())).into_parts(),
    ),
    row(
        "datasets_delete",
        &["delete_dataset"],
        "DELETE /v3/datasets/{pid}",
        "dataset(pid).delete()",
        |c| c.dataset(pid()).delete().into_parts(),
    ),
    row(
        "datasets_find",
        &["find_datasets_full_query", "get_datasets_full_query"],
        "GET /v3/datasets/fullquery",
        "datasets().full_query()",
        |c| c.datasets().full_query().text("tomography").into_parts(),
    ),
    row(
        "datasets_get_many",
        &["find_datasets", "get_datasets"],
        "GET /v3/datasets",
        "datasets().find()",
        |c| c.datasets().find().into_parts(),
    ),
    row(
        "datasets_get_one",
        &["get_dataset_by_pid"],
        "GET /v3/datasets/{pid}",
        "dataset(pid).get()",
        |c| c.dataset(pid()).get().into_parts(),
    ),
    row(
        "datasets_origdatablock_create",
        &["create_dataset_origdatablock", "upload_dataset_origdatablock"],
        "POST /v3/datasets/{pid}/origdatablocks",
        "origdatablocks(pid).create(files)",
        |c| {
            let files = NewOrigDatablock::new().file("/a.h5", 5, noon());
            c.origdatablocks(pid()).create(files).into_parts()
        },
    ),
    row(
        "datasets_origdatablocks_get_one",
        &["get_dataset_origdatablocks"],
        "GET /v3/datasets/{pid}/origdatablocks",
        "origdatablocks(pid).list()",
        |c| c.origdatablocks(pid()).list().into_parts(),
    ),
    row(
        "datasets_update",
        &["update_dataset"],
        "PATCH /v3/datasets/{pid}",
        "dataset(pid).update()",
        |c| c.dataset(pid()).update().description("x").into_parts(),
    ),
    row(
        "instruments_create",
        &["upload_instrument"],
        "POST /v3/instruments",
        "instruments().create(unique_name, name)",
        |c| c.instruments().create("tomo", "Tomography").into_parts(),
    ),
    row(
        "instruments_get_one",
        &["get_instrument"],
        "GET /v3/instruments/{id}",
        "instruments().get(id)",
        |c| c.instruments().get(&InstrumentId::new("i-1")).into_parts(),
    ),
    row(
        "instruments_get_one by name",
        &[],
        "GET /v3/instruments/findOne",
        "instruments().find_one(&filter)",
        |c| {
            let named = Filter::new().contains("name", "tomo");
            c.instruments().find_one(&named).into_parts()
        },
    ),
    row(
        "instruments_update",
        &[],
        "PATCH /v3/instruments/{id}",
        "instruments().update(id)",
        |c| {
            let id = InstrumentId::new("i-1");
            c.instruments().update(&id).name("Tomography").into_parts()
        },
    ),
    row(
        "proposals_create",
        &["upload_proposal"],
        "POST /v3/proposals",
        "proposals().create(id, group, title, email)",
        |c| {
            let id = ProposalId::new("ALS-11532");
            c.proposals().create(&id, "g", "Bones", "a@b.org").into_parts()
        },
    ),
    row(
        "proposals_get_one",
        &["get_proposal"],
        "GET /v3/proposals/{id}",
        "proposals().get(id)",
        |c| c.proposals().get(&ProposalId::new("ALS-11532")).into_parts(),
    ),
    row(
        "proposals_update",
        &[],
        "PATCH /v3/proposals/{id}",
        "proposals().update(id)",
        |c| {
            let id = ProposalId::new("ALS-11532");
            c.proposals().update(&id).title("Bones").into_parts()
        },
    ),
    row(
        "published_data_get_many",
        &["find_published_data", "get_published_data"],
        "GET /v3/publisheddata",
        "published_data().find()",
        |c| c.published_data().find().into_parts(),
    ),
    row(
        "samples_create",
        &["upload_sample"],
        "POST /v3/samples",
        "samples().create(group)",
        |c| c.samples().create("g").sample_id("s-1").into_parts(),
    ),
    row(
        "samples_get_many",
        &[],
        "GET /v3/samples",
        "samples().find()",
        |c| c.samples().find().into_parts(),
    ),
    row(
        "samples_get_one",
        &["get_sample"],
        "GET /v3/samples/{id}",
        "samples().get(id)",
        |c| c.samples().get(&SampleId::new("s-1")).into_parts(),
    ),
    row(
        "samples_update",
        &[],
        "PATCH /v3/samples/{id}",
        "samples().update(id)",
        |c| c.samples().update(&SampleId::new("s-1")).owner("A").into_parts(),
    ),
];

/// What the client does by itself, and what pyscicat has that makes no request of its own.
const BY_ITSELF: &[(&str, &str, &str)] = &[
    (
        "encode_thumbnail",
        "none",
        "`NewAttachment::new(bytes, media_type, caption, group)`",
    ),
    (
        "from_credentials",
        "`POST /v3/auth/login`",
        "`Client::builder().login(name, password)`",
    ),
    ("from_token", "none", "`Client::builder().token(token)`"),
    (
        "get_checksum",
        "none",
        "`NewDataFile { checksum, .. }`: the caller reads the file",
    ),
    (
        "get_file_mod_time",
        "none",
        "`NewOrigDatablock::file(path, size, time)`: the caller reads the file",
    ),
    (
        "get_file_size",
        "none",
        "`NewOrigDatablock::file(path, size, time)`: the caller reads the file",
    ),
    (
        "get_token",
        "`POST /v3/auth/login`",
        "by itself, when a token is first needed",
    ),
    (
        "login",
        "`POST /v3/auth/login`",
        "by itself, when a token is first needed, and again before it ends",
    ),
];

#[test]
fn every_method_makes_the_same_request() {
    assert_eq!(same_requests(&offline(), ROWS).len(), ROWS.len());
}

/// As version 0.4.8 of pyscicat has: 21 methods, of which one is the login and one makes either of two requests, and 22 older names.
#[test]
fn no_method_is_missing_or_twice() {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.theirs).collect();
    assert!(names.is_sorted(), "in the order of their names");
    names.dedup();
    assert_eq!(names.len(), 21);
    let mut aliases: Vec<&str> = ROWS.iter().flat_map(|row| row.aliases).copied().collect();
    aliases.sort_unstable();
    aliases.dedup();
    assert_eq!(aliases.len(), 22);
}

#[test]
fn a_pid_is_one_segment_in_every_request() {
    let nasty = DatasetPid::new("20.500/a b+c?d#e%2F");
    let parts = offline().dataset(nasty).get().into_parts().unwrap();
    assert_eq!(
        parts.path().unwrap(),
        "/v3/datasets/20.500%2Fa%20b%2Bc%3Fd%23e%252F"
    );
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let mut lines: Vec<Line> = ROWS.iter().map(Row::line).collect();
    let by_itself = |(theirs, request, ours): &(&str, &str, &str)| {
        Line(format!("`{theirs}`"), (*request).to_owned(), (*ours).to_owned())
    };
    lines.extend(BY_ITSELF.iter().map(by_itself));
    let aliases = ROWS.iter().map(|row| row.aliases.len()).sum::<usize>();
    let table = table("pyscicat 0.4.8", &lines);
    let table = format!(
        "{table}\n{0} of {0}, and all {aliases} older names.\n",
        lines.len()
    );
    method_table::keep_readme(env!("CARGO_MANIFEST_DIR"), &table);
}
