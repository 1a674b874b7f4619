//! Simulated SciCat: what an ingestor, pyscicat and the web pages ask of versions 3 and 4 of the API.
//!
//! The one account is that of [`crate::Sim::env`]; like a facility's ingestor it may write for every group, choose PIDs
//! and read everything, and like an administrator of the real service it may not delete. Tokens end after an hour of
//! the simulator's clock. As the real service does, it answers a list for nobody (no token, or one that has ended) with
//! 200 and what is published, and it dies of a `null` that stands directly in the `scientificMetadata` of a new
//! dataset: the request is answered, later ones find the connection reset.

mod attachments;
mod blocks;
mod dataset_changes;
mod datasets;
mod dates;
mod fields;
mod filter;
mod lists;
mod login;
mod operations;
mod others;
mod replies;
mod resources;
mod router;
mod store;
mod validate;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use serde_json::Value;

pub(crate) use self::router::router;
use self::store::Store;
use crate::clock::Clock;
use crate::shared::Shared;

/// The state of the service.
#[derive(Debug)]
pub(crate) struct SciCat {
    shared: Arc<Shared>,
    clock: Clock,
    store: Mutex<Store>,
    dead: AtomicBool,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The account's name; `None` for a stranger.
    name: Option<String>,
    /// The groups of an account that is no administrator.
    groups: Option<Vec<String>>,
    may_delete: bool,
}

impl Caller {
    /// Whether the caller writes for this group.
    fn may_write_for(&self, group: &str) -> bool {
        self.groups
            .as_ref()
            .is_none_or(|groups| groups.iter().any(|own| own == group))
    }

    /// Whether the caller sees this document.
    fn sees(&self, document: &Value) -> bool {
        if document["isPublished"] == true {
            return true;
        }
        let Some(groups) = &self.groups else {
            return self.name.is_some();
        };
        let of_group = |value: &Value| groups.iter().any(|group| value == group.as_str());
        let readers = document["accessGroups"].as_array().into_iter().flatten();
        of_group(&document["ownerGroup"]) || readers.into_iter().any(of_group)
    }
}

impl SciCat {
    pub(crate) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            clock: shared.clock_of("scicat"),
            shared,
            store: Mutex::default(),
            dead: AtomicBool::new(false),
        })
    }

    /// The documents, in the order of their creation.
    pub(crate) fn datasets(&self) -> Vec<Value> {
        self.all("datasets")
    }

    /// The documents of a kind, in the order of their creation.
    pub(crate) fn all(&self, kind: &str) -> Vec<Value> {
        self.store().all(kind).to_vec()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who asks, by the token that the request carries, if it is still good.
    fn caller(&self, headers: &HeaderMap) -> Caller {
        let grant = crate::tokens::bearer(headers)
            .and_then(|token| self.shared.tokens.check(token, login::AUDIENCE, self.clock.now()));
        let rights = &self.shared.scicat_rights;
        match grant {
            None => Caller {
                name: None,
                groups: Some(Vec::new()),
                may_delete: false,
            },
            Some(grant) => Caller {
                name: Some(grant.user),
                groups: rights.groups.clone(),
                may_delete: rights.may_delete,
            },
        }
    }

    /// The user whose token the request carries, if it is still good.
    fn user(&self, headers: &HeaderMap) -> Option<String> {
        self.caller(headers).name
    }

    /// The time as the service writes it.
    fn now(&self) -> String {
        dates::text(self.clock.now())
    }
}
