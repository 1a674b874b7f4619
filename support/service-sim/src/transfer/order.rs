//! `orderby` and paging, shared by task lists and directory listings.

use std::cmp::Ordering;

use super::caller::Caller;
use super::refusal::Refusal;

/// The keys of an `orderby` such as `name ASC,size DESC`, with whether each descends.
pub(crate) fn keys(text: &str) -> Result<Vec<(&str, bool)>, Refusal> {
    text.split(',')
        .map(|part| match part.trim().split_once(' ') {
            None => Ok((part.trim(), false)),
            Some((key, "ASC")) => Ok((key, false)),
            Some((key, "DESC")) => Ok((key, true)),
            Some(_) => Err(Refusal::bad_request(format!(
                "orderby: '{part}' is not 'field ASC' or 'field DESC'"
            ))),
        })
        .collect()
}

/// Sorts by an `orderby`; `compare` gives `None` for a key that it does not know.
pub(crate) fn sort<T>(
    items: &mut [T],
    text: &str,
    compare: impl Fn(&str, &T, &T) -> Option<Ordering>,
) -> Result<(), Refusal> {
    let keys = keys(text)?;
    let mut unknown = None;
    items.sort_by(|a, b| {
        for (key, descends) in &keys {
            match compare(key, a, b) {
                Some(Ordering::Equal) => {}
                Some(order) => return if *descends { order.reverse() } else { order },
                None => unknown = Some(*key),
            }
        }
        Ordering::Equal
    });
    match unknown {
        Some(key) => Err(Refusal::bad_request(format!("orderby: unknown field '{key}'"))),
        None => Ok(()),
    }
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    pub(crate) total: usize,
}

/// Cuts the page that the query's `limit` and `offset` ask for.
pub(crate) fn page<T>(
    caller: &Caller,
    items: Vec<T>,
    default: usize,
    most: usize,
) -> Result<Page<T>, Refusal> {
    let limit = caller.number("limit")?.unwrap_or(default);
    if limit == 0 || limit > most {
        return Err(Refusal::bad_request(format!("limit must be from 1 to {most}")));
    }
    let offset = caller.number("offset")?.unwrap_or(0);
    let total = items.len();
    Ok(Page {
        items: items.into_iter().skip(offset).take(limit).collect(),
        limit,
        offset,
        total,
    })
}
