//! Limits on the size of answers.

use rest_core::{ErrorKind, Sent};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faulty_server::{Act, FaultyServer};
use crate::setup::{builder, client, get};

#[tokio::test]
async fn an_announced_size_beyond_the_limit_is_refused_without_reading() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n".to_owned();
    let server = FaultyServer::start(vec![Act::WriteAndStall(announced)]).await;
    let error = client(&server.url()).full(get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!((error.attempts(), error.was_sent()), (1, Sent::Yes));
    assert!(
        error.to_string().contains("larger than 67108864 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_limit() {
    let chunks = "8\r\n01234567\r\n".repeat(100);
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
    let server = FaultyServer::start(vec![Act::WriteAndStall(endless)]).await;
    let error = client(&server.url())
        .full(get().max_response_bytes(500))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("larger than 500 bytes"), "{error}");
}

#[tokio::test]
async fn the_limit_itself_is_allowed() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_string("0123456789"))
        .mount(&server)
        .await;
    let client = builder(&server.uri()).max_response_bytes(10).build().unwrap();
    assert_eq!(client.full(get()).await.unwrap().bytes.len(), 10);
    let error = client.full(get().max_response_bytes(9)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_huge_error_body_is_cut() {
    let server = MockServer::start().await;
    let huge = ResponseTemplate::new(400).set_body_string("é".repeat(1_000_000));
    Mock::given(any()).respond_with(huge).mount(&server).await;
    let error = client(&server.uri()).full(get()).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert!(error.body().unwrap().len() <= 2048 + '…'.len_utf8());
    assert!(error.service_message().unwrap().len() <= 500 + '…'.len_utf8());
}
