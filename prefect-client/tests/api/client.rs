//! How a client is made.

use prefect_client::Client;
use rest_core::ErrorKind;
use serde_json::json;
use wiremock::matchers::{header, headers, method, path};
use wiremock::{Mock, MockServer};

use crate::support::reply;

fn from(vars: &[(&str, &str)]) -> prefect_client::Result<Client> {
    Client::from_vars(|name| {
        vars.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_url_is_required_and_names_the_api() {
    let error = from(&[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("PREFECT_API_URL is not set"),
        "{error}"
    );
    for good in [
        "http://127.0.0.1:4200/api",
        "http://127.0.0.1:4200/api/",
        "https://example.org/prefect/api",
        "https://api.prefect.cloud/api/accounts/a/workspaces/w",
    ] {
        from(&[("PREFECT_API_URL", good)]).unwrap();
    }
    for bad in [
        "http://127.0.0.1:4200",
        "https://api/",
        "http://127.0.0.1:4200/apix",
        "127.0.0.1/api",
    ] {
        let error = from(&[("PREFECT_API_URL", bad)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
    }
}

#[test]
fn plain_http_beyond_this_machine_needs_leave_for_a_secret() {
    let url = ("PREFECT_API_URL", "http://prefect_server:4200/api");
    // Nothing secret, nothing to guard.
    from(&[url]).unwrap();
    for secret in [
        ("PREFECT_API_KEY", "pnu_x"),
        ("PREFECT_API_AUTH_STRING", "admin:pass"),
    ] {
        let error = from(&[url, secret]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error.to_string().contains("ALLOW_HTTP_HOSTS=prefect_server"),
            "{error}"
        );
        from(&[url, secret, ("ALLOW_HTTP_HOSTS", "prefect,prefect_server")]).unwrap();
    }
}

#[test]
fn an_auth_string_without_a_colon_is_refused_unseen() {
    let vars = [
        ("PREFECT_API_URL", "http://127.0.0.1:4200/api"),
        ("PREFECT_API_AUTH_STRING", "s3cret"),
    ];
    let error = from(&vars).unwrap_err();
    assert!(error.to_string().contains("PREFECT_API_AUTH_STRING"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn each_kind_of_credential_goes_as_its_header() {
    let server = MockServer::start().await;
    for value in ["Bearer pnu_x", "Basic YWRtaW46czNjcmV0"] {
        Mock::given(method("GET"))
            .and(path("/api/admin/version"))
            .and(header("authorization", value))
            .and(headers("x-prefect-api-version", vec!["0.8.4"]))
            .respond_with(reply(200, &json!("3.8.8")))
            .expect(1)
            .mount(&server)
            .await;
    }
    let url = format!("{}/api/", server.uri());
    let both = [
        ("PREFECT_API_URL", url.as_str()),
        ("PREFECT_API_AUTH_STRING", "admin:s3cret"),
        ("PREFECT_API_KEY", "pnu_x"),
    ];
    from(&both).unwrap().version().send().await.unwrap();
    from(&both[..2]).unwrap().version().send().await.unwrap();
}

#[test]
fn a_client_is_shared_freely() {
    fn check<T: Clone + Send + Sync + std::fmt::Debug>() {}
    check::<Client>();
}
