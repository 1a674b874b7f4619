//! Version 4 against the simulated backend, and both against each other.

use chrono::TimeDelta;
use scicat::{
    ApiVersion, Client, ClientBuilder, NewOrigDatablock, NewRawDataset, ScientificMetadata, violations,
};
use serde_json::json;
use service_sim::Sim;

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

fn full() -> NewRawDataset {
    let metadata: ScientificMetadata = [("/a", json!(1)), ("/b", json!({"value": 2}))]
        .into_iter()
        .collect();
    NewRawDataset::new(required())
        .proposal_id("ALS-11532")
        .sample_id("s-1")
        .instrument_id("i-1")
        .data_format("DX")
        .scientific_metadata(metadata)
}

#[test]
fn the_base_url_or_the_builder_says_which() {
    let at = |url: &str| Client::builder().base_url(url).build().unwrap();
    assert_eq!(at("https://a.org/api/v4/").version(), ApiVersion::V4);
    assert_eq!(at("https://a.org/api/v3").version(), ApiVersion::V3);
    let plain = at("https://a.org/api");
    assert_eq!(plain.version(), ApiVersion::V3);
    let built = Client::builder()
        .base_url("https://a.org/api/v3")
        .version(ApiVersion::V4)
        .build()
        .unwrap();
    assert_eq!(built.version(), ApiVersion::V4);
    assert_eq!(built.rest().base_url().as_str(), "https://a.org/api");
}

#[tokio::test]
async fn what_one_version_wrote_the_other_reads() {
    let sim = Sim::builder().scicat().start().unwrap();
    let [v3, v4] = [ApiVersion::V3, ApiVersion::V4].map(|version| client_at(&sim, version));
    for (writer, reader, name) in [(&v3, &v4, "a"), (&v4, &v3, "b")] {
        let new = full().field("datasetName", name);
        let made = writer.datasets().create(new).send().await.unwrap();
        let files = NewOrigDatablock::new().file("/data/raw/a.h5", 5, noon());
        writer
            .origdatablocks(made.pid.clone())
            .create(files)
            .send()
            .await
            .unwrap();
        let read = reader
            .dataset(made.pid.clone())
            .get()
            .include(["origdatablocks"])
            .send()
            .await
            .unwrap();
        for dataset in [&made, &read] {
            assert_eq!(dataset.proposals(), ["ALS-11532"]);
            assert_eq!(dataset.samples(), ["s-1"]);
            assert_eq!(dataset.instruments(), ["i-1"]);
            assert_eq!(dataset.investigators(), ["Prin Investigator"]);
        }
        assert_eq!(read.origdatablocks.unwrap().len(), 1);
        assert_eq!((read.size, read.number_of_files), (Some(5), Some(1)));
        assert_eq!(
            reader.origdatablocks(made.pid).list().send().await.unwrap().len(),
            1
        );
    }
    let versions: Vec<_> = sim
        .datasets()
        .iter()
        .map(|dataset| dataset["version"].clone())
        .collect();
    assert_eq!(versions, ["3", "4"]);
}

#[tokio::test]
async fn sizes_are_added_in_v3_and_summed_up_in_v4() {
    let sim = Sim::builder().scicat().start().unwrap();
    for (version, expected) in [(ApiVersion::V3, 24), (ApiVersion::V4, 14)] {
        let client = client_at(&sim, version);
        // A size of one's own, as other ingestors give it.
        let new = full().field("size", 10);
        let pid = client.datasets().create(new).send().await.unwrap().pid;
        for name in ["a", "b"] {
            let files = NewOrigDatablock::new().file(name, 7, noon());
            client
                .origdatablocks(pid.clone())
                .create(files)
                .send()
                .await
                .unwrap();
        }
        let size = client.dataset(pid).get().send().await.unwrap().size;
        assert_eq!(size, Some(expected), "{version}");
    }
}

#[tokio::test]
async fn a_merge_patch_keeps_what_it_does_not_name() {
    let sim = Sim::builder().scicat().start().unwrap();
    let client = client_at(&sim, ApiVersion::V4);
    let pid = client.datasets().create(full()).send().await.unwrap().pid;
    let more: ScientificMetadata = [("/c", 3)].into_iter().collect();
    let merged = client
        .dataset(pid.clone())
        .update()
        .scientific_metadata(&more)
        .merge();
    let keys = |dataset: scicat::Dataset| -> Vec<String> {
        dataset.scientific_metadata.unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(merged.send().await.unwrap()), ["/a", "/b", "/c"]);
    let replaced = client.dataset(pid.clone()).update().scientific_metadata(&more);
    assert_eq!(keys(replaced.send().await.unwrap()), ["/c"]);
    let v3 = client_at(&sim, ApiVersion::V3);
    let as_a_whole: ScientificMetadata = [("/d", 4)].into_iter().collect();
    let replaced = v3.dataset(pid).update().scientific_metadata(&as_a_whole);
    assert_eq!(keys(replaced.send().await.unwrap()), ["/d"]);
}

#[tokio::test]
async fn a_change_after_somebody_elses_is_refused() {
    let sim = Sim::builder().scicat().start().unwrap();
    let client = client_at(&sim, ApiVersion::V4);
    let made = client.datasets().create(full()).send().await.unwrap();
    let read_at = made.updated_at.unwrap();
    let dataset = client.dataset(made.pid);
    let update = |text: &str| dataset.update().description(text);
    // Nobody was there since: the backend's own comparison would refuse the time that it told.
    sim.advance(std::time::Duration::from_secs(5));
    let first = update("mine").unchanged_since(read_at).send().await.unwrap();
    let error = update("late").unchanged_since(read_at).send().await.unwrap_err();
    assert_eq!(error.status(), Some(412));
    assert!(scicat::remedy(&error).contains("read it again"), "{error}");
    assert!(first.updated_at.unwrap() > read_at + TimeDelta::seconds(4));
    let again = dataset.get().send().await.unwrap();
    assert_eq!(again.description.as_deref(), Some("mine"));
}

#[tokio::test]
async fn version_4_names_the_fields_that_it_refuses_too() {
    let sim = Sim::builder().scicat().start().unwrap();
    let client = client_at(&sim, ApiVersion::V4);
    let new = full()
        .field("principalInvestigatorX", "x")
        .field("creationTime", "yesterday");
    let error = client.datasets().create(new).send().await.unwrap_err();
    let fields: Vec<String> = violations(&error).into_iter().map(|v| v.property).collect();
    assert_eq!(fields, ["principalInvestigatorX", "creationTime"]);
    let unknown = client
        .datasets()
        .find()
        .is("nothing", "x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(unknown.status(), Some(400), "v3 finds nothing without a word");
    let checked = client.datasets().is_valid(full()).send().await.unwrap();
    assert!(checked.valid && checked.why().is_none());
    let v3 = client_at(&sim, ApiVersion::V3);
    let checked = v3
        .datasets()
        .is_valid(full().field("size", 1.5))
        .send()
        .await
        .unwrap();
    assert_eq!(checked.why().as_deref(), Some("size must be an integer number"));
}

#[tokio::test]
async fn a_dataset_is_replaced_found_first_counted_and_appended_to() {
    let sim = Sim::builder().scicat().scicat_may_delete().start().unwrap();
    for version in [ApiVersion::V3, ApiVersion::V4] {
        let client = client_at(&sim, version);
        let pid = client.datasets().create(full()).send().await.unwrap().pid;
        let replaced = client
            .dataset(pid.clone())
            .replace(full().field("description", "new"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (replaced.pid.clone(), replaced.description.as_deref()),
            (pid.clone(), Some("new"))
        );
        let filter = scicat::Filter::new().is("pid", pid.as_str());
        assert_eq!(client.datasets().count(&filter).send().await.unwrap().count, 1);
        assert_eq!(client.datasets().find_one(&filter).send().await.unwrap().pid, pid);
        client
            .dataset(pid.clone())
            .append("keywords", ["bone"])
            .send()
            .await
            .unwrap();
        client
            .dataset(pid.clone())
            .update_lifecycle()
            .archivable(false)
            .send()
            .await
            .unwrap();
        assert_eq!(
            client
                .dataset(pid.clone())
                .lifecycle()
                .send()
                .await
                .unwrap()
                .archivable,
            Some(false)
        );
        let read = client.dataset(pid.clone()).get().send().await.unwrap();
        assert_eq!(read.keywords.unwrap(), ["bone"]);
        client.dataset(pid.clone()).delete().send().await.unwrap();
        assert!(client.dataset(pid).get().send_opt().await.unwrap().is_none());
    }
}
