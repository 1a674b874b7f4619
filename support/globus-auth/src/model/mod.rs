//! What the service answers, and what it is told. Fields that it does not promise are optional; unknown ones are
//! ignored.

mod client;
mod consent;
mod credential;
mod envelope;
mod identity;
pub(crate) mod lenient;
mod openid;
mod policy;
mod project;
mod scope;
mod token;

pub use client::{ClientInstance, ClientKind, ClientLinks, ClientType, RegisteredClient, Visibility};
pub use consent::{Consent, ConsentStatus, Consents};
pub use credential::Credential;
pub(crate) use envelope::Answer;
pub use identity::{Identity, IdentityProvider, IdentityStatus};
pub use openid::{JwkSet, OpenIdConfiguration, UserInfo};
pub use policy::Policy;
pub use project::{Project, ProjectAdmins, ProjectGroup};
pub use scope::{DependentScope, RegisteredScope};
pub use token::{Introspection, Revoked};
