//! What a task run says of its effect: one JSON document as the name of a parameter, for the server keeps what a task
//! was given, but no values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use run_store::{Place, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::wire::damaged;

const INPUT: &str = "splash_flows";
/// Before a document that is no text.
const BASE64: &str = "base64:";
/// For ids made of names.
const NAMES: Uuid = Uuid::from_u128(0x6b0c_4a1e_8d5f_4e6a_9c31_2f70_5a44_d1b7);

/// One attempt of one step, as it was meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meant {
    pub(crate) step: String,
    pub(crate) key: String,
    pub(crate) attempt: u32,
    document: String,
    pub(crate) facts: Value,
    /// Which opening of the run meant it.
    pub(crate) fence: u32,
    /// Whether there is a lock for it.
    #[serde(default)]
    pub(crate) alone: bool,
    /// Tells one intent from another with the same content.
    nonce: String,
}

impl Meant {
    pub(crate) fn new(place: &Place, document: &[u8], facts: &Value, fence: u32) -> Self {
        let text = std::str::from_utf8(document)
            .ok()
            .filter(|text| !text.starts_with(BASE64));
        Self {
            step: place.step.clone(),
            key: place.key.clone(),
            attempt: place.attempt,
            document: text.map_or_else(|| format!("{BASE64}{}", STANDARD.encode(document)), str::to_owned),
            facts: facts.clone(),
            fence,
            alone: false,
            nonce: Uuid::new_v4().to_string(),
        }
    }

    /// The same, with a lock held for it.
    pub(crate) fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// The request, byte for byte.
    pub(crate) fn document(&self) -> Result<Vec<u8>> {
        match self.document.strip_prefix(BASE64) {
            Some(text) => STANDARD
                .decode(text)
                .map_err(|error| damaged("an intent's document", &error)),
            None => Ok(self.document.clone().into_bytes()),
        }
    }
}

/// The `task_inputs` that hold a document.
pub(crate) fn write(document: &impl Serialize) -> Result<Value> {
    let text = serde_json::to_string(document).map_err(|error| damaged("a task run's inputs", &error))?;
    Ok(json!({INPUT: [{"input_type": "parameter", "name": text}]}))
}

/// The document in `task_inputs`; none in a task run that is not ours.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(inputs: &Value) -> Option<Result<T>> {
    let text = inputs[INPUT][0]["name"].as_str()?;
    Some(serde_json::from_str(text).map_err(|error| damaged("a task run's inputs", &error)))
}

/// A short name for a long one, the same everywhere.
pub(crate) fn short(name: &str) -> String {
    Uuid::new_v5(&NAMES, name.as_bytes()).simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_byte_for_byte() {
        let place = Place {
            step: "submit".to_owned(),
            key: "a>b".to_owned(),
            attempt: 2,
        };
        for document in [&b"{\"a\": 1}"[..], b"", b"\xff\x00", b"base64:text"] {
            let meant = Meant::new(&place, document, &json!({"x": 1}), 3);
            let read: Meant = read(&write(&meant).unwrap()).unwrap().unwrap();
            assert_eq!(read, meant);
            assert_eq!(read.document().unwrap(), document);
        }
    }

    #[test]
    fn a_task_of_somebody_else_is_none_of_ours() {
        assert!(read::<Meant>(&json!({"path": [{"input_type": "parameter", "name": "x"}]})).is_none());
        assert!(read::<Meant>(&Value::Null).is_none());
        assert!(read::<Meant>(&json!({INPUT: [{"name": "{"}]})).unwrap().is_err());
    }

    #[test]
    fn names_stay_what_they_are_in_every_version() {
        assert_eq!(short("/raw/f/x.h5"), short("/raw/f/x.h5"));
        assert_eq!(short("/raw/f/x.h5").len(), 32);
        assert_ne!(short("/raw/f/x.h5"), short("/raw/f/y.h5"));
    }
}
