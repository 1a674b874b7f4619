//! Identities, those who provide them, and what they consented to.

use rest_core::Method;
use rest_core::{RequestParts, RestClient};

use super::handle::ApiClient;
use super::request::{Request, sends};
use crate::model::{Consents, Identity, IdentityProvider};
use crate::{Error, IdentityId, IdentityProviderId, Result};

impl ApiClient {
    /// Looks up identities by id: `GET /v2/api/identities`. Those that do not exist are missing from the answer. One
    /// request takes about a hundred.
    pub fn identities(&self, ids: impl IntoIterator<Item = IdentityId>) -> GetIdentities {
        let ids = ids.into_iter().map(IdentityId::into_string).collect();
        GetIdentities::new(self.rest.clone(), Wanted::Ids(ids))
    }

    /// Looks up identities by user name: `GET /v2/api/identities`. Those that do not exist are missing from the
    /// answer, unless they are to be [provisioned](GetIdentities::provision). One request takes about a hundred.
    pub fn identities_by_username<S: Into<String>>(
        &self,
        usernames: impl IntoIterator<Item = S>,
    ) -> GetIdentities {
        let names = usernames.into_iter().map(Into::into).collect();
        GetIdentities::new(self.rest.clone(), Wanted::Usernames(names, false))
    }

    /// Looks up identity providers by id: `GET /v2/api/identity_providers`.
    pub fn identity_providers(
        &self,
        ids: impl IntoIterator<Item = IdentityProviderId>,
    ) -> Request<Vec<IdentityProvider>> {
        let ids: Vec<String> = ids.into_iter().map(IdentityProviderId::into_string).collect();
        self.call(providers().query("ids", ids.join(",")))
    }

    /// Looks up identity providers by domain: `GET /v2/api/identity_providers`.
    pub fn identity_providers_by_domain<S: Into<String>>(
        &self,
        domains: impl IntoIterator<Item = S>,
    ) -> Request<Vec<IdentityProvider>> {
        let domains: Vec<String> = domains.into_iter().map(Into::into).collect();
        self.call(providers().query("domains", domains.join(",")))
    }

    /// What an identity consented to: `GET /v2/api/identities/{identity_id}/consents`.
    pub fn consents(&self, identity: IdentityId) -> GetConsents {
        GetConsents {
            rest: self.rest.clone(),
            identity,
            all: false,
        }
    }
}

fn providers() -> RequestParts {
    let path = "/v2/api/identity_providers";
    RequestParts::new("globus_auth.get_identity_providers", Method::GET, path)
}

#[derive(Clone, Debug)]
enum Wanted {
    Ids(Vec<String>),
    /// And whether to make those that do not exist.
    Usernames(Vec<String>, bool),
}

/// Looks up identities. Made by [`ApiClient::identities`] and [`ApiClient::identities_by_username`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetIdentities {
    rest: RestClient,
    wanted: Wanted,
}

impl GetIdentities {
    fn new(rest: RestClient, wanted: Wanted) -> Self {
        Self { rest, wanted }
    }

    /// Whether to make identities that do not exist yet, so that they can be given rights before their first login;
    /// default no. Only for user names; ids that do not exist cannot be made.
    pub fn provision(mut self, wanted: bool) -> Self {
        if let Wanted::Usernames(_, provision) = &mut self.wanted {
            *provision = wanted;
        }
        self
    }

    /// `GET /v2/api/identities`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when nothing is to be looked up.
    pub fn into_parts(&self) -> Result<RequestParts> {
        const OPERATION: &str = "globus_auth.get_identities";
        let parts = RequestParts::new(OPERATION, Method::GET, "/v2/api/identities");
        match &self.wanted {
            Wanted::Ids(list) | Wanted::Usernames(list, _) if list.is_empty() => {
                Err(Error::config("no identity is to be looked up").with_operation(OPERATION))
            }
            Wanted::Ids(ids) => Ok(parts.query("ids", ids.join(","))),
            Wanted::Usernames(names, provision) => Ok(parts
                .query("usernames", names.join(","))
                .query("provision", if *provision { "true" } else { "false" })),
        }
    }
}

sends!(GetIdentities => Vec<Identity>, "Retried; an identity is provisioned once.");

/// What an identity consented to. Made by [`ApiClient::consents`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetConsents {
    rest: RestClient,
    identity: IdentityId,
    all: bool,
}

impl GetConsents {
    /// Whether to list the consents given to all clients, which needs the scope `view_consents`; default only those
    /// given to this one.
    pub fn all(mut self, wanted: bool) -> Self {
        self.all = wanted;
        self
    }

    /// `GET /v2/api/identities/{identity_id}/consents`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let path = "/v2/api/identities/{identity_id}/consents";
        Ok(RequestParts::new("globus_auth.get_consents", Method::GET, path)
            .path_param("identity_id", self.identity.as_str())
            // The service's own SDK writes it so.
            .query("all", if self.all { "True" } else { "False" }))
    }
}

sends!(GetConsents => Consents, "Retried.");
