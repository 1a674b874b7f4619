//! What is catalogued.

use std::collections::BTreeMap;

use serde_json::Value;

/// Documents by kind, each in the order of their creation.
#[derive(Debug, Default)]
pub(super) struct Store {
    kinds: BTreeMap<String, Vec<Value>>,
}

impl Store {
    pub(super) fn all(&self, kind: &str) -> &[Value] {
        self.kinds.get(kind).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, kind: &str, document: Value) {
        self.kinds.entry(kind.to_owned()).or_default().push(document);
    }

    /// The document whose field `key` has this value.
    pub(super) fn one(&mut self, kind: &str, key: &str, value: &str) -> Option<&mut Value> {
        let all = self.kinds.get_mut(kind)?;
        all.iter_mut().find(|document| document[key] == value)
    }

    pub(super) fn dataset(&mut self, pid: &str) -> Option<&mut Value> {
        self.one("datasets", "pid", pid)
    }

    /// Takes it out. Whether it was there.
    pub(super) fn remove(&mut self, kind: &str, key: &str, value: &str) -> bool {
        let Some(all) = self.kinds.get_mut(kind) else {
            return false;
        };
        let before = all.len();
        all.retain(|document| document[key] != value);
        all.len() < before
    }

    /// The documents of a kind that belong to a dataset.
    pub(super) fn of_dataset(&self, kind: &str, pid: &str) -> Vec<Value> {
        let all = self.all(kind).iter();
        all.filter(|document| document["datasetId"] == pid)
            .cloned()
            .collect()
    }

    /// Makes sizes and numbers of a dataset the sums over its blocks.
    pub(super) fn sum_up(&mut self, kind: &str, pid: &str, now: &str) {
        let blocks = self.of_dataset(kind, pid);
        let (size_of, size, files) = match kind {
            "datablocks" => ("packedSize", "packedSize", "numberOfFilesArchived"),
            _ => ("size", "size", "numberOfFiles"),
        };
        let total: u64 = blocks.iter().filter_map(|block| block[size_of].as_u64()).sum();
        let count: usize = blocks
            .iter()
            .filter_map(|block| Some(block["dataFileList"].as_array()?.len()))
            .sum();
        if let Some(dataset) = self.dataset(pid) {
            dataset[size] = Value::from(total);
            dataset[files] = Value::from(count);
            dataset["updatedAt"] = Value::from(now);
        }
    }
}
