//! The simulated SciCat.

use std::time::Duration;

use serde_json::{Value, json};
use service_sim::Sim;

use super::http::{Caller, encoded};

fn start() -> (Sim, Caller) {
    let sim = Sim::builder().scicat().start().unwrap();
    let caller = Caller::new(&sim.env()["SCICAT_INGEST_URL"]);
    (sim, caller)
}

async fn log_in(sim: &Sim, caller: &mut Caller) -> Value {
    let env = sim.env();
    let login =
        json!({ "username": env["SCICAT_INGEST_USERNAME"], "password": env["SCICAT_INGEST_PASSWORD"] });
    let (status, document) = caller.post("/auth/login", &login).await;
    assert_eq!(status, 201, "{document}");
    caller.token = document["access_token"].as_str().map(str::to_owned);
    document
}

async fn logged_in() -> (Sim, Caller) {
    let (sim, mut caller) = start();
    log_in(&sim, &mut caller).await;
    (sim, caller)
}

fn raw_dataset() -> Value {
    json!({
        "type": "raw",
        "owner": "Ada Example",
        "ownerGroup": "ALS-00832",
        "accessGroups": ["8.3.2"],
        "contactEmail": "ada@example.org",
        "creationTime": "2026-11-22T12:00:00Z",
        "creationLocation": "Beamline 8.3.2",
        "principalInvestigator": "Ben Example",
        "proposalId": "ALS-00832",
        "sourceFolder": "/data/raw",
        "datasetName": "scan 3",
        "scientificMetadata": { "/process/acquisition/name": "Normal" },
    })
}

async fn create(caller: &Caller, dataset: &Value) -> String {
    let (status, document) = caller.post("/datasets", dataset).await;
    assert_eq!(status, 201, "{document}");
    document["pid"].as_str().unwrap().to_owned()
}

async fn find(caller: &Caller, filter: &Value) -> (u16, Value) {
    caller
        .get(&format!("/datasets?filter={}", encoded(&filter.to_string())))
        .await
}

#[tokio::test]
async fn a_login_gives_a_token_that_ends() {
    let (sim, mut caller) = start();
    let wrong = json!({ "username": "ingestor", "password": "wrong" });
    assert_eq!(
        caller.post("/auth/login", &wrong).await,
        (401, json!({ "message": "Unauthorized", "statusCode": 401 }))
    );
    let document = log_in(&sim, &mut caller).await;
    assert_eq!(
        (&document["expires_in"], &document["ttl"]),
        (&json!(3600), &json!(3600))
    );
    assert_eq!(document["id"], document["access_token"]);
    assert_eq!(document["access_token"].as_str().unwrap().split('.').count(), 3);

    create(&caller, &raw_dataset()).await;
    sim.advance(Duration::from_secs(3601));
    let forbidden = json!({ "message": "Forbidden resource", "error": "Forbidden", "statusCode": 403 });
    assert_eq!(caller.post("/datasets", &raw_dataset()).await, (403, forbidden));
    assert_eq!(
        find(&caller, &json!({})).await,
        (200, json!([])),
        "a list is empty, not refused"
    );
    log_in(&sim, &mut caller).await;
    assert_eq!(find(&caller, &json!({})).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dataset_and_its_files() {
    let (sim, caller) = logged_in().await;
    let pid = create(&caller, &raw_dataset()).await;
    assert!(pid.starts_with("20.500.12345/"), "{pid}");
    let place = format!("/Datasets/{}", encoded(&pid));
    let (status, dataset) = caller.get(&place).await;
    assert_eq!(status, 200);
    assert_eq!(dataset["creationTime"], "2026-11-22T12:00:00.000Z");
    assert_eq!(dataset["proposalIds"], json!(["ALS-00832"]));

    let file = |size| json!({ "path": "a \"b\".h5", "size": size, "time": "2026-11-22T12:00:00Z" });
    for size in [7, 5] {
        let block = json!({ "size": size, "dataFileList": [file(size)] });
        let (status, document) = caller.post(&format!("{place}/origdatablocks"), &block).await;
        assert_eq!((status, &document["datasetId"]), (201, &json!(pid)), "{document}");
        assert_eq!(document["ownerGroup"], "ALS-00832");
    }
    let (_, blocks) = caller.get(&format!("{place}/origdatablocks")).await;
    assert_eq!(blocks.as_array().unwrap().len(), 2);
    assert_eq!(blocks[0]["dataFileList"][0]["path"], "a \"b\".h5");
    let (_, dataset) = caller.get(&place).await;
    assert_eq!(
        (&dataset["size"], &dataset["numberOfFiles"]),
        (&json!(12), &json!(2))
    );
    assert_eq!(sim.datasets(), [dataset]);
}

#[tokio::test]
async fn what_is_not_there() {
    let (_sim, caller) = logged_in().await;
    let missing = json!({ "message": "dataset: a/b not found", "error": "Not Found", "statusCode": 404 });
    assert_eq!(caller.get("/datasets/a%2Fb").await, (404, missing.clone()));
    assert_eq!(caller.get("/datasets/a%2Fb/origdatablocks").await, (404, missing));
    assert_eq!(
        caller.get("/datasets/a/b").await.0,
        404,
        "a slash must be encoded"
    );
    assert_eq!(caller.get("/health").await.1["status"], "ok");
}

/// Creates the dataset with one change and returns what the refusal complains of.
async fn complaints(caller: &Caller, change: impl FnOnce(&mut Value)) -> Value {
    let mut dataset = raw_dataset();
    change(&mut dataset);
    let (status, document) = caller.post("/datasets", &dataset).await;
    assert_eq!((status, &document["status"]), (400, &json!(400)), "{document}");
    serde_json::from_str(document["message"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_dataset_is_checked_as_the_real_service_does() {
    let (sim, caller) = logged_in().await;
    let without = |field: &'static str| {
        move |dataset: &mut Value| {
            dataset.as_object_mut().unwrap().remove(field);
        }
    };
    let found = complaints(&caller, without("principalInvestigator")).await;
    let constraint = json!({ "isString": "principalInvestigator must be a string" });
    assert_eq!(
        found,
        json!([{ "property": "principalInvestigator", "children": [], "constraints": constraint }])
    );
    let found = complaints(&caller, |dataset| dataset["colour"] = json!("red")).await;
    let constraint = json!({ "whitelistValidation": "property colour should not exist" });
    assert_eq!(
        found,
        json!([{ "property": "colour", "constraints": constraint }])
    );
    let found = complaints(&caller, without("type")).await;
    assert_eq!(found.as_array().unwrap().len(), 3, "{found}");

    for (field, value, rule) in [
        ("contactEmail", json!("garbage"), "customEmailList"),
        ("contactEmail", json!("a@b.org, c@d.org"), "customEmailList"),
        ("creationTime", json!("2026-11-22 12:00:00"), "isDateString"),
        ("size", json!(1.5), "isInt"),
        ("isPublished", json!("no"), "isBoolean"),
        ("scientificMetadata", json!([]), "isObject"),
    ] {
        let found = complaints(&caller, |dataset| dataset[field] = value.clone()).await;
        assert!(
            found[0]["constraints"][rule].is_string(),
            "{field} {value}: {found}"
        );
    }
    let mut dataset = raw_dataset();
    dataset["contactEmail"] = json!("a@b.org;c@d.org");
    dataset["keywords"] = json!("one");
    without("datasetName")(&mut dataset);
    create(&caller, &dataset).await;
    let stored = &sim.datasets()[0];
    assert_eq!(
        (&stored["keywords"], &stored["datasetName"]),
        (&json!(["one"]), &json!("data/raw"))
    );

    let mut dataset = raw_dataset();
    dataset["pid"] = json!("own/pid");
    create(&caller, &dataset).await;
    let (status, document) = caller.post("/datasets", &dataset).await;
    assert_eq!((status, &document["error"]), (409, &json!("Conflict")));
}

#[tokio::test]
async fn a_block_of_files_is_checked() {
    let (_sim, caller) = logged_in().await;
    let pid = create(&caller, &raw_dataset()).await;
    let blocks = format!("/datasets/{}/origdatablocks", encoded(&pid));
    let file = json!({ "path": "a", "size": 1 });
    let (status, document) = caller
        .post(&blocks, &json!({ "size": 1, "dataFileList": [file] }))
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        document["message"],
        json!(["dataFileList.0.time must be a valid ISO 8601 date string"])
    );
    let (_, document) = caller
        .post(
            &blocks,
            &json!({ "size": 1, "dataFileList": [], "ownerGroup": "g" }),
        )
        .await;
    assert_eq!(
        document["message"],
        json!(["property ownerGroup should not exist"])
    );
}

#[tokio::test]
async fn filters_and_their_traps() {
    let (_sim, caller) = logged_in().await;
    for name in ["scan", "b 2", "8.3.2"] {
        let mut dataset = raw_dataset();
        dataset["datasetName"] = json!(name);
        create(&caller, &dataset).await;
    }
    let names = async |filter: Value| {
        let (status, found) = find(&caller, &filter).await;
        assert_eq!(status, 200, "{found}");
        let name = |dataset: &Value| dataset["datasetName"].as_str().unwrap_or("-").to_owned();
        found.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(json!({ "where": { "datasetName": "scan" } })).await,
        ["scan"]
    );
    assert_eq!(
        names(json!({ "where": { "datasetName": "8.3.2" } })).await,
        Vec::<String>::new(),
        "taken for a date"
    );
    assert_eq!(
        names(json!({ "where": { "datasetName": { "inq": ["8.3.2", "none"] } } })).await,
        ["8.3.2"]
    );
    assert_eq!(
        names(json!({ "where": { "sourceFolder": "/data/raw", "accessGroups": "scan" } }))
            .await
            .len(),
        0
    );
    assert_eq!(names(json!({ "where": { "noSuchField": "x" } })).await.len(), 0);
    assert_eq!(
        names(json!({ "where": { "datasetName": { "like": "SCA" } } })).await,
        ["scan"]
    );
    let limits = json!({ "order": "datasetName:desc", "limit": 2, "skip": 1 });
    assert_eq!(names(json!({ "limits": limits })).await, ["b 2", "8.3.2"]);
    let (_, found) = find(&caller, &json!({ "fields": ["owner"], "limits": { "limit": 1 } })).await;
    assert_eq!(
        found[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["_id", "owner", "pid"]
    );
    let (status, document) = find(
        &caller,
        &json!({ "where": { "datasetName": { "like": "2023" } } }),
    )
    .await;
    assert_eq!(
        (status, &document["message"]),
        (400, &json!("$regex has to be a string"))
    );
    assert_eq!(caller.get("/datasets?filter=%7B").await.0, 400);
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    let (_sim, caller) = logged_in().await;
    let json = ("content-type", "application/json");
    assert_eq!(caller.raw("POST", "/datasets", json, "{").await.0, 400);
    assert_eq!(
        caller.raw("POST", "/datasets", ("accept", "*/*"), "{}").await.0,
        500,
        "no content type"
    );
    assert_eq!(caller.raw("POST", "/datasets", json, "[]").await.0, 400);
}

#[tokio::test]
async fn a_null_in_the_metadata_kills_it() {
    let (sim, caller) = logged_in().await;
    let mut dataset = raw_dataset();
    dataset["scientificMetadata"] = json!({ "list": [null], "object": { "a": null } });
    create(&caller, &dataset).await;
    create(&caller, &dataset).await;
    dataset["scientificMetadata"] = json!({ "value": null });
    create(&caller, &dataset).await;
    for _ in 0..2 {
        assert!(caller.send("GET", "/health", None).await.is_err());
    }
    assert_eq!(sim.datasets().len(), 3, "what was answered is kept");
}
