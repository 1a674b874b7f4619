//! The error type: what it says of an answer, in fields and in words.

use std::error::Error as _;

use http::HeaderMap;
use rest_core::{Error, ErrorKind, ResponseFacts, Sent, ServiceError, parse_common_error};
use serde::Deserialize;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::setup::{client, get, once};

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

fn read(body: &str) -> ServiceError {
    parse_common_error(&ResponseFacts {
        status: 400,
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
    })
}

#[test]
fn an_error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
}

#[test]
fn common_error_documents() {
    let documents = [
        r#"{"code":"ConflictError","message":"Label in use","request_id":"a1"}"#,
        r#"{"error":"invalid_client","error_description":"No such client"}"#,
        r#"{"error":"invalid_scope"}"#,
        r#"{"type":"about:blank","title":"Out of credit","detail":"Balance is 30","status":403}"#,
        r#"{"title":"Out of credit"}"#,
        r#"{"detail":"Not Found"}"#,
        r#"{"detail":[{"loc":["body","name"],"msg":"field required","type":"missing","input":"x"},{"msg":"no"}]}"#,
        r#"{"statusCode":400,"message":["name must be a string","owner is empty"],"error":"Bad Request"}"#,
        r#"{"exception_message":"Invalid request received.","exception_detail":[]}"#,
        r#"["one","two"]"#,
        r#""only text""#,
        "{}",
        "null",
        "",
        "  plain\n text \u{7} ",
        "<html><body><h1>Service Unavailable</h1></body></html>",
        "<html></html>",
        "{\"code\":\"cut off",
    ];
    let table: Vec<String> = documents
        .iter()
        .map(|document| {
            let error = read(document);
            format!(
                "{document:?}\n  code {:?}, message {:?}, request {:?}",
                error.code, error.message, error.request_id
            )
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn arbitrary_bytes_are_read_without_panic() {
    for body in [
        &b"\xff\xfe\x00"[..],
        b"<title>",
        b"</title><title>",
        "<TITLE>İ</TITLE>".as_bytes(),
    ] {
        let _ = parse_common_error(&ResponseFacts {
            status: 500,
            headers: &HeaderMap::new(),
            body,
        });
    }
}

#[tokio::test]
async fn an_error_says_what_is_known() {
    let document = json!({"code": "ConflictError", "message": "Label\nin use", "request_id": "r-17"});
    let server = answering(ResponseTemplate::new(409).set_body_json(&document)).await;
    let error = client(&server.uri())
        .empty(get().query("name", "x y"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.operation(), Some("shop.get_item"));
    assert_eq!(error.method(), Some(&http::Method::GET));
    assert_eq!(error.status(), Some(409));
    assert_eq!(error.service_code(), Some("ConflictError"));
    assert_eq!(error.service_message(), Some("Label in use"));
    assert_eq!(error.request_id(), Some("r-17"));
    assert_eq!((error.attempts(), error.was_sent()), (1, Sent::Yes));
    assert!(error.is_conflict() && !error.is_transient());
    let text = error.to_string().replace(&server.uri(), "http://shop");
    assert_eq!(
        text,
        "shop.get_item: 409 Conflict: ConflictError: Label in use (GET http://shop/item?name=x+y, request id r-17)"
    );
    insta::with_settings!({filters => vec![(r"127\.0\.0\.1:\d+", "HOST"), (r"elapsed: [^,]+,", "elapsed: SHORT,")]}, {
        insta::assert_debug_snapshot!(error);
    });
}

#[tokio::test]
async fn the_request_id_is_found_in_the_headers() {
    let server = answering(ResponseTemplate::new(500).insert_header("x-request-id", "h-1")).await;
    let error = once(&server.uri()).empty(get()).await.unwrap_err();
    assert_eq!(error.request_id(), Some("h-1"));
    assert_eq!(error.body(), None, "there was none");
}

#[tokio::test]
async fn predicates_follow_the_status() {
    let holds = |error: &Error| {
        [
            ("not_found", error.is_not_found()),
            ("conflict", error.is_conflict()),
            ("permission_denied", error.is_permission_denied()),
            ("unauthenticated", error.is_unauthenticated()),
            ("rate_limited", error.is_rate_limited()),
            ("timeout", error.is_timeout()),
            ("transient", error.is_transient()),
        ]
        .into_iter()
        .filter_map(|(name, holds)| holds.then_some(name))
        .collect::<Vec<_>>()
        .join(" ")
    };
    let cases = [
        (400, ""),
        (401, "unauthenticated"),
        (403, "permission_denied"),
        (404, "not_found"),
        (408, "timeout transient"),
        (409, "conflict"),
        (410, "not_found"),
        (422, ""),
        (429, "rate_limited transient"),
        (500, "transient"),
        (501, ""),
        (504, "timeout transient"),
    ];
    for (status, expected) in cases {
        let server = answering(ResponseTemplate::new(status)).await;
        let error = once(&server.uri()).empty(get()).await.unwrap_err();
        assert_eq!(holds(&error), expected, "{status}");
    }
}

#[tokio::test]
async fn consent_is_required_where_the_parser_finds_scopes() {
    fn parser(_: &ResponseFacts<'_>) -> ServiceError {
        ServiceError {
            required_scopes: vec!["urn:all".to_owned()],
            ..ServiceError::default()
        }
    }
    let server =
        answering(ResponseTemplate::new(403).set_body_string("{\"code\":\"ConsentRequired\"}")).await;
    let client = crate::setup::builder(&server.uri())
        .error_parser(parser)
        .build()
        .unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert!(error.is_consent_required());
    assert_eq!(error.required_scopes(), ["urn:all"]);
    assert_eq!(
        error.service_code(),
        Some("ConsentRequired"),
        "what the parser leaves open is filled in"
    );
}

#[derive(Debug, Deserialize)]
struct Order {
    #[serde(rename = "lines")]
    _lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    #[serde(rename = "count")]
    _count: u32,
}

#[tokio::test]
async fn a_decode_error_names_the_place() {
    let body = json!({"lines": [{"count": 1}, {"count": "two"}], "access_token": "hush-hush"});
    let server = answering(ResponseTemplate::new(200).set_body_json(&body)).await;
    let error = client(&server.uri()).json::<Order>(get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        (error.status(), error.was_sent(), error.attempts()),
        (Some(200), Sent::Yes, 1)
    );
    assert!(error.to_string().contains("`lines[1].count`"), "{error}");
    assert!(
        error.source().unwrap().to_string().contains("invalid type"),
        "{:?}",
        error.source()
    );
    let body = error.body().unwrap();
    assert!(body.contains("two") && !body.contains("hush"), "{body}");
}

#[tokio::test]
async fn a_decode_error_of_a_sensitive_answer_holds_nothing_of_it() {
    let server = answering(ResponseTemplate::new(200).set_body_string(r#"{"lines":"hush-hush"}"#)).await;
    let error = client(&server.uri())
        .json::<Order>(get().sensitive())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`lines`"));
    assert!(error.source().is_none() && error.body().is_none());
    assert!(!format!("{error:?}").contains("hush"));
}

#[tokio::test]
async fn what_is_no_json_is_a_decode_error() {
    for (body, hint) in [
        ("", "is empty"),
        ("<html>", "is not"),
        ("{\"lines\":[]} trailing", "is not"),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        let error = client(&server.uri()).json::<Order>(get()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn opt_turns_404_into_none_and_nothing_else() {
    let missing = answering(ResponseTemplate::new(404).set_body_string("{\"detail\":\"Not Found\"}")).await;
    assert!(
        client(&missing.uri())
            .json_opt::<Order>(get())
            .await
            .unwrap()
            .is_none()
    );
    let there = answering(ResponseTemplate::new(200).set_body_string("{\"lines\":[]}")).await;
    assert!(
        client(&there.uri())
            .json_opt::<Order>(get())
            .await
            .unwrap()
            .is_some()
    );
    let refused = answering(ResponseTemplate::new(403)).await;
    let error = client(&refused.uri()).json_opt::<Order>(get()).await.unwrap_err();
    assert!(error.is_permission_denied());
}

#[test]
fn errors_of_client_crates() {
    let error = Error::operation_failed("shop.order", "SOLD_OUT", "the order failed");
    assert_eq!(error.to_string(), "shop.order: the order failed: SOLD_OUT");
    assert_eq!(
        (error.kind(), error.was_sent()),
        (ErrorKind::OperationFailed, Sent::Yes)
    );
    let error = Error::config("no user").with_source(std::io::Error::other("deeper"));
    assert_eq!(error.to_string(), "no user", "the cause is not repeated");
    assert_eq!(error.source().unwrap().to_string(), "deeper");
    assert_eq!(error.was_sent(), Sent::No);
    assert!(Error::auth("no login").is_unauthenticated());
    assert!(Error::timeout("shop.order", "too late").is_timeout());
    assert_eq!(
        Error::cancelled("shop.order", "stop").kind(),
        ErrorKind::Cancelled
    );
}
