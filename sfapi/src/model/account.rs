//! The user and what is theirs.

use serde::{Deserialize, Serialize};

/// A person or a service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The number of the account.
    pub uid: u64,
    /// The name of the account, as in `/pscratch/sd/<first letter>/<name>`.
    pub name: String,
    /// The given name.
    #[serde(default)]
    pub firstname: Option<String>,
    /// The family name.
    #[serde(default)]
    pub lastname: Option<String>,
    /// The mail address.
    #[serde(default)]
    pub email: Option<String>,
}

/// What a project has of a storage; sizes in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StorageUse {
    /// The storage.
    pub name: String,
    /// Granted.
    #[serde(default)]
    pub bytes_given: Option<f64>,
    /// Used.
    #[serde(default)]
    pub bytes_used: Option<f64>,
    /// Granted, in files.
    #[serde(default)]
    pub files_given: Option<f64>,
    /// Used, in files.
    #[serde(default)]
    pub files_used: Option<f64>,
}

/// A project and its hours. Node hours of CPU and GPU nodes are apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Project {
    /// Its number.
    pub id: i64,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// Its name in Slurm, the account.
    pub repo_name: String,
    /// The user's role in it.
    #[serde(default)]
    pub iris_role: Option<String>,
    /// The user's hours, granted.
    #[serde(default)]
    pub hours_given: Option<f64>,
    /// The user's hours, used.
    #[serde(default)]
    pub hours_used: Option<f64>,
    /// The project's hours, granted.
    #[serde(default)]
    pub project_hours_given: Option<f64>,
    /// The project's hours, used.
    #[serde(default)]
    pub project_hours_used: Option<f64>,
    /// The user's hours of CPU nodes, granted.
    #[serde(default)]
    pub cpu_hours_given: Option<f64>,
    /// The user's hours of CPU nodes, used.
    #[serde(default)]
    pub cpu_hours_used: Option<f64>,
    /// The project's hours of CPU nodes, granted.
    #[serde(default)]
    pub cpu_project_hours_given: Option<f64>,
    /// The project's hours of CPU nodes, used.
    #[serde(default)]
    pub cpu_project_hours_used: Option<f64>,
    /// The user's hours of GPU nodes, granted.
    #[serde(default)]
    pub gpu_hours_given: Option<f64>,
    /// The user's hours of GPU nodes, used.
    #[serde(default)]
    pub gpu_hours_used: Option<f64>,
    /// The project's hours of GPU nodes, granted.
    #[serde(default)]
    pub gpu_project_hours_given: Option<f64>,
    /// The project's hours of GPU nodes, used.
    #[serde(default)]
    pub gpu_project_hours_used: Option<f64>,
    /// Its folders on the community file system.
    #[serde(default)]
    pub projdir_usage: Option<Vec<StorageUse>>,
    /// All of them together.
    #[serde(default)]
    pub project_projdir_usage: Option<StorageUse>,
    /// Its tapes.
    #[serde(default)]
    pub hpss_usage: Option<Vec<StorageUse>>,
}

/// A role of the user in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// The project's number.
    pub id: i64,
    /// What the project is.
    #[serde(default)]
    pub description: Option<String>,
    /// The project's name.
    pub repo_name: String,
    /// The role.
    #[serde(default)]
    pub iris_role: Option<String>,
}

/// A client of this API that the user made in Iris.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApiClient {
    /// Its name.
    pub name: String,
    /// Its id.
    #[serde(rename = "clientId")]
    pub client_id: String,
    /// When it ends, as the service writes it. Clients live for 2, 30 or 60 days.
    #[serde(rename = "expiresAt")]
    pub expires_at: String,
    /// A remark.
    #[serde(default)]
    pub comments: Option<String>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupUser {
    /// The number of the account.
    pub uid: u64,
    /// Its name.
    pub name: String,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Its number.
    pub gid: u64,
    /// Its name.
    pub name: String,
    /// Its members.
    #[serde(default)]
    pub users: Option<Vec<GroupUser>>,
}

/// The user's groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Groups {
    /// The groups.
    #[serde(default)]
    pub groups: Option<Vec<Group>>,
}
