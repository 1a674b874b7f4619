//! Endpoints.

use rest_core::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{EndpointId, FunctionId};

rest_core::open_enum! {
    /// Whether an endpoint can be reached.
    pub enum EndpointState {
        /// It takes tasks.
        Online = "online",
        /// It does not answer; tasks wait for it.
        Offline = "offline",
        /// It was registered and never seen.
        Initialized = "initialized",
        /// Its administrator stopped it.
        Stopped = "stopped",
    }
}

/// How an endpoint stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndpointStatus {
    /// Whether it can be reached.
    pub status: EndpointState,
    /// Its workers and tasks, as far as it tells.
    #[serde(default)]
    pub details: Option<EndpointWork>,
}

impl EndpointStatus {
    /// Whether it can be reached.
    pub fn is_online(&self) -> bool {
        self.status == EndpointState::Online
    }
}

/// What an endpoint is at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct EndpointWork {
    /// Workers in all.
    pub total_workers: Option<i64>,
    /// Workers without a task.
    pub idle_workers: Option<i64>,
    /// Tasks that wait.
    pub pending_tasks: Option<i64>,
    /// Tasks that are worked on; some engines tell them by manager.
    pub outstanding_tasks: Option<Value>,
    /// Managers, each on a node of its own.
    pub managers: Option<i64>,
}

/// An endpoint as it was registered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Endpoint {
    /// Its id.
    pub uuid: Option<EndpointId>,
    /// Its short name.
    pub name: Option<String>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it starts a process for each of its users.
    pub multi_user: Option<bool>,
    /// Whether anybody finds it.
    pub public: Option<bool>,
    /// The version of its software, by which the [`Dialect`](crate::Dialect) is chosen.
    pub endpoint_version: Option<String>,
    /// The version of the SDK that it uses.
    pub sdk_version: Option<String>,
    /// The machine it runs on.
    pub hostname: Option<String>,
    /// The account it runs in.
    pub local_user: Option<String>,
    /// Its address.
    pub ip_address: Option<String>,
    /// The subscription it belongs to.
    pub subscription_uuid: Option<String>,
    /// Its configuration.
    pub endpoint_config: Option<Value>,
    /// The template of its users' processes.
    pub user_config_template: Option<String>,
    /// What may be filled into that template.
    pub user_config_schema: Option<Value>,
}

/// An endpoint in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndpointListed {
    /// Its id.
    pub uuid: EndpointId,
    /// Its short name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub owner: Option<String>,
}

/// That an endpoint was told to stop, and until when it may not be registered again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct EndpointLock {
    /// The endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// When the lock ends.
    pub lock_expiration_timestamp: Option<String>,
}

/// Which functions an endpoint runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct AllowedFunctions {
    /// The endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// Whether it runs these only.
    pub restricted: Option<bool>,
    /// The functions.
    pub functions: Vec<FunctionId>,
}

/// A queue of the service, with the credentials to use it.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct QueueInfo {
    /// Where it is; holds a password.
    #[serde(deserialize_with = "secret")]
    pub connection_url: SecretString,
    /// The exchange to write to.
    #[serde(default)]
    pub exchange: Option<String>,
    /// Its name.
    #[serde(default)]
    pub queue: Option<String>,
    /// How to write to it.
    #[serde(default)]
    pub queue_publish_kwargs: Option<Value>,
}

/// What an endpoint is told when it registers.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct EndpointRegistered {
    /// Its id.
    pub endpoint_id: EndpointId,
    /// What the service has to say about it.
    #[serde(default)]
    pub warnings: Vec<Value>,
    /// From where it is told to start its users' processes.
    #[serde(default)]
    pub command_queue_info: Option<QueueInfo>,
    /// Where it says that it is alive.
    #[serde(default)]
    pub heartbeat_queue_info: Option<QueueInfo>,
    /// From where it takes tasks, if it has no users' processes.
    #[serde(default)]
    pub task_queue_info: Option<QueueInfo>,
    /// Where results go.
    #[serde(default)]
    pub result_queue_info: Option<QueueInfo>,
}

pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}
