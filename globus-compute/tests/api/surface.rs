//! Every method of the Python SDK's `ComputeClientV2` and `ComputeClientV3` has one here, which makes the same request.
//! The table of the README is made from this list.

use globus_compute::api::TaskV2;
use globus_compute::{Arguments, Client, Dialect, Function, TaskGroupId, TaskId};
use insta::assert_json_snapshot;
use method_table::{Line, row, same_requests, table};
use serde_json::{Map, json};

use crate::support::{GROUP, endpoint, function, idle, task};

type Row = method_table::Row<Client>;

fn greet() -> Function {
    let source = "def greet(name, greeting='hi'):\n    return greeting + ' ' + name\n";
    Function::from_source("greet", source)
        .unwrap()
        .description("says hello")
}

fn arguments() -> Arguments {
    Arguments::new().arg("größe").kwarg("greeting", "☃")
}

fn group() -> TaskGroupId {
    TaskGroupId::parse(GROUP).unwrap()
}

fn tasks() -> Vec<TaskId> {
    [0, 1].map(|n| TaskId::parse(&task(n)).unwrap()).to_vec()
}

const ROWS: &[Row] = &[
    row(
        "V2.delete_endpoint",
        "DELETE /v2/endpoints/{endpoint_id}",
        "endpoint(id).delete()",
        |c| c.endpoint(endpoint()).delete().into_parts(),
    ),
    row(
        "V2.delete_function",
        "DELETE /v2/functions/{function_id}",
        "delete_function(id)",
        |c| c.delete_function(&function()).into_parts(),
    ),
    row(
        "V2.get_endpoint",
        "GET /v2/endpoints/{endpoint_id}",
        "endpoint(id).get()",
        |c| c.endpoint(endpoint()).get().into_parts(),
    ),
    row(
        "V2.get_endpoint_status",
        "GET /v2/endpoints/{endpoint_id}/status",
        "endpoint(id).status()",
        |c| c.endpoint(endpoint()).status().into_parts(),
    ),
    row("V2.get_endpoints", "GET /v2/endpoints", "endpoints()", |c| {
        c.endpoints().role("any").into_parts()
    }),
    row(
        "V2.get_function",
        "GET /v2/functions/{function_id}",
        "function(id)",
        |c| c.function(&function()).into_parts(),
    ),
    row(
        "V2.get_result_amqp_url",
        "GET /v2/get_amqp_result_connection_url",
        "result_queue()",
        |c| c.result_queue().into_parts(),
    ),
    row("V2.get_task", "GET /v2/tasks/{task_id}", "task(id)", |c| {
        c.task(&tasks()[0]).into_parts()
    }),
    row("V2.get_task_batch", "POST /v2/batch_status", "tasks(ids)", |c| {
        c.tasks(&tasks()).into_parts()
    }),
    row(
        "V2.get_task_group",
        "GET /v2/taskgroup/{task_group_id}",
        "task_group(id)",
        |c| c.task_group(&group()).into_parts(),
    ),
    row("V2.get_version", "GET /v2/version", "version()", |c| {
        c.version().into_parts()
    }),
    row(
        "V2.lock_endpoint",
        "POST /v2/endpoints/{endpoint_id}/lock",
        "v2().lock_endpoint(id)",
        |c| c.v2().lock_endpoint(&endpoint()).into_parts(),
    ),
    row(
        "V2.register_endpoint",
        "POST /v2/endpoints",
        "v2().register_endpoint(body)",
        |c| {
            c.v2()
                .register_endpoint(json!({"endpoint_name": "ep"}))
                .into_parts()
        },
    ),
    row(
        "V2.register_function",
        "POST /v2/functions",
        "v2().register_function(function, dialect)",
        |c| c.v2().register_function(&greet(), Dialect::Legacy).into_parts(),
    ),
    row("V2.submit", "POST /v2/submit", "v2().submit(tasks)", |c| {
        let task = TaskV2 {
            function: &function(),
            endpoint: &endpoint(),
            arguments: &arguments(),
            dialect: Dialect::Legacy,
        };
        c.v2().submit(&[task]).into_parts()
    }),
    row(
        "V3.get_endpoint_allowlist",
        "GET /v3/endpoints/{endpoint_id}/allowed_functions",
        "endpoint(id).allowed_functions()",
        |c| c.endpoint(endpoint()).allowed_functions().into_parts(),
    ),
    row(
        "V3.lock_endpoint",
        "POST /v3/endpoints/{endpoint_id}/lock",
        "endpoint(id).lock()",
        |c| c.endpoint(endpoint()).lock().into_parts(),
    ),
    row(
        "V3.register_endpoint",
        "POST /v3/endpoints",
        "register_endpoint(body)",
        |c| c.register_endpoint(json!({"endpoint_name": "ep"})).into_parts(),
    ),
    row(
        "V3.register_function",
        "POST /v3/functions",
        "register_function(function, dialect)",
        |c| {
            c.register_function(&greet(), Dialect::Modern)
                .public(true)
                .into_parts()
        },
    ),
    row(
        "V3.submit",
        "POST /v3/endpoints/{endpoint_id}/submit",
        "endpoint(id).submit()",
        |c| {
            let submit = c
                .endpoint(endpoint())
                .submit()
                .task(&function(), &arguments(), Dialect::Modern);
            let config = Map::from_iter([("queue".to_owned(), json!("debug"))]);
            let submit = submit
                .task_group(&group())
                .create_queue(true)
                .user_endpoint_config(config);
            submit.into_parts()
        },
    ),
    row(
        "V3.update_endpoint",
        "PUT /v3/endpoints/{endpoint_id}",
        "endpoint(id).update(body)",
        |c| {
            c.endpoint(endpoint())
                .update(json!({"endpoint_name": "ep"}))
                .into_parts()
        },
    ),
];

/// As many as version 4.9 of the SDK has: 15 and 6.
#[test]
fn no_method_is_missing_or_twice() {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.theirs).collect();
    names.dedup();
    let second = names.iter().filter(|name| name.starts_with("V2.")).count();
    assert_eq!((second, names.len() - second), (15, 6));
}

#[test]
fn every_method_makes_the_same_request() {
    assert_json_snapshot!(same_requests(&idle(), ROWS));
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let lines: Vec<Line> = ROWS.iter().map(Row::line).collect();
    let table = table("`ComputeClient…` of globus-sdk 4.9", &lines);
    let table = format!("{table}\n{0} of {0} methods.\n", lines.len());
    method_table::keep_readme(env!("CARGO_MANIFEST_DIR"), &table);
}
