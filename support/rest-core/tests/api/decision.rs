//! The retry rule over all statuses and methods.

use std::fmt::Write as _;

use http::Method;
use rest_core::{Outcome, RequestParts, Verdict, decide};

const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PUT,
    Method::DELETE,
    Method::POST,
    Method::PATCH,
];

/// `100-299 400 …` for the statuses with this verdict.
fn statuses(wanted: Verdict, transient: Option<bool>, idempotent: bool) -> String {
    let matching: Vec<u16> = (100..600)
        .filter(|&status| decide(Outcome::Status { status, transient }, idempotent) == wanted)
        .collect();
    let ranges = matching.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    ranges.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_status_and_method() {
    let mut table = String::new();
    for method in METHODS {
        let idempotent = RequestParts::new("shop.any", method.clone(), "/").is_idempotent();
        writeln!(table, "{method} (idempotent: {idempotent})").unwrap();
        for outcome in [Outcome::Connect, Outcome::Timeout, Outcome::Io, Outcome::Fatal] {
            writeln!(table, "  {outcome:?}: {:?}", decide(outcome, idempotent)).unwrap();
        }
        for transient in [None, Some(true), Some(false)] {
            writeln!(table, "  status, service says transient: {transient:?}").unwrap();
            for verdict in [Verdict::Return, Verdict::Retry, Verdict::RenewToken] {
                writeln!(
                    table,
                    "    {verdict:?}: {}",
                    statuses(verdict, transient, idempotent)
                )
                .unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_may_have_been_acted_on_is_never_blindly_resent() {
    for outcome in [Outcome::Timeout, Outcome::Io] {
        assert_eq!(decide(outcome, false), Verdict::Return);
    }
    for status in 500..600 {
        let verdict = decide(
            Outcome::Status {
                status,
                transient: None,
            },
            false,
        );
        assert_eq!(verdict, Verdict::Return, "{status}");
    }
}
