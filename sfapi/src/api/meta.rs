//! `/meta`: the service about itself. Needs no token.

use http::Method;
use rest_core::RequestParts;

use super::Read;
use crate::Client;
use crate::model::{Change, ConfigEntry};

/// What can be asked about the service. Made by [`Client::meta`].
#[derive(Clone, Debug)]
pub struct Meta {
    client: Client,
}

impl Meta {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// `GET /meta/changelog`: what changed.
    pub fn changelog(&self) -> Read<Vec<Change>> {
        let parts = RequestParts::new("sfapi.changelog", Method::GET, "/meta/changelog");
        Read::new(&self.client, parts.anonymous())
    }

    /// `GET /meta/config`: its settings.
    pub fn config(&self) -> Read<Vec<ConfigEntry>> {
        let parts = RequestParts::new("sfapi.config", Method::GET, "/meta/config");
        Read::new(&self.client, parts.anonymous())
    }
}
