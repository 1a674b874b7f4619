//! `logbooks`. Only API v3 has them; that of a dataset both versions have.

use serde_json::json;

use super::call::{call, optional};
use crate::{Client, DatasetPid, Logbook};

impl Client {
    /// The logbooks.
    pub fn logbooks(&self) -> LogbooksHandle {
        LogbooksHandle { client: self.clone() }
    }
}

/// What can be asked of the logbooks. Made by [`Client::logbooks`].
#[derive(Clone, Debug)]
pub struct LogbooksHandle {
    client: Client,
}

impl LogbooksHandle {
    /// Lists the logbooks.
    pub fn list(&self) -> ListLogbooks {
        ListLogbooks::new(&self.client, &[])
    }

    /// Reads the logbook of this name.
    pub fn get(&self, name: &str) -> GetLogbook {
        let call = GetLogbook::new(&self.client, &[("name", name)]).call;
        GetLogbook {
            call: call.with(|parts| parts.query("filters", all())),
        }
    }
}

/// Everything: the backend wants a filter, even an empty one.
fn all() -> String {
    json!({ "textSearch": "", "showBotMessages": true, "showUserMessages": true, "showImages": true })
        .to_string()
}

call! {
    /// Lists logbooks. Made by [`LogbooksHandle::list`].
    ListLogbooks: "scicat.logbook_list", GET "/v3/logbooks" -> Vec<Logbook>;
    /// The logbooks. Retried.
}

call! {
    /// Reads a logbook. Made by [`LogbooksHandle::get`].
    GetLogbook: "scicat.logbook_get", GET "/v3/logbooks/{name}" -> Logbook;
    /// The logbook. Retried.
}
optional!(GetLogbook -> Logbook);

call! {
    /// Reads the logbook of a dataset. Made by [`DatasetHandle::logbook`](super::DatasetHandle::logbook).
    DatasetLogbook: "scicat.dataset_logbook",
        GET "/v3/datasets/{pid}/logbook" | "/v4/datasets/{pid}/logbook" -> Logbook;
    /// The logbook. Retried.
}
optional!(DatasetLogbook -> Logbook);

impl DatasetLogbook {
    pub(super) fn of(client: &Client, pid: &DatasetPid) -> Self {
        let call = Self::new(client, &[("pid", pid.as_str())]).call;
        Self {
            call: call.with(|parts| parts.query("filters", all())),
        }
    }
}
