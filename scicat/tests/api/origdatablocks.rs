//! Creating and listing datablocks.

use rest_core::ErrorKind;
use scicat::NewOrigDatablock;
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{PID, client, noon, offline, on, pid, reply};

fn route() -> String {
    format!("/datasets/{}/origdatablocks", PID.replace('/', "%2F"))
}

fn stored() -> Value {
    json!({
        "createdBy": "ingestor", "ownerGroup": "ALS-11532", "accessGroups": [], "isPublished": false,
        "datasetId": PID, "size": 270_370, "_id": "b707fd87-9ad5-4776-a189-9bd5bf5a23f8", "__v": 0,
        "dataFileList": [{"path": "/data/raw/scan_42.h5", "size": 270_370, "time": "2026-03-01T12:00:00.000Z",
            "_id": "1", "id": "1"}],
        "createdAt": "2026-03-01T12:00:01.250Z",
    })
}

fn block() -> NewOrigDatablock {
    NewOrigDatablock::new().file("/data/raw/scan_42.h5", 270_370, noon())
}

#[test]
fn the_requests() {
    let blocks = offline().origdatablocks(pid());
    insta::assert_json_snapshot!([
        blocks.create(block()).into_parts().unwrap(),
        blocks.list().into_parts().unwrap(),
    ]);
}

#[test]
fn a_block_without_files_is_refused_before_anything_is_sent() {
    let error = offline()
        .origdatablocks(pid())
        .create(NewOrigDatablock::new())
        .into_parts()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn create_and_list() {
    let server = MockServer::start().await;
    on("POST", &route(), reply(201, &stored()))
        .expect(1)
        .mount(&server)
        .await;
    on("GET", &route(), reply(200, &json!([stored()])))
        .expect(1)
        .mount(&server)
        .await;
    let blocks = client(&server).origdatablocks(pid());
    let made = blocks.create(block()).send().await.unwrap();
    assert_eq!(made.size, Some(270_370));
    assert_eq!(made.dataset_id, Some(pid()));
    let listed = blocks.list().send().await.unwrap();
    assert_eq!(listed[0].data_file_list[0].path, "/data/raw/scan_42.h5");
    assert_eq!(listed[0].data_file_list[0].time, Some(noon()));
}

#[tokio::test]
async fn a_creation_is_never_sent_twice() {
    let server = MockServer::start().await;
    on("POST", &route(), ResponseTemplate::new(503))
        .expect(1)
        .mount(&server)
        .await;
    client(&server)
        .origdatablocks(pid())
        .create(block())
        .send()
        .await
        .unwrap_err();
}

#[tokio::test]
async fn no_dataset_no_list() {
    let server = MockServer::start().await;
    let missing = json!({"message": "dataset: X not found", "error": "Not Found", "statusCode": 404});
    on("GET", &route(), reply(404, &missing)).mount(&server).await;
    let blocks = client(&server).origdatablocks(pid());
    assert!(blocks.list().send_opt().await.unwrap().is_none());
    assert!(blocks.list().send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_list_that_is_none_is_a_decode_error() {
    let server = MockServer::start().await;
    on("GET", &route(), reply(200, &json!({"count": 1})))
        .mount(&server)
        .await;
    let error = client(&server)
        .origdatablocks(pid())
        .list()
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}
