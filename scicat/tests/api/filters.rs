//! Filters: no text is ever bare in v3, and what is looked for is found, whatever it looks like to JavaScript.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use scicat::{ApiVersion, Client, DatasetPid, Filter, NewRawDataset, RequiredFields};
use serde_json::Value;
use service_sim::Sim;

use crate::support::{http, offline, required};

/// Names that the v3 backend would take for dates and numbers, and any others.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{4}(-[0-9]{2}){0,2}",
        "(ALS-|Beamline |v)?[0-9]{1,2}(\\.[0-9]{1,2}){0,2}",
        "[0-9]{1,5}|1e[0-9]|0x1f",
        "\\PC{1,12}",
        "[\\\\\"{}:\\[\\]$.*+?^|()/-]{1,8}",
    ]
    .prop_filter("a name is not blank", |name| !name.trim().is_empty())
}

/// Every text that stands somewhere else than in a list.
fn bare(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Object(fields) => fields.values().for_each(|value| bare(value, found)),
        Value::Array(items) => items
            .iter()
            .filter(|item| !item.is_string())
            .for_each(|item| bare(item, found)),
        _ => {}
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig {
        failure_persistence: None,
        cases,
        ..ProptestConfig::default()
    })
}

#[test]
fn no_text_of_v3_stands_bare() {
    let filters = (name(), name(), prop::collection::vec(name(), 0..3));
    let outcome = runner(ProptestConfig::default().cases).run(&filters, |(one, two, several)| {
        let filter = Filter::new()
            .is("a", one.clone())
            .any_of("b", several.clone())
            .none_of("c", several)
            .either([Filter::new().is("d", two.clone()), Filter::new().is("a", one)]);
        let mut found = Vec::new();
        bare(&filter.to_json(ApiVersion::V3), &mut found);
        prop_assert!(found.is_empty(), "{:?}", found);
        // What is looked for as a part ends in what is no date.
        let like = Filter::new().contains("a", two).to_json(ApiVersion::V3);
        prop_assert!(like["a"]["like"].as_str().unwrap().ends_with("[^\\w\\W]?"));
        Ok(())
    });
    outcome.unwrap();
}

fn bench(version: ApiVersion) -> (tokio::runtime::Runtime, Sim, Client) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let sim = Sim::builder().scicat().start().unwrap();
    let env = sim.env();
    let client = scicat::ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .version(version)
        .http(http())
        .build()
        .unwrap();
    (runtime, sim, client)
}

/// So many cases share a catalogue: each looks through all that stands there.
const AT_ONCE: u32 = 26;

#[test]
fn what_is_stored_is_found_by_name_by_part_and_among_others() {
    let rounds = ProptestConfig::default().cases.div_ceil(10 * AT_ONCE);
    let versions = [ApiVersion::V3, ApiVersion::V4].into_iter();
    for version in versions.flat_map(|version| (0..rounds).map(move |_| version)) {
        let (runtime, _sim, client) = bench(version);
        let outcome = runner(AT_ONCE).run(&name(), |name| {
            let fields = RequiredFields {
                dataset_name: name.clone(),
                ..required()
            };
            let found = runtime.block_on(async {
                let new = NewRawDataset::new(fields);
                let pid = client.datasets().create(new).send().await.unwrap().pid;
                let by_name = client
                    .datasets()
                    .find()
                    .dataset_name(&name)
                    .collect()
                    .await
                    .unwrap();
                let part = Filter::new().contains("datasetName", name.clone());
                let by_part = client.datasets().find().filter(part).collect().await.unwrap();
                let other = Filter::new().is("datasetName", "other");
                let either = Filter::new().either([Filter::new().is("datasetName", name.clone()), other]);
                let by_either = client.datasets().find().filter(either).collect().await.unwrap();
                let without = Filter::new().none_of("datasetName", [name.clone()]);
                let by_none = client.datasets().find().filter(without).collect().await.unwrap();
                let has = |found: &[scicat::Dataset]| found.iter().any(|dataset| dataset.pid == pid);
                [has(&by_name), has(&by_part), has(&by_either), !has(&by_none)]
            });
            prop_assert_eq!(found, [true; 4], "{} {}", version, name);
            Ok(())
        });
        outcome.unwrap();
    }
}

#[test]
fn full_queries_send_lists_too() {
    let (runtime, _sim, client) = bench(ApiVersion::V3);
    runtime.block_on(async {
        for name in ["8.3.2", "2023"] {
            let fields = RequiredFields {
                dataset_name: name.into(),
                ..required()
            };
            client
                .datasets()
                .create(NewRawDataset::new(fields))
                .send()
                .await
                .unwrap();
        }
        let query = || client.datasets().full_query();
        let named = query()
            .any_of("datasetName", ["2023"])
            .limit(1)
            .collect()
            .await
            .unwrap();
        assert_eq!(named.len(), 1);
        let noon = crate::support::noon();
        let day = chrono::TimeDelta::days(1);
        let during = query()
            .between("creationTime", noon - day, noon)
            .collect()
            .await
            .unwrap();
        let later = query()
            .between("creationTime", noon + day, noon + day)
            .collect()
            .await
            .unwrap();
        assert_eq!((during.len(), later.len()), (2, 0));
        assert_eq!(query().text("investigator").send().await.unwrap().items.len(), 2);
        // As pyscicat would send it.
        let bare = query().raw("datasetName", "2023").send().await.unwrap_err();
        assert_eq!(bare.status(), Some(500));
        let backwards = query()
            .between("creationTime", noon, noon - day)
            .into_parts()
            .unwrap_err();
        assert_eq!(backwards.kind(), scicat::ErrorKind::Config);
    });
}

#[test]
fn any_pid_is_one_segment_and_comes_back() {
    let outcome = runner(ProptestConfig::default().cases).run(&"\\PC{1,20}", |text| {
        let parts = offline()
            .dataset(DatasetPid::new(text.clone()))
            .get()
            .into_parts()
            .unwrap();
        if text == "." || text == ".." {
            prop_assert!(parts.path().is_err());
            return Ok(());
        }
        let path = parts.path().unwrap();
        let segment = path.strip_prefix("/v3/datasets/").unwrap();
        prop_assert!(!segment.contains(['/', '?', '#', '+', ' ']), "{}", segment);
        let decoded = percent_decode(segment);
        prop_assert_eq!(decoded, text);
        Ok(())
    });
    outcome.unwrap();
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
