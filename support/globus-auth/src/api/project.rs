//! Projects.

use rest_core::Method;
use rest_core::{RequestParts, RestClient};
use serde::Serialize;

use super::handle::ApiClient;
use super::request::{Request, sends};
use crate::model::Project;
use crate::{GroupId, IdentityId, ProjectId, Result};

const PROJECTS: &str = "/v2/api/projects";
const PROJECT: &str = "/v2/api/projects/{project_id}";

impl ApiClient {
    /// The projects that the caller administers: `GET /v2/api/projects`. Needs the scope `manage_projects`.
    pub fn projects(&self) -> Request<Vec<Project>> {
        self.get("globus_auth.get_projects", PROJECTS)
    }

    /// One project: `GET /v2/api/projects/{project_id}`. Needs the scope `manage_projects`.
    pub fn project(&self, id: ProjectId) -> Request<Project> {
        self.call(parts("globus_auth.get_project", Method::GET, id))
    }

    /// Makes a project: `POST /v2/api/projects`. Needs the scope `manage_projects`.
    pub fn create_project(
        &self,
        display_name: impl Into<String>,
        contact_email: impl Into<String>,
    ) -> CreateProject {
        let project = Fields {
            display_name: Some(display_name.into()),
            contact_email: Some(contact_email.into()),
            ..Fields::default()
        };
        CreateProject {
            rest: self.rest.clone(),
            project,
        }
    }

    /// Changes a project: `PUT /v2/api/projects/{project_id}`. Needs the scope `manage_projects`.
    pub fn update_project(&self, id: ProjectId) -> UpdateProject {
        UpdateProject {
            rest: self.rest.clone(),
            id,
            project: Fields::default(),
        }
    }

    /// Deletes a project, which must be empty: `DELETE /v2/api/projects/{project_id}`. Needs the scope
    /// `manage_projects`.
    pub fn delete_project(&self, id: ProjectId) -> Request<Project> {
        self.call(parts("globus_auth.delete_project", Method::DELETE, id))
    }
}

fn parts(operation: &'static str, method: Method, id: ProjectId) -> RequestParts {
    RequestParts::new(operation, method, PROJECT).path_param("project_id", id)
}

#[derive(Clone, Debug, Default, Serialize)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_ids: Option<Vec<IdentityId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_group_ids: Option<Vec<GroupId>>,
}

#[derive(Serialize)]
struct Body<'a> {
    project: &'a Fields,
}

/// Makes a project. Made by [`ApiClient::create_project`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateProject {
    rest: RestClient,
    project: Fields,
}

impl CreateProject {
    /// The identities that administer it.
    pub fn admin_ids(mut self, ids: impl IntoIterator<Item = IdentityId>) -> Self {
        self.project.admin_ids = Some(ids.into_iter().collect());
        self
    }

    /// The groups that administer it.
    pub fn admin_group_ids(mut self, ids: impl IntoIterator<Item = GroupId>) -> Self {
        self.project.admin_group_ids = Some(ids.into_iter().collect());
        self
    }

    /// `POST /v2/api/projects`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let project = &self.project;
        RequestParts::new("globus_auth.create_project", Method::POST, PROJECTS).json(&Body { project })
    }
}

sends!(CreateProject => Project, "Not retried once the service may have acted: there would be two.");

/// Changes a project; what is not set stays. Made by [`ApiClient::update_project`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateProject {
    rest: RestClient,
    id: ProjectId,
    project: Fields,
}

impl UpdateProject {
    /// Its name.
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.project.display_name = Some(name.into());
        self
    }

    /// Whom to write to.
    pub fn contact_email(mut self, email: impl Into<String>) -> Self {
        self.project.contact_email = Some(email.into());
        self
    }

    /// All identities that administer it.
    pub fn admin_ids(mut self, ids: impl IntoIterator<Item = IdentityId>) -> Self {
        self.project.admin_ids = Some(ids.into_iter().collect());
        self
    }

    /// All groups that administer it.
    pub fn admin_group_ids(mut self, ids: impl IntoIterator<Item = GroupId>) -> Self {
        self.project.admin_group_ids = Some(ids.into_iter().collect());
        self
    }

    /// `PUT /v2/api/projects/{project_id}`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let project = &self.project;
        parts("globus_auth.update_project", Method::PUT, self.id.clone()).json(&Body { project })
    }
}

sends!(UpdateProject => Project, "Retried.");
