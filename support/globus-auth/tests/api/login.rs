//! Logins of people.

use globus_auth::{ErrorKind, NativeClient, PendingLogin, scopes};
use rest_core::ExposeSecret;
use wiremock::matchers::{body_string, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{TOKEN, builder, native, transfer_token};

fn field(login: &PendingLogin, name: &str) -> Option<String> {
    let mut pairs = login.url().query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn begun() -> PendingLogin {
    let client = NativeClient::new("the-native-client").unwrap();
    client.login([scopes::TRANSFER_ALL]).begin().unwrap()
}

#[test]
fn each_login_has_its_own_state_and_secret() {
    let (one, other) = (begun(), begun());
    for name in ["state", "code_challenge"] {
        let value = field(&one, name).unwrap();
        assert!(value.len() >= 20, "{value}");
        assert_ne!(field(&other, name).unwrap(), value);
    }
    assert_eq!(field(&one, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(field(&one, "state").as_deref(), Some(one.state()));
    assert_eq!(one.redirect_uri(), "https://auth.globus.org/v2/web/auth-code");
    assert!(
        one.url()
            .as_str()
            .starts_with("https://auth.globus.org/v2/oauth2/authorize?")
    );
}

#[test]
fn the_code_page_is_that_of_the_service() {
    let base = NativeClient::builder("n").base_url("https://x.example/prefix/");
    let login = base.build().unwrap().login(["openid"]).begin().unwrap();
    assert_eq!(login.redirect_uri(), "https://x.example/prefix/v2/web/auth-code");
    assert!(
        login
            .url()
            .as_str()
            .starts_with("https://x.example/prefix/v2/oauth2/authorize?")
    );
}

#[tokio::test]
async fn the_code_is_exchanged_with_the_secret_of_the_link() {
    let server = MockServer::start().await;
    let client = native(&server);
    let verifier = "v".repeat(64);
    let login = client
        .login(["openid"])
        .redirect_uri("http://localhost:1/")
        .state("the-state")
        .verifier(verifier.clone())
        .begin()
        .unwrap();
    let form = format!(
        "grant_type=authorization_code&code=the+code&redirect_uri=http%3A%2F%2Flocalhost%3A1%2F&\
         code_verifier={verifier}&client_id=the-native-client"
    );
    Mock::given(method("POST"))
        .and(path("/v2/oauth2/token"))
        .and(body_string(form))
        .respond_with(ResponseTemplate::new(200).set_body_json(transfer_token()))
        .expect(3)
        .mount(&server)
        .await;
    let came_back = "http://localhost:1/?code=the%20code&state=the-state#x";
    for exchange in [
        login.exchange(" the code\n"),
        login.exchange_redirect(came_back).unwrap(),
        login.exchange_redirect("state=the-state&code=the+code").unwrap(),
    ] {
        let tokens = exchange.send().await.unwrap();
        let token = tokens.by_resource_server("transfer.api.globus.org").unwrap();
        assert_eq!(token.access_token.expose_secret(), TOKEN);
    }
}

#[test]
fn an_answer_to_another_login_is_refused() {
    let login = begun();
    let state = login.state();
    let cases = [
        ("?code=c".to_owned(), "another login"),
        ("?code=c&state=forged".to_owned(), "another login"),
        ("?code=c&state=".to_owned(), "another login"),
        (String::new(), "another login"),
        (format!("?state={state}"), "no code"),
        (format!("?state={state}&code=%20"), "no code"),
        (
            format!("?state={state}&error=access_denied&error_description=not%0Atoday"),
            "refused: access_denied not\\ntoday",
        ),
    ];
    for (answer, expected) in cases {
        let error = login.exchange_redirect(&answer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.to_string().contains(expected), "{answer}: {error}");
    }
}

#[tokio::test]
async fn what_a_login_needs() {
    let server = MockServer::start().await;
    let client = builder(&server).build().unwrap();
    let confidential = client
        .login("https://app.example/back", ["openid"])
        .begin()
        .unwrap();
    assert_eq!(field(&confidential, "code_challenge"), None);
    let with_pkce = client
        .login("https://app.example/back", ["openid"])
        .verifier("v".repeat(43));
    assert!(field(&with_pkce.begin().unwrap(), "code_challenge").is_some());
    for wrong in [
        native(&server).login(Vec::<String>::new()).begin(),
        native(&server).login(["openid"]).verifier("v".repeat(42)).begin(),
        native(&server).login(["openid"]).verifier("ü".repeat(43)).begin(),
    ] {
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::Config);
    }
}
