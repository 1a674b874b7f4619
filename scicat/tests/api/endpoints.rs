//! Every request of both versions: what is sent, and what becomes of each kind of answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use insta::assert_json_snapshot;
use rest_core::BoxFuture;
use scicat::{
    ApiVersion, AttachmentId, Client, DatablockId, DerivedFields, ErrorKind, Filter, InstrumentId, JobId,
    NewAttachment, NewDatablock, NewDerivedDataset, NewOrigDatablock, OrigDatablockId, PolicyId, ProposalId,
    RequestParts, Result, SampleId, ScientificMetadata, UserId, violations,
};
use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{PID, client_of, noon, offline_of, pid, reply, required, scan, stored};

type Send = fn(&Client) -> BoxFuture<'static, Result<()>>;

/// A request, how it is sent, and what the backend answers.
struct Endpoint {
    parts: fn(&Client) -> Result<RequestParts>,
    send: Send,
    answer: fn() -> Value,
}

macro_rules! endpoints {
    ($($answer:expr => |$client:ident| $builder:expr;)+) => {
        &[$(Endpoint {
            parts: |$client| $builder.into_parts(),
            send: |$client| {
                let request = $builder;
                async move { request.send().await.map(drop) }.boxed()
            },
            answer: || $answer,
        }),+]
    };
}

fn block() -> Value {
    json!({
        "_id": "b-1", "datasetId": PID, "size": 5, "archiveId": "nersc:/a", "packedSize": 5, "version": "1",
        "dataFileList": [{"path": "/a.h5", "size": 5, "time": "2026-03-01T12:00:00.000Z"}],
    })
}

fn attachment() -> Value {
    json!({"id": "a-1", "aid": "a-1", "datasetId": PID, "thumbnail": "data:image/png;base64,AAAA", "caption": "c"})
}

fn thing() -> Value {
    json!({"_id": "x", "id": "x", "pid": "x", "sampleId": "x", "proposalId": "x", "doi": "x", "name": "x"})
}

fn files() -> NewOrigDatablock {
    NewOrigDatablock::new().file("/a.h5", 5, noon())
}

fn picture() -> NewAttachment {
    NewAttachment::new(vec![0, 1, 2], "image/png", "raw image", "ALS-11532").access_groups(["beamline"])
}

pub(crate) fn derived() -> NewDerivedDataset {
    let mut parameters = Map::new();
    parameters.insert("algorithm".into(), json!("gridrec"));
    NewDerivedDataset::new(DerivedFields {
        owner: "Prin Investigator".into(),
        owner_group: "ALS-11532".into(),
        contact_email: required().contact_email,
        source_folder: "/data/recon".into(),
        dataset_name: "scan_42_recon".into(),
        creation_time: noon(),
        investigator: "Prin Investigator".into(),
        input_datasets: vec![pid()],
        used_software: vec!["tomopy 1.15".into()],
    })
    .job_parameters(parameters)
    .proposal_id("ALS-11532")
}

fn object() -> Map<String, Value> {
    [("k".to_owned(), json!(1))].into_iter().collect()
}

/// What both versions have.
const BOTH: &[Endpoint] = endpoints! {
    stored() => |c| c.datasets().create(scan().pid("own/pid").sample_id("s").instrument_id("i").start_time(noon()));
    stored() => |c| c.datasets().create(derived());
    json!({"valid": false, "error": "owner must be a string"}) => |c| c.datasets().is_valid(scan());
    json!([stored()]) => |c| c.datasets().find().owner_group("g").order_by_desc("size").order_by("pid").limit(3).skip(6)
        .fields(["datasetName"]).include("attachments");
    stored() => |c| c.datasets().find_one(&Filter::new().is("datasetName", "2023"));
    json!({"count": 3}) => |c| c.datasets().count(&Filter::new().is("type", "raw"));
    json!(["/a"]) => |c| c.datasets().metadata_keys();
    stored() => |c| c.dataset(pid()).get().include(["attachments", "origdatablocks"]);
    stored() => |c| c.dataset(pid()).update().description("x").keywords(["a"]).published(true)
        .scientific_metadata(&[("/a", 1)].into_iter().collect::<ScientificMetadata>());
    stored() => |c| c.dataset(pid()).replace(scan());
    json!(null) => |c| c.dataset(pid()).delete();
    json!({"archivable": true}) => |c| c.dataset(pid()).lifecycle();
    json!({}) => |c| c.dataset(pid()).update_lifecycle().is_on_central_disk(false).date_of_disk_purging(noon());
    json!({"name": "n", "messages": []}) => |c| c.dataset(pid()).logbook();
    block() => |c| c.origdatablocks(pid()).create(files());
    json!([block()]) => |c| c.origdatablocks(pid()).list();
    block() => |c| c.origdatablocks(pid()).update(&OrigDatablockId::new("b/1"), &files());
    json!({}) => |c| c.origdatablocks(pid()).delete(&OrigDatablockId::new("b-1"));
    json!([block()]) => |c| c.find_origdatablocks().is("datasetId", PID);
    attachment() => |c| c.attachments(pid()).create(&picture());
    json!([attachment()]) => |c| c.attachments(pid()).list();
    attachment() => |c| c.attachments(pid()).update(&AttachmentId::new("a-1")).caption("d").owner_group("g");
    json!({}) => |c| c.attachments(pid()).delete(&AttachmentId::new("a-1"));
    thing() => |c| c.jobs().create("archive").dataset(&pid(), ["a.h5"]).dataset(&pid(), Vec::<String>::new())
        .param("k", 1).contact_email("a@b.org");
    thing() => |c| c.jobs().get(&JobId::new("j-1"));
    thing() => |c| c.jobs().update(&JobId::new("j-1")).job_status_message("done").job_result_object(object());
    json!({}) => |c| c.jobs().delete(&JobId::new("j-1"));
    json!([thing()]) => |c| c.jobs().find();
};

/// What is asked of version 3, whichever is spoken.
const V3: &[Endpoint] = endpoints! {
    json!([stored()]) => |c| c.datasets().full_query().text("bone").any_of("ownerGroup", ["ALS-11532"])
        .between("creationTime", noon(), noon()).raw("isPublished", false);
    json!([{"all": []}]) => |c| c.datasets().facets(["type", "ownerGroup"]);
    json!({}) => |c| c.dataset(pid()).append("keywords", ["a", "b"]);
    json!({"thumbnail": "data:image/png;base64,AAAA"}) => |c| c.attachments(pid()).thumbnail();
    json!([attachment()]) => |c| c.find_attachments().is("caption", "2023");
    json!({"valid": true}) => |c| c.origdatablocks(pid()).is_valid(&files());
    json!([block()]) => |c| c.query_origdatablocks().any_of("datasetId", [PID]);
    block() => |c| c.datablocks(pid()).create(&NewDatablock::new("nersc:/a", &files()).packed_size(3).version("2"));
    json!([block()]) => |c| c.datablocks(pid()).list();
    block() => |c| c.datablocks(pid()).update(&DatablockId::new("b-1")).files(&files()).archive_id("x");
    json!({}) => |c| c.datablocks(pid()).delete(&DatablockId::new("b-1"));
    json!([block()]) => |c| c.find_datablocks();
    thing() => |c| c.samples().create("g").sample_id("s-1").kind("bone").characteristics(object()).access_groups(["h"]);
    thing() => |c| c.samples().get(&SampleId::new("s/1"));
    thing() => |c| c.samples().update(&SampleId::new("s-1")).description("x").published(true);
    json!({}) => |c| c.samples().delete(&SampleId::new("s-1"));
    json!([thing()]) => |c| c.samples().find().is("ownerGroup", "2023");
    json!([thing()]) => |c| c.samples().full_query().text("bone");
    json!({"count": 1}) => |c| c.samples().count("bone");
    json!(["k"]) => |c| c.samples().metadata_keys();
    json!([stored()]) => |c| c.samples().datasets(&SampleId::new("s-1"));
    attachment() => |c| c.samples().attachments(&SampleId::new("s-1")).create(&picture());
    json!([attachment()]) => |c| c.samples().attachments(&SampleId::new("s-1")).list();
    json!({}) => |c| c.samples().attachments(&SampleId::new("s-1")).delete(&AttachmentId::new("a-1"));
    thing() => |c| c.proposals().create(&ProposalId::new("p-1"), "g", "Bones", "a@b.org").abstract_text("x")
        .start_time(noon()).instrument_ids(["i"]).metadata(object());
    json!({"valid": true}) => |c| c.proposals().is_valid(&object());
    thing() => |c| c.proposals().get(&ProposalId::new("p-1"));
    thing() => |c| c.proposals().update(&ProposalId::new("p-1")).title("x");
    json!({}) => |c| c.proposals().delete(&ProposalId::new("p-1"));
    json!([thing()]) => |c| c.proposals().find().is("proposalId", "ALS-11532");
    json!([thing()]) => |c| c.proposals().full_query().text("bone");
    json!({"count": 1}) => |c| c.proposals().count();
    json!([stored()]) => |c| c.proposals().datasets(&ProposalId::new("p-1"));
    json!([attachment()]) => |c| c.proposals().attachments(&ProposalId::new("p-1")).list();
    thing() => |c| c.instruments().create("tomo", "Tomography").custom_metadata(object());
    thing() => |c| c.instruments().get(&InstrumentId::new("i-1"));
    thing() => |c| c.instruments().find_one(&Filter::new().contains("name", "2023"));
    thing() => |c| c.instruments().update(&InstrumentId::new("i-1")).name("x");
    json!({}) => |c| c.instruments().delete(&InstrumentId::new("i-1"));
    json!([thing()]) => |c| c.instruments().find();
    json!({"count": 1}) => |c| c.instruments().count();
    json!([thing()]) => |c| c.jobs().full_query().any_of("type", ["archive"]);
    thing() => |c| c.policies().create("g").auto_archive(true).auto_archive_delay(3).embargo_period(1);
    thing() => |c| c.policies().get(&PolicyId::new("x"));
    thing() => |c| c.policies().update(&PolicyId::new("x")).manager(["a"]).tape_redundancy("high");
    json!({}) => |c| c.policies().update_groups(["g", "h"], object());
    json!({}) => |c| c.policies().delete(&PolicyId::new("x"));
    json!([thing()]) => |c| c.policies().find();
    json!({"count": 1}) => |c| c.policies().count();
    thing() => |c| c.users().whoami();
    thing() => |c| c.users().me();
    json!({"datasetCount": 25}) => |c| c.users().my_settings();
    json!({"userId": "x"}) => |c| c.users().my_identity();
    json!([thing()]) => |c| c.users().list();
    thing() => |c| c.users().get(&UserId::new("x"));
    json!({"userId": "x"}) => |c| c.users().identity(&UserId::new("x"));
    json!({"userId": "x"}) => |c| c.users().settings(&UserId::new("x"));
    json!({"userId": "x"}) => |c| c.users().update_settings(&UserId::new("x")).dataset_count(50).external_settings(object());
    json!({"authorized": true}) => |c| c.users().may_create_datasets(&UserId::new("x"));
    json!({"logout": "successful"}) => |c| c.users().logout();
    json!([{"name": "n"}]) => |c| c.logbooks().list();
    json!({"name": "n"}) => |c| c.logbooks().get("ALS 11532");
    json!([thing()]) => |c| c.published_data().find();
    thing() => |c| c.published_data().get("10.1/x");
    json!({"count": 1}) => |c| c.published_data().count();
};

fn all() -> impl Iterator<Item = (ApiVersion, &'static Endpoint)> {
    let v3 = BOTH.iter().chain(V3).map(|endpoint| (ApiVersion::V3, endpoint));
    v3.chain(BOTH.iter().map(|endpoint| (ApiVersion::V4, endpoint)))
}

fn sent(endpoints: &[Endpoint], version: ApiVersion) -> Vec<RequestParts> {
    let client = offline_of(version);
    endpoints
        .iter()
        .map(|endpoint| (endpoint.parts)(&client).unwrap())
        .collect()
}

#[test]
fn what_is_sent() {
    assert_json_snapshot!("both_in_v3", sent(BOTH, ApiVersion::V3));
    assert_json_snapshot!("both_in_v4", sent(BOTH, ApiVersion::V4));
    assert_json_snapshot!("v3_only", sent(V3, ApiVersion::V3));
}

#[test]
fn what_has_one_version_is_the_same_in_either_client() {
    let texts = |version| serde_json::to_string(&sent(V3, version)).unwrap();
    assert_eq!(texts(ApiVersion::V3), texts(ApiVersion::V4));
}

#[test]
fn every_path_names_its_version_and_every_operation_is_named_once() {
    let mut operations: Vec<&str> = Vec::new();
    for parts in sent(BOTH, ApiVersion::V3).iter().chain(&sent(V3, ApiVersion::V3)) {
        let path = parts.path().unwrap();
        assert!(
            path.starts_with("/v3/") || path.starts_with("/v4/attachments"),
            "{path}"
        );
        operations.push(parts.operation());
    }
    let all = operations.len();
    operations.sort_unstable();
    operations.dedup();
    // A raw and a derived dataset are created by the same.
    assert_eq!(operations.len(), all - 1);
    for parts in sent(BOTH, ApiVersion::V4) {
        assert!(parts.path().unwrap().starts_with("/v4/"), "{parts:?}");
    }
}

/// A backend that answers everything alike, and clients of it in both versions.
struct Bench {
    answer: Arc<Mutex<ResponseTemplate>>,
    asked: Arc<AtomicUsize>,
    _server: MockServer,
    v3: Client,
    v4: Client,
}

impl Bench {
    async fn new() -> Self {
        let server = MockServer::builder().disable_request_recording().start().await;
        let answer = Arc::new(Mutex::new(ResponseTemplate::new(200)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (shown, count) = (Arc::clone(&answer), Arc::clone(&asked));
        let respond = move |_: &Request| {
            count.fetch_add(1, Ordering::SeqCst);
            shown.lock().unwrap().clone()
        };
        Mock::given(any()).respond_with(respond).mount(&server).await;
        Self {
            answer,
            asked,
            v3: client_of(&server, ApiVersion::V3),
            v4: client_of(&server, ApiVersion::V4),
            _server: server,
        }
    }

    /// What becomes of one request, and how often it was sent.
    async fn ask(
        &self,
        version: ApiVersion,
        endpoint: &Endpoint,
        answer: ResponseTemplate,
    ) -> (Result<()>, usize) {
        *self.answer.lock().unwrap() = answer;
        self.asked.store(0, Ordering::SeqCst);
        let client = if version == ApiVersion::V3 {
            &self.v3
        } else {
            &self.v4
        };
        let outcome = (endpoint.send)(client).await;
        (outcome, self.asked.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn every_answer_in_its_own_shape_is_read() {
    let bench = Bench::new().await;
    for (version, endpoint) in all() {
        let (outcome, requests) = bench
            .ask(version, endpoint, reply(200, &(endpoint.answer)()))
            .await;
        outcome.unwrap();
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn every_error_document_is_an_error_that_names_operation_status_and_words() {
    let list =
        json!([{"property": "owner", "constraints": {"isString": "owner must be a string"}}]).to_string();
    let documents = [
        (
            400,
            json!({"status": 400, "message": list}),
            "owner must be a string",
        ),
        (
            400,
            json!({"message": ["caption must be a string"], "error": "Bad Request", "statusCode": 400}),
            "caption must be a string",
        ),
        (
            403,
            json!({"message": "Forbidden resource", "error": "Forbidden", "statusCode": 403}),
            "Forbidden resource",
        ),
        (
            409,
            json!({"message": "there is one", "error": "Conflict", "statusCode": 409}),
            "there is one",
        ),
        (
            412,
            json!({"message": "Resource has been modified on server", "statusCode": 412}),
            "modified",
        ),
    ];
    let bench = Bench::new().await;
    for (version, endpoint) in all() {
        let operation = (endpoint.parts)(&offline_of(version)).unwrap().operation();
        for (status, document, words) in &documents {
            let (outcome, requests) = bench.ask(version, endpoint, reply(*status, document)).await;
            let error = outcome.unwrap_err();
            assert_eq!((error.status(), requests), (Some(*status), 1), "{operation}");
            let told = error.to_string();
            assert!(told.contains(operation) && told.contains(words), "{told}");
            assert_eq!(violations(&error).len(), usize::from(*status == 400), "{told}");
        }
    }
}

#[tokio::test]
async fn a_passing_fault_is_outlasted_unless_a_repeat_could_do_harm() {
    let bench = Bench::new().await;
    for (version, endpoint) in all() {
        let parts = (endpoint.parts)(&offline_of(version)).unwrap();
        let text = "Internal server error";
        let (outcome, requests) = bench
            .ask(
                version,
                endpoint,
                ResponseTemplate::new(500).set_body_string(text),
            )
            .await;
        assert!(outcome.unwrap_err().to_string().contains("500"));
        let expected = if parts.is_idempotent() { 5 } else { 1 };
        assert_eq!(requests, expected, "{}", parts.operation());
    }
}

#[tokio::test]
async fn a_body_that_is_cut_or_something_else_is_a_decode_error() {
    let bench = Bench::new().await;
    for (version, endpoint) in all() {
        let operation = (endpoint.parts)(&offline_of(version)).unwrap().operation();
        let answer = (endpoint.answer)().to_string();
        let cut = &answer[..answer.len().div_ceil(2)];
        for body in [cut, "<html>proxy</html>", "", "7"] {
            let template = ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/json");
            let (outcome, _) = bench.ask(version, endpoint, template).await;
            // Of commands nothing is read, and some answers are kept as they come.
            if let Err(error) = outcome {
                assert_eq!(error.kind(), ErrorKind::Decode, "{operation} {body}");
            } else {
                let is_command = operation.ends_with("_delete") || READ_AS_IT_COMES.contains(&operation);
                assert!(is_command, "{operation} took {body:?}");
            }
        }
    }
}

const READ_AS_IT_COMES: [&str; 8] = [
    "scicat.dataset_append",
    "scicat.dataset_facets",
    "scicat.dataset_lifecycle_update",
    "scicat.logout",
    "scicat.policy_update_groups",
    "scicat.sample_metadata_keys",
    "scicat.user_may_create",
    "scicat.dataset_thumbnail",
];
