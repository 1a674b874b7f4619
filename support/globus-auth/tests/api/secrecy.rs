//! Nothing secret in logs, at any level, nor in errors or `Debug`.

use std::io;
use std::sync::{Arc, Mutex};

use globus_auth::{
    ClientCredentialsToken, IssuedToken, MemoryStore, TokenStore, refreshed_tokens, stored_tokens,
    transfer_tokens,
};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{OTHER, SECRET, TOKEN, answering, builder, native, noon, two_tokens};

const VERIFIER: &str = "verifier-of-a-login-that-is-43-characters-and-more";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Logins, refreshed tokens and their stores, as they are shown, with every secret that they held. The answers
/// repeat what was sent, as a service in trouble may.
async fn all_the_others() -> String {
    let token = || {
        let mut token = IssuedToken::new("s", TOKEN);
        token.refresh_token = Some(OTHER.into());
        token.id_token = Some(OTHER.into());
        token.expires_at = Some(noon());
        token
    };
    let body =
        json!({"error": "invalid_grant", "error_description": format!("no such code {OTHER}"), "x": TOKEN});
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(401).set_body_json(body))
        .mount(&server)
        .await;
    let client = builder(&server).build().unwrap();
    let native = native(&server);
    let memory = MemoryStore::new();
    memory.save(&[token()]).await.unwrap();
    let login = native.login(["openid"]).verifier(VERIFIER).begin().unwrap();
    let exchange = login.exchange(OTHER);
    let form = client.token([("code".to_owned(), OTHER.to_owned())]);
    let errors = [
        exchange.send().await.unwrap_err(),
        client.refresh(OTHER).send().await.unwrap_err(),
        client.revoke(OTHER).send().await.unwrap_err(),
        client.introspect(OTHER).send().await.unwrap_err(),
        client.dependent_tokens(OTHER).send().await.unwrap_err(),
        form.send().await.unwrap_err(),
        stored_tokens(native.clone(), Arc::new(memory), "s")
            .token()
            .await
            .unwrap_err(),
    ];
    let causes: Vec<_> = errors
        .iter()
        .filter_map(std::error::Error::source)
        .map(ToString::to_string)
        .collect();
    let memory = MemoryStore::new();
    memory.save(&[token()]).await.unwrap();
    let parts = (
        exchange.into_parts().unwrap(),
        client.refresh(OTHER).into_parts().unwrap(),
    );
    format!(
        "{errors:?} {causes:?} {login:?} {exchange:?} {form:?} {memory:?} {parts:?} {:?} {:?} {:?} {:?} {:?} {native:?} {:?}",
        client.refresh(OTHER),
        client.revoke(OTHER),
        client.introspect(OTHER),
        client.dependent_tokens(OTHER),
        token(),
        refreshed_tokens(native.clone(), token()).await.unwrap(),
    )
}

#[tokio::test]
async fn secrets_appear_nowhere() {
    let log = Log::default();
    // For the whole process: other tests' threads would switch off what is only set for this one.
    tracing_subscriber::fmt()
        // The mock server logs what it receives.
        .with_env_filter("trace,wiremock=off")
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(log.clone())
        .init();

    let (server, client) = answering(200, two_tokens()).await;
    let tokens = client.client_credentials(["x"]).send().await.unwrap();
    let provider = transfer_tokens(client.clone());
    let token = provider.token().await.unwrap();
    let fetch = ClientCredentialsToken::new(client.clone(), "x", "y");
    let request = client.client_credentials(["x"]);
    let parts = request.into_parts().unwrap();
    let shown = format!(
        "{:?} {client:?} {request:?} {parts:?} {tokens:?} {provider:?} {token:?} {fetch:?}",
        builder(&server)
    );

    let (_server, client) = answering(401, json!({"error": "invalid_client", "access_token": TOKEN})).await;
    let error = client.client_credentials(["x"]).send().await.unwrap_err();
    assert_eq!(error.body(), None);

    let shown = format!("{shown} {error} {error:?} {}", all_the_others().await);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("globus_auth.client_credentials"),
        "the log is being read"
    );
    let basic = "dGhlLWNsaWVudDpj"; // how base64 of id and secret begins
    for text in [log, shown] {
        for secret in [SECRET, TOKEN, OTHER, VERIFIER, basic] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
