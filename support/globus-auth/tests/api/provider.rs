//! Tokens for other clients.

use globus_auth::{cached_tokens, transfer_tokens};
use rest_core::ExposeSecret;

use crate::support::{TOKEN, answering, count, transfer_token, two_tokens};

#[tokio::test]
async fn a_hundred_callers_share_one_request() {
    let (server, client) = answering(200, two_tokens()).await;
    let tokens = transfer_tokens(client);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let tokens = tokens.clone();
        calls.spawn(async move { tokens.token().await.unwrap() });
    }
    while let Some(token) = calls.join_next().await {
        assert_eq!(token.unwrap().secret().expose_secret(), TOKEN);
    }
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew() {
    let (server, client) = answering(200, transfer_token()).await;
    let tokens = transfer_tokens(client);
    let token = tokens.token().await.unwrap();
    tokens.invalidate(&token);
    tokens.token().await.unwrap();
    assert_eq!(count(&server).await, 2);
}

#[tokio::test]
async fn a_token_for_somebody_else_is_none() {
    let (_server, client) = answering(200, transfer_token()).await;
    let error = cached_tokens(client, "scope", "funcx_service")
        .token()
        .await
        .unwrap_err();
    assert!(error.is_unauthenticated());
    let text = error.to_string();
    assert!(
        text.contains("no token for funcx_service, only for transfer.api.globus.org"),
        "{text}"
    );
}
