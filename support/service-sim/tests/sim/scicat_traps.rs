//! The traps of the real SciCat, one test each: what it answers, word by word.

use serde_json::{Value, json};
use service_sim::{Sim, SimBuilder};

use super::http::{Caller, encoded};

const V4: &str = "/api/v4";
const V3: &str = "/api/v3";

/// A service and a caller of its root who is logged in.
async fn start(change: impl FnOnce(SimBuilder) -> SimBuilder) -> (Sim, Caller) {
    let sim = change(Sim::builder().scicat()).start().unwrap();
    let env = sim.env();
    let mut caller = Caller::new(env["SCICAT_INGEST_URL"].strip_suffix(V3).unwrap());
    let login =
        json!({ "username": env["SCICAT_INGEST_USERNAME"], "password": env["SCICAT_INGEST_PASSWORD"] });
    let (_, document) = caller.post("/api/v3/auth/login", &login).await;
    caller.token = document["access_token"].as_str().map(str::to_owned);
    (sim, caller)
}

fn raw() -> Value {
    json!({
        "type": "raw", "owner": "o", "ownerGroup": "g1", "contactEmail": "a@b.org", "sourceFolder": "/d",
        "datasetName": "n", "creationTime": "2024-01-01T00:00:00Z", "creationLocation": "8.3.2",
        "principalInvestigator": "p",
    })
}

fn custom() -> Value {
    let mut dataset = raw();
    dataset.as_object_mut().unwrap().remove("principalInvestigator");
    dataset
}

async fn create(caller: &Caller) -> String {
    let (status, document) = caller.post("/api/v3/datasets", &raw()).await;
    assert_eq!(status, 201, "{document}");
    document["pid"].as_str().unwrap().to_owned()
}

async fn patch(caller: &Caller, path: &str, body: &Value) -> (u16, Value) {
    caller.send("PATCH", path, Some(body)).await.unwrap()
}

fn block(size: u64) -> Value {
    json!({ "size": size, "dataFileList": [{ "path": "a", "size": size, "time": "2024-01-01T00:00:00Z" }] })
}

#[tokio::test]
async fn the_old_login_says_yes_and_nothing() {
    let (_sim, caller) = start(|sim| sim).await;
    let login = json!({ "username": "anyone", "password": "wrong" });
    assert_eq!(
        caller.post("/api/v3/users/login", &login).await,
        (201, Value::Null)
    );
}

#[tokio::test]
async fn a_token_counts_as_a_bearer_s_only() {
    let (_sim, mut caller) = start(|sim| sim).await;
    assert_eq!(caller.get("/api/v3/users/my/self").await.0, 200);
    let token = caller.token.take().unwrap();
    let refused = (401, json!({ "message": "Unauthorized", "statusCode": 401 }));
    let asked = format!("/api/v3/users/my/self?access_token={token}");
    assert_eq!(caller.get(&asked).await, refused);
    let bare = caller
        .raw("GET", "/api/v3/users/my/self", ("authorization", &token), "")
        .await;
    assert_eq!(bare, refused);
}

#[tokio::test]
async fn a_stranger_sees_what_is_published_and_writes_nothing() {
    let (_sim, mut caller) = start(|sim| sim).await;
    create(&caller).await;
    let mut published = raw();
    published["isPublished"] = json!(true);
    caller.post("/api/v3/datasets", &published).await;
    caller.token = Some("of a login that has ended".to_owned());
    for list in ["/api/v3/datasets", "/api/v4/datasets"] {
        let (status, found) = caller.get(list).await;
        assert_eq!((status, found.as_array().unwrap().len()), (200, 1), "{list}");
    }
    let forbidden = json!({ "message": "Forbidden resource", "error": "Forbidden", "statusCode": 403 });
    assert_eq!(caller.post("/api/v4/datasets", &custom()).await, (403, forbidden));
}

#[tokio::test]
async fn version_4_refuses_the_names_of_version_3() {
    let (_sim, caller) = start(|sim| sim).await;
    let message = ["property principalInvestigator should not exist"];
    assert_eq!(
        caller.post("/api/v4/datasets", &raw()).await,
        (
            400,
            json!({ "message": message, "error": "Bad Request", "statusCode": 400 })
        )
    );
    let mut dataset = custom();
    dataset["principalInvestigators"] = json!(["p"]);
    let (status, made) = caller.post("/api/v4/datasets", &dataset).await;
    assert_eq!((status, &made["version"]), (201, &json!("4")));
    assert!(made.get("principalInvestigator").is_none(), "{made}");
}

#[tokio::test]
async fn version_4_calls_valid_what_it_then_stumbles_over() {
    let (_sim, caller) = start(|sim| sim).await;
    let mut dataset = custom();
    dataset.as_object_mut().unwrap().remove("owner");
    let valid = caller.post("/api/v4/datasets/isValid", &dataset).await;
    assert_eq!(valid, (200, json!({ "valid": true })));
    let message = "Something went wrong. Please try again later.";
    assert_eq!(
        caller.post("/api/v4/datasets", &dataset).await,
        (500, json!({ "message": message, "statusCode": 500 }))
    );
    let mut dataset = raw();
    dataset.as_object_mut().unwrap().remove("owner");
    let checked = caller.post("/api/v3/datasets/isValid", &dataset).await;
    assert_eq!(
        checked,
        (200, json!({ "valid": false, "error": "owner must be a string" }))
    );
}

#[tokio::test]
async fn a_page_has_100_rows_or_10() {
    let (_sim, caller) = start(|sim| sim).await;
    for _ in 0..101 {
        create(&caller).await;
    }
    let rows = async |path: &str| caller.get(path).await.1.as_array().unwrap().len();
    assert_eq!(rows("/api/v3/datasets").await, 100);
    assert_eq!(rows("/api/v4/datasets").await, 10);
    assert_eq!(rows("/api/v3/datasets/fullquery").await, 25);
}

#[tokio::test]
async fn version_4_converts_nothing_and_knows_its_fields() {
    let (_sim, caller) = start(|sim| sim).await;
    let mut dataset = custom();
    dataset["datasetName"] = json!("2023");
    caller.post("/api/v4/datasets", &dataset).await;
    let found = async |root: &str, filter: Value| {
        let path = format!("{root}/datasets?filter={}", encoded(&filter.to_string()));
        caller.get(&path).await
    };
    let named = json!({ "where": { "datasetName": "2023" } });
    assert_eq!(found(V4, named.clone()).await.1.as_array().unwrap().len(), 1);
    assert_eq!(found(V3, named).await.1, json!([]));
    let unknown = json!({ "where": { "colour": "red" } });
    assert_eq!(found(V4, unknown.clone()).await.0, 400);
    assert_eq!(found(V3, unknown).await, (200, json!([])));
}

#[tokio::test]
async fn inq_and_or_are_known_where_an_object_begins_with_them() {
    let (_sim, caller) = start(|sim| sim).await;
    create(&caller).await;
    let found = async |filter: &str| {
        let (status, found) = caller
            .get(&format!("/api/v3/datasets?filter={}", encoded(filter)))
            .await;
        (status, found.as_array().map_or(0, Vec::len))
    };
    assert_eq!(found(r#"{"where":{"owner":{"inq":["o"]}}}"#).await, (200, 1));
    assert_eq!(found(r#"{"where":{"owner":{ "inq":["o"]}}}"#).await.0, 400);
    assert_eq!(
        found(r#"{"where":{"or":[{"owner":"o"},{"owner":"x"}]}}"#).await,
        (200, 1)
    );
    assert_eq!(
        found(r#"{"where":{"owner":"o","or":[{"owner":"o"}]}}"#).await,
        (200, 0)
    );
    assert_eq!(
        found(r#"{"where":{"and":[{"owner":"o"},{"or":[{"ownerGroup":"x"}]}]}}"#).await,
        (200, 0)
    );
}

#[tokio::test]
async fn a_bare_text_in_a_fullquery_makes_it_stumble() {
    let (_sim, caller) = start(|sim| sim).await;
    create(&caller).await;
    let query = async |fields: &str| {
        let path = format!("/api/v3/datasets/fullquery?fields={}", encoded(fields));
        caller.get(&path).await
    };
    assert_eq!(query(r#"{"ownerGroup":"g1"}"#).await.0, 500);
    assert_eq!(
        query(r#"{"ownerGroup":["g1"]}"#)
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_type_is_never_changed_and_metadata_is_replaced_or_merged() {
    let (_sim, caller) = start(|sim| sim).await;
    let pid = create(&caller).await;
    let [v3, v4] = [V3, V4].map(|root| format!("{root}/datasets/{}", encoded(&pid)));
    let (status, document) = patch(&caller, &v3, &json!({ "type": "raw" })).await;
    assert_eq!(status, 400);
    assert!(
        document["message"]
            .as_str()
            .unwrap()
            .contains("property type should not exist")
    );
    let keys = |document: &Value| document["scientificMetadata"].to_string();
    let set = |key: &str| json!({ "scientificMetadata": { key: 1 } });
    assert_eq!(keys(&patch(&caller, &v3, &set("a")).await.1), r#"{"a":1}"#);
    assert_eq!(keys(&patch(&caller, &v4, &set("b")).await.1), r#"{"b":1}"#);
    let merge = ("content-type", "application/merge-patch+json");
    let merged = caller.raw("PATCH", &v4, merge, &set("c").to_string()).await.1;
    assert_eq!(keys(&merged), r#"{"b":1,"c":1}"#);
    let missing = patch(&caller, "/api/v3/datasets/none", &set("a")).await;
    assert_eq!(
        missing,
        (404, json!({ "message": "Not Found", "statusCode": 404 }))
    );
}

#[tokio::test]
async fn a_null_in_a_change_stumbles_and_the_service_lives() {
    let (_sim, caller) = start(|sim| sim).await;
    let path = format!("/api/v3/datasets/{}", encoded(&create(&caller).await));
    let deadly = json!({ "scientificMetadata": { "a": null } });
    assert_eq!(patch(&caller, &path, &deadly).await.0, 500);
    assert_eq!(caller.get("/api/v3/health").await.0, 200);
}

#[tokio::test]
async fn a_change_wants_a_time_later_than_the_last_one() {
    let (_sim, caller) = start(|sim| sim).await;
    let path = format!("/api/v4/datasets/{}", encoded(&create(&caller).await));
    let updated = caller.get(&path).await.1["updatedAt"]
        .as_str()
        .unwrap()
        .to_owned();
    let change = async |since: &str| {
        let body = r#"{"description":"x"}"#;
        let client = reqwest::Client::new();
        let base = &caller;
        let url = format!("{}{path}", base.base());
        let request = client.patch(url).bearer_auth(base.token.as_ref().unwrap());
        let request = request
            .header("content-type", "application/json")
            .header("if-unmodified-since", since);
        request.body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(change(&updated).await, 412, "not even the same time");
    assert_eq!(change("Thu, 01 Jan 1970 00:00:00 GMT").await, 412);
    assert_eq!(change("Fri, 01 Jan 2100 00:00:00 GMT").await, 200);
    assert_eq!(
        change("no time at all").await,
        200,
        "what is no time is not heeded"
    );
}

#[tokio::test]
async fn sizes_are_added_below_a_dataset_and_summed_up_elsewhere() {
    let (_sim, caller) = start(|sim| sim).await;
    let size =
        async |pid: &str| caller.get(&format!("/api/v3/datasets/{}", encoded(pid))).await.1["size"].clone();
    let mut dataset = raw();
    dataset["size"] = json!(10);
    let (_, made) = caller.post("/api/v3/datasets", &dataset).await;
    let pid = made["pid"].as_str().unwrap();
    let below = format!("/api/v3/datasets/{}/origdatablocks", encoded(pid));
    caller.post(&below, &block(10)).await;
    assert_eq!(
        size(pid).await,
        20,
        "an ingestor that sets the size counts it twice"
    );
    for (root, expected) in [(V3, 17), (V4, 24)] {
        let mut alone = block(7);
        alone["datasetId"] = json!(pid);
        let (status, document) = caller.post(&format!("{root}/origdatablocks"), &alone).await;
        assert_eq!(status, 201, "{document}");
        assert_eq!(size(pid).await, expected);
    }
}

#[tokio::test]
async fn an_attachment_says_less_in_version_3_and_the_path_wins() {
    let (_sim, caller) = start(|sim| sim).await;
    let pid = create(&caller).await;
    let below = format!("/api/v3/datasets/{}/attachments", encoded(&pid));
    let (status, document) = caller.post(&below, &json!({ "caption": "c" })).await;
    assert_eq!(
        (status, &document["message"]),
        (400, &json!(["ownerGroup must be a string"]))
    );
    let other = json!({ "caption": "c", "ownerGroup": "g1", "datasetId": "other", "thumbnail": "data:,x" });
    let (status, document) = caller.post(&below, &other).await;
    assert_eq!((status, &document["datasetId"]), (201, &json!(pid)));
    let target = json!([{ "targetId": pid, "targetType": "dataset" }]);
    let mut new = json!({ "caption": "c", "ownerGroup": "g1", "relationships": target });
    let (status, document) = caller.post("/api/v4/attachments", &new).await;
    let message = json!(["isPublished must be a boolean value"]);
    assert_eq!((status, &document["message"]), (400, &message));
    new["isPublished"] = json!(false);
    let (status, document) = caller.post("/api/v4/attachments", &new).await;
    assert_eq!(status, 201);
    assert_eq!(document["relationships"][0]["relationType"], "is attached to");
    assert_eq!(caller.get(&below).await.1.as_array().unwrap().len(), 2);
    let first = caller
        .get(&format!("/api/v3/datasets/{}/thumbnail", encoded(&pid)))
        .await;
    assert_eq!(first, (200, json!({ "thumbnail": "data:,x" })));
}

#[tokio::test]
async fn a_second_one_is_a_conflict_or_a_stumble() {
    let (_sim, caller) = start(|sim| sim).await;
    let sample = json!({ "sampleId": "s", "ownerGroup": "g1" });
    assert_eq!(caller.post("/api/v3/samples", &sample).await.0, 201);
    assert_eq!(caller.post("/api/v3/samples", &sample).await.0, 500);
    let mut proposal = json!({ "proposalId": "p", "ownerGroup": "g1" });
    let (status, document) = caller.post("/api/v3/proposals", &proposal).await;
    let message = json!(["email must be a string", "title must be a string"]);
    assert_eq!((status, &document["message"]), (400, &message));
    proposal["title"] = json!("t");
    proposal["email"] = json!("a@b.org");
    assert_eq!(caller.post("/api/v3/proposals", &proposal).await.0, 201);
    assert_eq!(caller.post("/api/v3/proposals", &proposal).await.0, 409);
}

#[tokio::test]
async fn an_instrument_needs_a_name_of_its_own_and_its_pid_has_no_slash() {
    let (_sim, caller) = start(|sim| sim).await;
    let (status, document) = caller.post("/api/v3/instruments", &json!({ "name": "n" })).await;
    assert_eq!(
        (status, &document["message"]),
        (400, &json!(["uniqueName must be a string"]))
    );
    let named = json!({ "name": "n", "uniqueName": "u" });
    let pid = caller.post("/api/v3/instruments", &named).await.1["pid"].clone();
    assert!(!pid.as_str().unwrap().contains('/'), "{pid}");
    let (_sim, caller) = start(|sim| sim.scicat_groups(["g1"])).await;
    assert_eq!(
        caller.post("/api/v3/instruments", &named).await.0,
        403,
        "administrators only"
    );
}

#[tokio::test]
async fn a_job_needs_a_type_that_is_configured() {
    let (_sim, caller) = start(|sim| sim).await;
    let job = json!({ "type": "archive", "jobParams": {} });
    assert_eq!(
        caller.post("/api/v4/jobs", &job).await,
        (
            400,
            json!({ "status": 400, "message": "Invalid job type: archive" })
        )
    );
}

#[tokio::test]
async fn the_first_dataset_of_a_group_brings_its_policy() {
    let (sim, caller) = start(|sim| sim).await;
    create(&caller).await;
    create(&caller).await;
    let policies = sim.catalogued("policies");
    assert_eq!((policies.len(), &policies[0]["ownerGroup"]), (1, &json!("g1")));
}

#[tokio::test]
async fn a_body_over_16_mb_makes_it_stumble() {
    let (sim, caller) = start(|sim| sim).await;
    let mut dataset = raw();
    dataset["description"] = json!("x".repeat(17 << 20));
    assert_eq!(caller.post("/api/v3/datasets", &dataset).await.0, 500);
    assert_eq!(sim.datasets().len(), 0);
}

#[tokio::test]
async fn deleting_takes_a_right_that_administrators_lack() {
    let (_sim, caller) = start(|sim| sim).await;
    let pid = create(&caller).await;
    let delete = async |caller: &Caller, path: &str| caller.send("DELETE", path, None).await.unwrap();
    for root in [V3, V4] {
        let path = format!("{root}/datasets/{}", encoded(&pid));
        assert_eq!(delete(&caller, &path).await.1["message"], "Forbidden resource");
    }
    let (sim, caller) = start(SimBuilder::scicat_may_delete).await;
    let path = format!("/api/v3/datasets/{}", encoded(&create(&caller).await));
    caller.post(&format!("{path}/origdatablocks"), &block(1)).await;
    assert_eq!(delete(&caller, &path).await.0, 200);
    assert_eq!(
        (sim.datasets().len(), sim.catalogued("origdatablocks").len()),
        (0, 0)
    );
}

#[tokio::test]
async fn an_ordinary_account_writes_for_its_groups_and_chooses_no_pid() {
    let (_sim, caller) = start(|sim| sim.scicat_groups(["g1"])).await;
    let refused = json!({
        "message": "Unauthorized to create this dataset", "error": "Forbidden", "statusCode": 403,
    });
    let mut dataset = raw();
    dataset["pid"] = json!("own/pid");
    assert_eq!(
        caller.post("/api/v3/datasets", &dataset).await,
        (403, refused.clone())
    );
    let mut dataset = raw();
    dataset["ownerGroup"] = json!("g2");
    assert_eq!(caller.post("/api/v3/datasets", &dataset).await, (403, refused));
    create(&caller).await;
}

#[tokio::test]
async fn copies_count_to_the_packed_size_only() {
    let (_sim, caller) = start(|sim| sim).await;
    let pid = create(&caller).await;
    let root = format!("/api/v3/datasets/{}", encoded(&pid));
    let mut copy = block(5);
    for (name, value) in [
        ("archiveId", json!("nersc:/a")),
        ("packedSize", json!(4)),
        ("version", json!("1")),
    ] {
        copy[name] = value;
    }
    let (status, made) = caller.post(&format!("{root}/datablocks"), &copy).await;
    assert_eq!(status, 201, "{made}");
    let dataset = caller.get(&root).await.1;
    assert_eq!((&dataset["size"], &dataset["packedSize"]), (&json!(0), &json!(4)));
    let one = format!("{root}/datablocks/{}", made["_id"].as_str().unwrap());
    assert_eq!(
        patch(&caller, &one, &json!({ "packedSize": 0, "dataFileList": [] }))
            .await
            .0,
        200
    );
    assert_eq!(caller.get(&root).await.1["numberOfFilesArchived"], 0);
}
