//! The `filter` of a list and the fields of a `fullquery`, with the traps of the real ones.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use super::dates;

/// Which version's words a list understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    V3,
    V4,
}

/// Which rows, how many, in which order, with which fields.
#[derive(Debug)]
pub(super) struct Filter {
    conditions: Vec<Condition>,
    skip: usize,
    limit: usize,
    order: Vec<(String, bool)>,
    fields: Vec<String>,
    /// What comes along with each row.
    pub(super) include: Vec<String>,
    /// The fields that conditions name.
    pub(super) named: Vec<String>,
}

#[derive(Debug)]
enum Condition {
    Equals(String, Value),
    OneOf(String, Vec<Value>),
    NoneOf(String, Vec<Value>),
    Matches(String, Regex),
    Between(String, Value, Value),
    Text(String),
    Any(Vec<Vec<Condition>>),
    /// A text that the service took for a date or a number: no text is equal to it.
    Never,
}

impl Filter {
    /// Reads a filter. The error is the message of a 400.
    pub(super) fn parse(text: &str, words: Words) -> Result<Self, String> {
        // The real service swaps these words in the text, so it knows them only where an object begins with them.
        let text = ["inq", "nin"].iter().fold(text.to_owned(), |text, word| {
            text.replace(
                &format!("{{\"{word}\":"),
                &format!("{{\"${}\":", word.trim_end_matches('q')),
            )
        });
        let text = text
            .replace("{\"and\":[", "{\"$and\":[")
            .replace("{\"or\":[", "{\"$or\":[");
        let filter: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut named = Vec::new();
        let conditions = conditions(&filter["where"], words, &mut named)?;
        let limits = &filter["limits"];
        let include = filter["include"].as_array().into_iter().flatten();
        Ok(Self {
            conditions,
            skip: number(&limits["skip"]).unwrap_or(0),
            limit: number(&limits["limit"]).unwrap_or(match words {
                Words::V3 => 100,
                Words::V4 => 10,
            }),
            order: match words {
                Words::V3 => order(&limits["order"]),
                Words::V4 => sort(&limits["sort"]),
            },
            fields: texts(&filter["fields"]),
            include: include
                .filter_map(|one| one.as_str().or_else(|| one["relation"].as_str()))
                .map(str::to_owned)
                .collect(),
            named,
        })
    }

    /// Reads the fields and limits of a `fullquery`; nothing if the service stumbles over them.
    pub(super) fn query(fields: &str, limits: &str) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_str(fields).ok()?;
        let limits: Value = serde_json::from_str(limits).ok()?;
        let mut conditions = Vec::new();
        for (name, value) in fields {
            conditions.push(match &value {
                Value::String(words) if name == "text" => Condition::Text(words.to_lowercase()),
                Value::Array(values) => Condition::OneOf(name, values.clone()),
                Value::Object(range) => Condition::Between(
                    name,
                    range.get("begin").cloned().unwrap_or_default(),
                    range.get("end").cloned().unwrap_or_default(),
                ),
                Value::Bool(_) => Condition::Equals(name, value),
                _ => return None,
            });
        }
        Some(Self {
            conditions,
            skip: number(&limits["skip"]).unwrap_or(0),
            limit: number(&limits["limit"]).unwrap_or(25),
            order: order(&limits["order"]),
            fields: Vec::new(),
            include: Vec::new(),
            named: Vec::new(),
        })
    }

    /// The rows that it lets through, one page of them.
    pub(super) fn apply(&self, rows: impl IntoIterator<Item = Value>, id: &str) -> Vec<Value> {
        let mut found: Vec<Value> = rows.into_iter().filter(|row| self.lets_through(row)).collect();
        found.sort_by(|one, other| {
            let fields = self.order.iter();
            let mut steps = fields.map(|(field, descending)| {
                let step = at(one, field).to_string().cmp(&at(other, field).to_string());
                if *descending { step.reverse() } else { step }
            });
            steps
                .find(|step| step.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let page = found.into_iter().skip(self.skip).take(self.limit);
        page.map(|row| self.cut(row, id)).collect()
    }

    pub(super) fn lets_through(&self, row: &Value) -> bool {
        self.conditions.iter().all(|condition| condition.holds(row))
    }

    /// The fields asked for, and the identifier, which always comes.
    fn cut(&self, row: Value, id: &str) -> Value {
        match row {
            Value::Object(all) if !self.fields.is_empty() => all
                .into_iter()
                .filter(|(name, _)| name == id || name == "_id" || self.fields.contains(name))
                .collect(),
            row => row,
        }
    }
}

fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// `field:direction`, or a list of such.
fn order(value: &Value) -> Vec<(String, bool)> {
    let several = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let several = several.iter().filter_map(Value::as_str);
    several
        .map(|order| {
            let (field, direction) = order.split_once(':').unwrap_or((order, "asc"));
            (field.to_owned(), direction.eq_ignore_ascii_case("desc"))
        })
        .collect()
}

/// `{field: direction}`.
fn sort(value: &Value) -> Vec<(String, bool)> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .map(|(field, direction)| (field.clone(), direction == "desc"))
        .collect()
}

fn conditions(document: &Value, words: Words, named: &mut Vec<String>) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (field, value) in document.as_object().into_iter().flatten() {
        let branches = value.as_array().into_iter().flatten();
        match field.as_str() {
            "$and" => {
                for branch in branches {
                    conditions.extend(self::conditions(branch, words, named)?);
                }
            }
            "$or" => {
                let branches: Result<Vec<_>, String> = branches
                    .map(|branch| self::conditions(branch, words, named))
                    .collect();
                conditions.push(Condition::Any(branches?));
            }
            _ => {
                named.push(field.clone());
                conditions.push(Condition::of(field, value, words)?);
            }
        }
    }
    Ok(conditions)
}

impl Condition {
    fn of(field: &str, value: &Value, words: Words) -> Result<Self, String> {
        let field = field.to_owned();
        let converts = |text: &str| words == Words::V3 && is_converted(text);
        match value {
            Value::Object(operators) => {
                let (word, operand) = operators.iter().next().ok_or("an empty condition")?;
                // In a list texts stay texts.
                let list = || operand.as_array().cloned().unwrap_or_default();
                match (word.as_str(), operand.as_str()) {
                    ("$in", _) => Ok(Self::OneOf(field, list())),
                    ("$nin", _) => Ok(Self::NoneOf(field, list())),
                    ("like", Some(text)) if converts(text) => Err("$regex has to be a string".to_owned()),
                    ("like", Some(text)) => {
                        let pattern = RegexBuilder::new(text).case_insensitive(true).build();
                        Ok(Self::Matches(field, pattern.map_err(|error| error.to_string())?))
                    }
                    _ => Err(format!("service-sim does not know the condition {word}")),
                }
            }
            Value::String(text) if converts(text) => Ok(Self::Never),
            other => Ok(Self::Equals(field, other.clone())),
        }
    }

    fn holds(&self, row: &Value) -> bool {
        match self {
            Self::Equals(field, wanted) => is(at(row, field), wanted),
            Self::OneOf(field, wanted) => wanted.iter().any(|wanted| is(at(row, field), wanted)),
            Self::NoneOf(field, wanted) => !wanted.iter().any(|wanted| is(at(row, field), wanted)),
            Self::Matches(field, pattern) => {
                at(row, field).as_str().is_some_and(|text| pattern.is_match(text))
            }
            Self::Between(field, begin, end) => {
                let time = |value: &Value| value.as_str().and_then(dates::parse);
                let (value, begin, end) = (time(at(row, field)), time(begin), time(end));
                value.is_some_and(|value| {
                    begin.is_none_or(|begin| value >= begin) && end.is_none_or(|end| value <= end)
                })
            }
            Self::Text(words) => row.to_string().to_lowercase().contains(words),
            Self::Any(branches) => branches
                .iter()
                .any(|branch| branch.iter().all(|condition| condition.holds(row))),
            Self::Never => false,
        }
    }
}

/// A list holds a value when one of its items does.
fn is(value: &Value, wanted: &Value) -> bool {
    match value {
        Value::Array(items) if !wanted.is_array() => items.contains(wanted),
        value => value == wanted,
    }
}

/// The service turns a text into a number or a date when it can.
fn is_converted(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok() || dates::is_date_to_javascript(text)
}

/// A field of a row, `a.b` for one within another, also within the items of a list.
fn at<'a>(row: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(row, |value, name| match value {
        Value::Array(items) => items.first().map_or(&Value::Null, |item| &item[name]),
        value => &value[name],
    })
}
