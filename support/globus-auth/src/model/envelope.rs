//! The objects in which the service wraps its answers.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    ClientInstance, Credential, Identity, IdentityProvider, JwkSet, OpenIdConfiguration, Policy, Project,
    RegisteredClient, RegisteredScope, UserInfo, lenient,
};

/// An answer, and the object that it comes in.
pub trait Answer: Sized {
    /// What the service sends.
    type Wire: DeserializeOwned + Send;

    /// Takes the answer out.
    fn open(wire: Self::Wire) -> Self;
}

/// `{"project": {…}}`.
#[derive(Debug, Deserialize)]
pub struct One<T> {
    #[serde(
        alias = "project",
        alias = "client",
        alias = "credential",
        alias = "policy",
        alias = "scope"
    )]
    item: T,
}

/// `{"projects": […]}`.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub struct Many<T> {
    #[serde(
        alias = "projects",
        alias = "clients",
        alias = "credentials",
        alias = "policies",
        alias = "scopes",
        alias = "identities",
        alias = "identity_providers",
        alias = "consents",
        deserialize_with = "lenient::list"
    )]
    pub(crate) items: Vec<T>,
}

macro_rules! wrapped {
    ($($answer:ty),+) => { $(
        impl Answer for $answer {
            type Wire = One<Self>;

            fn open(wire: One<Self>) -> Self {
                wire.item
            }
        }
    )+ };
}

macro_rules! bare {
    ($($answer:ty),+) => { $(
        impl Answer for $answer {
            type Wire = Self;

            fn open(wire: Self) -> Self {
                wire
            }
        }
    )+ };
}

wrapped!(Credential, Policy, Project, RegisteredClient, RegisteredScope);
bare!(ClientInstance, JwkSet, OpenIdConfiguration, UserInfo);

/// Marks what the service lists.
pub trait Listed: DeserializeOwned + Send {}

impl Listed for Credential {}
impl Listed for Identity {}
impl Listed for IdentityProvider {}
impl Listed for Policy {}
impl Listed for Project {}
impl Listed for RegisteredClient {}
impl Listed for RegisteredScope {}

impl<T: Listed> Answer for Vec<T> {
    type Wire = Many<T>;

    fn open(wire: Many<T>) -> Self {
        wire.items
    }
}
