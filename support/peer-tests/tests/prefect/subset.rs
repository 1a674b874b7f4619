//! The calls that every version has, from 2.20 on.

use chrono::{TimeDelta, Utc};
use prefect_client::StateType;
use prefect_client::model::{NewLog, NewState};
use serde_json::json;

use crate::support::{client, sent, shared, unique};

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
