//! `/status`: how the facility's resources stand. Needs no token.

use http::Method;
use rest_core::RequestParts;
use serde::de::DeserializeOwned;

use super::Read;
use crate::Client;
use crate::model::{Note, Outage, Resource};

/// What can be asked about the facility's resources. Made by [`Client::status`].
#[derive(Clone, Debug)]
pub struct Status {
    client: Client,
}

impl Status {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &'static str,
        name: Option<&str>,
    ) -> Read<T> {
        let parts = RequestParts::new(operation, Method::GET, path).anonymous();
        let parts = match name {
            Some(name) => parts.path_param("name", name),
            None => parts,
        };
        Read::new(&self.client, parts)
    }

    /// `GET /status`: all resources.
    pub fn all(&self) -> Read<Vec<Resource>> {
        self.read("sfapi.status_all", "/status", None)
    }

    /// `GET /status/{name}`: one resource; 404 if there is none of this name.
    pub fn of(&self, name: &str) -> Read<Resource> {
        self.read("sfapi.status", "/status/{name}", Some(name))
    }

    /// `GET /status/notes`: what users should know, a list for each resource.
    pub fn notes(&self) -> Read<Vec<Vec<Note>>> {
        self.read("sfapi.notes_all", "/status/notes", None)
    }

    /// `GET /status/notes/{name}`: what users of one resource should know.
    pub fn notes_of(&self, name: &str) -> Read<Vec<Note>> {
        self.read("sfapi.notes", "/status/notes/{name}", Some(name))
    }

    /// `GET /status/outages`: outages, a list for each resource.
    pub fn outages(&self) -> Read<Vec<Vec<Outage>>> {
        self.read("sfapi.outages_all", "/status/outages", None)
    }

    /// `GET /status/outages/{name}`: the outages of one resource.
    pub fn outages_of(&self, name: &str) -> Read<Vec<Outage>> {
        self.read("sfapi.outages", "/status/outages/{name}", Some(name))
    }

    /// `GET /status/outages/planned`: outages to come, a list for each resource.
    pub fn planned_outages(&self) -> Read<Vec<Vec<Outage>>> {
        self.read("sfapi.planned_outages_all", "/status/outages/planned", None)
    }

    /// `GET /status/outages/planned/{name}`: the outages of one resource that are to come.
    pub fn planned_outages_of(&self, name: &str) -> Read<Vec<Outage>> {
        self.read(
            "sfapi.planned_outages",
            "/status/outages/planned/{name}",
            Some(name),
        )
    }
}
