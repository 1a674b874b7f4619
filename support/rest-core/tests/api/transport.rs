//! Broken connections: what is resent, what is not, and what the error says.

use std::error::Error as _;
use std::time::Duration;

use rest_core::{ErrorKind, Sent};
use serde_json::{Value, json};

use crate::faulty_server::{Act, FaultyServer, answer};
use crate::setup::{builder, client, get, once, post};

fn good() -> Act {
    Act::Write(answer("200 OK", "application/json", "{\"ok\":true}"))
}

#[tokio::test]
async fn a_get_survives_a_reset_before_it_is_read() {
    let server = FaultyServer::start(vec![Act::ResetBeforeRead, good()]).await;
    let response = client(&server.url()).full(get()).await.unwrap();
    assert_eq!(response.attempts, 2);
    assert_eq!(response.json::<Value>().unwrap(), json!({"ok": true}));
}

#[tokio::test]
async fn a_get_survives_a_reset_after_it_is_read() {
    let server = FaultyServer::start(vec![Act::ResetAfterRead, Act::ResetAfterRead, good()]).await;
    let response = client(&server.url()).full(get()).await.unwrap();
    assert_eq!(response.attempts, 3);
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_not_sent_again() {
    for act in [Act::ResetBeforeRead, Act::ResetAfterRead] {
        let server = FaultyServer::start(vec![act, good()]).await;
        let error = client(&server.url()).full(post()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.was_sent(), Sent::Maybe);
        assert_eq!(error.attempts(), 1);
        assert!(error.is_transient(), "nothing was spent on it yet");
    }
}

#[tokio::test]
async fn an_idempotent_post_is_sent_again_whole() {
    let server = FaultyServer::start(vec![Act::ResetAfterRead, Act::ResetAfterRead, good()]).await;
    let response = client(&server.url()).full(post().idempotent(true)).await.unwrap();
    assert_eq!(response.attempts, 3);
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.ends_with("\r\n\r\n{\"name\":\"bolt\"}")),
        "{requests:?}"
    );
    assert_eq!(requests[0], requests[2]);
}

#[tokio::test]
async fn a_form_is_sent_again_whole() {
    let server = FaultyServer::start(vec![Act::ResetAfterRead, good()]).await;
    let form = vec![
        ("a".to_owned(), "1 &".to_owned()),
        ("b".to_owned(), "ü".to_owned()),
    ];
    client(&server.url())
        .empty(post().form(form).idempotent(true))
        .await
        .unwrap();
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.ends_with("a=1+%26&b=%C3%BC")),
        "{requests:?}"
    );
}

#[tokio::test]
async fn a_truncated_body_is_asked_for_again() {
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":".to_owned();
    let server = FaultyServer::start(vec![Act::Write(short.clone()), good()]).await;
    assert_eq!(client(&server.url()).full(get()).await.unwrap().attempts, 2);

    let server = FaultyServer::start(vec![Act::Write(short)]).await;
    let error = client(&server.url()).full(post()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Io, Some(200)));
    assert_eq!(error.was_sent(), Sent::Maybe);
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn a_truncated_chunked_body_is_an_error() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"ok\"\r\n".to_owned();
    let server = FaultyServer::start(vec![Act::Write(chunked)]).await;
    let error = once(&server.url()).full(get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[tokio::test]
async fn bytes_beyond_the_announced_length_are_not_read() {
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true} and more".to_owned();
    let server = FaultyServer::start(vec![Act::Write(long)]).await;
    let value: Value = once(&server.url()).json(get()).await.unwrap();
    assert_eq!(value, json!({"ok": true}));
}

#[tokio::test]
async fn a_stalled_answer_times_out() {
    let short = Duration::from_millis(200);
    let stalls = ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":"];
    for stall in stalls {
        let server = FaultyServer::start(vec![Act::WriteAndStall(stall.to_owned()), good()]).await;
        let patient = client(&server.url());
        assert_eq!(patient.full(get().timeout(short)).await.unwrap().attempts, 2);

        let server = FaultyServer::start(vec![Act::WriteAndStall(stall.to_owned())]).await;
        let error = client(&server.url())
            .full(post().timeout(short))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.is_timeout());
        assert_eq!(error.was_sent(), Sent::Maybe);
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn the_status_counts_even_if_the_error_body_stalls_or_breaks_off() {
    let broken = "HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nno such ".to_owned();
    for act in [Act::Write(broken.clone()), Act::WriteAndStall(broken)] {
        let server = FaultyServer::start(vec![act]).await;
        let error = client(&server.url())
            .full(get().timeout(Duration::from_millis(200)))
            .await
            .unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_eq!(error.service_message(), Some("no such"));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_error() {
    let server = FaultyServer::start(vec![Act::Write("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned())]).await;
    let error = once(&server.url()).full(get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[tokio::test]
async fn no_connection_is_tried_again_for_every_method_and_was_not_sent() {
    // Bound and dropped: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = client(&format!("http://127.0.0.1:{port}"))
        .full(post())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.was_sent(), Sent::No);
    assert_eq!(error.attempts(), 5);
    assert!(error.is_exhausted() && !error.is_transient());
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_lost_answer_leaves_doubt_even_if_the_next_attempt_fails_before_it_is_sent() {
    let server = FaultyServer::start(vec![Act::ResetAfterRead]).await;
    let client = builder(&server.url()).build().unwrap();
    let counted = client.full(post().idempotent(true)).await.unwrap_err();
    assert_eq!(counted.was_sent(), Sent::Maybe);

    let refused = "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n".to_owned();
    let server = FaultyServer::start(vec![Act::ResetAfterRead, Act::Write(refused)]).await;
    let error = crate::setup::client(&server.url())
        .full(post().idempotent(true))
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(
        error.was_sent(),
        Sent::Maybe,
        "the first attempt may be what it conflicts with"
    );
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_fatal() {
    let server = FaultyServer::start(vec![Act::Greet("HTTP/1.1 200 OK\r\n\r\n".to_owned())]).await;
    let url = server.url().replace("http://", "https://");
    let error = client(&url)
        .full(get().timeout(Duration::from_secs(2)))
        .await
        .unwrap_err();
    assert!(!error.is_transient() && !error.is_exhausted(), "{error:?}");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 1));
    assert_eq!(error.was_sent(), Sent::No);
}

#[tokio::test]
async fn a_redirect_is_an_error_that_names_its_target() {
    let moved = "HTTP/1.1 307 Temporary Redirect\r\nlocation: https://new.example.org/x?token=hush\r\n\
                 content-length: 0\r\n\r\n";
    let server = FaultyServer::start(vec![Act::Write(moved.to_owned())]).await;
    let error = client(&server.url()).full(get()).await.unwrap_err();
    assert_eq!(error.status(), Some(307));
    let text = error.to_string();
    assert!(
        text.contains("redirects to https://new.example.org/x?token=redacted"),
        "{text}"
    );
}

#[tokio::test]
async fn an_html_error_page_gives_its_title() {
    let page =
        "<!DOCTYPE html>\n<html><head><TITLE>502 Bad\n Gateway</TITLE></head><body>nginx</body></html>";
    let server = FaultyServer::start(vec![Act::Write(answer("502 Bad Gateway", "text/html", page))]).await;
    let error = client(&server.url()).full(get()).await.unwrap_err();
    assert_eq!(error.service_message(), Some("HTML page \"502 Bad Gateway\""));
    assert_eq!(error.attempts(), 5);
    assert!(error.body().unwrap().contains("nginx"));
}
