//! Events and automations.

use chrono::{DateTime, Utc};
use rest_core::{Page, PageToken, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::log::time;
use crate::{AutomationId, FlowRunId};

/// An event that the server keeps. Its name and resource are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The identifier.
    pub id: Option<Uuid>,
    /// The name, such as `prefect.flow-run.Completed`.
    pub event: String,
    /// When it occurred.
    pub occurred: Option<DateTime<Utc>>,
    /// When the server heard of it.
    pub received: Option<DateTime<Utc>>,
    /// What it is about: labels, `prefect.resource.id` among them.
    pub resource: Map<String, Value>,
    /// What else it has to do with, each with a `prefect.resource.role`.
    #[serde(default)]
    pub related: Vec<Map<String, Value>>,
    /// More about it.
    #[serde(default)]
    pub payload: Map<String, Value>,
    /// The event that it follows.
    pub follows: Option<Uuid>,
}

impl Event {
    /// The identifier of what it is about, such as `prefect.flow-run.<id>`.
    pub fn resource_id(&self) -> Option<&str> {
        self.resource.get("prefect.resource.id")?.as_str()
    }
}

/// An event to be told to the server.
#[derive(Clone, Debug, Serialize)]
pub struct NewEvent {
    id: Uuid,
    event: String,
    #[serde(serialize_with = "time")]
    occurred: DateTime<Utc>,
    resource: Map<String, Value>,
    related: Vec<Value>,
    payload: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<Uuid>,
}

impl NewEvent {
    /// An event of this name (words with dots between) about a resource, which occurred at this time.
    pub fn new(name: impl Into<String>, resource: impl Into<String>, occurred: DateTime<Utc>) -> Self {
        let id = Value::String(resource.into());
        Self {
            id: Uuid::new_v4(),
            event: name.into(),
            occurred,
            resource: Map::from_iter([("prefect.resource.id".to_owned(), id)]),
            related: Vec::new(),
            payload: Map::new(),
            follows: None,
        }
    }

    /// The identifier by which the server knows it again; made up unless said.
    pub fn id(mut self, id: Uuid) -> Self {
        self.id = id;
        self
    }

    /// A label of the resource, such as `prefect.resource.name`.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.resource.insert(name.into(), Value::String(value.into()));
        self
    }

    /// Something else that it has to do with, in this role.
    pub fn related(mut self, role: impl Into<String>, resource: impl Into<String>) -> Self {
        self.related.push(serde_json::json!({
            "prefect.resource.id": resource.into(), "prefect.resource.role": role.into(),
        }));
        self
    }

    /// The flow run that it has to do with.
    pub fn in_flow_run(self, id: &FlowRunId) -> Self {
        self.related("flow-run", format!("prefect.flow-run.{id}"))
    }

    /// More about it. Null and what is no JSON object leave it out.
    pub fn payload(mut self, payload: impl Into<Value>) -> Self {
        if let Value::Object(payload) = payload.into() {
            self.payload = payload;
        }
        self
    }

    /// The event that it follows.
    pub fn follows(mut self, id: Uuid) -> Self {
        self.follows = Some(id);
        self
    }
}

/// A page of events as the server writes it.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct EventPage {
    /// The events.
    #[serde(default)]
    pub events: Vec<Event>,
    /// How many there are in all.
    pub total: Option<u64>,
    /// Where the next page is.
    pub next_page: Option<String>,
}

impl EventPage {
    /// The page as all lists have it. Of the address only the mark is kept: it names the server as the server sees
    /// itself, which need not be how it is reached.
    pub(crate) fn page(self) -> Page<Event> {
        let mark = self.next_page.and_then(|address| {
            let url = Url::parse(&address).ok()?;
            let (_, mark) = url.query_pairs().find(|(key, _)| key == "page-token")?;
            Some(PageToken::Marker(mark.into_owned()))
        });
        Page {
            items: self.events,
            next: mark,
            total: self.total,
        }
    }
}

/// What the server does by itself. Its identifier and name are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Automation {
    /// The identifier.
    pub id: AutomationId,
    /// The name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// What sets it off.
    pub trigger: Option<Value>,
    /// What it does.
    pub actions: Option<Vec<Value>>,
    /// Its tags.
    pub tags: Option<Vec<String>>,
}
