//! Globus Auth: a person's login, renewed and revoked tokens, what a token is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use service_sim::{NATIVE_CLIENT_ID, Sim};
use sha2::{Digest, Sha256};

use crate::support::{TRANSFER_ALL, globus, login};

const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

struct Auth {
    sim: Sim,
    http: reqwest::Client,
}

impl Auth {
    fn new() -> Self {
        let no_redirects = reqwest::redirect::Policy::none();
        Self {
            sim: globus().start().unwrap(),
            http: reqwest::Client::builder().redirect(no_redirects).build().unwrap(),
        }
    }

    fn url(&self, path: &str) -> String {
        self.sim.env()["GLOBUS_SDK_SERVICE_URL_AUTH"].clone() + path
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.http
            .post(self.url(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// As the confidential client.
    async fn own(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let env = self.sim.env();
        let request = self.post(path, form);
        let request = request.basic_auth(&env["GLOBUS_CLIENT_ID"], Some(&env["GLOBUS_CLIENT_SECRET"]));
        answer(request.send().await.unwrap()).await
    }

    /// As the native client.
    async fn native(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let form = [form, &[("client_id", NATIVE_CLIENT_ID)]].concat();
        answer(self.post(path, &form).send().await.unwrap()).await
    }

    fn page(&self) -> String {
        self.url("v2/web/auth-code")
    }

    /// Opens the link of a login and gives the code that the page shows.
    async fn code(&self, scope: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let back = self.page();
        let query = [
            ("client_id", NATIVE_CLIENT_ID),
            ("redirect_uri", back.as_str()),
            ("scope", scope),
            ("state", "s"),
            ("response_type", "code"),
            ("access_type", "offline"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let url = reqwest::Url::parse_with_params(&self.url("v2/oauth2/authorize"), query).unwrap();
        let there = self.http.get(url).send().await.unwrap();
        assert_eq!(there.status(), 303);
        let next = there.headers()["location"].to_str().unwrap().to_owned();
        assert!(next.starts_with(&back) && next.ends_with("&state=s"), "{next}");
        let page = self.http.get(next).send().await.unwrap().text().await.unwrap();
        let (_, rest) = page.split_once("<code>").unwrap();
        rest.split_once("</code>").unwrap().0.to_owned()
    }

    async fn exchange(&self, code: &str, verifier: &str) -> (u16, Value) {
        let back = self.page();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back.as_str()),
            ("code_verifier", verifier),
        ];
        self.native("v2/oauth2/token", &form).await
    }

    async fn userinfo(&self, token: &Value) -> (u16, Value) {
        let request = self.http.get(self.url("v2/oauth2/userinfo"));
        let request = request.bearer_auth(token.as_str().unwrap());
        answer(request.send().await.unwrap()).await
    }
}

async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

#[tokio::test]
async fn a_person_logs_in_once_and_the_token_is_renewed_until_it_is_revoked() {
    let auth = Auth::new();
    let code = auth.code(&format!("{TRANSFER_ALL} openid profile email")).await;
    let (status, refusal) = auth.exchange(&code, "another-verifier").await;
    assert_eq!((status, &refusal["error"]), (400, &json!("invalid_grant")));
    assert_eq!(auth.exchange(&code, VERIFIER).await.0, 400, "a code is good once");

    let code = auth.code(&format!("{TRANSFER_ALL} openid profile email")).await;
    let (status, tokens) = auth.exchange(&code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["resource_server"], "transfer.api.globus.org");
    let of_auth = &tokens["other_tokens"][0];
    let (_, person) = auth.userinfo(&of_auth["access_token"]).await;
    assert_eq!(person["preferred_username"], "scientist@lbl.example");
    assert_eq!(person["email"], "scientist@lbl.example");
    assert_eq!(
        auth.userinfo(&tokens["access_token"]).await.0,
        401,
        "not a token for Auth"
    );

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let (status, renewed) = auth.native("v2/oauth2/token", &renew).await;
    assert_eq!((status, &renewed["scope"]), (200, &json!(TRANSFER_ALL)));
    assert_ne!(renewed["access_token"], tokens["access_token"]);
    assert_eq!(
        auth.own("v2/oauth2/token", &renew).await.0,
        400,
        "it is the native client's"
    );
    auth.native("v2/oauth2/token/revoke", &[("token", refresh)]).await;
    assert_eq!(
        auth.native("v2/oauth2/token", &renew).await.1,
        json!({"error": "invalid_grant"})
    );
}

#[tokio::test]
async fn a_client_looks_at_its_own_tokens() {
    let auth = Auth::new();
    let env = auth.sim.env();
    let form = [("grant_type", "client_credentials"), ("scope", "openid profile")];
    let (_, tokens) = login(&auth.sim, &env["GLOBUS_CLIENT_SECRET"], &form).await;
    let token = tokens["access_token"].as_str().unwrap();
    let about = [("token", token)];
    let (_, told) = auth.own("v2/oauth2/token/introspect", &about).await;
    assert_eq!(
        (&told["active"], &told["scope"], told["client_id"].as_str()),
        (
            &json!(true),
            &json!("openid profile"),
            Some(env["GLOBUS_CLIENT_ID"].as_str())
        )
    );
    let (_, other) = auth.native("v2/oauth2/token/introspect", &about).await;
    assert_eq!(other, json!({"active": false}));
    let (_, person) = auth.userinfo(&tokens["access_token"]).await;
    let username = format!("{}@clients.auth.globus.org", env["GLOBUS_CLIENT_ID"]);
    assert_eq!(person["preferred_username"], username);
    auth.own("v2/oauth2/token/revoke", &about).await;
    let (_, told) = auth.own("v2/oauth2/token/introspect", &about).await;
    assert_eq!(told, json!({"active": false}));
    assert_eq!(auth.userinfo(&tokens["access_token"]).await.0, 401);
}

#[tokio::test]
async fn dependent_tokens_are_a_list_in_the_caller_s_name() {
    let auth = Auth::new();
    let code = auth.code("openid").await;
    let (_, tokens) = auth.exchange(&code, VERIFIER).await;
    let token = tokens["access_token"].as_str().unwrap();
    let grant = ("grant_type", "urn:globus:auth:grant_type:dependent_token");
    let form = [grant, ("token", token), ("access_type", "offline")];
    let (status, list) = auth.own("v2/oauth2/token", &form).await;
    assert_eq!((status, list.as_array().unwrap().len()), (200, 1));
    assert!(list[0]["refresh_token"].is_string());
    let about = [("token", list[0]["access_token"].as_str().unwrap())];
    let (_, told) = auth.own("v2/oauth2/token/introspect", &about).await;
    assert_eq!(told["username"], "scientist@lbl.example");
    let (status, _) = auth.own("v2/oauth2/token", &[grant, ("token", "nobody's")]).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let auth = Auth::new();
    let native = [("grant_type", "client_credentials"), ("scope", TRANSFER_ALL)];
    assert_eq!(
        auth.native("v2/oauth2/token", &native).await.1["error"],
        "unauthorized_client"
    );
    for (grant, error) in [("password", "unsupported_grant_type"), ("", "invalid_request")] {
        let (status, refusal) = auth.own("v2/oauth2/token", &[("grant_type", grant)]).await;
        assert_eq!((status, &refusal["error"]), (400, &json!(error)));
    }
    let stranger = auth.post("v2/oauth2/token/introspect", &[("token", "t")]);
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    for query in [
        "",
        "client_id=nobody&response_type=code",
        "response_type=code&client_id=b61613f8-0da8-4be7-81aa-1c89f2c0fe9f&redirect_uri=http://x/&scope=openid",
    ] {
        let url = format!("{}?{query}", auth.url("v2/oauth2/authorize"));
        assert_eq!(auth.http.get(url).send().await.unwrap().status(), 400, "{query}");
    }
}
