//! Masking what is secret in URLs, bodies and messages.

use serde_json::Value;
use url::Url;

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "[redacted]";
/// How much of a body an error keeps, in bytes.
const KEPT: usize = 2048;
/// How much of a body is looked at, in bytes.
const LOOKED_AT: usize = 64 * 1024;
/// A value of a field with one of these in its name is secret.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "authorization",
    "apikey",
    "credential",
    "assertion",
    "verifier",
];
/// What a login must satisfy, not a secret: callers read it out of an error.
const REQUIREMENTS: &str = "authorizationparameters";

/// Whether the value under `key` is secret; separators and case do not matter.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let plain: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if plain == REQUIREMENTS {
        return false;
    }
    SECRET_WORDS.iter().any(|word| plain.contains(word)) || plain == "cookie" || plain == "setcookie"
}

/// Whether the value of a query or form field is secret: as [`is_secret_key`], and an OAuth `code` too.
pub(crate) fn is_secret_field(key: &str) -> bool {
    is_secret_key(key) || key.eq_ignore_ascii_case("code") || key.eq_ignore_ascii_case("sig")
}

/// The URL with user, password and the values of secret query fields masked.
pub fn redacted_url(url: &Url) -> String {
    let mut url = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        // Both fail only for URLs without a host, which carry no user either.
        let _ = url.set_username("redacted");
        let _ = url.set_password(None);
    }
    if url.query_pairs().any(|(key, _)| is_secret_field(&key)) {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(key, value)| {
                let value = if is_secret_field(&key) {
                    "redacted".to_owned()
                } else {
                    value.into_owned()
                };
                (key.into_owned(), value)
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.to_string()
}

/// The first 2 KiB of a body as text, with values of secret fields and anything that looks like a token masked.
pub fn redact_body(body: &[u8]) -> String {
    let looked_at = &body[..body.len().min(LOOKED_AT)];
    let text = match serde_json::from_slice::<Value>(looked_at) {
        Ok(mut value) => {
            mask_echo(&mut value);
            mask_json(&mut value);
            value.to_string()
        }
        Err(_) => mask_text(&String::from_utf8_lossy(looked_at)),
    };
    cut(&text, KEPT)
}

/// Masks secret fields of a JSON document in place.
pub(crate) fn mask_json(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if is_secret_key(key) && !value.is_null() {
                    *value = Value::String(MASK.to_owned());
                } else {
                    mask_json(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_json),
        Value::String(text) => *text = mask_words(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks what FastAPI repeats of a request: `input` beside the `loc` and `msg` of each error in `detail`.
fn mask_echo(document: &mut Value) {
    for error in document
        .get_mut("detail")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(input) = error.get_mut("input") {
            *input = Value::String(MASK.to_owned());
        }
    }
}

/// Masks `key=value`, `"key": "value"` with a secret key, and what looks like a token.
pub fn mask_text(text: &str) -> String {
    mask_words(&mask_fields(text))
}

/// Cuts `text` to at most `limit` bytes at a character boundary.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit)
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    format!("{}…", &text[..end])
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn mask_fields(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_key_char) {
        let (before, from_key) = rest.split_at(start);
        let (key, after) = from_key.split_at(from_key.find(|c| !is_key_char(c)).unwrap_or(from_key.len()));
        out.push_str(before);
        out.push_str(key);
        rest = after;
        if !is_secret_key(key) {
            continue;
        }
        if let Some((sign, tail)) = split_sign(after) {
            out.push_str(sign);
            out.push_str(MASK);
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

/// Splits `": "value" rest` into the sign with its quotes and what follows the value.
fn split_sign(text: &str) -> Option<(&str, &str)> {
    let quote_or_blank = |c: char| matches!(c, '"' | '\'' | '\\' | ' ');
    let at_sign = text.trim_start_matches(quote_or_blank);
    let value = at_sign.strip_prefix([':', '='])?.trim_start_matches(' ');
    let quote = value
        .trim_start_matches('\\')
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''));
    let value = value.trim_start_matches(quote_or_blank);
    let end = match quote {
        Some(quote) => value.find(quote),
        None => value.find(|c: char| c.is_whitespace() || matches!(c, '&' | ',' | ';' | '<' | '}' | ')')),
    };
    let (sign, _) = text.split_at(text.len() - value.len());
    // `Authorization: Bearer x` has its secret in the second word.
    let end = match end {
        Some(end) if quote.is_none() && is_scheme(&value[..end]) => {
            let second = value[end..].trim_start();
            let skipped = value.len() - second.len();
            second
                .find(char::is_whitespace)
                .map_or(value.len(), |at| skipped + at)
        }
        Some(end) => end,
        None => value.len(),
    };
    Some((sign, &value[end..]))
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

/// Masks the word after `Bearer` or `Basic` and every JSON web token.
fn mask_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_scheme = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        // "Basic" and "bearer" are also plain words; a credential is longer than most.
        let secret = (after_scheme && word.len() >= 8) || is_web_token(bare);
        if secret {
            out.push_str(MASK);
            out.push_str(&piece[word.len()..]);
        } else {
            out.push_str(piece);
        }
        after_scheme = is_scheme(bare);
    }
    out
}

fn is_web_token(word: &str) -> bool {
    word.contains("eyJ") && word.len() > 20
}

/// Masks every occurrence of `secrets` in `text`.
pub(crate) fn mask_known(text: &str, secrets: &[String]) -> String {
    // Shorter ones would mask half the message; nothing that short is a secret worth the name.
    secrets
        .iter()
        .filter(|secret| secret.len() >= 4)
        .fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), MASK)
            } else {
                text
            }
        })
}

/// `text` on one line, control characters and runs of blanks as one blank, at most 500 bytes.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    cut(&words.join(" "), 500)
}
