//! Lists, counts, first ones and searches, the same for every kind of document.

use serde::Deserialize;
use serde_json::{Value, json};

use axum::response::Response;

use super::filter::{Filter, Words};
use super::{Caller, SciCat, fields, replies};
use crate::routes;

/// The query of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    filter: Option<String>,
    /// Proposals call it so.
    filters: Option<String>,
    #[serde(rename = "where")]
    condition: Option<String>,
    fields: Option<String>,
    limits: Option<String>,
    pub(super) facets: Option<String>,
}

impl Asked {
    #[allow(clippy::result_large_err)] // the refusal is what is sent
    fn filter(&self, words: Words, kind: &str) -> Result<Filter, Response> {
        let wrapped = self
            .condition
            .as_ref()
            .map(|text| format!("{{\"where\":{text}}}"));
        let text = self
            .filter
            .as_ref()
            .or(self.filters.as_ref())
            .or(wrapped.as_ref());
        let text = text.map_or("{}", String::as_str);
        let filter = Filter::parse(text, words).map_err(|message| replies::bad_request(&json!(message)))?;
        if words == Words::V4 && kind == "datasets" {
            let unknown = filter.named.iter().find(|name| !fields::is_known_to_v4(name));
            if let Some(name) = unknown {
                let message = format!("Property {name} should not exist in where");
                return Err(replies::bad_request(&json!([message])));
            }
        }
        Ok(filter)
    }
}

impl SciCat {
    /// One page of what the caller may see.
    pub(super) fn page(
        &self,
        caller: &Caller,
        asked: &Asked,
        (kind, id): (&str, &str),
        words: Words,
    ) -> Response {
        let filter = match asked.filter(words, kind) {
            Ok(filter) => filter,
            Err(refusal) => return refusal,
        };
        let rows = self.seen(caller, kind);
        let mut page = filter.apply(rows, id);
        if kind == "datasets" {
            for dataset in &mut page {
                self.include(dataset, &filter.include);
            }
        }
        let page = page.into_iter().map(|row| rendered(row, kind, words));
        routes::json(200, &page.collect())
    }

    /// The first that the caller may see.
    pub(super) fn first(
        &self,
        caller: &Caller,
        asked: &Asked,
        (kind, id): (&str, &str),
        words: Words,
    ) -> Response {
        let filter = match asked.filter(words, kind) {
            Ok(filter) => filter,
            Err(refusal) => return refusal,
        };
        let found = filter.apply(self.seen(caller, kind), id).into_iter().next();
        match found {
            Some(row) => routes::json(200, &rendered(row, kind, words)),
            None => replies::not_found("Not Found"),
        }
    }

    /// How many the caller may see.
    pub(super) fn count(&self, caller: &Caller, asked: &Asked, kind: &str, words: Words) -> Response {
        let filter = match asked.filter(words, kind) {
            Ok(filter) => filter,
            Err(refusal) => return refusal,
        };
        let rows = self.seen(caller, kind);
        let count = rows.iter().filter(|row| filter.lets_through(row)).count();
        routes::json(200, &json!({ "count": count }))
    }

    /// A `fullquery`.
    pub(super) fn search(&self, caller: &Caller, asked: &Asked, (kind, id): (&str, &str)) -> Response {
        let fields = asked.fields.as_deref().unwrap_or("{}");
        let limits = asked.limits.as_deref().unwrap_or("{}");
        match Filter::query(fields, limits) {
            Some(filter) => routes::json(200, &Value::from(filter.apply(self.seen(caller, kind), id))),
            None => replies::stumbled(),
        }
    }

    pub(super) fn seen(&self, caller: &Caller, kind: &str) -> Vec<Value> {
        let all = self.all(kind);
        // Instruments belong to nobody.
        let open = kind == "instruments" && caller.name.is_some();
        all.into_iter().filter(|row| open || caller.sees(row)).collect()
    }

    /// Puts what belongs to a dataset beside it.
    pub(super) fn include(&self, dataset: &mut Value, relations: &[String]) {
        let pid = dataset["pid"].as_str().unwrap_or_default().to_owned();
        for relation in relations {
            dataset[relation.as_str()] = Value::from(self.store().of_dataset(relation, &pid));
        }
    }
}

/// The document in the words of a version.
pub(super) fn rendered(row: Value, kind: &str, words: Words) -> Value {
    match kind {
        "datasets" => super::datasets::rendered(row, words),
        "attachments" => super::attachments::rendered(row, words),
        _ => row,
    }
}
