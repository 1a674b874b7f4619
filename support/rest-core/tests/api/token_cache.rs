//! The token cache: one fetch for all, early renewal, failures that pass.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use rest_core::{
    CachedToken, Clock, Error, ErrorKind, ExposeSecret as _, FetchToken, ManualClock, Result, Token,
    TokenProvider,
};

use crate::setup::{clock, noon};

/// Gives the results in order; the last one for ever.
#[derive(Debug, Clone)]
struct Login {
    clock: Arc<ManualClock>,
    results: Arc<Mutex<VecDeque<Result<TimeDelta>>>>,
    fetches: Arc<Mutex<u32>>,
}

impl Login {
    fn new(clock: &Arc<ManualClock>, results: impl IntoIterator<Item = Result<TimeDelta>>) -> Self {
        Self {
            clock: Arc::clone(clock),
            results: Arc::new(Mutex::new(results.into_iter().collect())),
            fetches: Arc::default(),
        }
    }

    fn fetches(&self) -> u32 {
        *self.fetches.lock().unwrap()
    }
}

#[async_trait]
impl FetchToken for Login {
    async fn fetch(&self) -> Result<Token> {
        let number = {
            let mut fetches = self.fetches.lock().unwrap();
            *fetches += 1;
            *fetches
        };
        // All who want a token meanwhile get to ask for it.
        tokio::time::sleep(Duration::from_millis(10)).await;
        let result = {
            let mut results = self.results.lock().unwrap();
            if results.len() > 1 {
                results.pop_front().unwrap()
            } else {
                results[0].clone()
            }
        };
        result.map(|life| Token::bearer(format!("token-{number}")).expires_at(self.clock.now() + life))
    }
}

fn cache(login: &Login) -> CachedToken<Login> {
    CachedToken::new(login.clone()).clock(login.clock.clone())
}

async fn text(tokens: &CachedToken<Login>) -> Result<String> {
    tokens
        .token()
        .await
        .map(|token| token.secret().expose_secret().to_owned())
}

const HOUR: TimeDelta = TimeDelta::hours(1);

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_make_one_fetch() {
    let login = Login::new(&clock(), [Ok(HOUR)]);
    let tokens = cache(&login);
    let all = futures_util::future::join_all((0..100).map(|_| text(&tokens))).await;
    assert!(all.iter().all(|token| token.as_ref().unwrap() == "token-1"));
    assert_eq!(login.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_share_one_failure_and_the_next_tries_again() {
    let login = Login::new(&clock(), [Err(Error::auth("wrong password")), Ok(HOUR)]);
    let tokens = cache(&login);
    let all = futures_util::future::join_all((0..100).map(|_| text(&tokens))).await;
    assert!(
        all.iter()
            .all(|token| token.as_ref().unwrap_err().kind() == ErrorKind::Auth)
    );
    assert_eq!(login.fetches(), 1);
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_the_fetch_to_the_next() {
    let login = Login::new(&clock(), [Ok(HOUR)]);
    let tokens = cache(&login);
    tokio::time::timeout(Duration::from_millis(1), text(&tokens))
        .await
        .unwrap_err();
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_a_minute_early() {
    let clock = clock();
    let login = Login::new(&clock, [Ok(HOUR)]);
    let tokens = cache(&login);
    text(&tokens).await.unwrap();
    clock.advance(Duration::from_secs(3539));
    assert_eq!(text(&tokens).await.unwrap(), "token-1");
    clock.advance(Duration::from_secs(1));
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_short_token_is_renewed_after_nine_tenths_of_its_life_and_jitter_makes_it_earlier() {
    let clock = clock();
    let login = Login::new(&clock, [Ok(TimeDelta::seconds(100))]);
    let tokens = cache(&login);
    text(&tokens).await.unwrap();
    clock.advance(Duration::from_secs(89));
    assert_eq!(text(&tokens).await.unwrap(), "token-1");
    clock.advance(Duration::from_secs(1));
    clock.set_jitter(0.999_999);
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
    clock.advance(Duration::from_secs(84));
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
    clock.advance(Duration::from_secs(2));
    assert_eq!(text(&tokens).await.unwrap(), "token-3");
}

#[tokio::test(start_paused = true)]
async fn while_one_renews_the_others_use_the_old_token() {
    let clock = clock();
    let login = Login::new(&clock, [Ok(HOUR)]);
    let tokens = cache(&login);
    text(&tokens).await.unwrap();
    clock.advance(Duration::from_secs(3550));
    let all = futures_util::future::join_all((0..10).map(|_| text(&tokens))).await;
    let old = all
        .iter()
        .filter(|token| token.as_ref().unwrap() == "token-1")
        .count();
    assert_eq!((old, login.fetches()), (9, 2));
}

#[tokio::test(start_paused = true)]
async fn a_valid_token_survives_failed_renewals_which_are_not_repeated_at_once() {
    let clock = clock();
    let failure = || Err(Error::auth("login is down"));
    let login = Login::new(&clock, [Ok(HOUR), failure(), failure(), failure(), Ok(HOUR)]);
    let tokens = cache(&login);
    text(&tokens).await.unwrap();
    clock.advance(Duration::from_secs(3550));
    for _ in 0..20 {
        assert_eq!(text(&tokens).await.unwrap(), "token-1");
    }
    assert_eq!(login.fetches(), 2, "quiet for five seconds");
    clock.advance(Duration::from_secs(5));
    assert_eq!(text(&tokens).await.unwrap(), "token-1");
    assert_eq!(login.fetches(), 3);
    clock.advance(Duration::from_secs(45));
    assert_eq!(
        text(&tokens).await.unwrap_err().kind(),
        ErrorKind::Auth,
        "expired by now"
    );
    assert_eq!(text(&tokens).await.unwrap(), "token-5", "no failure is kept");
}

#[tokio::test(start_paused = true)]
async fn only_the_refused_token_is_dropped() {
    let login = Login::new(&clock(), [Ok(HOUR)]);
    let tokens = cache(&login);
    let first = tokens.token().await.unwrap();
    tokens.invalidate(&first);
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
    tokens.invalidate(&first);
    assert_eq!(
        text(&tokens).await.unwrap(),
        "token-2",
        "a late refusal of the old token"
    );
    assert_eq!(login.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_born_expired_serves_its_caller_only() {
    let login = Login::new(&clock(), [Ok(TimeDelta::seconds(-5))]);
    let tokens = cache(&login);
    assert_eq!(text(&tokens).await.unwrap(), "token-1");
    assert_eq!(text(&tokens).await.unwrap(), "token-2");
}

#[test]
fn tokens_are_not_shown() {
    let token = Token::bearer("hush-hush").expires_at(noon());
    assert_eq!(token.expiry(), Some(noon()));
    assert!(!format!("{token:?}").contains("hush"));
    let basic = Token::basic("ida", &"hush-hush".into());
    assert_eq!(basic.secret().expose_secret(), "aWRhOmh1c2gtaHVzaA==");
    assert!(!format!("{basic:?}").contains("aWRh"));
    assert!(!basic.same_as(&token) && token.same_as(&Token::bearer("hush-hush")));
}
