//! Access tokens that the simulated services have given out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

/// What a token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Who holds it: a client id or a user name.
    pub(crate) user: String,
    /// The service that accepts it, for Globus its resource server.
    pub(crate) audience: String,
    /// The client that it was issued to.
    pub(crate) client: String,
    /// What it allows, separated by blanks.
    pub(crate) scope: String,
    /// The mapped collections of Globus whose data it opens.
    pub(crate) data_access: Vec<String>,
    pub(crate) issued_at: DateTime<Utc>,
    /// When it ends; `None` for never.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// Every token that is still good.
#[derive(Default)]
pub(crate) struct Tokens {
    grants: Mutex<HashMap<String, Grant>>,
}

impl Tokens {
    pub(crate) fn insert(&self, token: String, grant: Grant) {
        self.lock().insert(token, grant);
    }

    /// The grant of a token that was issued for `audience` and has neither ended nor been forgotten.
    pub(crate) fn check(&self, token: &str, audience: &str, now: DateTime<Utc>) -> Option<Grant> {
        self.find(token, now).filter(|grant| grant.audience == audience)
    }

    /// The grant of a token that has neither ended nor been forgotten, whoever accepts it.
    pub(crate) fn find(&self, token: &str, now: DateTime<Utc>) -> Option<Grant> {
        self.lock()
            .get(token)
            .filter(|grant| grant.expires_at.is_none_or(|end| now < end))
            .cloned()
    }

    /// Withdraws a token, as if it had expired.
    pub(crate) fn forget(&self, token: &str) {
        self.lock().remove(token);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Grant>> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bearer token of a request's headers.
pub(crate) fn bearer(headers: &http::HeaderMap) -> Option<&str> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("count", &self.lock().len())
            .finish()
    }
}
