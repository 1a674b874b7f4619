//! Tokens on requests: attached, renewed after a 401, shared by many callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use rest_core::{
    CachedToken, ErrorKind, FetchToken, RequestParts, RestClient, Result, RetryPolicy, Sent, StaticToken,
    Token,
};
use serde::Deserialize;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::setup::{builder, get, post, static_token};

/// Logs in at the server's `/login`.
#[derive(Debug)]
struct Login(RestClient);

#[derive(Deserialize)]
struct LoggedIn {
    id: String,
}

#[async_trait]
impl FetchToken for Login {
    async fn fetch(&self) -> Result<Token> {
        let parts = RequestParts::new("shop.login", http::Method::POST, "/login")
            .sensitive()
            .anonymous();
        let answer: LoggedIn = self.0.json(parts).await?;
        Ok(Token::bearer(answer.id))
    }
}

/// A client that logs in by itself; `/login` gives `t1`, `t2`… and is counted.
async fn logging_in(server: &MockServer) -> (RestClient, Arc<AtomicU32>) {
    let logins = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&logins);
    Mock::given(path("/login"))
        .respond_with(move |_: &wiremock::Request| {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            ResponseTemplate::new(200).set_body_string(format!("{{\"id\":\"t{number}\"}}"))
        })
        .mount(server)
        .await;
    let tokens = CachedToken::new(Login(builder(&server.uri()).build().unwrap()));
    (
        builder(&server.uri()).tokens(Arc::new(tokens)).build().unwrap(),
        logins,
    )
}

async fn answer(server: &MockServer, token: &str, response: ResponseTemplate) {
    Mock::given(path("/item"))
        .and(header("authorization", format!("Bearer {token}").as_str()))
        .respond_with(response)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_hundred_concurrent_callers_make_one_token_request() {
    let server = MockServer::start().await;
    let (client, logins) = logging_in(&server).await;
    answer(&server, "t1", ResponseTemplate::new(200)).await;
    let calls = futures_util::future::join_all((0..100).map(|_| client.empty(get()))).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(logins.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_401_renews_the_token_once_for_all_callers() {
    let server = MockServer::start().await;
    let (client, logins) = logging_in(&server).await;
    answer(&server, "t1", ResponseTemplate::new(401)).await;
    answer(&server, "t2", ResponseTemplate::new(200)).await;
    // Let the first token be held by everybody.
    let calls = futures_util::future::join_all((0..20).map(|_| client.full(get()))).await;
    assert!(calls.iter().all(|call| call.as_ref().unwrap().attempts <= 2));
    assert_eq!(logins.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_401_resends_a_post_too_even_where_nothing_is_retried() {
    let server = MockServer::start().await;
    let (client, _) = logging_in(&server).await;
    answer(&server, "t1", ResponseTemplate::new(401)).await;
    answer(&server, "t2", ResponseTemplate::new(201)).await;
    let response = client.full(post().no_retry()).await.unwrap();
    assert_eq!((response.status, response.attempts), (201, 2));
    let bodies: Vec<Vec<u8>> = server
        .received_requests()
        .await
        .unwrap()
        .into_iter()
        .filter(|request| request.url.path() == "/item")
        .map(|request| request.body)
        .collect();
    assert_eq!(
        bodies,
        [b"{\"name\":\"bolt\"}", b"{\"name\":\"bolt\"}"],
        "sent again whole"
    );
}

#[tokio::test]
async fn a_401_after_other_failures_still_renews() {
    let server = MockServer::start().await;
    let (client, logins) = logging_in(&server).await;
    for status in [503, 502, 401] {
        Mock::given(path("/item"))
            .respond_with(ResponseTemplate::new(status))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    answer(&server, "t2", ResponseTemplate::new(200)).await;
    assert_eq!(client.full(get()).await.unwrap().attempts, 4);
    assert_eq!(logins.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_resend_after_a_401_is_outside_the_attempts() {
    let server = MockServer::start().await;
    let (_, logins) = logging_in(&server).await;
    Mock::given(path("/item"))
        .respond_with(ResponseTemplate::new(401))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    answer(&server, "t2", ResponseTemplate::new(503)).await;
    let tokens = CachedToken::new(Login(builder(&server.uri()).build().unwrap()));
    let client = builder(&server.uri())
        .tokens(Arc::new(tokens))
        .retry(RetryPolicy::default().attempts(3))
        .build()
        .unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 4));
    assert_eq!(logins.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_token_that_cannot_be_renewed_is_not_sent_again() {
    let server = MockServer::start().await;
    Mock::given(path("/item"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let client = builder(&server.uri())
        .tokens(static_token("hush-hush"))
        .build()
        .unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert!(error.is_unauthenticated() && !error.is_transient());
    assert_eq!((error.attempts(), error.was_sent()), (1, Sent::Yes));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let server = MockServer::start().await;
    let (client, logins) = logging_in(&server).await;
    Mock::given(path("/item"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let error = client.empty(get()).await.unwrap_err();
    assert!(error.is_unauthenticated() && !error.is_transient());
    assert_eq!((error.attempts(), error.was_sent()), (2, Sent::Yes));
    assert_eq!(logins.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_a_token_a_401_is_the_answer_at_once() {
    let server = MockServer::start().await;
    Mock::given(path("/item"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let error = crate::setup::client(&server.uri())
        .empty(get())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
    let client = builder(&server.uri())
        .tokens(static_token("hush-hush"))
        .build()
        .unwrap();
    let error = client.empty(get().anonymous()).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn a_failed_login_is_the_error_of_the_call() {
    let server = MockServer::start().await;
    Mock::given(path("/login"))
        .respond_with(ResponseTemplate::new(403))
        .mount(&server)
        .await;
    let tokens = CachedToken::new(Login(builder(&server.uri()).build().unwrap()));
    let client = builder(&server.uri()).tokens(Arc::new(tokens)).build().unwrap();
    let error = client.empty(post()).await.unwrap_err();
    assert_eq!(error.operation(), Some("shop.login"));
    assert_eq!(error.was_sent(), Sent::No, "the post itself was never sent");
}

#[tokio::test]
async fn headers_of_a_request() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header("authorization", "Basic aWRhOmh1c2g="))
        .and(header("content-type", "application/json"))
        .and(header("accept", "application/json"))
        .and(header("x-version", "4"))
        .and(header("user-agent", "tests/1"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let client = builder(&server.uri())
        .tokens(Arc::new(StaticToken(Token::basic("ida", &"hush".into()))))
        .default_header("x-version", "3")
        .user_agent("tests/1")
        .build()
        .unwrap();
    client.empty(post().header("x-version", "4")).await.unwrap();
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_without_being_shown() {
    let server = MockServer::start().await;
    let client = builder(&server.uri())
        .tokens(static_token("hush\nhush"))
        .build()
        .unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
    assert!(!format!("{error} {error:?}").contains("hush"));
}
