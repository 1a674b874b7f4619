//! Consents: what a person allowed a client to do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::envelope::{Answer, Many};
use super::lenient;
use crate::{ClientId, IdentityId, Scope, ScopeId};

rest_core::open_enum! {
    /// How a consent stands.
    pub enum ConsentStatus {
        /// It was given.
        Approved = "approved",
    }
}

/// A person's consent that a client uses a scope, over the services of the dependency path.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Consent {
    /// Its id.
    pub id: i64,
    /// The client that may use the scope.
    #[serde(default)]
    pub client: Option<ClientId>,
    /// The scope's id.
    #[serde(default)]
    pub scope: Option<ScopeId>,
    /// The scope as it is asked for.
    #[serde(default)]
    pub scope_name: Option<String>,
    /// The consents that it depends on, from the first client's to its own.
    #[serde(default, deserialize_with = "lenient::list")]
    pub dependency_path: Vec<i64>,
    /// How it stands.
    #[serde(default)]
    pub status: Option<ConsentStatus>,
    /// Whose it is.
    #[serde(default)]
    pub effective_identity: Option<IdentityId>,
    /// Whether refresh tokens are allowed.
    #[serde(default)]
    pub allows_refresh: Option<bool>,
    /// Whether it was given without asking the person.
    #[serde(default)]
    pub auto_approved: Option<bool>,
    /// Whether it can be taken back without those that it belongs to.
    #[serde(default)]
    pub atomically_revocable: Option<bool>,
    /// When it was given.
    #[serde(default, deserialize_with = "lenient::date")]
    pub created: Option<DateTime<Utc>>,
    /// When it changed last.
    #[serde(default, deserialize_with = "lenient::date")]
    pub updated: Option<DateTime<Utc>>,
    /// When it was used last.
    #[serde(default, deserialize_with = "lenient::date")]
    pub last_used: Option<DateTime<Utc>>,
}

/// A person's consents. They form trees, as scopes do.
#[derive(Clone, Debug)]
pub struct Consents {
    all: Vec<Consent>,
}

impl Answer for Consents {
    type Wire = Many<Consent>;

    fn open(wire: Many<Consent>) -> Self {
        Self { all: wire.items }
    }
}

impl Consents {
    /// All consents, in the service's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Consent> {
        self.all.iter()
    }

    /// Whether the person has consented to a scope with everything that it depends on, the optional included.
    pub fn cover(&self, scope: &Scope) -> bool {
        self.below(&[]).any(|root| self.covers(root, scope))
    }

    /// The consents that come right after `path`.
    fn below<'a>(&'a self, path: &'a [i64]) -> impl Iterator<Item = &'a Consent> {
        self.all.iter().filter(move |consent| {
            matches!(consent.dependency_path.split_last(), Some((_, parents)) if parents == path)
        })
    }

    /// A scope's depth bounds the recursion; paths grow with each step, so a circle cannot come about.
    fn covers(&self, consent: &Consent, scope: &Scope) -> bool {
        consent.scope_name.as_deref() == Some(scope.name())
            && scope.dependencies().iter().all(|wanted| {
                self.below(&consent.dependency_path)
                    .any(|child| self.covers(child, wanted))
            })
    }
}

impl<'a> IntoIterator for &'a Consents {
    type Item = &'a Consent;
    type IntoIter = std::slice::Iter<'a, Consent>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
