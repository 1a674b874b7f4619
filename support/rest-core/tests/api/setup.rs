//! Clients, clocks and requests that the tests share.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone as _, Utc};
use http::Method;
use rest_core::{ManualClock, RequestParts, RestClient, RestClientBuilder, RetryPolicy, StaticToken, Token};

/// The moment at which manual clocks stand.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// A clock that sleeps in no time.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(noon()))
}

/// A client without token that waits in no time.
pub(crate) fn builder(base_url: &str) -> RestClientBuilder {
    RestClient::builder("shop", base_url)
        .clock(clock())
        .timeout(Duration::from_secs(5))
}

/// The same, built.
pub(crate) fn client(base_url: &str) -> RestClient {
    builder(base_url).build().unwrap()
}

/// A token that is always the same.
pub(crate) fn static_token(secret: &str) -> Arc<StaticToken> {
    Arc::new(StaticToken(Token::bearer(secret)))
}

/// One attempt, no retry.
pub(crate) fn once(base_url: &str) -> RestClient {
    builder(base_url).retry(RetryPolicy::none()).build().unwrap()
}

pub(crate) fn get() -> RequestParts {
    RequestParts::new("shop.get_item", Method::GET, "/item")
}

pub(crate) fn post() -> RequestParts {
    RequestParts::new("shop.create_item", Method::POST, "/item").json_bytes(&b"{\"name\":\"bolt\"}"[..])
}
