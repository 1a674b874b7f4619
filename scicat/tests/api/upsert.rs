//! One dataset however often it is asked for, whatever gets lost.

use std::sync::Arc;

use rest_core::ManualClock;
use scicat::{
    ApiVersion, Client, ClientBuilder, ErrorKind, NewAttachment, NewOrigDatablock, NewRawDataset,
    RequiredFields, Step, Upserted,
};
use serde_json::json;
use service_sim::{Sim, SimBuilder};

use crate::support::{http, noon, required};

fn client_at(sim: &Sim, version: ApiVersion) -> Client {
    let env = sim.env();
    ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .version(version)
        .http(http())
        .build()
        .unwrap()
}

fn start(change: impl FnOnce(SimBuilder) -> SimBuilder) -> (Sim, Client) {
    let sim = change(Sim::builder().scicat()).start().unwrap();
    let client = client_at(&sim, ApiVersion::V3);
    (sim, client)
}

fn files() -> NewOrigDatablock {
    NewOrigDatablock::new().file("/data/raw/a.h5", 5, noon())
}

fn picture() -> NewAttachment {
    NewAttachment::new(vec![1, 2], "image/png", "raw image", "ALS-11532")
}

async fn upsert(client: &Client, dataset: NewRawDataset) -> Upserted {
    let upsert = client
        .datasets()
        .upsert(dataset)
        .files(files())
        .attachment(picture());
    upsert.send().await.unwrap()
}

fn count(sim: &Sim) -> [usize; 3] {
    [
        sim.datasets().len(),
        sim.catalogued("origdatablocks").len(),
        sim.catalogued("attachments").len(),
    ]
}

#[tokio::test]
async fn it_is_made_once() {
    for version in [ApiVersion::V3, ApiVersion::V4] {
        let (sim, _) = start(|sim| sim);
        let client = client_at(&sim, version);
        let first = upsert(&client, NewRawDataset::new(required())).await;
        assert!(first.created && first.files_added && first.attachment_added);
        assert_eq!(first.other_size, None);
        let again = upsert(&client, NewRawDataset::new(required())).await;
        assert_eq!(again.pid, first.pid);
        assert!(!again.created && !again.files_added && !again.attachment_added);
        assert_eq!(count(&sim), [1, 1, 1]);
    }
}

#[tokio::test]
async fn a_dataset_that_was_only_begun_is_completed() {
    let (sim, client) = start(|sim| sim);
    let begun = client
        .datasets()
        .create(NewRawDataset::new(required()))
        .send()
        .await
        .unwrap();
    let held = upsert(&client, NewRawDataset::new(required())).await;
    assert_eq!(held.pid, begun.pid);
    assert!(!held.created && held.files_added && held.attachment_added);
    assert_eq!(count(&sim), [1, 1, 1]);
    // Of two that were begun, that of the same time.
    let (sim, client) = start(|sim| sim);
    let later = RequiredFields {
        creation_time: noon() + chrono::TimeDelta::seconds(1),
        ..required()
    };
    client
        .datasets()
        .create(NewRawDataset::new(later))
        .send()
        .await
        .unwrap();
    let ours = client
        .datasets()
        .create(NewRawDataset::new(required()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        upsert(&client, NewRawDataset::new(required())).await.pid,
        ours.pid
    );
    assert_eq!(sim.datasets().len(), 2);
}

#[tokio::test]
async fn a_dataset_begun_for_another_measurement_of_the_same_name_is_left_to_it() {
    let (sim, client) = start(|sim| sim);
    let earlier = RequiredFields {
        creation_time: noon() - chrono::TimeDelta::minutes(1),
        ..required()
    };
    let begun = client.datasets().create(NewRawDataset::new(earlier));
    let begun = begun.send().await.unwrap();
    let ours = upsert(&client, NewRawDataset::new(required())).await;
    assert_ne!(ours.pid, begun.pid, "its files are still to come");
    assert!(ours.created);
    assert_eq!(sim.datasets().len(), 2);
}

#[tokio::test]
async fn another_measurement_of_the_same_name_is_another_dataset() {
    let (sim, client) = start(|sim| sim);
    let first = upsert(&client, NewRawDataset::new(required())).await;
    let other = NewOrigDatablock::new().file("/data/raw/b.h5", 5, noon());
    let second = client
        .datasets()
        .upsert(NewRawDataset::new(required()))
        .files(other)
        .send()
        .await
        .unwrap();
    assert!(second.created);
    assert_ne!(second.pid, first.pid);
    assert_eq!(
        upsert(&client, NewRawDataset::new(required())).await.pid,
        first.pid
    );
    assert_eq!(sim.datasets().len(), 2);
}

#[tokio::test]
async fn one_of_the_other_kind_is_another_dataset() {
    let (_sim, client) = start(|sim| sim);
    let derived = crate::endpoints::derived();
    let (source_folder, dataset_name) = derived_folder(&derived);
    let raw = RequiredFields {
        source_folder,
        dataset_name,
        ..required()
    };
    let raw = upsert(&client, NewRawDataset::new(raw)).await;
    let result = client.datasets().upsert(derived).files(files());
    let result = result.send().await.unwrap();
    assert_ne!(result.pid, raw.pid);
}

/// Its folder and name.
fn derived_folder(dataset: &scicat::NewDerivedDataset) -> (String, String) {
    let dataset = scicat::NewDataset::from(dataset.clone());
    (
        dataset.source_folder().to_owned(),
        dataset.dataset_name().to_owned(),
    )
}

#[tokio::test]
async fn the_size_is_compared_and_never_decides() {
    let (sim, client) = start(|sim| sim);
    let first = upsert(&client, NewRawDataset::new(required())).await;
    let grown = NewOrigDatablock::new().file("/data/raw/a.h5", 9, noon());
    let again = client
        .datasets()
        .upsert(NewRawDataset::new(required()))
        .files(grown)
        .send()
        .await
        .unwrap();
    assert_eq!((again.pid, again.other_size), (first.pid, Some((5, 9))));
    assert_eq!(count(&sim), [1, 1, 1]);
}

#[tokio::test]
async fn lost_answers_make_nothing_twice() {
    for operation in ["dataset_create", "origdatablock_create", "attachment_create"] {
        for pid in [None, Some("own/pid")] {
            let (sim, client) = start(|sim| sim);
            sim.fault(format!("scicat.{operation}:reset-after,nth=1").parse().unwrap());
            let mut dataset = NewRawDataset::new(required());
            if let Some(pid) = pid {
                dataset = dataset.pid(pid);
            }
            let held = upsert(&client, dataset).await;
            assert!(held.created, "{operation} {pid:?}");
            assert_eq!(count(&sim), [1, 1, 1], "{operation} {pid:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_never_arrived_is_told_and_the_next_upsert_goes_on() {
    for (operation, step, left) in [
        ("dataset_create", Step::Dataset, [0, 0, 0]),
        ("origdatablock_create", Step::Files, [1, 0, 0]),
        ("attachment_create", Step::Attachment, [1, 1, 0]),
    ] {
        let (sim, _) = start(|sim| sim);
        let env = sim.env();
        // A clock whose waits take no time.
        let clock = Arc::new(ManualClock::new(chrono::Utc::now()));
        let builder = ClientBuilder::from_vars(|name| env.get(name).cloned()).unwrap();
        let client = builder.http(http()).clock(clock).build().unwrap();
        sim.fault(format!("scicat.{operation}:reset-before,nth=1").parse().unwrap());
        let request = client.datasets().upsert(NewRawDataset::new(required()));
        let request = request.files(files()).attachment(picture());
        let error = request.send().await.unwrap_err();
        assert_eq!(error.step(), step);
        assert_eq!(error.pid().is_some(), left[0] == 1);
        let told = error.to_string();
        assert!(told.starts_with("/data/raw/scan_42 (/data/raw/a.h5): "), "{told}");
        assert!(
            told.contains(&format!("scicat.{operation}")) && told.contains("look whether"),
            "{told}"
        );
        assert_eq!(count(&sim), left);
        request.send().await.unwrap();
        assert_eq!(count(&sim), [1, 1, 1]);
    }
}

#[tokio::test]
async fn by_a_pid_of_its_own_where_the_account_may() {
    let (sim, client) = start(|sim| sim);
    let own = || NewRawDataset::new(required()).pid("als/scan-42");
    let first = upsert(&client, own()).await;
    assert_eq!(first.pid.as_str(), "als/scan-42");
    // By its PID, whatever its name is by now.
    client
        .dataset(first.pid.clone())
        .update()
        .dataset_name("renamed")
        .send()
        .await
        .unwrap();
    assert_eq!(upsert(&client, own()).await.pid, first.pid);
    assert_eq!(count(&sim), [1, 1, 1]);

    let (sim, client) = start(|sim| sim.scicat_groups(["ALS-11532"]));
    let held = upsert(&client, own()).await;
    assert!(held.created);
    assert_ne!(held.pid.as_str(), "als/scan-42", "the backend chose it");
    assert_eq!(upsert(&client, own()).await.pid, held.pid);
    assert_eq!(count(&sim), [1, 1, 1]);
    assert_eq!(sim.journal().count(|entry| entry.operation == "scicat.login"), 1);
}

#[tokio::test]
async fn an_account_without_the_right_is_told() {
    let (sim, client) = start(|sim| sim.scicat_groups(["other"]));
    let error = client
        .datasets()
        .upsert(NewRawDataset::new(required()))
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.step(), error.error().status()), (Step::Dataset, Some(403)));
    let told = error.to_string();
    assert!(
        told.contains("creating the dataset") && told.contains("Unauthorized to create this dataset"),
        "{told}"
    );
    assert!(told.contains("ADMIN_GROUPS"), "{told}");
    assert_eq!(sim.datasets().len(), 0);
}

#[tokio::test]
async fn what_is_wrong_is_said_before_the_first_request() {
    let (sim, client) = start(|sim| sim);
    let no_files = client
        .datasets()
        .upsert(NewRawDataset::new(required()))
        .files(NewOrigDatablock::new());
    let no_type = NewAttachment::new(vec![1], "png", "raw image", "g");
    let no_type = client
        .datasets()
        .upsert(NewRawDataset::new(required()))
        .attachment(no_type);
    let blank = client
        .datasets()
        .upsert(NewRawDataset::new(required()).field("owner", ""));
    for (request, words) in [
        (no_files, "at least one file"),
        (no_type, "media type"),
        (blank, "owner"),
    ] {
        let error = request.send().await.unwrap_err();
        assert_eq!(
            (error.step(), error.error().kind()),
            (Step::Check, ErrorKind::Config)
        );
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(sim.journal().entries().len(), 0);
}

#[tokio::test]
async fn one_field_that_the_backend_refuses_is_named() {
    let (sim, client) = start(|sim| sim);
    let wrong = NewRawDataset::new(required()).field("startTime", "2026-03-01 12:00:00");
    let error = client
        .datasets()
        .upsert(wrong)
        .files(files())
        .send()
        .await
        .unwrap_err();
    let told = error.to_string();
    assert!(
        told.ends_with("; correct startTime, as the catalogue refuses it"),
        "{told}"
    );
    assert!(
        told.contains("startTime must be a valid ISO 8601 date string"),
        "{told}"
    );
    assert_eq!(scicat::violations(error.error())[0].property, "startTime");
    assert_eq!(count(&sim), [0, 0, 0]);
}

#[tokio::test]
async fn a_login_that_had_ended_makes_no_second_dataset() {
    let (sim, client) = start(|sim| sim);
    let first = upsert(&client, NewRawDataset::new(required())).await;
    // To the service the token has ended: the search shows nothing, and what follows is refused.
    sim.advance(std::time::Duration::from_secs(40 * 3600));
    let again = upsert(&client, NewRawDataset::new(required())).await;
    assert_eq!(again.pid, first.pid);
    assert_eq!(count(&sim), [1, 1, 1]);
}

#[tokio::test]
async fn a_derived_dataset_is_upserted_as_well() {
    for version in [ApiVersion::V3, ApiVersion::V4] {
        let (sim, _) = start(|sim| sim);
        let client = client_at(&sim, version);
        let files = || NewOrigDatablock::new().file("/data/recon/a.zarr", 9, noon());
        let derived = crate::endpoints::derived;
        let first = client
            .datasets()
            .upsert(derived())
            .files(files())
            .send()
            .await
            .unwrap();
        let again = client
            .datasets()
            .upsert(derived())
            .files(files())
            .send()
            .await
            .unwrap();
        assert_eq!((again.pid.clone(), again.created), (first.pid, false));
        let stored = client.dataset(again.pid).get().send().await.unwrap();
        assert_eq!(stored.investigators(), ["Prin Investigator"]);
        assert_eq!(stored.used_software.unwrap(), ["tomopy 1.15"]);
        assert_eq!(stored.job_parameters.unwrap()["algorithm"], json!("gridrec"));
        assert_eq!(stored.input_datasets.unwrap().len(), 1);
    }
}
