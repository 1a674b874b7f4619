//! What a document may and must hold, and the two ways in which the service says what is wrong with one.

use serde_json::{Map, Value, json};

use super::dates;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Emails,
    Date,
    Integer,
    Number,
    Flag,
    Texts,
    List,
    Object,
}

/// Names of fields with what they may hold.
pub(super) type Fields = &'static [(&'static str, Kind)];

/// Something that is wrong with a document.
#[derive(Debug)]
pub(super) struct Complaint {
    property: String,
    rule: &'static str,
    why: String,
}

impl Complaint {
    pub(super) fn new(property: impl Into<String>, rule: &'static str, why: impl Into<String>) -> Self {
        Self {
            property: property.into(),
            rule,
            why: why.into(),
        }
    }

    /// As the validator of v3 datasets writes it.
    fn node(&self) -> Value {
        let constraints = json!({ self.rule: self.why });
        match self.rule {
            "whitelistValidation" => json!({ "property": self.property, "constraints": constraints }),
            "unknownValue" => json!({ "children": [], "constraints": constraints }),
            _ => json!({ "property": self.property, "children": [], "constraints": constraints }),
        }
    }
}

/// The error document of v3 datasets, in which the list stands as text.
pub(super) fn as_text(complaints: &[Complaint]) -> Value {
    let nodes: Vec<Value> = complaints.iter().map(Complaint::node).collect();
    json!({ "status": 400, "message": Value::from(nodes).to_string() })
}

/// The error document of all else.
pub(super) fn as_list(complaints: &[Complaint]) -> Value {
    let messages: Vec<&str> = complaints
        .iter()
        .map(|complaint| complaint.why.as_str())
        .collect();
    json!({ "message": messages, "error": "Bad Request", "statusCode": 400 })
}

/// What is said of the first complaint.
pub(super) fn first(complaints: &[Complaint]) -> &str {
    complaints.first().map_or("", |complaint| complaint.why.as_str())
}

/// Checks a document against groups of fields and brings its values into the stored form.
///
/// # Errors
/// What is wrong with it.
pub(super) fn document(
    document: &Value,
    fields: &[Fields],
    required: &[&str],
) -> Result<Map<String, Value>, Vec<Complaint>> {
    let Some(given) = document.as_object() else {
        let why = "an unknown value was passed to the validate function";
        return Err(vec![Complaint::new("", "unknownValue", why)]);
    };
    let all = || fields.iter().copied().flatten();
    let mut complaints: Vec<Complaint> = given
        .keys()
        .filter(|name| !all().any(|(known, _)| known == name))
        .map(|name| {
            let why = format!("property {name} should not exist");
            Complaint::new(name, "whitelistValidation", why)
        })
        .collect();
    let mut stored_fields = Map::new();
    for (name, kind) in all() {
        let value = match given.get(*name) {
            None if !required.contains(name) => continue,
            value => value.unwrap_or(&Value::Null),
        };
        match stored(name, *kind, value) {
            Ok(value) => {
                stored_fields.insert((*name).to_owned(), value);
            }
            Err((rule, why)) => complaints.push(Complaint::new(*name, rule, why)),
        }
    }
    if complaints.is_empty() {
        Ok(stored_fields)
    } else {
        Err(complaints)
    }
}

/// The stored form of a value, or the rule that it breaks.
fn stored(name: &str, kind: Kind, value: &Value) -> Result<Value, (&'static str, String)> {
    let keep = |ok: bool, rule, what: &str| {
        if ok {
            Ok(value.clone())
        } else {
            Err((rule, format!("{name} must be {what}")))
        }
    };
    match kind {
        Kind::Text => keep(value.is_string(), "isString", "a string"),
        Kind::Integer => keep(value.is_i64() || value.is_u64(), "isInt", "an integer number"),
        Kind::Number => keep(
            value.is_number(),
            "isNumber",
            "a number conforming to the specified constraints",
        ),
        Kind::Flag => keep(value.is_boolean(), "isBoolean", "a boolean value"),
        Kind::Object => keep(value.is_object(), "isObject", "an object"),
        Kind::List => keep(value.is_array(), "isArray", "an array"),
        Kind::Texts => match value {
            Value::String(_) => Ok(json!([value])),
            Value::Array(items) if items.iter().all(Value::is_string) => Ok(value.clone()),
            _ => Err(("isString", format!("each value in {name} must be a string"))),
        },
        Kind::Date => match value.as_str().and_then(dates::parse) {
            Some(time) => Ok(Value::from(dates::text(time))),
            None => Err((
                "isDateString",
                format!("{name} must be a valid ISO 8601 date string"),
            )),
        },
        Kind::Emails => match value.as_str() {
            Some(text) if text.split(';').all(is_email) => Ok(value.clone()),
            other => {
                let got = other.unwrap_or("undefined");
                let why = format!("Expected an email or a list of semicolon separated emails, got {got}");
                Err(("customEmailList", why))
            }
        },
    }
}

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    let is_plain = |part: &str| !part.is_empty() && !part.contains([' ', '@', ',', '\t', '\n']);
    is_plain(user) && is_plain(host) && host.contains('.') && host.split('.').all(|label| !label.is_empty())
}

/// The files of a block, with their places in the complaints.
pub(super) fn files(document: &Value) -> Vec<Complaint> {
    const FILE: [&str; 8] = ["path", "size", "time", "chk", "uid", "gid", "perm", "type"];
    let mut complaints = Vec::new();
    let files = document["dataFileList"].as_array();
    for (index, file) in files.into_iter().flatten().enumerate() {
        let mut wrong = |what: String| {
            let place = format!("dataFileList.{index}");
            complaints.push(Complaint::new(&place, "isString", format!("{place}.{what}")));
        };
        let names = file.as_object().into_iter().flat_map(Map::keys);
        for name in names.filter(|name| !FILE.contains(&name.as_str())) {
            wrong(format!("property {name} should not exist"));
        }
        if !file["path"].is_string() {
            wrong("path must be a string".into());
        }
        if !(file["size"].is_i64() || file["size"].is_u64()) {
            wrong("size must be an integer number".into());
        }
        if file["time"].as_str().and_then(dates::parse).is_none() {
            wrong("time must be a valid ISO 8601 date string".into());
        }
    }
    complaints
}
