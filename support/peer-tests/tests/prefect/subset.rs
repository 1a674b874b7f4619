//! The calls that every version has, from 2.20 on.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use peer_tests::PrefectVersion;
use pipeline::failure::Failure;
use pipeline::scheduler::{PrefectScheduler, Scheduler as _};
use prefect_client::StateType;
use prefect_client::model::{NewLog, NewState};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{client, sent, shared, unique};

/// Reads as pages of each version's time do.
const READ_BLOCK: &str = "import json, sys; from prefect.blocks.system import JSON; \
                          print(json.dumps(JSON.load(sys.argv[1]).value))";
const READ_VARIABLE: &str = "import json, sys; from prefect.variables import Variable; \
                             print(json.dumps(Variable.get(sys.argv[1])))";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trigger_and_a_reader_need_is_the_same_in_every_version() {
    let client = client(shared());
    client.health().send().await.unwrap();
    assert_eq!(
        client.version().send().await.unwrap(),
        shared().version().as_str()
    );
    let (pool, name) = (unique("pool"), unique("deployment"));
    sent(async || client.work_pools().create(&pool, "process").send().await).await;
    sent(async || client.work_pool(&pool).create_queue("queue").send().await).await;
    let flow = sent(async || client.flows().create("subset").send().await).await;
    let create = client.deployments().create(&flow.id, &name);
    let create = create.work_pool_name(&pool).work_queue_name("queue").tags(["a"]);
    let create = create.parameter_openapi_schema(json!({"type": "object", "properties": {"n": {}}}));
    let made = sent(async || create.clone().send().await).await;
    let found = client.deployment("subset", &name).get().send().await.unwrap();
    assert_eq!(
        (found.id, found.work_queue_name.as_deref()),
        (made.id.clone(), Some("queue"))
    );

    // Scheduled, offered to a worker, taken, run, ended; the same key is the same run.
    let create = client
        .create_flow_run(made.id)
        .parameters(json!({"n": 1}))
        .idempotency_key(unique("run"));
    let run = sent(async || create.clone().send().await).await;
    assert_eq!(sent(async || create.clone().send().await).await.id, run.id);
    let soon = Utc::now() + TimeDelta::seconds(10);
    let offered = client.work_pool(&pool).scheduled_runs(soon).send().await.unwrap();
    assert_eq!(offered.len(), 1);
    for state in [NewState::pending(), NewState::running()] {
        let set = client.flow_run(run.id.clone()).set_state(state);
        assert!(sent(async || set.clone().send().await).await.is_accepted());
    }
    let line = NewLog::new("test", 20, "a line", Utc::now()).flow_run(run.id.clone());
    sent(async || client.logs().create([line.clone()]).send().await).await;
    let set = client.flow_run(run.id.clone()).set_state(NewState::completed());
    assert!(sent(async || set.clone().send().await).await.is_accepted());
    let ended = client.flow_run(run.id.clone()).get().send().await.unwrap();
    assert_eq!(ended.state_type, Some(StateType::Completed));
    let lines = client
        .logs()
        .list()
        .flow_run_ids([run.id.as_str()])
        .limit(10)
        .send()
        .await
        .unwrap();
    assert_eq!(lines.items[0].message, "a line");

    // Version 2 keeps texts only, under names without hyphens.
    let variable = unique("variable").replace('-', "_");
    sent(async || client.variables().create(&variable, "{\"a\": 1}").send().await).await;
    let read = client.variable(&variable).get().send().await.unwrap();
    assert_eq!(read.value, json!("{\"a\": 1}"));
    client
        .variable(&variable)
        .update()
        .value("2")
        .send()
        .await
        .unwrap();
    client.variable(&variable).delete().send().await.unwrap();
    assert!(
        client
            .variable(&variable)
            .get()
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );

    let table = client
        .artifacts()
        .table(&[json!({"a": 1})])
        .key(unique("table"))
        .flow_run_id(&run.id);
    sent(async || table.clone().send().await).await;
}

/// What Prefect's own client reads under a name; nothing if there is nothing.
async fn read_by_python(program: &'static str, name: &str) -> Option<Value> {
    let mut python = shared().program("python");
    python.args(["-c", program, name]);
    let output = tokio::task::spawn_blocking(move || python.output())
        .await
        .unwrap()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .ok()
        .filter(|value: &Value| !value.is_null())
}

/// Again, as a run does at its next look, while the server's database is busy.
async fn repeated(step: impl AsyncFn() -> Result<(), Failure>) {
    for _ in 0..20 {
        match step().await {
            Err(failure) if failure.context.status.as_deref() == Some("503") => {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            outcome => return outcome.unwrap(),
        }
    }
    step().await.unwrap();
}

/// A streaming run tells of its job in a variable; version 2 has none for documents, and a JSON block instead.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_publishes_is_read_by_prefects_own_client_until_it_is_withdrawn() {
    let client = client(shared());
    let scheduler = PrefectScheduler::new(client.clone());
    let name = format!("{}-metadata", Uuid::new_v4());
    let is_old = shared().version() == PrefectVersion::V2_20_17;
    let reader = if is_old { READ_BLOCK } else { READ_VARIABLE };
    for state in ["PENDING", "RUNNING"] {
        let value = json!({
            "job_id": "123", "job_state": state, "timelimit": "0:05:00", "elapsed": "0:00:00",
        });
        repeated(async || scheduler.publish(&name, &value).await).await;
        assert_eq!(read_by_python(reader, &name).await, Some(value));
    }
    let has_blocks = client
        .blocks()
        .type_by_slug("json")
        .send_opt()
        .await
        .unwrap()
        .is_some();
    let block = client.blocks().by_name("json", &name).send_opt().await.unwrap();
    assert_eq!(block.is_some(), has_blocks);
    assert!(has_blocks || !is_old, "version 2 has such blocks");
    for _ in 0..2 {
        repeated(async || scheduler.withdraw(&name).await).await;
    }
    assert_eq!(read_by_python(reader, &name).await, None);
    assert!(
        client
            .blocks()
            .by_name("json", &name)
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );
    assert!(client.variable(&name).get().send_opt().await.unwrap().is_none());
}
