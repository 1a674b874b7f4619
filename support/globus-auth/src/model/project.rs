//! Projects.

use serde::{Deserialize, Serialize};

use super::{Identity, lenient};
use crate::{GroupId, IdentityId, ProjectId};

/// What clients, policies and their administrators belong to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// An older field for the name.
    #[serde(default)]
    pub project_name: Option<String>,
    /// Whom to write to.
    #[serde(default)]
    pub contact_email: Option<String>,
    /// The identities that administer it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub admin_ids: Vec<IdentityId>,
    /// The groups that administer it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub admin_group_ids: Vec<GroupId>,
    /// The same with their names.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub admins: ProjectAdmins,
}

/// Who administers a project.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectAdmins {
    /// Identities.
    #[serde(default, deserialize_with = "lenient::list")]
    pub identities: Vec<Identity>,
    /// Groups.
    #[serde(default, deserialize_with = "lenient::list")]
    pub groups: Vec<ProjectGroup>,
}

/// A group that administers a project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectGroup {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// The organisation it says it belongs to.
    #[serde(default)]
    pub organization: Option<String>,
}
