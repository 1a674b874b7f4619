//! Scopes: what a token allows.

/// Everything the Transfer API offers.
pub const TRANSFER_ALL: &str = "urn:globus:auth:scope:transfer.api.globus.org:all";
