//! Authentication policies.

use rest_core::Method;
use rest_core::{RequestParts, RestClient};
use serde::Serialize;

use super::handle::ApiClient;
use super::request::{Request, sends};
use crate::model::Policy;
use crate::{PolicyId, ProjectId, Result};

const POLICIES: &str = "/v2/api/policies";
const POLICY: &str = "/v2/api/policies/{policy_id}";

impl ApiClient {
    /// The policies that the caller administers: `GET /v2/api/policies`. Needs the scope `manage_projects`.
    pub fn policies(&self) -> Request<Vec<Policy>> {
        self.get("globus_auth.get_policies", POLICIES)
    }

    /// One policy: `GET /v2/api/policies/{policy_id}`. Needs the scope `manage_projects`.
    pub fn policy(&self, id: PolicyId) -> Request<Policy> {
        self.call(parts("globus_auth.get_policy", Method::GET, id))
    }

    /// Makes a policy: `POST /v2/api/policies`. Needs the scope `manage_projects`.
    pub fn create_policy(
        &self,
        project: ProjectId,
        display_name: impl Into<String>,
        description: impl Into<String>,
    ) -> CreatePolicy {
        let policy = Fields {
            project_id: Some(project),
            display_name: Some(display_name.into()),
            description: Some(description.into()),
            ..Fields::default()
        };
        CreatePolicy {
            rest: self.rest.clone(),
            policy,
        }
    }

    /// Changes a policy: `PUT /v2/api/policies/{policy_id}`. Needs the scope `manage_projects`.
    pub fn update_policy(&self, id: PolicyId) -> UpdatePolicy {
        UpdatePolicy {
            rest: self.rest.clone(),
            id,
            policy: Fields::default(),
        }
    }

    /// Deletes a policy: `DELETE /v2/api/policies/{policy_id}`. Needs the scope `manage_projects`.
    pub fn delete_policy(&self, id: PolicyId) -> Request<Policy> {
        self.call(parts("globus_auth.delete_policy", Method::DELETE, id))
    }
}

fn parts(operation: &'static str, method: Method, id: PolicyId) -> RequestParts {
    RequestParts::new(operation, method, POLICY).path_param("policy_id", id)
}

/// `Some(None)` is sent as `null`.
type Domains = Option<Option<Vec<String>>>;

#[derive(Clone, Debug, Default, Serialize)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high_assurance: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_assurance_timeout: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_mfa: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_constraints_include: Domains,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_constraints_exclude: Domains,
}

#[derive(Serialize)]
struct Body<'a> {
    policy: &'a Fields,
}

/// The setters that making and changing a policy have in common.
macro_rules! policy_fields {
    ($builder:ident) => {
        impl $builder {
            /// How long a login counts, in seconds.
            pub fn authentication_assurance_timeout(mut self, seconds: u64) -> Self {
                self.policy.authentication_assurance_timeout = Some(seconds);
                self
            }

            /// Whether a second factor is needed.
            pub fn required_mfa(mut self, required: bool) -> Self {
                self.policy.required_mfa = Some(required);
                self
            }

            /// Only identities of these domains (`*.lbl.gov` is a pattern); `None` = all.
            pub fn domain_constraints_include(mut self, domains: impl Into<Option<Vec<String>>>) -> Self {
                self.policy.domain_constraints_include = Some(domains.into());
                self
            }

            /// No identities of these domains; `None` = none is excluded.
            pub fn domain_constraints_exclude(mut self, domains: impl Into<Option<Vec<String>>>) -> Self {
                self.policy.domain_constraints_exclude = Some(domains.into());
                self
            }
        }
    };
}

/// Makes a policy. Made by [`ApiClient::create_policy`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreatePolicy {
    rest: RestClient,
    policy: Fields,
}

impl CreatePolicy {
    /// Whether a login only counts within one session and application. It cannot be changed later.
    pub fn high_assurance(mut self, wanted: bool) -> Self {
        self.policy.high_assurance = Some(wanted);
        self
    }

    /// `POST /v2/api/policies`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let policy = &self.policy;
        RequestParts::new("globus_auth.create_policy", Method::POST, POLICIES).json(&Body { policy })
    }
}

policy_fields!(CreatePolicy);
sends!(CreatePolicy => Policy, "Not retried once the service may have acted: there would be two.");

/// Changes a policy; what is not set stays. Made by [`ApiClient::update_policy`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdatePolicy {
    rest: RestClient,
    id: PolicyId,
    policy: Fields,
}

impl UpdatePolicy {
    /// The project that it belongs to.
    pub fn project_id(mut self, project: ProjectId) -> Self {
        self.policy.project_id = Some(project);
        self
    }

    /// Its name.
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.policy.display_name = Some(name.into());
        self
    }

    /// What it is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.policy.description = Some(description.into());
        self
    }

    /// `PUT /v2/api/policies/{policy_id}`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let policy = &self.policy;
        parts("globus_auth.update_policy", Method::PUT, self.id.clone()).json(&Body { policy })
    }
}

policy_fields!(UpdatePolicy);
sends!(UpdatePolicy => Policy, "Retried.");
