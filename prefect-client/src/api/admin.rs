//! `health`, `ready`, `version`, `admin`.

use serde_json::Value;

use super::call::{act, call};
use crate::Client;

impl Client {
    /// Asks whether the server is up.
    pub fn health(&self) -> GetHealth {
        GetHealth::new(self, &[])
    }

    /// Asks whether the server can reach its database.
    pub fn ready(&self) -> GetReady {
        GetReady::new(self, &[])
    }

    /// Asks for the version of the server's program.
    pub fn version(&self) -> GetVersion {
        GetVersion::new(self, &[])
    }

    /// Asks for the version of the server's API.
    pub fn api_version(&self) -> GetApiVersion {
        GetApiVersion::new(self, &[])
    }

    /// Asks for the server's settings. Secret ones are masked by the server.
    pub fn settings(&self) -> GetSettings {
        GetSettings::new(self, &[])
    }
}

call! {
    /// Asks whether the server is up. Made by [`Client::health`].
    GetHealth: "prefect.health", GET "/health" -> bool;
    /// Asks. Retried. The server answers without a token too, so `true` does not say that the token is good.
}

act! {
    /// Asks whether the server can reach its database. Made by [`Client::ready`].
    GetReady: "prefect.ready", GET "/ready";
    /// Asks; 503 if it cannot. Retried. The server answers without a token too.
}

call! {
    /// Reads the server's version. Made by [`Client::version`].
    GetVersion: "prefect.version", GET "/admin/version" -> String;
    /// Reads the version of the server's program, such as `3.8.8` (not that of its API); 401 if the server wants a
    /// password and got none or a wrong one. Retried.
}

call! {
    /// Reads the version of the server's API. Made by [`Client::api_version`].
    GetApiVersion: "prefect.api_version", GET "/version" -> String;
    /// Reads it, such as `0.8.4`. Retried.
}

call! {
    /// Reads the server's settings. Made by [`Client::settings`].
    GetSettings: "prefect.settings", GET "/admin/settings" -> Value;
    /// The document. Retried.
}
