#![doc = include_str!("../README.md")]

mod api;
mod client;
mod credentials;
mod endpoint;
pub mod environment;
mod error;
mod ids;
pub mod model;
mod native;
mod pkce;
mod provider;
mod refresh;
mod requirements;
mod scope;
mod scope_parse;
pub mod scopes;
mod store;
mod tokens;

pub use api::{
    ApiClient, ApiClientBuilder, CreateClient, CreateCredential, CreateInstance, CreatePolicy, CreateProject,
    CreateScope, DependentTokens, ExchangeCode, GetConsents, GetIdentities, Introspect, LoginRequest,
    PendingLogin, Refresh, Request, Revoke, TokenForm, UpdateClient, UpdatePolicy, UpdateProject,
    UpdateScope,
};
pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL};
pub use credentials::RequestTokens;
pub use endpoint::TokenEndpoint;
pub use error::ErrorExt;
pub use ids::{
    ClientId, CredentialId, GroupId, IdentityId, IdentityProviderId, PolicyId, ProjectId, ScopeId,
};
pub use native::{NativeClient, NativeClientBuilder};
pub use provider::{ClientCredentialsToken, TRANSFER_RESOURCE_SERVER, cached_tokens, transfer_tokens};
pub use refresh::{RefreshedToken, refreshed_tokens, stored_tokens};
pub use requirements::AuthorizationRequirements;
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, Result};
pub use scope::Scope;
#[cfg(unix)]
pub use store::FileStore;
pub use store::{MemoryStore, TokenStore};
pub use tokens::{IssuedToken, Tokens};
