//! The plain-http rule.

use rest_core::{ErrorKind, RequestParts, RestClient, Vars};

use crate::setup::{builder, get, once, static_token};

fn with_token(url: &str) -> rest_core::Result<RestClient> {
    builder(url).tokens(static_token("hush-hush")).build()
}

#[test]
fn secrets_go_over_https_and_to_loopback() {
    for url in [
        "https://prefect.example.org",
        "http://localhost:4200/api",
        "http://api.localhost",
        "http://127.0.0.1:4200",
        "http://127.8.8.8",
        "http://[::1]:80",
        "http://[::ffff:127.0.0.1]",
    ] {
        with_token(url).unwrap();
    }
}

#[test]
fn secrets_do_not_go_over_plain_http_and_the_error_names_the_remedy() {
    for url in [
        "http://prefect:4200/api",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://10.0.0.1",
        "http://notlocalhost",
    ] {
        let error = with_token(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    let error = with_token("http://prefect:4200/api").unwrap_err();
    assert!(error.to_string().contains("ALLOW_HTTP_HOSTS=prefect"), "{error}");
}

#[test]
fn hosts_can_be_allowed_with_and_without_port() {
    let allowed = |url: &str, hosts: &str| {
        let lookup = |name: &str| (name == "ALLOW_HTTP_HOSTS").then(|| hosts.to_owned());
        let hosts = Vars::new(&lookup).http_hosts();
        builder(url)
            .tokens(static_token("hush-hush"))
            .insecure_http_hosts(hosts)
            .build()
            .is_ok()
    };
    assert!(allowed("http://PREFECT:4200/api", "prefect,other"));
    assert!(allowed("http://prefect:4200/api", "prefect:4200"));
    assert!(!allowed("http://prefect:4201/api", "prefect:4200"));
    assert!(!allowed("http://prefect.example.org", "prefect"));
    assert!(!allowed("http://prefect", ""));
}

#[tokio::test]
async fn logins_and_secret_headers_count_as_secrets() {
    let client = once("http://prefect.invalid");
    let login = RequestParts::new("shop.login", http::Method::POST, "/login")
        .form(vec![("password".to_owned(), "hush-hush".to_owned())])
        .sensitive()
        .anonymous();
    for parts in [login, get().header("authorization", "Basic aHVzaA==")] {
        let error = client.empty(parts).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
    }
    let error = builder("http://prefect.invalid")
        .default_header("x-api-key", "hush-hush")
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn base_urls_that_cannot_be() {
    for url in [
        "",
        "prefect:4200",
        "ftp://x",
        "https://u:hush@x",
        "https://x/?a=hush",
        "https://x/#a",
        "https://",
    ] {
        let error = builder(url).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    let error = builder("https://x")
        .default_header("x-a", "two\nlines")
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
