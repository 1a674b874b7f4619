//! Every method of sfapi_client has one here, which makes the same request; every endpoint of the service is covered.
//! The table of the README is made from this list.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use insta::assert_json_snapshot;
use method_table::{Line, row, same_requests, table};
use sfapi::{Client, JobId, TaskId, TransferId};

use crate::support::{idle, machine};

type Row = method_table::Row<Client>;

const SCRIPT: &str = "#!/bin/bash\nhostname\n";

fn job() -> JobId {
    JobId::new("123")
}

const JOBS: &str = "GET /compute/jobs/{machine}";
const LS: &str = "GET /utilities/ls/{machine}/{path}";

const ROWS: &[Row] = &[
    row(
        "Api.changelog",
        "GET /meta/changelog",
        "client.meta().changelog()",
        |c| c.meta().changelog().into_parts(),
    ),
    row("Api.config", "GET /meta/config", "client.meta().config()", |c| {
        c.meta().config().into_parts()
    }),
    row("Resources.status", "GET /status", "client.status().all()", |c| {
        c.status().all().into_parts()
    }),
    row(
        "Resources.outages",
        "GET /status/outages",
        "client.status().outages()",
        |c| c.status().outages().into_parts(),
    ),
    row(
        "Resources.planned_outages",
        "GET /status/outages/planned",
        "client.status().planned_outages()",
        |c| c.status().planned_outages().into_parts(),
    ),
    row(
        "Resources.notes",
        "GET /status/notes",
        "client.status().notes()",
        |c| c.status().notes().into_parts(),
    ),
    row(
        "Client.compute",
        "GET /status/{name}",
        "client.status().of(name)",
        |c| c.status().of("perlmutter").into_parts(),
    ),
    row("Client.user", "GET /account/", "client.account().user()", |c| {
        c.account().user().into_parts()
    }),
    row(
        "Client.group",
        "GET /account/groups/{group}",
        "client.account().group(name).get()",
        |c| c.account().group("als").get().into_parts(),
    ),
    row(
        "CommandTask.update",
        "GET /tasks/{id}",
        "client.task(id).get()",
        |c| c.task(&TaskId::new("7")).get().into_parts(),
    ),
    row(
        "CommandTask.cancel",
        "DELETE /tasks/{id}",
        "client.task(id).cancel()",
        |c| c.task(&TaskId::new("7")).cancel().into_parts(),
    ),
    row(
        "Compute.submit_job",
        "POST /compute/jobs/{machine}",
        "client.compute(machine).submit(script)",
        |c| c.compute(&machine()).submit(SCRIPT).into_parts(),
    ),
    row(
        "Compute.job",
        JOBS,
        "client.compute(machine).jobs().ids([id])",
        |c| c.compute(&machine()).jobs().ids([&job()]).into_parts(),
    ),
    row("Compute.jobs", JOBS, "client.compute(machine).jobs()", |c| {
        c.compute(&machine())
            .jobs()
            .user("alsdev")
            .partition("regular")
            .into_parts()
    }),
    row("Compute.ls", LS, "client.files(machine).ls(path)", |c| {
        c.files(&machine()).ls("/a b/ü#?").into_parts()
    }),
    row(
        "Compute.run",
        "POST /utilities/command/{machine}",
        "client.files(machine).run(words)",
        |c| c.files(&machine()).run(["ls", "/a b"]).into_parts(),
    ),
    row(
        "Compute.run_task",
        "POST /utilities/command/{machine}",
        "client.files(machine).run(words).start()",
        |c| c.files(&machine()).run(["bash", "-c", "exit 4"]).into_parts(),
    ),
    row(
        "Compute.outages",
        "GET /status/outages/{name}",
        "client.status().outages_of(name)",
        |c| c.status().outages_of("perlmutter").into_parts(),
    ),
    row(
        "Compute.planned_outages",
        "GET /status/outages/planned/{name}",
        "client.status().planned_outages_of(name)",
        |c| c.status().planned_outages_of("perlmutter").into_parts(),
    ),
    row(
        "GroupMember.user",
        "GET /account/",
        "client.account().user_named(name)",
        |c| c.account().user_named("alsdev").into_parts(),
    ),
    row(
        "Group.add",
        "PUT /account/groups/{group}",
        "client.account().group(name).add_users(names)",
        |c| c.account().group("als").add_users(["a", "b"]).into_parts(),
    ),
    row(
        "Group.remove",
        "PUT /account/groups/{group}",
        "client.account().group(name).remove_users(names)",
        |c| c.account().group("als").remove_users(["a"]).into_parts(),
    ),
    row(
        "Group.update",
        "GET /account/groups/{group}",
        "client.account().group(name).get()",
        |c| c.account().group("als").get().into_parts(),
    ),
    row(
        "Job.update",
        JOBS,
        "client.compute(machine).jobs().ids([id])",
        |c| {
            c.compute(&machine())
                .jobs()
                .accounting()
                .ids([&job()])
                .into_parts()
        },
    ),
    row("Job.complete", JOBS, "JobWatcher::wait(id)", |c| {
        c.compute(&machine())
            .jobs()
            .ids([&job(), &JobId::new("124")])
            .no_retry()
            .into_parts()
    }),
    row("Job.running", JOBS, "JobWatcher::wait(id).until_begun()", |c| {
        c.compute(&machine()).jobs().ids([&job()]).no_retry().into_parts()
    }),
    row(
        "Job.cancel",
        "DELETE /compute/jobs/{machine}/{jobid}",
        "client.compute(machine).job(id).cancel()",
        |c| c.compute(&machine()).job(&job()).cancel().into_parts(),
    ),
    row("RemotePath.is_dir", LS, "model::FileEntry::kind()", |c| {
        c.files(&machine()).ls("/d").into_parts()
    }),
    row("RemotePath.is_file", LS, "model::FileEntry::kind()", |c| {
        c.files(&machine()).ls("/d").into_parts()
    }),
    row("RemotePath.is_symlink", LS, "model::FileEntry::kind()", |c| {
        c.files(&machine()).ls("/d").into_parts()
    }),
    row("RemotePath.ls", LS, "client.files(machine).ls(path)", |c| {
        c.files(&machine()).ls("/d").into_parts()
    }),
    row("RemotePath.update", LS, "client.files(machine).ls(path)", |c| {
        c.files(&machine()).ls("/d").into_parts()
    }),
    row(
        "RemotePath.download",
        "GET /utilities/download/{machine}/{path}",
        "client.files(machine).download(path)",
        |c| c.files(&machine()).download("/d/f").into_parts(),
    ),
    row(
        "RemotePath.upload",
        "PUT /utilities/upload/{machine}/{path}",
        "client.files(machine).upload(path, bytes)",
        |c| {
            c.files(&machine())
                .upload("/d/a \"b\"", &b"bytes"[..])
                .into_parts()
        },
    ),
    row(
        "RemotePath.open",
        "GET /utilities/download/{machine}/{path}",
        "client.files(machine).download(path)",
        |c| c.files(&machine()).download("/d/f").text().into_parts(),
    ),
    row(
        "Project.create_group",
        "POST /account/groups",
        "client.account().create_group(name, project)",
        |c| c.account().create_group("g", "als").into_parts(),
    ),
    row(
        "GlobusStorage.start_transfer",
        "POST /storage/globus/transfer",
        "client.storage().start_transfer(…)",
        |c| {
            c.storage()
                .start_transfer("perlmutter", "/a", "dtns", "/b")
                .label("l")
                .into_parts()
        },
    ),
    row(
        "GlobusStorage.transfer",
        "GET /storage/globus/transfer/{transfer_id}",
        "client.storage().transfer(id)",
        |c| c.storage().transfer(&TransferId::new("t-1")).into_parts(),
    ),
    row(
        "GlobusTransfer.update",
        "GET /storage/globus/transfer/{transfer_id}",
        "client.storage().transfer(id)",
        |c| c.storage().transfer(&TransferId::new("t-1")).into_parts(),
    ),
    row(
        "GlobusTransfer.complete",
        "GET /storage/globus/transfer/{transfer_id}",
        "client.storage().wait(id, within)",
        |c| {
            c.storage()
                .transfer(&TransferId::new("t-1"))
                .no_retry()
                .into_parts()
        },
    ),
    row(
        "User.groups",
        "GET /account/groups",
        "client.account().groups()",
        |c| c.account().groups().into_parts(),
    ),
    row(
        "User.projects",
        "GET /account/projects",
        "client.account().projects()",
        |c| c.account().projects().into_parts(),
    ),
    row(
        "User.roles",
        "GET /account/roles",
        "client.account().roles()",
        |c| c.account().roles().into_parts(),
    ),
    row(
        "User.clients",
        "GET /account/clients",
        "client.account().clients()",
        |c| c.account().clients().into_parts(),
    ),
];

/// Requests that sfapi_client does not make.
const FURTHER: &[Row] = &[
    row(
        "",
        "GET /status/notes/{name}",
        "client.status().notes_of(name)",
        |c| c.status().notes_of("perlmutter").into_parts(),
    ),
    row(
        "",
        "GET /compute/jobs/{machine}/{jobid}",
        "client.compute(machine).job(id).look(accounting)",
        |c| c.compute(&machine()).job(&job()).get_parts(true),
    ),
    row("", "GET /tasks", "client.tasks()", |c| c.tasks().into_parts()),
    row(
        "",
        "POST /compute/jobs/{machine}",
        "client.compute(machine).submit_file(path)",
        |c| {
            let submit = c.compute(&machine()).submit_file("/s.sh").arg("x y").arg("z");
            submit
                .callback_url("https://example.org/done")
                .callback_email("a@example.org")
                .callback_timeout(60)
                .into_parts()
        },
    ),
    row("", JOBS, "client.compute(machine).jobs().cached()", |c| {
        c.compute(&machine())
            .jobs()
            .cached()
            .index(10)
            .limit(5)
            .into_parts()
    }),
    row(
        "",
        "POST /storage/transfer",
        "client.storage().old_transfer(…)",
        |c| {
            c.storage()
                .old_transfer("a", "b", "/c", "d")
                .username("alsdev")
                .into_parts()
        },
    ),
];

/// Methods of sfapi_client's that make no request of their own.
const WITHOUT_REQUEST: &[(&str, &str)] = &[
    ("Client.api", "`client.meta()`"),
    ("Client.close", "dropping the client"),
    ("Client.delete", "`client.request(RequestParts)`"),
    ("Client.get", "`client.request(RequestParts)`"),
    ("Client.post", "`client.request(RequestParts)`"),
    ("Client.put", "`client.request(RequestParts)`"),
    ("Client.resources", "`client.status()`"),
    ("Client.storage", "`client.storage()`"),
    ("Client.token", "`client.rest().authenticate()`"),
    ("Group.members", "`model::Group::users`"),
    ("RemotePath.parent", "`std::path::Path`"),
    ("RemotePath.parents", "`std::path::Path`"),
    ("RemotePath.parts", "`std::path::Path`"),
    ("RemotePath.stem", "`std::path::Path`"),
    ("RemotePath.suffix", "`std::path::Path`"),
    ("RemotePath.suffixes", "`std::path::Path`"),
    ("Storage.globus", "`client.storage()`"),
];

/// As many public methods as the asynchronous classes of version 0.6 define, without those of pydantic.
const THEIRS: usize = 61;

/// The requests of the service's description, version 1.2.
const ENDPOINTS: usize = 32;

#[test]
fn no_method_is_missing_or_twice() {
    let names: BTreeSet<&str> = ROWS
        .iter()
        .map(|row| row.theirs)
        .chain(WITHOUT_REQUEST.iter().map(|(theirs, _)| *theirs))
        .collect();
    assert_eq!(names.len(), ROWS.len() + WITHOUT_REQUEST.len());
    assert_eq!(names.len(), THEIRS);
}

#[test]
fn no_endpoint_is_missing() {
    let requests: BTreeSet<&str> = ROWS.iter().chain(FURTHER).map(|row| row.request).collect();
    assert_eq!(requests.len(), ENDPOINTS, "{requests:#?}");
}

#[test]
fn every_method_makes_the_same_request() {
    let parts = same_requests(&idle(), ROWS.iter().chain(FURTHER));
    assert_json_snapshot!("requests", parts);
}

#[test]
fn paths_keep_their_slashes_and_nothing_else() {
    let path = idle()
        .files(&machine())
        .ls("/a b/ü#?%/$(id)")
        .into_parts()
        .unwrap()
        .path()
        .unwrap();
    assert_eq!(
        path,
        "/utilities/ls/perlmutter//a%20b/%C3%BC%23%3F%25/%24%28id%29"
    );
    for bad in ["a", "/a/../b", "/./a", "/a\0", ""] {
        assert!(idle().files(&machine()).ls(bad).into_parts().is_err(), "{bad:?}");
    }
}

#[test]
fn a_list_of_all_users_is_not_asked_for_by_mistake() {
    let jobs = idle().compute(&machine()).jobs();
    assert!(jobs.clone().user("").into_parts().is_err());
    assert!(jobs.ids([]).into_parts().is_err());
    assert!(
        idle()
            .account()
            .group("g")
            .add_users(["a,b"])
            .into_parts()
            .is_err()
    );
    assert!(
        idle()
            .account()
            .group("g")
            .add_users([""; 0])
            .into_parts()
            .is_err()
    );
    assert!(idle().files(&machine()).run([""; 0]).into_parts().is_err());
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let mut lines: Vec<Line> = ROWS.iter().map(Row::line).collect();
    lines.extend(WITHOUT_REQUEST.iter().map(Line::without_request));
    lines.sort();
    let mut table = table("sfapi_client 0.6 (`Async…`)", &lines);
    writeln!(table, "\n{0} of {0} methods; further:\n", lines.len()).unwrap();
    writeln!(table, "| request | here |\n|---|---|").unwrap();
    for Line(_, request, ours) in FURTHER.iter().map(Row::line) {
        writeln!(table, "| {request} | {ours} |").unwrap();
    }
    method_table::keep_readme(env!("CARGO_MANIFEST_DIR"), &table);
}
