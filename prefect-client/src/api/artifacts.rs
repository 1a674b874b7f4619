//! `artifacts`.

use serde_json::{Value, json};

use super::call::{act, call, fields, list, optional};
use crate::model::{Artifact, LatestArtifact};
use crate::{ArtifactId, Client};

impl Client {
    /// The artifacts.
    pub fn artifacts(&self) -> Artifacts {
        Artifacts { client: self.clone() }
    }

    /// One artifact.
    pub fn artifact(&self, id: ArtifactId) -> ArtifactHandle {
        ArtifactHandle {
            client: self.clone(),
            id,
        }
    }
}

/// The artifacts. Made by [`Client::artifacts`].
#[derive(Clone, Debug)]
pub struct Artifacts {
    client: Client,
}

impl Artifacts {
    /// Creates an artifact of any type, such as `markdown`. Artifacts of one key make a history; a key has lower-case
    /// letters, digits and dashes only.
    pub fn create(&self, kind: impl Into<String>, data: impl Into<Value>) -> CreateArtifact {
        let mut create = CreateArtifact::new(&self.client, &[]);
        create.call.set("type", kind.into());
        create.call.set("data", data);
        create
    }

    /// Creates a progress bar, from 0 to 100. [`ArtifactHandle::update`] moves it.
    pub fn progress(&self, percent: f64) -> CreateArtifact {
        self.create(
            "progress",
            if percent.is_finite() {
                percent.clamp(0.0, 100.0)
            } else {
                0.0
            },
        )
    }

    /// Creates a table of these rows, each a JSON object from column to value.
    pub fn table(&self, rows: &[Value]) -> CreateArtifact {
        // The server keeps a table as text, as the user interface reads it.
        self.create("table", json!(rows).to_string())
    }

    /// Creates a text in Markdown.
    pub fn markdown(&self, text: impl Into<String>) -> CreateArtifact {
        self.create("markdown", text.into())
    }

    /// Creates a link; the text is what is shown for it. Brackets in either cannot break out of the link.
    pub fn link(&self, url: impl AsRef<str>, text: impl AsRef<str>) -> CreateArtifact {
        let text = text
            .as_ref()
            .replace('\\', "\\\\")
            .replace('[', "\\[")
            .replace(']', "\\]");
        let url = url
            .as_ref()
            .replace('(', "%28")
            .replace(')', "%29")
            .replace(' ', "%20");
        self.create("markdown", format!("[{text}]({url})"))
    }

    /// Reads the latest artifact of a key.
    pub fn latest(&self, key: impl AsRef<str>) -> GetLatestArtifact {
        GetLatestArtifact::new(&self.client, &[("key", key.as_ref())])
    }

    /// Lists artifacts.
    pub fn list(&self) -> ListArtifacts {
        ListArtifacts::new(&self.client, &[])
    }

    /// Lists the latest artifact of each key.
    pub fn list_latest(&self) -> ListLatestArtifacts {
        ListLatestArtifacts::new(&self.client, &[])
    }

    /// Counts artifacts.
    pub fn count(&self) -> CountArtifacts {
        CountArtifacts::new(&self.client, &[])
    }
}

/// What can be asked of one artifact. Made by [`Client::artifact`].
#[derive(Clone, Debug)]
pub struct ArtifactHandle {
    client: Client,
    id: ArtifactId,
}

impl ArtifactHandle {
    /// Reads it.
    pub fn get(&self) -> GetArtifact {
        GetArtifact::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Changes it.
    pub fn update(&self) -> UpdateArtifact {
        UpdateArtifact::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Deletes it.
    pub fn delete(&self) -> DeleteArtifact {
        DeleteArtifact::new(&self.client, &[("id", self.id.as_ref())])
    }
}

call! {
    /// Creates an artifact. Made by [`Artifacts::create`].
    CreateArtifact: "prefect.artifact_create", POST "/artifacts/" -> Artifact;
    /// The new artifact. Not repeated once it may have been acted on.
}

fields!(CreateArtifact {
    /// Its key.
    key: text;
    /// Free text, in Markdown.
    description: text;
    /// The flow run that it belongs to.
    flow_run_id: id;
    /// The task run that it belongs to.
    task_run_id: id;
});

call! {
    /// Reads an artifact. Made by [`ArtifactHandle::get`].
    GetArtifact: "prefect.artifact_get", GET "/artifacts/{id}" -> Artifact;
    /// The artifact. Retried.
}
optional!(GetArtifact -> Artifact);

call! {
    /// Reads the latest artifact of a key. Made by [`Artifacts::latest`].
    GetLatestArtifact: "prefect.artifact_latest", GET "/artifacts/{key}/latest" -> Artifact;
    /// The artifact. Retried.
}
optional!(GetLatestArtifact -> Artifact);

act! {
    /// Changes an artifact. Made by [`ArtifactHandle::update`].
    UpdateArtifact: "prefect.artifact_update", PATCH(repeatable) "/artifacts/{id}";
    /// Changes it. Retried.
}

fields!(UpdateArtifact {
    /// What it holds.
    data: json;
    /// Free text, in Markdown.
    description: text;
});

act! {
    /// Deletes an artifact. Made by [`ArtifactHandle::delete`].
    DeleteArtifact: "prefect.artifact_delete", DELETE "/artifacts/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists artifacts, the latest first. Made by [`Artifacts::list`].
    ListArtifacts: "prefect.artifact_list", "/artifacts/filter" -> Artifact;
}

list! {
    /// Lists the latest artifact of each key. Made by [`Artifacts::list_latest`].
    ListLatestArtifacts: "prefect.artifact_list_latest", "/artifacts/latest/filter" -> LatestArtifact;
}

call! {
    /// Counts artifacts. Made by [`Artifacts::count`].
    CountArtifacts: "prefect.artifact_count", POST(repeatable) "/artifacts/count" -> u64;
    /// How many there are. Retried.
}

macro_rules! artifact_filters {
    ($($name:ident { $($more:tt)* })+) => { $(
        fields!($name {
            /// Only those with one of these keys.
            keys: texts["artifacts", "key", "any_"];
            /// Only those of these types.
            kinds: texts["artifacts", "type", "any_"];
            /// Only those of these flow runs.
            flow_run_ids: texts["artifacts", "flow_run_id", "any_"];
            $($more)*
        });
    )+ };
}

artifact_filters! {
    ListArtifacts {
        /// The order, such as `CREATED_DESC`.
        sort: text;
    }
    ListLatestArtifacts {
        /// The order, such as `KEY_ASC`.
        sort: text;
    }
    CountArtifacts {}
}
