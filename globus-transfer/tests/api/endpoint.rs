//! Files and folders.

use globus_transfer::model::{EntryKind, OperationCode};
use globus_transfer::{ErrorExt, ErrorKind, Sent};
use serde_json::{Value, json};
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{SOURCE, answering, answering_raw, client, count, error, on, sent, source};

fn at(operation: &str) -> String {
    format!("/v0.10/operation/endpoint/{SOURCE}/{operation}")
}

fn file(name: &str) -> Value {
    json!({"DATA_TYPE": "file", "name": name, "type": "file", "size": 4, "permissions": "0644",
        "last_modified": "2026-04-04 18:30:26+00:00", "user": "als", "group": null, "link_target": null})
}

#[tokio::test]
async fn a_file_is_looked_up() {
    let server = MockServer::start().await;
    on("GET", &at("stat"))
        .and(query_param("path", "/raw/ü b+c&d.h5"))
        .respond_with(ResponseTemplate::new(200).set_body_json(file("ü b+c&d.h5")))
        .expect(1)
        .mount(&server)
        .await;
    let entry = client(&server)
        .endpoint(source())
        .stat("/raw/ü b+c&d.h5")
        .send_opt()
        .await
        .unwrap()
        .unwrap();
    assert!(entry.is_file() && !entry.is_dir());
    assert_eq!((entry.name.as_str(), entry.size), ("ü b+c&d.h5", Some(4)));
    assert_eq!(
        entry.last_modified.unwrap().to_rfc3339(),
        "2026-04-04T18:30:26+00:00"
    );
}

#[tokio::test]
async fn only_the_services_word_on_a_path_makes_it_absent() {
    let absent = error(
        "NotFound",
        "Path not found, Error (list)\nMessage: No such file or directory",
    );
    let (_server, client) = answering("GET", &at("stat"), 404, absent).await;
    assert!(
        client
            .endpoint(source())
            .stat("/x")
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        client
            .endpoint(source())
            .stat("/x")
            .send()
            .await
            .unwrap_err()
            .is_not_found()
    );

    let absent = error("ClientError.NotFound", "Directory not found");
    let (_server, client) = answering("GET", &at("ls"), 404, absent).await;
    assert!(
        client
            .endpoint(source())
            .ls("/x")
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_unknown_collection_or_a_strange_404_is_no_absent_file() {
    let unknown = error("EndpointNotFound", "No such endpoint");
    let (_server, client) = answering("GET", &at("stat"), 404, unknown).await;
    assert!(
        client
            .endpoint(source())
            .stat("/x")
            .send_opt()
            .await
            .unwrap_err()
            .has_code("EndpointNotFound")
    );

    let page = "<html><title>404 Not Found</title></html>";
    let (_server, client) = answering_raw("GET", &at("stat"), 404, page).await;
    client.endpoint(source()).stat("/x").send_opt().await.unwrap_err();
}

#[tokio::test]
async fn a_path_one_may_not_see_is_an_error() {
    let body = error(
        "EndpointPermissionDenied",
        "Denied by endpoint, Error (list)\nMessage: Path not allowed.",
    );
    let (_server, client) = answering("GET", &at("stat"), 403, body).await;
    let refusal = client.endpoint(source()).stat("/x").send_opt().await.unwrap_err();
    assert!(refusal.is_permission_denied());
    assert!(!refusal.to_string().contains('\n'), "one line: {refusal}");
}

#[tokio::test]
async fn a_folder_is_listed() {
    let body = json!({"DATA_TYPE": "file_list", "endpoint": SOURCE, "path": "/~/", "absolute_path": "/homes/a/",
    "length": 4, "total": 9, "rename_supported": true, "symlink_supported": null, "DATA": [
        file("x.h5"),
        {"DATA_TYPE": "file", "name": "sub", "type": "dir", "size": "4096",
            "last_modified": "2026-04-04T18:30:26+00:00", "link_target": "/elsewhere"},
        {"name": "odd", "type": "whiteout", "size": null, "last_modified": null},
        {"name": "dangling", "type": "invalid_symlink", "size": 0},
    ]});
    let (_server, client) = answering("GET", &at("ls"), 200, body).await;
    let listing = client.endpoint(source()).ls("/~/").send().await.unwrap();
    assert_eq!(listing.absolute_path.as_deref(), Some("/homes/a/"));
    assert_eq!(listing.rename_supported, Some(true));
    assert!(listing.is_cut(), "4 of 9");
    let sub = listing.get("sub").unwrap();
    assert!(sub.is_dir());
    assert_eq!(sub.size, Some(4096));
    assert_eq!(
        sub.last_modified,
        listing.get("x.h5").unwrap().last_modified,
        "either spelling"
    );
    assert_eq!(
        listing.get("odd").unwrap().kind,
        EntryKind::Unknown("whiteout".into())
    );
    assert_eq!(listing.get("dangling").unwrap().kind, EntryKind::InvalidSymlink);
    assert!(listing.get("x").is_none());
}

#[tokio::test]
async fn storage_out_of_reach_is_told_at_once() {
    let body = error(
        "ExternalError.DirListingFailed.GCDisconnected",
        "The endpoint is offline",
    );
    let (server, client) = answering("GET", &at("ls"), 502, body).await;
    let failure = client.endpoint(source()).ls("/x").send().await.unwrap_err();
    assert!(failure.is_storage_error() && !failure.is_transient() && !failure.is_exhausted());
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_gateway_in_trouble_is_asked_again() {
    let server = MockServer::start().await;
    let page =
        ResponseTemplate::new(502).set_body_raw("<html><title>Bad Gateway</title></html>", "text/html");
    on("GET", &at("ls"))
        .respond_with(page)
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let body = json!({"DATA": []});
    on("GET", &at("ls"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    assert!(
        client(&server)
            .endpoint(source())
            .ls("/x")
            .send()
            .await
            .unwrap()
            .entries
            .is_empty()
    );
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn malformed_answers_are_errors() {
    for body in [
        "{}",
        r#"{"DATA": [{"name": "x"}]}"#,
        r#"{"DATA": [{"name": "x", "type": "file", "size": "-"}]}"#,
    ] {
        let (_server, client) = answering_raw("GET", &at("ls"), 200, body).await;
        assert_eq!(
            client
                .endpoint(source())
                .ls("/x")
                .send()
                .await
                .unwrap_err()
                .kind(),
            ErrorKind::Decode
        );
    }
    let (_server, client) = answering_raw("GET", &at("stat"), 200, r#"{"name": "x"}"#).await;
    assert_eq!(
        client
            .endpoint(source())
            .stat("/x")
            .send_opt()
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::Decode
    );
    let (_server, client) = answering_raw("POST", &at("mkdir"), 200, "{}").await;
    assert_eq!(
        client
            .endpoint(source())
            .mkdir("/x")
            .send()
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::Decode
    );
}

#[tokio::test]
async fn renaming_and_making_folders() {
    let body = json!({"DATA_TYPE": "result", "code": "FileRenamed", "message": "m", "request_id": "rq3",
        "resource": "/v0.10/operation/endpoint/x/rename"});
    let (server, client) = answering("POST", &at("rename"), 200, body).await;
    let answer = client
        .endpoint(source())
        .rename("/a b", "/c")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.code, OperationCode::FileRenamed);
    assert_eq!(
        sent(&server, 0).await,
        json!({"DATA_TYPE": "rename", "old_path": "/a b", "new_path": "/c"})
    );

    let body = json!({"DATA_TYPE": "mkdir_result", "code": "DirectoryCreated"});
    let (server, client) = answering("POST", &at("mkdir"), 202, body).await;
    let answer = client.endpoint(source()).mkdir("/new").send().await.unwrap();
    assert_eq!(answer.code, OperationCode::DirectoryCreated);
    assert_eq!(
        sent(&server, 0).await,
        json!({"DATA_TYPE": "mkdir", "path": "/new"})
    );
}

#[tokio::test]
async fn what_may_have_been_acted_on_is_not_repeated() {
    let (server, client) = answering("POST", &at("rename"), 504, json!({})).await;
    let failure = client
        .endpoint(source())
        .rename("/a", "/b")
        .send()
        .await
        .unwrap_err();
    assert_eq!(failure.was_sent(), Sent::Maybe);
    assert_eq!(count(&server).await, 1);
    let exists = error("ExternalError.MkdirFailed.Exists", "Path already exists");
    let (server, client) = answering("POST", &at("mkdir"), 502, exists).await;
    assert!(
        client
            .endpoint(source())
            .mkdir("/a")
            .send()
            .await
            .unwrap_err()
            .is_already_exists()
    );
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn what_was_refused_unread_is_repeated() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429)
        .insert_header("retry-after", "3")
        .set_body_json(error("RateLimit", "slow"));
    on("POST", &at("rename"))
        .respond_with(busy)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let body = json!({"code": "FileRenamed"});
    on("POST", &at("rename"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    client(&server)
        .endpoint(source())
        .rename("/a", "/b")
        .send()
        .await
        .unwrap();
    assert_eq!(count(&server).await, 2);
}
