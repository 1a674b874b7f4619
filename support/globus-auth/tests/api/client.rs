//! Setting up a client.

use globus_auth::{ApiClient, Client, ErrorKind, NativeClient};

fn vars<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    }
}

#[test]
fn missing_variables_are_named() {
    let error = Client::from_vars(vars(&[("GLOBUS_CLIENT_SECRET", "s")])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("GLOBUS_CLIENT_ID"), "{error}");
    let error =
        Client::from_vars(vars(&[("GLOBUS_CLIENT_ID", "id"), ("GLOBUS_CLIENT_SECRET", "")])).unwrap_err();
    assert!(error.to_string().contains("GLOBUS_CLIENT_SECRET"), "{error}");
}

#[test]
fn the_secret_is_not_sent_over_plain_http_unless_allowed() {
    let mut pairs = vec![
        ("GLOBUS_CLIENT_ID", "id"),
        ("GLOBUS_CLIENT_SECRET", "s"),
        ("GLOBUS_SDK_SERVICE_URL_AUTH", "http://auth.internal/"),
    ];
    let error = Client::from_vars(vars(&pairs)).unwrap_err();
    assert!(
        error.to_string().contains("ALLOW_HTTP_HOSTS=auth.internal"),
        "{error}"
    );
    pairs.push(("ALLOW_HTTP_HOSTS", "auth.internal"));
    Client::from_vars(vars(&pairs)).unwrap();
}

#[test]
fn loopback_and_the_default_need_no_permission() {
    let mut pairs = vec![("GLOBUS_CLIENT_ID", "id"), ("GLOBUS_CLIENT_SECRET", "s")];
    Client::from_vars(vars(&pairs)).unwrap();
    pairs.push(("GLOBUS_SDK_SERVICE_URL_AUTH", "http://127.0.0.1:8080"));
    Client::from_vars(vars(&pairs)).unwrap();
}

#[test]
fn a_client_needs_an_id_and_a_url() {
    assert_eq!(Client::new("", "s").unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(
        Client::builder("id", "s")
            .base_url("nonsense")
            .build()
            .unwrap_err()
            .kind(),
        ErrorKind::Config
    );
}

#[test]
fn the_environment_says_where_the_service_is() {
    let mut pairs = vec![
        ("GLOBUS_CLIENT_ID", "id"),
        ("GLOBUS_CLIENT_SECRET", "s"),
        ("GLOBUS_SDK_ENVIRONMENT", "preview"),
    ];
    let preview = "https://auth.preview.globus.org/";
    let client = Client::from_vars(vars(&pairs)).unwrap();
    assert_eq!(client.rest().base_url().as_str(), preview);
    let native = NativeClient::builder("n")
        .vars(vars(&pairs))
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(native.rest().base_url().as_str(), preview);
    let api = ApiClient::builder().vars(vars(&pairs)).unwrap().build().unwrap();
    assert_eq!(api.rest().base_url().as_str(), preview);

    pairs[2].1 = "prod";
    let error = Client::from_vars(vars(&pairs)).unwrap_err();
    assert!(error.to_string().contains("GLOBUS_SDK_ENVIRONMENT"), "{error}");
    pairs.push(("GLOBUS_SDK_SERVICE_URL_AUTH", "https://auth.example/"));
    let client = Client::from_vars(vars(&pairs)).unwrap();
    assert_eq!(client.rest().base_url().as_str(), "https://auth.example/");
}
