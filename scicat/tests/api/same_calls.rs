//! The same calls as pyscicat makes them: its requests, recorded by `cargo xtask peers`, and ours beside them.

use std::collections::BTreeMap;

use scicat::{
    Client, ContactEmail, DatasetPid, DerivedFields, Filter, InstrumentId, NewAttachment, NewDerivedDataset,
    NewOrigDatablock, NewRawDataset, ProposalId, RequestParts, RequiredFields, Result, SampleId,
    ScientificMetadata,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::{noon, offline};

const CALLS: &str = include_str!("../../../support/peer-tests/pyscicat_calls.json");

#[derive(Deserialize)]
struct Recorded {
    method: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    body: Option<Value>,
}

/// A call, ours, and the fields in which ours means to differ, with the reason.
struct Pair {
    theirs: &'static str,
    ours: fn(&Client) -> Result<RequestParts>,
    differs: &'static [(&'static str, &'static str)],
}

const fn pair(
    theirs: &'static str,
    ours: fn(&Client) -> Result<RequestParts>,
    differs: &'static [(&'static str, &'static str)],
) -> Pair {
    Pair {
        theirs,
        ours,
        differs,
    }
}

const IN_LISTS: &[(&str, &str)] = &[
    ("where", "texts stand in lists, or the backend reads dates"),
    ("limits", "pages of a known size in a fixed order"),
];
const ONLY_CHANGES: &[(&str, &str)] = &[("*", "only what changes is sent")];

const PAIRS: &[Pair] = &[
    pair(
        "datasets_create",
        |c| c.datasets().create(raw()).into_parts(),
        &[],
    ),
    pair(
        "datasets_create derived",
        |c| c.datasets().create(derived()).into_parts(),
        &[],
    ),
    pair(
        "datasets_origdatablock_create",
        |c| {
            let files = NewOrigDatablock::new().file("/data/raw/scan_0042.h5", 7, noon());
            c.origdatablocks(pid()).create(files).into_parts()
        },
        &[],
    ),
    pair(
        "datasets_attachment_create",
        |c| {
            let picture = NewAttachment::new(vec![0, 1, 2], "image/png", "raw image", "ALS-11532");
            c.attachments(pid())
                .create(&picture.access_groups(["8.3.2"]))
                .into_parts()
        },
        &[("datasetId", "the path says whose it is, and wins")],
    ),
    pair(
        "datasets_update",
        |c| c.dataset(pid()).update().description("new").into_parts(),
        ONLY_CHANGES,
    ),
    pair("datasets_delete", |c| c.dataset(pid()).delete().into_parts(), &[]),
    pair("datasets_get_one", |c| c.dataset(pid()).get().into_parts(), &[]),
    pair(
        "datasets_origdatablocks_get_one",
        |c| c.origdatablocks(pid()).list().into_parts(),
        &[],
    ),
    pair(
        "datasets_get_many",
        |c| c.datasets().find().dataset_name("scan_0042").into_parts(),
        IN_LISTS,
    ),
    pair(
        "datasets_find",
        |c| {
            let query = c.datasets().full_query().any_of("ownerGroup", ["ALS-11532"]);
            query.order_by_desc("creationTime").limit(25).into_parts()
        },
        &[],
    ),
    pair(
        "samples_create",
        |c| {
            let create = c
                .samples()
                .create("ALS-11532")
                .sample_id("bone")
                .owner("Ada Example");
            create.description("a bone").published(false).into_parts()
        },
        &[],
    ),
    pair(
        "samples_update",
        |c| {
            c.samples()
                .update(&SampleId::new("bone"))
                .description("two bones")
                .into_parts()
        },
        ONLY_CHANGES,
    ),
    pair(
        "samples_get_one",
        |c| c.samples().get(&SampleId::new("bone")).into_parts(),
        &[],
    ),
    pair(
        "samples_get_many",
        |c| c.samples().find().is("description", "two bones").into_parts(),
        IN_LISTS,
    ),
    pair(
        "proposals_create",
        |c| {
            let id = ProposalId::new("ALS-11532");
            c.proposals()
                .create(&id, "ALS-11532", "Bones", "ada@example.org")
                .into_parts()
        },
        &[],
    ),
    pair(
        "proposals_update",
        |c| {
            c.proposals()
                .update(&ProposalId::new("ALS-11532"))
                .title("More bones")
                .into_parts()
        },
        ONLY_CHANGES,
    ),
    pair(
        "proposals_get_one",
        |c| c.proposals().get(&ProposalId::new("ALS-11532")).into_parts(),
        &[],
    ),
    pair(
        "instruments_create",
        |c| c.instruments().create("tomo", "Tomography").into_parts(),
        &[("uniqueName", "the backend wants it, and refuses theirs")],
    ),
    pair(
        "instruments_get_one",
        |c| c.instruments().get(&InstrumentId::new("INSTRUMENT")).into_parts(),
        &[],
    ),
    pair(
        "instruments_get_one by name",
        |c| {
            let named = Filter::new().contains("name", "nothing like it");
            c.instruments().find_one(&named).into_parts()
        },
        &[(
            "*",
            "theirs has no `filter=` before its condition, which is not read",
        )],
    ),
    pair(
        "instruments_update",
        |c| {
            c.instruments()
                .update(&InstrumentId::new("INSTRUMENT"))
                .name("Tomo")
                .into_parts()
        },
        &[],
    ),
    pair(
        "published_data_get_many",
        |c| c.published_data().find().into_parts(),
        IN_LISTS,
    ),
];

fn pid() -> DatasetPid {
    DatasetPid::new("PID")
}

fn raw() -> NewRawDataset {
    let metadata: ScientificMetadata = [("/a", 1)].into_iter().collect();
    NewRawDataset::new(RequiredFields {
        owner: "Ada Example".into(),
        owner_group: "ALS-11532".into(),
        contact_email: ContactEmail::new("ada@example.org").unwrap(),
        source_folder: "/data/raw".into(),
        dataset_name: "scan_0042".into(),
        creation_time: noon(),
        principal_investigator: "Ada Example".into(),
        creation_location: "Beamline 8.3.2".into(),
    })
    .access_groups(["8.3.2"])
    .proposal_id("ALS-11532")
    .sample_id("bone")
    .instrument_id("8.3.2")
    .data_format("DX")
    .description("scan 0042")
    .keywords(["scan", "0042"])
    .scientific_metadata(metadata)
}

fn derived() -> NewDerivedDataset {
    let parameters: Map<String, Value> = [("algorithm".to_owned(), json!("gridrec"))].into_iter().collect();
    NewDerivedDataset::new(DerivedFields {
        owner: "Ada Example".into(),
        owner_group: "ALS-11532".into(),
        contact_email: ContactEmail::new("ada@example.org").unwrap(),
        source_folder: "/data/recon".into(),
        dataset_name: "recon_0042".into(),
        creation_time: noon(),
        investigator: "Ada Example".into(),
        input_datasets: vec![pid()],
        used_software: vec!["tomopy 1.15".into()],
    })
    .access_groups(["8.3.2"])
    .job_parameters(parameters)
}

/// Everything that is said besides the path: the body's fields, or those of the query, of which `filter` is opened.
fn said(query: impl Iterator<Item = (String, String)>, body: Option<Value>) -> Map<String, Value> {
    let mut said = match body {
        Some(Value::Object(body)) => body,
        _ => Map::new(),
    };
    for (key, value) in query {
        match serde_json::from_str(&value) {
            Ok(Value::Object(filter)) if key == "filter" => said.extend(filter),
            Ok(value) => drop(said.insert(key, value)),
            Err(_) => drop(said.insert(key, Value::from(value))),
        }
    }
    said
}

#[test]
fn each_says_the_same_but_for_what_is_mended() {
    let recorded: BTreeMap<String, Recorded> = serde_json::from_str(CALLS).unwrap();
    let mut left: Vec<&str> = recorded.keys().map(String::as_str).collect();
    // The client logs in by itself; its own tests see what it sends.
    left.retain(|name| *name != "login");
    for pair in PAIRS {
        let theirs = &recorded[pair.theirs];
        left.retain(|name| *name != pair.theirs);
        let ours = (pair.ours)(&offline()).unwrap();
        let path = ours.path().unwrap();
        let path = path.strip_prefix("/v3").unwrap();
        let request = format!("{} {path}", ours.method());
        let wanted = format!("{} {}", theirs.method, theirs.path);
        assert_eq!(request.to_lowercase(), wanted.to_lowercase(), "{}", pair.theirs);
        if pair.differs.iter().any(|(field, _)| *field == "*") {
            continue;
        }
        let body =
            (!ours.body_bytes().is_empty()).then(|| serde_json::from_slice(&ours.body_bytes()).unwrap());
        let mut ours = said(ours.query_pairs().iter().cloned(), body);
        let mut theirs = said(theirs.query.clone().into_iter(), theirs.body.clone());
        for (field, why) in pair.differs {
            assert_ne!(
                ours.remove(*field),
                theirs.remove(*field),
                "{}: {why}",
                pair.theirs
            );
        }
        assert_eq!(ours, theirs, "{}", pair.theirs);
    }
    assert!(left.is_empty(), "without a request of ours: {left:?}");
}
