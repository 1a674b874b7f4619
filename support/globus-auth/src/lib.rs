#![doc = include_str!("../README.md")]

mod client;
mod credentials;
mod provider;
pub mod scopes;
mod tokens;

pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL};
pub use credentials::RequestTokens;
pub use provider::{ClientCredentialsToken, TRANSFER_RESOURCE_SERVER, cached_tokens, transfer_tokens};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, Result};
pub use tokens::{IssuedToken, Tokens};
