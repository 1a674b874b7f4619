//! Every method of the Python SDK's `FlowsClient` and `SpecificFlowClient` has one here, which makes the same request.
//! The table of the README is made from this list.

use globus_flows::{Client, RegisteredApiId, WebInputId};
use insta::assert_json_snapshot;
use method_table::{Line, row, same_requests, table};
use serde_json::{Value, json};

use crate::support::{FLOW, flow, idle, run};

type Row = method_table::Row<Client>;

/// Methods of the SDK's that make no request of their own.
const WITHOUT_REQUEST: &[(&str, &str)] = &[(
    "SpecificFlowClient.add_app_transfer_data_access_scope",
    "`client.flow(id).data_access(collections)`",
)];

const URN: &str = "urn:globus:auth:identity:33333333-aaaa-4bbb-8ccc-000000000003";

fn definition() -> Value {
    json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})
}

fn web_input() -> WebInputId {
    WebInputId::parse("44444444-aaaa-4bbb-8ccc-000000000004").unwrap()
}

fn api() -> RegisteredApiId {
    RegisteredApiId::parse("55555555-aaaa-4bbb-8ccc-000000000005").unwrap()
}

const ROWS: &[Row] = &[
    row(
        "FlowsClient.cancel_run",
        "POST /runs/{run_id}/cancel",
        "run(id).cancel()",
        |c| c.run(run()).cancel().into_parts(),
    ),
    row(
        "FlowsClient.create_flow",
        "POST /flows",
        "create_flow(title, definition, schema)",
        |c| {
            let create = c
                .create_flow("T", definition(), json!({}))
                .subtitle("s")
                .description("d");
            let create = create
                .flow_viewers(["public"])
                .flow_starters([URN])
                .flow_administrators([URN]);
            let create = create.run_managers([URN]).run_monitors([URN]).keywords(["k"]);
            create
                .subscription_id("DEFAULT")
                .authentication_policy_id("p")
                .into_parts()
        },
    ),
    row(
        "FlowsClient.delete_flow",
        "DELETE /flows/{flow_id}",
        "flow(id).delete()",
        |c| c.flow(flow()).delete().into_parts(),
    ),
    row(
        "FlowsClient.delete_run",
        "POST /runs/{run_id}/release",
        "run(id).release()",
        |c| c.run(run()).release().into_parts(),
    ),
    row(
        "FlowsClient.get_flow",
        "GET /flows/{flow_id}",
        "flow(id).get()",
        |c| c.flow(flow()).get().into_parts(),
    ),
    row(
        "FlowsClient.get_registered_api",
        "GET /registered_apis/{registered_api_id}",
        "registered_api(id)",
        |c| c.registered_api(&api()).into_parts(),
    ),
    row(
        "FlowsClient.get_run",
        "GET /runs/{run_id}",
        "run(id).get()",
        |c| c.run(run()).get().include_flow_description(true).into_parts(),
    ),
    row(
        "FlowsClient.get_run_definition",
        "GET /runs/{run_id}/definition",
        "run(id).definition()",
        |c| c.run(run()).definition().into_parts(),
    ),
    row(
        "FlowsClient.get_run_logs",
        "GET /runs/{run_id}/log",
        "run(id).logs()",
        |c| {
            c.run(run())
                .logs()
                .limit(100)
                .reverse_order(true)
                .marker("m")
                .into_parts()
        },
    ),
    row(
        "FlowsClient.get_web_input",
        "GET /web_inputs/{web_input_id}",
        "web_input(id)",
        |c| c.web_input(&web_input()).into_parts(),
    ),
    row("FlowsClient.list_flows", "GET /flows", "flows()", |c| {
        let list = c.flows().roles(["flow_owner", "flow_viewer"]).fulltext("recon");
        list.order_by("title ASC")
            .order_by("updated_at DESC")
            .into_parts()
    }),
    row(
        "FlowsClient.list_registered_apis",
        "GET /registered_apis",
        "registered_apis()",
        |c| {
            c.registered_apis()
                .roles(["owner"])
                .order_by("name ASC")
                .per_page(5)
                .into_parts()
        },
    ),
    row("FlowsClient.list_runs", "GET /runs", "runs()", |c| {
        c.runs().flows([&flow()]).roles(["run_owner"]).into_parts()
    }),
    row(
        "FlowsClient.list_web_inputs",
        "GET /web_inputs",
        "web_inputs()",
        |c| {
            let list = c
                .web_inputs()
                .roles(["respondent"])
                .states(["open"])
                .flows([&flow()])
                .runs([&run()]);
            list.order_by("created_timestamp DESC").per_page(5).into_parts()
        },
    ),
    row(
        "FlowsClient.respond_to_web_input",
        "POST /web_inputs/{web_input_id}/respond",
        "respond_to_web_input(id, value)",
        |c| c.respond_to_web_input(&web_input(), "option").into_parts(),
    ),
    row(
        "FlowsClient.update_flow",
        "PUT /flows/{flow_id}",
        "flow(id).update()",
        |c| {
            let update = c
                .flow(flow())
                .update()
                .title("T")
                .definition(definition())
                .input_schema(json!({}));
            update.flow_owner(URN).keywords(["k"]).into_parts()
        },
    ),
    row(
        "FlowsClient.update_run",
        "PUT /runs/{run_id}",
        "run(id).update()",
        |c| {
            c.run(run())
                .update()
                .label("l")
                .tags(["t"])
                .run_monitors([URN])
                .run_managers([URN])
                .into_parts()
        },
    ),
    row(
        "FlowsClient.validate_flow",
        "POST /flows/validate",
        "validate_flow(definition)",
        |c| {
            c.validate_flow(&definition())
                .input_schema(json!({}))
                .into_parts()
        },
    ),
    row(
        "SpecificFlowClient.resume_run",
        "POST /runs/{run_id}/resume",
        "run(id).resume(flow)",
        |c| c.run(run()).resume(&flow())?.into_parts(),
    ),
    row(
        "SpecificFlowClient.run_flow",
        "POST /flows/{flow_id}/run",
        "flow(id).run(body)",
        |c| {
            let run = c.flow(flow()).run(json!({"a": 1}))?.label("l").tags(["t"]);
            let run = run.run_monitors([URN]).run_managers([URN]);
            run.activity_notification_policy(json!({"status": ["FAILED"]}))
                .into_parts()
        },
    ),
    row(
        "SpecificFlowClient.validate_run",
        "POST /flows/{flow_id}/validate_run",
        "flow(id).validate_run(body)",
        |c| {
            c.flow(flow())
                .validate_run(json!({"a": 1}))?
                .label("l")
                .into_parts()
        },
    ),
];

/// As many as version 4.9 of the SDK has: 18 and 4.
#[test]
fn no_method_is_missing_or_twice() {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.theirs).collect();
    names.dedup();
    let general = names
        .iter()
        .filter(|name| name.starts_with("FlowsClient."))
        .count();
    assert_eq!((general, names.len() - general + WITHOUT_REQUEST.len()), (18, 4));
}

#[test]
fn every_method_makes_the_same_request() {
    assert_json_snapshot!(same_requests(&idle(), ROWS));
}

#[test]
fn the_scope_of_a_flow_carries_the_access_to_data() {
    let handle = idle().flow(flow());
    let user = format!(
        "https://auth.globus.org/scopes/{FLOW}/flow_{}_user",
        FLOW.replace('-', "_")
    );
    assert_eq!(handle.scope().to_string(), user);
    let with = handle.data_access(["c1"]).scope().to_string();
    let transfer = "urn:globus:auth:scope:transfer.api.globus.org:all";
    assert_eq!(
        with,
        format!("{user}[*{transfer}[*https://auth.globus.org/scopes/c1/data_access]]")
    );
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let mut lines: Vec<Line> = ROWS.iter().map(Row::line).collect();
    lines.extend(WITHOUT_REQUEST.iter().map(Line::without_request));
    let table = table("globus-sdk 4.9", &lines);
    let table = format!("{table}\n{0} of {0} methods.\n", lines.len());
    method_table::keep_readme(env!("CARGO_MANIFEST_DIR"), &table);
}
