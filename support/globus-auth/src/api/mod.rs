//! One builder for each call.

mod client;
mod credential;
mod handle;
mod identity;
mod login;
mod policy;
mod project;
mod request;
mod scope;
mod token;

pub use client::{CreateClient, CreateInstance, UpdateClient};
pub use credential::CreateCredential;
pub use handle::{ApiClient, ApiClientBuilder};
pub use identity::{GetConsents, GetIdentities};
pub use login::{LoginRequest, PendingLogin};
pub use policy::{CreatePolicy, UpdatePolicy};
pub use project::{CreateProject, UpdateProject};
pub use request::Request;
pub use scope::{CreateScope, UpdateScope};
pub(crate) use token::is_dead_grant;
pub use token::{DependentTokens, ExchangeCode, Introspect, Refresh, Revoke, TokenForm};
