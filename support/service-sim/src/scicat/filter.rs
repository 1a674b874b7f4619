//! The `filter` of a list of datasets, with the traps of the real one.

use serde_json::{Map, Value};

use super::dates;

/// How many rows come without a limit.
const DEFAULT_LIMIT: usize = 100;

/// Which datasets, how many, in which order, with which fields.
#[derive(Debug)]
pub(super) struct Filter {
    conditions: Vec<(String, Condition)>,
    skip: usize,
    limit: usize,
    order: Option<(String, bool)>,
    fields: Vec<String>,
}

#[derive(Debug, PartialEq)]
enum Condition {
    Equals(Value),
    OneOf(Vec<Value>),
    Contains(String),
    /// A text that the service took for a date or a number: no text is equal to it.
    Never,
}

impl Filter {
    /// Reads a filter. The error is the message of a 400.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let filter: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let empty = Map::new();
        let conditions = filter["where"].as_object().unwrap_or(&empty);
        let limits = &filter["limits"];
        let number = |name: &str| {
            limits[name]
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
        };
        let order = limits["order"].as_str().map(|order| {
            let (field, direction) = order.split_once(':').unwrap_or((order, "asc"));
            (field.to_owned(), direction.eq_ignore_ascii_case("desc"))
        });
        let fields = filter["fields"].as_array().into_iter().flatten();
        Ok(Self {
            conditions: conditions
                .iter()
                .map(|(field, value)| Ok((field.clone(), Condition::of(value)?)))
                .collect::<Result<_, String>>()?,
            skip: number("skip").unwrap_or(0),
            limit: number("limit").unwrap_or(DEFAULT_LIMIT),
            order,
            fields: fields
                .filter_map(|field| field.as_str().map(str::to_owned))
                .collect(),
        })
    }

    /// The datasets that it lets through.
    pub(super) fn apply(&self, datasets: &[Value]) -> Vec<Value> {
        let fits = |dataset: &&Value| {
            self.conditions
                .iter()
                .all(|(field, condition)| condition.holds(at(dataset, field)))
        };
        let mut found: Vec<&Value> = datasets.iter().filter(fits).collect();
        if let Some((field, descending)) = &self.order {
            let key = |dataset: &Value| at(dataset, field).to_string();
            found.sort_by_key(|dataset| key(dataset));
            if *descending {
                found.reverse();
            }
        }
        found
            .into_iter()
            .skip(self.skip)
            .take(self.limit)
            .map(|dataset| self.cut(dataset))
            .collect()
    }

    /// The fields asked for, and the pid, which always comes.
    fn cut(&self, dataset: &Value) -> Value {
        let Some(all) = dataset.as_object().filter(|_| !self.fields.is_empty()) else {
            return dataset.clone();
        };
        let asked =
            |name: &str| name == "pid" || name == "_id" || self.fields.iter().any(|field| field == name);
        all.iter()
            .filter(|(name, _)| asked(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

impl Condition {
    fn of(value: &Value) -> Result<Self, String> {
        match value {
            Value::Object(operators) => {
                if let Some(list) = operators.get("inq").and_then(Value::as_array) {
                    // In a list texts stay texts.
                    return Ok(Self::OneOf(list.clone()));
                }
                match operators.get("like").and_then(Value::as_str) {
                    Some(text) if is_converted(text) => Err("$regex has to be a string".to_owned()),
                    Some(text) => Ok(Self::Contains(text.to_lowercase())),
                    None => Err("service-sim knows only inq and like".to_owned()),
                }
            }
            Value::String(text) if is_converted(text) => Ok(Self::Never),
            other => Ok(Self::Equals(other.clone())),
        }
    }

    /// A list holds a value when one of its items does.
    fn holds(&self, value: &Value) -> bool {
        let is = |wanted: &Value| match value {
            Value::Array(items) if !wanted.is_array() => items.contains(wanted),
            value => value == wanted,
        };
        match self {
            Self::Equals(wanted) => is(wanted),
            Self::OneOf(wanted) => wanted.iter().any(is),
            Self::Contains(part) => value
                .as_str()
                .is_some_and(|text| text.to_lowercase().contains(part)),
            Self::Never => false,
        }
    }
}

/// The service turns a text into a number or a date when it can.
fn is_converted(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok() || dates::is_date_to_javascript(text)
}

/// A field of a dataset, `a.b` for one within another.
fn at<'a>(dataset: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(dataset, |value, name| &value[name])
}
