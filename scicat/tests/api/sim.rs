//! The client against the simulated catalogue.

use std::sync::Arc;
use std::time::Duration;

use rest_core::{ManualClock, Sent};
use scicat::{Client, ClientBuilder, NewOrigDatablock, NewRawDataset, ScientificMetadata, violations};
use service_sim::Sim;

use crate::support::{http, noon, required};

fn builder(sim: &Sim) -> ClientBuilder {
    let env = sim.env();
    ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .http(http())
}

fn start() -> (Sim, Client) {
    let sim = Sim::builder().scicat().start().unwrap();
    let client = builder(&sim).build().unwrap();
    (sim, client)
}

#[tokio::test]
async fn a_scan_is_catalogued_once_and_found_again() {
    let (sim, client) = start();
    let find = client
        .datasets()
        .find()
        .source_folder("/data/raw")
        .dataset_name("scan_42");
    assert!(find.collect().await.unwrap().is_empty());
    let mut metadata = ScientificMetadata::new();
    metadata.insert("/a", 1);
    metadata.insert("/null", serde_json::Value::Null);
    let new = NewRawDataset::new(required()).scientific_metadata(metadata);
    let pid = client.datasets().create(new).send().await.unwrap().pid;
    let files = NewOrigDatablock::new()
        .file("/data/raw/a.h5", 5, noon())
        .file("/data/raw/b.h5", 7, noon());
    client
        .origdatablocks(pid.clone())
        .create(files)
        .send()
        .await
        .unwrap();

    // Still alive, and the size is counted once.
    let found = find.collect().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].size, found[0].number_of_files), (Some(12), Some(2)));
    assert_eq!(found[0].pid, pid);
    assert!(
        client
            .dataset(pid.clone())
            .get()
            .send_opt()
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        client.origdatablocks(pid).list().send().await.unwrap()[0]
            .data_file_list
            .len(),
        2
    );
    assert_eq!(sim.datasets().len(), 1);
    assert_eq!(sim.journal().count(|entry| entry.operation == "scicat.login"), 1);
}

#[tokio::test]
async fn an_ended_token_is_replaced_before_a_list_would_lie() {
    let sim = Sim::builder().scicat().start().unwrap();
    let clock = Arc::new(ManualClock::new(noon()));
    let client = builder(&sim).clock(clock.clone()).build().unwrap();
    client
        .datasets()
        .create(NewRawDataset::new(required()))
        .send()
        .await
        .unwrap();
    let two_hours = Duration::from_secs(7200);
    sim.advance(two_hours);
    clock.advance(two_hours);
    assert_eq!(client.datasets().find().collect().await.unwrap().len(), 1);
    assert_eq!(sim.journal().count(|entry| entry.operation == "scicat.login"), 2);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_dataset() {
    let (sim, client) = start();
    sim.fault("scicat.dataset_create:reset-after".parse().unwrap());
    let error = client
        .datasets()
        .create(NewRawDataset::new(required()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.was_sent(), Sent::Maybe);
    assert_eq!(
        client
            .datasets()
            .find()
            .source_folder("/data/raw")
            .collect()
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(sim.datasets().len(), 1);
}

#[tokio::test]
async fn passing_faults_are_outlasted_where_a_repeat_is_harmless() {
    let (sim, client) = start();
    for operation in ["scicat.login", "scicat.dataset_find"] {
        sim.fault(format!("{operation}:status=503,times=1").parse().unwrap());
    }
    assert!(client.datasets().find().collect().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_the_service_refuses_is_named() {
    let (_sim, client) = start();
    let body = serde_json::json!({"type": "raw", "foo": 1});
    let parts = scicat::RequestParts::new("scicat.raw", http::Method::POST, "/v3/datasets")
        .json(&body)
        .unwrap();
    let error = client.request::<serde_json::Value>(parts).await.unwrap_err();
    let refused = violations(&error);
    for field in ["foo", "principalInvestigator"] {
        assert!(
            refused.iter().any(|violation| violation.property == field),
            "{field}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_login_that_the_service_no_longer_knows_is_made_again_by_the_next_call() {
    let (sim, client) = start();
    client
        .datasets()
        .create(NewRawDataset::new(required()))
        .send()
        .await
        .unwrap();
    // The service's clock runs ahead of ours: to it the token has ended, and we are a stranger.
    sim.advance(Duration::from_secs(40 * 3600));
    let second = || client.datasets().create(NewRawDataset::new(required()));
    let refused = second().send().await.unwrap_err();
    assert!(refused.is_permission_denied(), "{refused}");
    assert_eq!(sim.datasets().len(), 1, "what a stranger saw is not acted on");
    second().send().await.unwrap();
    assert_eq!(sim.datasets().len(), 2);
    assert_eq!(sim.journal().count(|entry| entry.operation == "scicat.login"), 2);
}
