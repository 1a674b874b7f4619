//! Anything that a caller can pass and a server can answer: no panic, no leak, nothing out of proportion.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use proptest::prelude::*;
use rest_core::{RequestParts, RestClient, Url, parse_retry_after, redact_body, redacted_url};
use serde_json::{Value, json};
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::setup::{builder, noon, static_token};

const SECRET: &str = "hushHUSH-0123456789";

/// Text with all that URLs, headers and JSON give a meaning to.
fn text() -> impl Strategy<Value = String> {
    "([/.%?#&=+:@;\\\\\"' \r\n\0\u{7f}é]|[a-z0-9]|\\PC){0,12}"
}

/// Any JSON value, small.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            4 => text(),
            1 => prop::sample::select(vec!["message", "detail", "error", "code", "input", "errors", "request_id"])
                .prop_map(str::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts the secret, under a secret's name, into the first list or object on the way that `turns` takes.
fn plant(value: &mut Value, key: &str, turns: &[prop::sample::Index]) {
    if let Some((turn, rest)) = turns.split_first() {
        let inner = match value {
            Value::Array(items) if !items.is_empty() => {
                let at = turn.index(items.len());
                Some(&mut items[at])
            }
            Value::Object(map) if !map.is_empty() => {
                let at = turn.index(map.len());
                map.values_mut().nth(at)
            }
            _ => None,
        };
        if let Some(inner) = inner {
            return plant(inner, key, rest);
        }
    }
    *value = json!({ key: SECRET, "kept": true });
}

fn secret_key() -> impl Strategy<Value = String> {
    let names = vec![
        "token",
        "access_token",
        "refreshToken",
        "client-secret",
        "PASSWORD",
        "Authorization",
        "api_key",
        "id_token",
        "client_assertion",
        "userPasswd",
    ];
    prop::sample::select(names).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn paths_and_queries_come_back_whatever_they_hold(
        one in text(),
        other in text(),
        query in prop::collection::vec((text(), text()), 0..4),
    ) {
        let parts = RequestParts::new("shop.part", Method::GET, "/v1/{one}-x/{other}")
            .path_param("one", &one)
            .path_param("other", &other);
        let parts = query.iter().fold(parts, |parts, (key, value)| parts.query(key, value));
        let base = Url::parse("https://shop.example.org:8443/api/").unwrap();
        let refused = [&one, &other].into_iter().any(|value| matches!(value.as_str(), "" | "." | ".."));
        let Ok(url) = parts.url(&base) else {
            prop_assert!(refused);
            return Ok(());
        };
        prop_assert!(!refused);
        prop_assert_eq!(url.origin(), base.origin());
        prop_assert!(url.fragment().is_none() && url.username().is_empty());
        let segments: Vec<String> = url.path_segments().unwrap().map(decoded).collect();
        prop_assert_eq!(segments, ["api".to_owned(), "v1".to_owned(), format!("{one}-x"), other]);
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, query);
        // What is shown of it is whole, too.
        let shown = format!("{parts:?}");
        prop_assert!(serde_json::to_string(&parts).is_ok() && shown.contains("shop.part"));
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands_in_a_document(
        mut document in document(),
        key in secret_key(),
        turns in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        plant(&mut document, &key, &turns);
        let compact = document.to_string();
        let pretty = serde_json::to_string_pretty(&document).unwrap();
        for body in [&compact, &pretty] {
            let shown = redact_body(body.as_bytes());
            prop_assert!(!shown.contains(SECRET), "{}", shown);
        }
        // A body that is cut is no JSON any more.
        let end = compact.find(SECRET).unwrap() + SECRET.len();
        let shown = redact_body(&compact.as_bytes()[..end]);
        prop_assert!(!shown.contains(SECRET), "{}", shown);
    }

    #[test]
    fn a_url_keeps_all_but_its_secrets(
        pairs in prop::collection::vec((text(), text()), 0..4),
        key in secret_key(),
        at in any::<prop::sample::Index>(),
        password in any::<bool>(),
    ) {
        let mut url = Url::parse("https://shop.example.org/a").unwrap();
        if password {
            url.set_username("ida").unwrap();
            url.set_password(Some(SECRET)).unwrap();
        }
        let mut all = pairs.clone();
        all.insert(at.index(pairs.len() + 1), (key, SECRET.to_owned()));
        url.query_pairs_mut().extend_pairs(&all);
        let shown = redacted_url(&url);
        prop_assert!(!shown.contains(SECRET), "{}", shown);
        let again = Url::parse(&shown).unwrap();
        prop_assert_eq!(redacted_url(&again), shown);
        prop_assert_eq!(again.query_pairs().count(), all.len());
    }

    #[test]
    fn retry_after_that_is_nearly_right_is_a_wait_or_nothing(
        value in prop_oneof![
            "[ +-]?[0-9]{0,30}([.,][0-9]{0,9})?([eE][+-]?[0-9]{0,4})?[ s]?",
            "(Mon|Tue|Sun|xyz), [0-9]{1,2} (Jan|Feb|Dec|Foo) [0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|UTC|)",
            "(nan|inf|-inf|NaN|infinity|1e400|-0|0x10|١٢)",
        ],
    ) {
        let _ = parse_retry_after(&value, noon());
    }

    #[test]
    fn a_date_is_the_time_until_then(seconds in 0_u64..4_000_000_000) {
        let at = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        let wait = at.duration_since(noon().into()).unwrap_or_default();
        prop_assert_eq!(parse_retry_after(&httpdate::fmt_http_date(at), noon()), Some(wait));
    }
}

fn decoded(segment: &str) -> String {
    // A path has no form encoding: a plus is a plus.
    let form = format!("v={}", segment.replace('+', "%2B"));
    let url = Url::parse(&format!("https://x/?{form}")).unwrap();
    let (_, value) = url.query_pairs().next().unwrap();
    value.into_owned()
}

/// What a server answers in one case.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![
        3 => prop::sample::select(vec![200_u16, 201, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503]),
        1 => 200_u16..=599,
    ];
    let names = vec![
        "retry-after",
        "location",
        "x-request-id",
        "content-type",
        "www-authenticate",
        "content-encoding",
    ];
    // What a header can carry: visible characters and what is beyond ASCII.
    let value = prop_oneof![
        Just(format!("https://ida:{SECRET}@x/?token={SECRET}")),
        "[0-9]{1,25}",
        "[\\x21-\\x7e\u{a1}-\u{ff}]([\\x20-\\x7e\u{a1}-\u{ff}]{0,20}[\\x21-\\x7e])?",
    ];
    let body = prop_oneof![
        document().prop_map(|value| value.to_string().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        Just(format!("<html>refused: Bearer {SECRET}</html>").into_bytes()),
        Just(
            json!({ "message": format!("bad token {SECRET}"), "detail": [{ "input": SECRET }] })
                .to_string()
                .into_bytes()
        ),
        Just("[".repeat(100_000).into_bytes()),
        Just(format!("{{\"message\":\"{}\"}}", "x".repeat(80_000)).into_bytes()),
    ];
    let headers = prop::collection::vec((prop::sample::select(names), value), 0..4);
    (status, headers, body).prop_map(|(status, headers, body)| Answer {
        status,
        headers,
        body,
    })
}

/// A server whose answer is changed from case to case, and a client of it that waits in no time.
struct Bench {
    runtime: tokio::runtime::Runtime,
    answer: Arc<Mutex<Answer>>,
    client: RestClient,
    _server: MockServer,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let answer = Arc::new(Mutex::new(Answer {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        }));
        let shown = Arc::clone(&answer);
        let (server, client) = runtime.block_on(async {
            let server = MockServer::builder().disable_request_recording().start().await;
            let respond = move |_: &Request| {
                let answer = shown.lock().unwrap().clone();
                let template = ResponseTemplate::new(answer.status).set_body_bytes(answer.body);
                answer
                    .headers
                    .into_iter()
                    .fold(template, |template, (name, value)| {
                        template.append_header(name, value)
                    })
            };
            Mock::given(anything()).respond_with(respond).mount(&server).await;
            let client = builder(&server.uri())
                .tokens(static_token(SECRET))
                .max_response_bytes(50_000);
            (server, client.build().unwrap())
        });
        Self {
            runtime,
            answer,
            client,
            _server: server,
        }
    }
}

#[test]
fn no_answer_breaks_a_client_or_makes_it_talk() {
    let bench = Bench::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&(answer(), any::<bool>()), |(answer, post)| {
        *bench.answer.lock().unwrap() = answer;
        let method = if post { Method::POST } else { Method::GET };
        let parts = RequestParts::new("shop.get_item", method, "/item");
        let Err(error) = bench.runtime.block_on(bench.client.json::<Value>(parts)) else {
            return Ok(());
        };
        let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let told = format!(
            "{error} {error:?} {:?} {}",
            error.body(),
            causes.map(ToString::to_string).collect::<String>()
        );
        prop_assert!(!told.contains(SECRET), "{}", told);
        prop_assert!(
            error.to_string().len() < 4_000 && !error.to_string().contains('\n'),
            "{}",
            error
        );
        prop_assert!(error.body().unwrap_or_default().len() <= 2_100);
        Ok(())
    });
    outcome.unwrap();
}
