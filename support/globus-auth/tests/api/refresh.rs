//! Tokens that are kept and renewed.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use globus_auth::{
    ErrorKind, IssuedToken, MemoryStore, Result, TRANSFER_RESOURCE_SERVER, TokenStore, refreshed_tokens,
    stored_tokens,
};
use rest_core::ExposeSecret;
use serde_json::json;
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{TOKEN, count, native, noon, transfer_token};

fn kept(access: &str, refresh: Option<&str>, life: TimeDelta) -> IssuedToken {
    let mut token = IssuedToken::new(TRANSFER_RESOURCE_SERVER, access);
    token.refresh_token = refresh.map(Into::into);
    token.expires_at = Some(noon() + life);
    token
}

async fn store_with(token: IssuedToken) -> Arc<MemoryStore> {
    let store = MemoryStore::new();
    store.save(&[token]).await.unwrap();
    Arc::new(store)
}

/// Answers a refresh with `asked` by a token whose refresh token is `answered`.
async fn renews(server: &MockServer, asked: &str, answered: &str) {
    let mut body = transfer_token();
    body["refresh_token"] = json!(answered);
    Mock::given(body_string_contains(format!("refresh_token={asked}&")))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

async fn refuses(server: &MockServer, asked: &str) {
    Mock::given(body_string_contains(format!("refresh_token={asked}&")))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"})))
        .mount(server)
        .await;
}

async fn refresh_token(store: &dyn TokenStore) -> String {
    let token = store.load(TRANSFER_RESOURCE_SERVER).await.unwrap().unwrap();
    token.refresh_token.unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn a_token_that_is_good_is_given_without_a_request() {
    let server = MockServer::start().await;
    let store = store_with(kept("stored", Some("one"), TimeDelta::hours(1))).await;
    let tokens = stored_tokens(native(&server), store, TRANSFER_RESOURCE_SERVER);
    assert_eq!(tokens.token().await.unwrap().secret().expose_secret(), "stored");
    assert_eq!(count(&server).await, 0);
}

#[tokio::test]
async fn the_rotated_refresh_token_is_saved() {
    let server = MockServer::start().await;
    renews(&server, "one", "two").await;
    let store = store_with(kept("stored", Some("one"), TimeDelta::seconds(30))).await;
    let tokens = stored_tokens(native(&server), store.clone(), TRANSFER_RESOURCE_SERVER);
    assert_eq!(tokens.token().await.unwrap().secret().expose_secret(), TOKEN);
    assert_eq!(refresh_token(store.as_ref()).await, "two");
}

#[tokio::test]
async fn a_refused_access_token_is_renewed_even_if_it_looks_good() {
    let server = MockServer::start().await;
    renews(&server, "one", "two").await;
    let store = store_with(kept("stored", Some("one"), TimeDelta::hours(1))).await;
    let tokens = stored_tokens(native(&server), store, TRANSFER_RESOURCE_SERVER);
    let token = tokens.token().await.unwrap();
    tokens.invalidate(&token);
    assert_eq!(tokens.token().await.unwrap().secret().expose_secret(), TOKEN);
}

#[tokio::test]
async fn what_another_process_renewed_is_taken_over() {
    let server = MockServer::start().await;
    let store = store_with(kept("stored", Some("one"), TimeDelta::hours(1))).await;
    let tokens = stored_tokens(native(&server), store.clone(), TRANSFER_RESOURCE_SERVER);
    let token = tokens.token().await.unwrap();
    store
        .save(&[kept("newer", Some("two"), TimeDelta::hours(2))])
        .await
        .unwrap();
    tokens.invalidate(&token);
    assert_eq!(tokens.token().await.unwrap().secret().expose_secret(), "newer");
    assert_eq!(count(&server).await, 0);
}

/// Another process replaces the token while ours is being refused.
#[derive(Debug)]
struct Replaced {
    store: MemoryStore,
    looks: std::sync::atomic::AtomicU32,
}

#[async_trait]
impl TokenStore for Replaced {
    async fn load_all(&self) -> Result<Vec<IssuedToken>> {
        let tokens = self.store.load_all().await;
        if self.looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            self.save(&[kept("dead", Some("two"), TimeDelta::zero())]).await?;
        }
        tokens
    }

    async fn save(&self, tokens: &[IssuedToken]) -> Result<()> {
        self.store.save(tokens).await
    }

    async fn remove(&self, resource_server: &str) -> Result<bool> {
        self.store.remove(resource_server).await
    }
}

#[tokio::test]
async fn a_refusal_looks_once_more_before_it_is_believed() {
    let server = MockServer::start().await;
    refuses(&server, "one").await;
    renews(&server, "two", "three").await;
    let store = MemoryStore::new();
    store
        .save(&[kept("stored", Some("one"), TimeDelta::zero())])
        .await
        .unwrap();
    let store = Arc::new(Replaced {
        store,
        looks: 0.into(),
    });
    let tokens = stored_tokens(native(&server), store.clone(), TRANSFER_RESOURCE_SERVER);
    assert_eq!(tokens.token().await.unwrap().secret().expose_secret(), TOKEN);
    assert_eq!(refresh_token(store.as_ref()).await, "three");
    assert_eq!(count(&server).await, 2);
}

#[tokio::test]
async fn without_a_good_token_a_login_is_asked_for() {
    let server = MockServer::start().await;
    refuses(&server, "one").await;
    let dead = store_with(kept("stored", Some("one"), TimeDelta::zero())).await;
    let single = store_with(kept("stored", None, TimeDelta::zero())).await;
    for (store, expected) in [
        (dead, "is no longer good: log in again"),
        (single, "has no refresh token: log in again"),
        (Arc::new(MemoryStore::new()), "log in first"),
    ] {
        let tokens = stored_tokens(native(&server), store, TRANSFER_RESOURCE_SERVER);
        let error = tokens.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(count(&server).await, 1);
}

/// Cannot be written for the first `failures` times.
#[derive(Debug)]
struct Full {
    store: MemoryStore,
    failures: std::sync::atomic::AtomicU32,
}

#[async_trait]
impl TokenStore for Full {
    async fn load_all(&self) -> Result<Vec<IssuedToken>> {
        self.store.load_all().await
    }

    async fn save(&self, tokens: &[IssuedToken]) -> Result<()> {
        use std::sync::atomic::Ordering::Relaxed;
        if self
            .failures
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
            .is_ok()
        {
            return Err(globus_auth::Error::config("the disk is full"));
        }
        self.store.save(tokens).await
    }

    async fn remove(&self, resource_server: &str) -> Result<bool> {
        self.store.remove(resource_server).await
    }
}

#[tokio::test]
async fn a_rotated_token_that_cannot_be_saved_is_not_lost() {
    let server = MockServer::start().await;
    renews(&server, "one", "two").await;
    renews(&server, "two", "three").await;
    let store = MemoryStore::new();
    store
        .save(&[kept("stored", Some("one"), TimeDelta::zero())])
        .await
        .unwrap();
    let store = Arc::new(Full {
        store,
        failures: 1.into(),
    });
    let tokens = stored_tokens(native(&server), store.clone(), TRANSFER_RESOURCE_SERVER);
    let token = tokens.token().await.unwrap();
    assert_eq!(refresh_token(store.as_ref()).await, "one");
    tokens.invalidate(&token);
    tokens.token().await.unwrap();
    assert_eq!(refresh_token(store.as_ref()).await, "three");
}

#[tokio::test]
async fn a_single_token_needs_no_store_of_ones_own() {
    let server = MockServer::start().await;
    renews(&server, "one", "two").await;
    let token = kept("stored", Some("one"), TimeDelta::zero());
    let tokens = refreshed_tokens(native(&server), token).await.unwrap();
    assert_eq!(tokens.token().await.unwrap().secret().expose_secret(), TOKEN);
    let mut nobodys = kept("stored", None, TimeDelta::zero());
    nobodys.resource_server = None;
    assert!(refreshed_tokens(native(&server), nobodys).await.is_err());
}
