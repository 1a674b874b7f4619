//! What each builder would send.

use std::time::Duration;

use prefect_client::model::{NewEvent, NewLog, NewSchedule};
use prefect_client::{
    ArtifactId, AutomationId, BlockDocumentId, BlockSchemaId, BlockTypeId, FlowId, LeaseId, NewState,
    RequestParts, Schedule, ScheduleId, TaskRunId,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::{deployment_id, noon, offline, run_id};

const FLOW: &str = "ab991b8b-5e7b-46b9-8851-6bce1ab110ca";
const TASK: &str = "0dfbeb1e-77f5-495b-87be-55341d62f1e0";

const README: &str = include_str!("../../README.md");

/// What would be sent, each request on its own.
macro_rules! sent {
    ($($request:expr),+ $(,)?) => {{
        let parts: Vec<RequestParts> = vec![$($request.into_parts().unwrap()),+];
        for part in &parts {
            let listed = format!("`{} {}`", part.method(), part.path_template());
            assert!(README.contains(&listed), "the README's table does not list {listed}");
        }
        insta::assert_json_snapshot!(parts);
    }};
}

fn transition() -> Uuid {
    Uuid::from_u128(7)
}

#[test]
fn of_the_server() {
    let client = offline();
    sent!(
        client.health(),
        client.ready(),
        client.version(),
        client.api_version(),
        client.settings(),
    );
}

#[test]
fn of_flows() {
    let (client, id) = (offline(), FlowId::new(FLOW));
    sent!(
        client
            .flows()
            .create("reduce")
            .tags(["beamline"])
            .labels(json!({"lang": "rust"})),
        client.flows().by_name("reduce scan/1"),
        client
            .flows()
            .list()
            .names(["a", "b"])
            .name_like("x")
            .tags(["t"])
            .sort("NAME_ASC")
            .limit(10)
            .offset(20),
        client.flows().count().names(["a"]),
        client.flow(id.clone()).get(),
        client.flow(id.clone()).update().tags(["t"]),
        client.flow(id).delete(),
    );
}

#[test]
fn of_deployments() {
    let client = offline();
    let by_id = client.deployment_by_id(deployment_id());
    let schedule = ScheduleId::new("437f71a3-7700-41cd-a2ec-6537d63449e6");
    sent!(
        client
            .deployments()
            .create(&FlowId::new(FLOW), "prod")
            .work_pool_name("pool")
            .work_queue_name("fast")
            .parameters(json!({"n": 2}))
            .parameter_openapi_schema(json!({"type": "object"}))
            .enforce_parameter_schema(true)
            .tags(["t"])
            .concurrency_limit(2)
            .collision_strategy("CANCEL_NEW")
            .version("1")
            .entrypoint("flows:reduce")
            .paused(false)
            .label("lang", "rust")
            .schedules([
                NewSchedule::from(Schedule::cron("0 */12 * * *", "America/Los_Angeles")).slug("twice"),
                NewSchedule::from(Schedule::every(Duration::from_secs(3600))).active(false),
                NewSchedule::from(Schedule::rrule("FREQ=WEEKLY;BYDAY=MO", "UTC")).parameter("n", 3),
            ]),
        client
            .deployments()
            .list()
            .work_pools(["pool"])
            .flow_names(["reduce"])
            .sort("NAME_ASC"),
        client.deployments().count().tags(["t"]),
        by_id.get(),
        by_id.update().concurrency_limit(None).paused(true),
        by_id.pause(),
        by_id.resume(),
        by_id.schedules(),
        by_id.add_schedules([Schedule::every(Duration::from_millis(1500)).into()]),
        by_id
            .update_schedule(&schedule)
            .active(false)
            .schedule(Schedule::cron("@daily", "UTC")),
        by_id.delete_schedule(&schedule),
        by_id.schedule_now().max_runs(3),
        by_id.delete(),
        client
            .create_flow_run(deployment_id())
            .retries(2)
            .retry_delay_seconds(60)
            .label("why", "test")
            .parent_task_run(TaskRunId::new(TASK))
            .job_variables(json!({"env": {}})),
    );
}

#[test]
fn of_flow_runs() {
    let client = offline();
    let run = client.flow_run(run_id());
    sent!(
        client
            .flow_runs()
            .create(&FlowId::new(FLOW))
            .name("child")
            .parameters(json!({}))
            .retries(1)
            .retry_delay_seconds(2)
            .parent_task_run_id(TaskRunId::new(TASK))
            .state(NewState::pending().transition_id(transition())),
        client
            .flow_runs()
            .list()
            .ids([run_id()])
            .state_types(["RUNNING"])
            .state_names(["Late"])
            .work_pools(["pool"])
            .expected_after(noon())
            .deployment_ids([deployment_id()])
            .sort("EXPECTED_START_TIME_ASC"),
        client.flow_runs().count().state_types(["COMPLETED"]),
        run.get(),
        run.set_state(NewState::pending().message("mine").transition_id(transition())),
        run.set_state(NewState::awaiting_retry(noon()).transition_id(transition()))
            .force(true),
        run.set_state(NewState::suspended_until(noon()).transition_id(transition())),
        run.set_state(
            NewState::completed()
                .data(json!({"n": 1}))
                .transition_id(transition())
        ),
        run.update().name("new").infrastructure_pid("host:1").tags(["t"]),
        run.label(json!({"a": 1})),
        run.resume(),
        run.states(),
        run.graph(),
        run.delete(),
    );
}

#[test]
fn of_task_runs() {
    let client = offline();
    let run = client.task_run(TaskRunId::new(TASK));
    sent!(
        client
            .task_runs()
            .create(&run_id(), "transfer", "0")
            .name("transfer-0")
            .task_inputs(json!({"intent": [{"input_type": "constant", "type": "json"}]}))
            .state(NewState::running().transition_id(transition())),
        client
            .task_runs()
            .list()
            .flow_run_ids([run_id()])
            .state_types(["RUNNING"]),
        client.task_runs().count().names(["x"]),
        run.get(),
        run.set_state(NewState::failed("boom").transition_id(transition())),
        run.rename("other"),
        run.states(),
        run.delete(),
    );
}

#[test]
fn of_work_pools() {
    let client = offline();
    let pool = client.work_pool("new file/pool");
    let queue = pool.queue("fast");
    sent!(
        client
            .work_pools()
            .create("pool", "process")
            .description("d")
            .concurrency_limit(2),
        client.work_pools().list().names(["pool"]).kinds(["process"]),
        client.work_pools().count(),
        pool.get(),
        pool.update().is_paused(true).concurrency_limit(None),
        pool.delete(),
        pool.concurrency_status(),
        pool.scheduled_runs(noon()).work_queue_names(["fast"]).limit(5),
        pool.heartbeat("worker-1")
            .heartbeat_interval_seconds(10)
            .program("ours", "1"),
        pool.workers().status(["ONLINE"]),
        pool.delete_worker("worker-1"),
        pool.queues().names(["fast"]),
        pool.create_queue("fast").priority(1).concurrency_limit(2),
        queue.get(),
        queue.update().is_paused(false),
        queue.delete(),
    );
}

#[test]
fn of_logs_and_artifacts() {
    let client = offline();
    let artifact = client.artifact(ArtifactId::new(TASK));
    sent!(
        client.logs().create([NewLog::new("flow", 20, "hello", noon())
            .flow_run(run_id())
            .task_run(TaskRunId::new(TASK))]),
        client
            .logs()
            .list()
            .flow_run_ids([run_id()])
            .level_from(30)
            .sort("TIMESTAMP_DESC"),
        client
            .artifacts()
            .progress(f64::NAN)
            .key("progress")
            .flow_run_id(run_id()),
        client
            .artifacts()
            .table(&[json!({"file": "a.h5", "bytes": 3})])
            .key("copies")
            .description("d"),
        client
            .artifacts()
            .link("https://x.example/a b(1)", "[a]")
            .key("link"),
        client.artifacts().markdown("# Title"),
        client.artifacts().latest("copies"),
        client.artifacts().list().keys(["copies"]).kinds(["table"]),
        client.artifacts().list_latest().flow_run_ids([run_id()]),
        client.artifacts().count(),
        artifact.get(),
        artifact.update().data(50.0),
        artifact.delete(),
    );
}

#[test]
fn of_variables_and_blocks() {
    let client = offline();
    let (kind, schema) = (BlockTypeId::new(FLOW), BlockSchemaId::new(TASK));
    let block = BlockDocumentId::new("67e5a2d7-4eda-4be0-8196-8b80b5f37e61");
    let blocks = client.blocks();
    sent!(
        client
            .variables()
            .create("settings", json!({"days": 1}))
            .tags(["t"]),
        client.variables().list().names(["a"]).name_like("s"),
        client.variables().count(),
        client.variable("settings").update().value(json!(null)),
        client.variable("settings").delete(),
        blocks.type_by_slug("secret"),
        blocks.create_type("Globus", "globus").description("d"),
        blocks.types(),
        blocks.delete_type(&kind),
        blocks
            .create_schema(&kind, json!({"type": "object"}))
            .version("1"),
        blocks.schemas().type_ids([kind.clone()]),
        blocks.create("als", json!({"client_id": "a"}), &kind, &schema),
        blocks.by_name("secret", "globus-client-id").include_secrets(),
        blocks.list().type_slugs(["secret"]),
        blocks.update(&block).data(json!({"value": "s3cret"})),
        blocks.delete(&block),
    );
}

#[test]
fn of_limits() {
    let limits = offline().concurrency_limits();
    let (lease, minute) = (LeaseId::new(TASK), Duration::from_secs(60));
    sent!(
        limits.create("beam", 2).active(true).slot_decay_per_second(0.5),
        limits.list(),
        limits.take(["beam"], 1).mode("rate_limit"),
        limits.give_back(["beam"], 1).occupancy_seconds(1.5),
        limits.lease(["beam"], 1, minute).held_by(&run_id()),
        limits.renew(&lease, minute),
        limits.release(&lease),
        offline().concurrency_limit("beam").get(),
        offline().concurrency_limit("beam").update().limit(5),
        offline().concurrency_limit("beam").delete(),
    );
}

#[test]
fn of_events_and_automations() {
    let client = offline();
    let id = AutomationId::new(FLOW);
    let event = NewEvent::new("copy.verified", "file.1", noon())
        .id(transition())
        .label("prefect.resource.name", "a.h5")
        .in_flow_run(&run_id())
        .payload(json!({"bytes": 3}))
        .follows(Uuid::from_u128(8));
    let automations = client.automations();
    sent!(
        client.events().emit([event]),
        client
            .events()
            .list(noon(), noon())
            .prefixes(["copy."])
            .resources(["file.1"])
            .limit(2),
        automations
            .create("a", json!({"type": "event"}), [json!({"type": "do-nothing"})])
            .enabled(false),
        automations.create_crash_without_heartbeat("zombies", 90),
        automations.get(&id),
        automations
            .replace(
                &id,
                "b",
                json!({"type": "event"}),
                [json!({"type": "do-nothing"})]
            )
            .description("another"),
        automations.enable(&id, false),
        automations.list().names(["a"]),
        automations.count(),
        automations.delete(&id),
    );
}

#[test]
fn each_proposal_has_an_identifier_of_its_own_and_keeps_it() {
    let set = offline().flow_run(run_id()).set_state(NewState::pending());
    let id = |parts: RequestParts| {
        let body: serde_json::Value = serde_json::from_slice(&parts.body_bytes()).unwrap();
        body["state"]["state_details"]["transition_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = id(set.into_parts().unwrap());
    assert_eq!(first, id(set.into_parts().unwrap()));
    let other = offline().flow_run(run_id()).set_state(NewState::pending());
    assert_ne!(first, id(other.into_parts().unwrap()));
}
