//! Scopes: what a token allows. [`Scope`] puts them together with what they depend on.

use crate::Scope;

/// Everything the Transfer API offers.
pub const TRANSFER_ALL: &str = "urn:globus:auth:scope:transfer.api.globus.org:all";

/// Who the person is, as OpenID Connect has it; every login may ask for it.
pub const OPENID: &str = "openid";
/// The person's mail address.
pub const EMAIL: &str = "email";
/// The person's name and organisation.
pub const PROFILE: &str = "profile";
/// Projects, clients, policies and scopes: to see and to change.
pub const MANAGE_PROJECTS: &str = "urn:globus:auth:scope:auth.globus.org:manage_projects";
/// When the person logged in, with which identity.
pub const VIEW_AUTHENTICATIONS: &str = "urn:globus:auth:scope:auth.globus.org:view_authentications";
/// Clients, to see.
pub const VIEW_CLIENTS: &str = "urn:globus:auth:scope:auth.globus.org:view_clients";
/// Clients and scopes, to see.
pub const VIEW_CLIENTS_AND_SCOPES: &str = "urn:globus:auth:scope:auth.globus.org:view_clients_and_scopes";
/// Consents that the person gave to any client.
pub const VIEW_CONSENTS: &str = "urn:globus:auth:scope:auth.globus.org:view_consents";
/// Identities, to look up.
pub const VIEW_IDENTITIES: &str = "urn:globus:auth:scope:auth.globus.org:view_identities";
/// All identities that belong to the person.
pub const VIEW_IDENTITY_SET: &str = "urn:globus:auth:scope:auth.globus.org:view_identity_set";

/// Everything the Groups API offers.
pub const GROUPS_ALL: &str = "urn:globus:auth:scope:groups.api.globus.org:all";
/// The person's own groups, to see.
pub const VIEW_MY_GROUPS: &str = "urn:globus:auth:scope:groups.api.globus.org:view_my_groups_and_memberships";
/// Everything Globus Search offers.
pub const SEARCH_ALL: &str = "urn:globus:auth:scope:search.api.globus.org:all";
/// Everything Globus Compute offers. Its resource server is `funcx_service`.
pub const COMPUTE_ALL: &str = "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all";
/// Everything Globus Flows offers, but for running a flow, which needs [`flow_user`].
pub const FLOWS_ALL: &str = "https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/all";
/// Timers.
pub const TIMER: &str = "https://auth.globus.org/scopes/524230d7-ea86-4a52-8312-86065a9e0417/timer";

/// Access to the data of one mapped collection. Guest and high-assurance collections have no such scope.
pub fn data_access(collection: impl AsRef<str>) -> Scope {
    scope_of(collection.as_ref(), "data_access")
}

/// Reading and writing one collection over HTTPS.
pub fn https(collection: impl AsRef<str>) -> Scope {
    scope_of(collection.as_ref(), "https")
}

/// Running one flow.
pub fn flow_user(flow: impl AsRef<str>) -> Scope {
    let flow = flow.as_ref();
    scope_of(flow, &format!("flow_{}_user", flow.replace('-', "_")))
}

/// Everything the Transfer API offers, with access to the data of these mapped collections. The access is optional:
/// it can be taken back without the rest.
pub fn transfer_with_data_access<S: AsRef<str>>(collections: impl IntoIterator<Item = S>) -> Scope {
    let transfer = Scope::new_unchecked(TRANSFER_ALL);
    collections.into_iter().fold(transfer, |scope, collection| {
        scope.with(data_access(collection).optional())
    })
}

fn scope_of(owner: &str, name: &str) -> Scope {
    Scope::new_unchecked(format!("https://auth.globus.org/scopes/{owner}/{name}"))
}
