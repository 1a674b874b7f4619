//! Events over websockets, against a server in the test's own process.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use prefect_client::model::NewEvent;
use prefect_client::{Client, EventFilter};
use rest_core::{StaticToken, Token};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::support::noon;

type Line = WebSocketStream<TcpStream>;

async fn listener() -> (TcpListener, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Client::builder()
        .base_url(format!("http://{address}/api"))
        .tokens(Arc::new(StaticToken(Token::basic("admin", &"s3cret".into()))))
        .build()
        .unwrap();
    (listener, client)
}

#[expect(
    clippy::result_large_err,
    clippy::unnecessary_wraps,
    reason = "as the library wants it"
)]
fn greet(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    assert_eq!(request.headers()["sec-websocket-protocol"], "prefect");
    assert_eq!(request.headers()["authorization"], "Basic YWRtaW46czNjcmV0");
    response
        .headers_mut()
        .insert("sec-websocket-protocol", "prefect".parse().unwrap());
    Ok(response)
}

/// Takes a connection as the server does: the credential comes first.
async fn accept(listener: &TcpListener) -> Line {
    let (stream, _) = listener.accept().await.unwrap();
    let mut line = accept_hdr_async(stream, greet).await.unwrap();
    assert_eq!(
        read(&mut line).await,
        json!({"type": "auth", "token": "admin:s3cret"})
    );
    say(&mut line, &json!({"type": "auth_success"})).await;
    line
}

async fn read(line: &mut Line) -> Value {
    let frame = line.next().await.unwrap().unwrap();
    serde_json::from_str(frame.to_text().unwrap()).unwrap()
}

async fn say(line: &mut Line, frame: &Value) {
    line.send(Message::text(frame.to_string())).await.unwrap();
}

fn event(number: u128) -> Value {
    json!({"type": "event", "event": {"id": uuid::Uuid::from_u128(number), "event": "prefect.flow-run.Cancelling",
        "resource": {"prefect.resource.id": format!("prefect.flow-run.{number}")}}})
}

#[tokio::test]
async fn events_come_once_though_the_line_breaks() {
    let (listener, client) = listener().await;
    let server = tokio::spawn(async move {
        let mut line = accept(&listener).await;
        let asked = read(&mut line).await;
        assert_eq!(asked["filter"]["event"]["prefix"], json!(["prefect.flow-run."]));
        say(&mut line, &json!({"type": "something new"})).await;
        say(&mut line, &event(1)).await;
        drop(line);
        // The new line looks back, so that the first event comes again.
        let mut line = accept(&listener).await;
        read(&mut line).await;
        say(&mut line, &event(1)).await;
        say(&mut line, &event(2)).await;
        line
    });
    let filter = EventFilter::default().prefix("prefect.flow-run.");
    let mut events = client.events().subscribe(filter).await.unwrap();
    for number in [1, 2] {
        let event = events.next().await.unwrap();
        assert_eq!(
            event.resource_id(),
            Some(format!("prefect.flow-run.{number}").as_str())
        );
    }
    server.await.unwrap();
}

#[tokio::test]
async fn a_client_that_is_not_let_in_is_told_so_and_no_secret() {
    let (listener, client) = listener().await;
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut line = accept_hdr_async(stream, greet).await.unwrap();
        read(&mut line).await;
        say(
            &mut line,
            &json!({"type": "auth_failure", "reason": "admin:s3cret is wrong"}),
        )
        .await;
        line
    });
    let error = client
        .events()
        .subscribe(EventFilter::default())
        .await
        .unwrap_err();
    assert!(error.is_unauthenticated(), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn events_are_sent_on_an_open_line() {
    let (listener, client) = listener().await;
    let server = tokio::spawn(async move {
        let mut line = accept(&listener).await;
        read(&mut line).await
    });
    let mut sink = client.events().open().await.unwrap();
    sink.send(&NewEvent::new("copy.verified", "file.1", noon()))
        .await
        .unwrap();
    assert_eq!(server.await.unwrap()["event"], "copy.verified");
    let _ = sink.close().await;
}
