//! `/account`: the user and what is theirs.

use http::Method;
use rest_core::RequestParts;
use serde_json::Value;

use super::Read;
use crate::error::{malformed, refused};
use crate::model::{ApiClient, Group, Groups, Project, Role, User};
use crate::{Client, Error, Result};

/// What can be asked about the user. Made by [`Client::account`].
#[derive(Clone, Debug)]
pub struct Account {
    client: Client,
}

impl Account {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    fn parts(operation: &'static str, path: &'static str) -> RequestParts {
        RequestParts::new(operation, Method::GET, path)
    }

    /// `GET /account/`: whoever holds the client.
    pub fn user(&self) -> Read<User> {
        Read::new(&self.client, Self::parts("sfapi.user", "/account/"))
    }

    /// `GET /account/?username=…`: another user.
    pub fn user_named(&self, name: &str) -> Read<User> {
        Read::new(
            &self.client,
            Self::parts("sfapi.user", "/account/").query("username", name),
        )
    }

    /// `GET /account/projects`: the user's projects and their hours.
    pub fn projects(&self) -> Read<Vec<Project>> {
        Read::new(&self.client, Self::parts("sfapi.projects", "/account/projects"))
    }

    /// `GET /account/roles`: the user's roles.
    pub fn roles(&self) -> Read<Vec<Role>> {
        Read::new(&self.client, Self::parts("sfapi.roles", "/account/roles"))
    }

    /// `GET /account/clients`: the user's clients of this API, with the dates on which they end.
    pub fn clients(&self) -> Read<Vec<ApiClient>> {
        Read::new(&self.client, Self::parts("sfapi.clients", "/account/clients"))
    }

    /// `GET /account/groups`: the user's groups.
    pub fn groups(&self) -> Read<Groups> {
        Read::new(&self.client, Self::parts("sfapi.groups", "/account/groups"))
    }

    /// Makes a group in a project.
    pub fn create_group(&self, name: &str, project: &str) -> CreateGroup {
        CreateGroup {
            client: self.client.clone(),
            name: name.to_owned(),
            project: project.to_owned(),
        }
    }

    /// One group.
    pub fn group(&self, name: &str) -> GroupHandle {
        GroupHandle {
            client: self.client.clone(),
            name: name.to_owned(),
        }
    }
}

/// What can be done with a group. Made by [`Account::group`].
#[derive(Clone, Debug)]
pub struct GroupHandle {
    client: Client,
    name: String,
}

impl GroupHandle {
    /// `GET /account/groups/{group}`: the group and its members.
    pub fn get(&self) -> Read<Group> {
        let parts = RequestParts::new("sfapi.group", Method::GET, "/account/groups/{group}");
        Read::new(&self.client, parts.path_param("group", &self.name))
    }

    /// Adds users to the group.
    pub fn add_users<S: AsRef<str>>(&self, users: impl IntoIterator<Item = S>) -> UpdateGroup {
        self.update("batch_add", users)
    }

    /// Takes users out of the group.
    pub fn remove_users<S: AsRef<str>>(&self, users: impl IntoIterator<Item = S>) -> UpdateGroup {
        self.update("batch_remove", users)
    }

    fn update<S: AsRef<str>>(&self, action: &'static str, users: impl IntoIterator<Item = S>) -> UpdateGroup {
        UpdateGroup {
            group: self.clone(),
            action,
            users: users.into_iter().map(|user| user.as_ref().to_owned()).collect(),
        }
    }
}

/// Makes a group. Made by [`Account::create_group`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateGroup {
    client: Client,
    name: String,
    project: String,
}

impl CreateGroup {
    /// `POST /account/groups`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let form = [("name", &self.name), ("repo_name", &self.project)];
        Ok(
            RequestParts::new("sfapi.create_group", Method::POST, "/account/groups")
                .form(form.map(|(key, value)| (key.to_owned(), value.clone())).to_vec()),
        )
    }

    /// The new group. Not retried once it may have been acted on.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the service's words where it refuses.
    pub async fn send(&self) -> Result<Group> {
        group(
            "sfapi.create_group",
            self.client.request(self.into_parts()?).await?,
        )
    }
}

/// Changes who is in a group. Made by [`GroupHandle::add_users`] and [`GroupHandle::remove_users`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateGroup {
    group: GroupHandle,
    action: &'static str,
    users: Vec<String>,
}

impl UpdateGroup {
    /// `PUT /account/groups/{group}`, without sending it.
    ///
    /// # Errors
    /// `Config` when no user is named, or a name has a comma, which the service takes for two names.
    pub fn into_parts(&self) -> Result<RequestParts> {
        if self.users.is_empty() {
            return Err(Error::config("no user is named"));
        }
        if let Some(user) = self
            .users
            .iter()
            .find(|user| user.is_empty() || user.contains(','))
        {
            return Err(Error::config(format!("{user:?} is not the name of one user")));
        }
        let form = [
            ("usernames", self.users.join(",")),
            ("action", self.action.to_owned()),
            ("group", self.group.name.clone()),
        ];
        let parts = RequestParts::new("sfapi.update_group", Method::PUT, "/account/groups/{group}");
        Ok(parts
            .path_param("group", &self.group.name)
            .form(form.map(|(key, value)| (key.to_owned(), value)).to_vec()))
    }

    /// The group as it is then. Retried: adding twice is adding once.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the service's words where it refuses.
    pub async fn send(&self) -> Result<Group> {
        group(
            "sfapi.update_group",
            self.group.client.request(self.into_parts()?).await?,
        )
    }
}

/// A refusal comes with status 200 and a field `details`.
fn group(operation: &'static str, answer: Value) -> Result<Group> {
    if let Some(details) = answer.get("details") {
        let text = details
            .as_str()
            .map_or_else(|| details.to_string(), str::to_owned);
        return Err(refused(operation, Some(&text)));
    }
    serde_json::from_value(answer)
        .map_err(|source| malformed(operation, "the answer is no group").with_source(source))
}
