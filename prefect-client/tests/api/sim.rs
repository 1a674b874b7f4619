//! The client against the simulated server.

use prefect_client::{Client, FlowRunId, StateType};
use rest_core::Sent;
use serde_json::{Value, json};
use service_sim::Sim;

use crate::support::{http, noon};

fn start() -> (Sim, Client) {
    let sim = Sim::builder().prefect().start().unwrap();
    let env = sim.env();
    let builder = prefect_client::ClientBuilder::from_vars(|name| env.get(name).cloned()).unwrap();
    let client = builder.http(http()).build().unwrap();
    (sim, client)
}

/// What the deployment's schema asks for.
fn parameters() -> Value {
    let spot = json!({"name": "spot832", "uri": "spot832.lbl.gov", "root_path": "/",
        "uuid": "44ae904c-ab64-4145-a8f0-7287de38324d"});
    json!({"relative_path": "raw/scan_42.h5", "source_endpoint": spot})
}

#[tokio::test]
async fn a_prune_is_scheduled_once_however_often_it_is_asked_for() {
    let (sim, client) = start();
    assert!(client.health().send().await.unwrap());
    assert!(!client.version().send().await.unwrap().is_empty());
    let settings = client
        .variable("bl832-settings")
        .get()
        .send()
        .await
        .unwrap()
        .value;
    assert!(settings.is_object(), "{settings}");
    let deployment = client
        .deployment("prune_globus_endpoint", "prune_globus_endpoint")
        .get()
        .send()
        .await
        .unwrap();
    let create = client
        .create_flow_run(deployment.id)
        .name("prune_from_spot832")
        .parameters(parameters())
        .scheduled_at(noon())
        .idempotency_key("key-1");
    // The reply to the first is lost; the client asks again by itself.
    sim.fault("prefect.flow_run_create:reset-after,times=1".parse().unwrap());
    let run = create.send().await.unwrap();
    let again = create.name("another").send().await.unwrap();
    assert_eq!(
        (again.id.clone(), again.name.as_deref()),
        (run.id, Some("prune_from_spot832"))
    );
    assert_eq!(sim.flow_runs().len(), 1);
    let read = client.flow_run(again.id).get().send().await.unwrap();
    assert_eq!(read.state_type, Some(StateType::Scheduled));
    assert_eq!(read.expected_start_time, Some(noon()));
}

#[tokio::test]
async fn without_a_key_a_lost_reply_is_told() {
    let (sim, client) = start();
    let deployment = client
        .deployment("prune_globus_endpoint", "prune_globus_endpoint")
        .get()
        .send()
        .await
        .unwrap();
    sim.fault("prefect.flow_run_create:reset-after".parse().unwrap());
    let create = client.create_flow_run(deployment.id).parameters(parameters());
    assert_eq!(create.send().await.unwrap_err().was_sent(), Sent::Maybe);
    assert_eq!(sim.flow_runs().len(), 1);
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let (_sim, client) = start();
    assert!(client.variable("nope").get().send_opt().await.unwrap().is_none());
    assert!(
        client
            .deployment("nope", "nope")
            .get()
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );
    let id = FlowRunId::new("0e4d61bc-daf6-4161-846a-15511160d896");
    assert!(client.flow_run(id).get().send_opt().await.unwrap().is_none());
}
