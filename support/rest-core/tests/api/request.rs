//! Request parts: URLs, bodies, and how they are shown.

use http::Method;
use proptest::prelude::*;
use rest_core::{ErrorKind, RequestParts, Url, redact_body, redacted_url};
use serde_json::json;

fn url(base: &str, parts: &RequestParts) -> String {
    parts.url(&Url::parse(base).unwrap()).unwrap().to_string()
}

fn item(id: &str) -> RequestParts {
    RequestParts::new("shop.get_item", Method::GET, "/v1/items/{item_id}/parts").path_param("item_id", id)
}

#[test]
fn parts_are_snapshots_with_secrets_masked() {
    let parts = RequestParts::new("shop.login", Method::POST, "/v1/login/{realm}")
        .path_param("realm", "a/b c")
        .query("tag", "x")
        .query("tag", "y")
        .query_opt("limit", Some("10"))
        .query_opt("offset", None::<String>)
        .query("access_token", "hush-hush")
        .header("x-api-key", "hush-hush")
        .header("x-version", "3")
        .json(&json!({"user": "ida", "password": "hush-hush", "nested": [{"clientSecret": "hush-hush"}]}))
        .unwrap()
        .sensitive()
        .anonymous()
        .timeout(std::time::Duration::from_millis(1500))
        .max_response_bytes(1000)
        .no_retry();
    insta::assert_json_snapshot!(parts);
    let form = RequestParts::new("shop.login", Method::POST, "/login").form(vec![
        ("grant_type".to_owned(), "x".to_owned()),
        ("code".to_owned(), "hush-hush".to_owned()),
    ]);
    insta::assert_json_snapshot!(form);
    let debug = format!("{parts:?}\n{form:?}");
    assert!(!debug.contains("hush"), "{debug}");
    insta::assert_snapshot!(debug);
}

#[test]
fn urls_stand_below_the_base() {
    assert_eq!(
        url("https://x/api/", &item("7")),
        "https://x/api/v1/items/7/parts"
    );
    assert_eq!(url("https://x/api", &item("7")), "https://x/api/v1/items/7/parts");
    assert_eq!(
        url("https://x", &item("7").query("a b", "c&d")),
        "https://x/v1/items/7/parts?a+b=c%26d"
    );
    let whole = RequestParts::new("shop.token", Method::POST, "");
    assert_eq!(url("https://x/v2/token", &whole), "https://x/v2/token");
}

#[test]
fn values_that_no_segment_can_carry_are_refused() {
    for id in ["", ".", ".."] {
        let error = item(id).path().unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Config, Some("shop.get_item"))
        );
    }
    let missing = RequestParts::new("shop.get_item", Method::GET, "/items/{item_id}");
    assert!(missing.path().unwrap_err().to_string().contains("`item_id`"));
}

#[test]
fn json_bytes_are_sent_verbatim() {
    let parts = item("7").json_bytes(&b"{ \"b\":1,\"a\":2 }"[..]);
    assert_eq!(&parts.body_bytes()[..], b"{ \"b\":1,\"a\":2 }");
}

#[test]
fn text_is_sent_verbatim_under_its_type_and_shown_with_secrets_masked() {
    let parts = item("7").text("text/plain", "a 1\npassword=hush-hush\n");
    assert_eq!(&parts.body_bytes()[..], b"a 1\npassword=hush-hush\n");
    let shown = serde_json::to_value(&parts).unwrap();
    assert_eq!(shown["body"], json!({"text": "a 1\npassword=[redacted]\n"}));
    assert!(format!("{parts:?}").contains("body: text, 23 bytes"), "{parts:?}");
}

proptest! {
    #[test]
    fn any_id_is_exactly_one_segment(id in "\\PC{1,20}|[/.%?#\\\\ ]{1,4}") {
        prop_assume!(id != "." && id != "..");
        let url = item(&id).url(&Url::parse("https://x/api").unwrap()).unwrap();
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 5, "{}", url);
        let item_segment = segments[3];
        let plain: Vec<u8> = unescape(item_segment);
        prop_assert_eq!(String::from_utf8(plain).unwrap(), id);
        prop_assert!(url.query().is_none() && url.fragment().is_none());
    }

    #[test]
    fn redacting_never_panics_and_stays_short(body in proptest::collection::vec(any::<u8>(), 0..5000)) {
        prop_assert!(redact_body(&body).len() <= 2048 + '…'.len_utf8());
    }

    #[test]
    fn redacting_text_never_panics(text in "(token|password|Bearer|[:= \"'\\\\&]|\\PC){0,40}") {
        let _ = redact_body(text.as_bytes());
    }

    #[test]
    fn a_secret_field_is_masked_wherever_it_stands(
        secret in "[A-Za-z0-9+/_.-]{8,40}",
        form in prop::sample::select(vec![
            "{\"a\":[{\"access_token\":\"@\"}]}", "{\"password\": \"@\", \"cut", "<p>password=@&x=1</p>",
            "client_secret: @\nnext", "Authorization: Bearer @ x", "refused: bearer @", "{\\\"token\\\":\\\"@\\\"}",
            "token='@'", "{\"detail\":[{\"loc\":[\"body\",\"pass\"],\"input\":\"@\"}]}", "api-key = @",
        ]),
    ) {
        let shown = redact_body(form.replace('@', &secret).as_bytes());
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }
}

fn unescape(segment: &str) -> Vec<u8> {
    let mut bytes = segment.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex: Vec<u8> = bytes.by_ref().take(2).collect();
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    out
}

#[test]
fn redacted_urls_and_bodies() {
    let shown = |url: &str| redacted_url(&Url::parse(url).unwrap());
    assert_eq!(shown("https://ida:hush@x/a?b=1"), "https://redacted@x/a?b=1");
    assert_eq!(
        shown("https://x/?code=hush&state=s&access_token=hush"),
        "https://x/?code=redacted&state=s&access_token=redacted"
    );
    let kept = r#"{"code":"ConflictError","message":"basic facts about tokens"}"#;
    assert_eq!(redact_body(kept.as_bytes()), kept);
    assert_eq!(
        redact_body(b"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln end"),
        "jwt [redacted] end"
    );
}

#[test]
fn an_input_that_is_sent_is_shown_and_one_that_is_repeated_is_not() {
    let parts = item("7").json(&json!({"input": "plain"})).unwrap();
    assert_eq!(
        serde_json::to_value(parts).unwrap()["body"]["json"]["input"],
        "plain"
    );
    let shown = redact_body(br#"{"detail":[{"loc":["body"],"msg":"no","input":{"pin":"hush"}}]}"#);
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn the_slashes_of_a_tail_stay_and_nothing_else_does() {
    let of = |path: &str| {
        RequestParts::new("shop.file", Method::GET, "/files/{shelf}/{path}")
            .path_param("shelf", "a/b")
            .path_tail("path", path)
            .path()
    };
    assert_eq!(of("/x y//ü?#%").unwrap(), "/files/a%2Fb//x%20y//%C3%BC%3F%23%25");
    for path in ["", ".", "/a/../b", "a/."] {
        assert!(of(path).is_err(), "{path:?}");
    }
}

#[test]
fn bytes_go_as_they_are_and_are_not_shown() {
    let parts = RequestParts::new("shop.put", Method::PUT, "/file").bytes("x/y; boundary=z", &b"hush\0"[..]);
    assert_eq!(parts.body_bytes().as_ref(), b"hush\0");
    let shown = format!("{parts:?} {}", serde_json::to_string(&parts).unwrap());
    assert!(
        shown.contains("x/y; boundary=z") && !shown.contains("hush"),
        "{shown}"
    );
}
