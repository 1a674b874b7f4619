//! The form of a request, and which client sends it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

use super::{Auth, NATIVE_CLIENT_ID};
use crate::shared::Credentials;

/// The fields of a form, or of a query.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of a field; nothing if it is empty.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

impl Auth {
    /// The id of the client that sends a form: one that proves itself by its secret, or the native one, which cannot.
    pub(super) fn client(&self, headers: &HeaderMap, form: &Form) -> Option<String> {
        let given = basic(headers).or_else(|| {
            Some(Credentials {
                id: form.field("client_id")?.to_owned(),
                secret: form.field("client_secret")?.to_owned(),
            })
        });
        match given {
            Some(given) => self.known(given).map(|client| client.id),
            None => form
                .field("client_id")
                .filter(|id| *id == NATIVE_CLIENT_ID)
                .map(str::to_owned),
        }
    }

    /// The credentials as the simulator knows them. RFC 6749 has both halves form-encoded, most clients send them
    /// plain.
    fn known(&self, given: Credentials) -> Option<Credentials> {
        let clients = &self.shared.globus_clients;
        if clients.contains(&given) {
            return Some(given);
        }
        let decoded = Credentials {
            id: form_decoded(&given.id)?,
            secret: form_decoded(&given.secret)?,
        };
        clients.contains(&decoded).then_some(decoded)
    }
}

fn form_decoded(text: &str) -> Option<String> {
    url::form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(key, _)| key.into_owned())
}

/// The client of an `Authorization: Basic` header, as sent.
fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(Credentials {
        id: id.to_owned(),
        secret: secret.to_owned(),
    })
}
