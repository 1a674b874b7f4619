//! A client whose clock is the test's, and documents in the backend's shapes.

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use rest_core::{ManualClock, StaticToken, Token};
use scicat::{ApiVersion, Client, ContactEmail, DatasetPid, NewRawDataset, RequiredFields};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const PID: &str = "20.500.12345/cc461548-d698-41e6-9d29-869cae4278af";
pub(crate) const TOKEN: &str = "static-token-of-the-test";

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

pub(crate) fn pid() -> DatasetPid {
    DatasetPid::new(PID)
}

/// An HTTP client of this test alone: the one that a process shares would keep connections of tests that have ended,
/// and the mock's ports are used again.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A client with a fixed token, whose waits take no time.
pub(crate) fn client(server: &MockServer) -> Client {
    client_of(server, ApiVersion::V3)
}

/// The same for a version of the API.
pub(crate) fn client_of(server: &MockServer, version: ApiVersion) -> Client {
    Client::builder()
        .base_url(format!("{}/api/{version}", server.uri()))
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .http(http())
        .clock(Arc::new(ManualClock::new(noon())))
        .build()
        .unwrap()
}

/// A client of no server, for requests that are only looked at.
pub(crate) fn offline() -> Client {
    offline_of(ApiVersion::V3)
}

/// The same for a version of the API.
pub(crate) fn offline_of(version: ApiVersion) -> Client {
    Client::builder()
        .base_url(format!("https://scicat.example.org/api/{version}"))
        .build()
        .unwrap()
}

pub(crate) fn scan() -> NewRawDataset {
    NewRawDataset::new(required())
        .data_format("DX")
        .proposal_id("ALS-11532")
        .keywords(["scan", "42"])
}

pub(crate) fn required() -> RequiredFields {
    RequiredFields {
        owner: "Prin Investigator".into(),
        owner_group: "ALS-11532".into(),
        contact_email: ContactEmail::new("user@example.org").unwrap(),
        source_folder: "/data/raw".into(),
        dataset_name: "scan_42".into(),
        creation_time: noon(),
        principal_investigator: "Prin Investigator".into(),
        creation_location: "Beamline 8.3.2".into(),
    }
}

/// A stored dataset, with fields that the client does not know.
pub(crate) fn stored() -> Value {
    json!({
        "ownerGroup": "ALS-11532", "accessGroups": ["8.3.2"], "owner": "Prin Investigator",
        "contactEmail": "user@example.org", "sourceFolder": "/data/raw", "size": 270_370, "packedSize": 0,
        "numberOfFiles": 1, "creationTime": "2026-03-01T12:00:00.000Z", "keywords": [], "datasetName": "scan_42",
        "classification": "IN=medium,AV=low,CO=low", "isPublished": false, "techniques": [],
        "datasetlifecycle": {"archivable": true}, "pid": PID, "type": "raw", "version": "3",
        "principalInvestigator": "Prin Investigator", "scientificMetadata": {"/a": {"value": 1, "unit": ""}},
        "createdAt": "2026-03-01T12:00:01.250Z", "_id": PID, "__v": 0,
    })
}

/// Answers all `verb path` below `/api/v3` with this.
pub(crate) fn on(verb: &str, route: &str, answer: ResponseTemplate) -> Mock {
    Mock::given(method(verb))
        .and(path(format!("/api/v3{route}")))
        .respond_with(answer)
}

pub(crate) fn reply(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// How many cases a property has of which each costs requests: those of the gate, and of more a tenth.
pub(crate) fn costly_cases() -> u32 {
    let cases = proptest::test_runner::Config::default().cases;
    cases.div_ceil(10).max(cases.min(256))
}
