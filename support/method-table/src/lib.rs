//! For the tests of a client: a table of the methods of a client in Python, each with the request it makes and ours that
//! makes the same. The tests hold the table against the requests, and the README against the table.
#![allow(clippy::panic, clippy::expect_used)] // what fails here is a test

use std::fmt::Write as _;
use std::path::Path;

use rest_core::{RequestParts, Result};

/// A method of theirs, the request it makes, and ours.
#[derive(Debug)]
pub struct Row<C> {
    /// The method, as their client names it.
    pub theirs: &'static str,
    /// Its older names.
    pub aliases: &'static [&'static str],
    /// Method and path template, such as `GET /task/{task_id}`.
    pub request: &'static str,
    /// Ours, from `client.` on, or with its type.
    pub ours: &'static str,
    /// What ours sends.
    pub parts: fn(&C) -> Result<RequestParts>,
}

/// A row without older names.
pub const fn row<C>(
    theirs: &'static str,
    request: &'static str,
    ours: &'static str,
    parts: fn(&C) -> Result<RequestParts>,
) -> Row<C> {
    Row {
        theirs,
        aliases: &[],
        request,
        ours,
        parts,
    }
}

impl<C> Row<C> {
    /// The row in the README's table.
    pub fn line(&self) -> Line {
        let names = std::iter::once(&self.theirs).chain(self.aliases);
        let names: Vec<String> = names.map(|name| code(name)).collect();
        let is_whole = self.ours.contains("::") || self.ours.starts_with("client.");
        let ours = if is_whole { "" } else { "client." };
        Line(
            names.join(", "),
            format!("`{}`", self.request),
            format!("`{ours}{}`", self.ours),
        )
    }
}

/// A line of the table: theirs, the request and ours, as Markdown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(pub String, pub String, pub String);

impl Line {
    /// A method of theirs that makes no request of its own, and what stands for it here.
    pub fn without_request((theirs, ours): &(&str, &str)) -> Self {
        Self(code(theirs), "none".to_owned(), (*ours).to_owned())
    }
}

/// What a name stands for may follow it after a blank.
fn code(name: &str) -> String {
    match name.split_once(' ') {
        Some((name, how)) => format!("`{name}` {how}"),
        None => format!("`{name}`"),
    }
}

/// What the rows send, in their order.
///
/// # Panics
/// Ours makes another request than theirs, or none.
pub fn same_requests<'a, C: 'a>(client: &C, rows: impl IntoIterator<Item = &'a Row<C>>) -> Vec<RequestParts> {
    let parts = rows.into_iter().map(|row| {
        let parts = (row.parts)(client).unwrap_or_else(|error| panic!("{}: {error}", row.theirs));
        assert_same(row.theirs, row.request, &parts);
        parts
    });
    parts.collect()
}

/// Whether this is the request, with nothing left open in its path.
///
/// # Panics
/// It is not.
pub fn assert_same(theirs: &str, request: &str, parts: &RequestParts) {
    let goes = format!("{} {}", parts.method(), parts.path_template());
    assert_eq!(goes, request, "{theirs}");
    let path = parts.path();
    let path = path.unwrap_or_else(|error| panic!("{theirs}: {error}"));
    assert!(!path.contains('{'), "{theirs}: {path}");
}

/// The table of the README: `theirs` says whose methods these are.
pub fn table(theirs: &str, lines: &[Line]) -> String {
    let mut table = format!("| {theirs} | request | here |\n|---|---|---|\n");
    for Line(theirs, request, ours) in lines {
        // Writing to a text does not fail.
        let _ = writeln!(table, "| {theirs} | {request} | {ours} |");
    }
    table
}

const BEGIN: &str = "<!-- methods: made by the tests, see tests/api/surface.rs -->\n";
const END: &str = "<!-- end of methods -->";

/// Holds the README of the crate in `folder` against the table; with `UPDATE_README=1` in the environment writes it.
///
/// # Panics
/// The README has another table, or no place for one.
pub fn keep_readme(folder: &str, table: &str) {
    let path = Path::new(folder).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("a README that can be read");
    let wanted = with_table(&readme, table).expect("the README has a place for the table");
    if readme == wanted {
        return;
    }
    #[allow(clippy::disallowed_methods)] // a switch for developers
    let update = std::env::var_os("UPDATE_README").is_some();
    assert!(
        update,
        "the table of the README is out of date: run the tests with UPDATE_README=1"
    );
    std::fs::write(&path, wanted).expect("a README that can be written");
}

/// The README with this table between its marks.
fn with_table(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    const TO_A: fn(&()) -> Result<RequestParts> = |()| Ok(RequestParts::new("test.get", Method::GET, "/a"));
    const TO_OPEN: fn(&()) -> Result<RequestParts> =
        |()| Ok(RequestParts::new("test.get", Method::GET, "/{id}"));

    #[test]
    fn the_same_request_passes() {
        let same: Row<()> = row("get", "GET /a", "a()", TO_A);
        assert_eq!(same_requests(&(), [&same]).len(), 1);
    }

    #[test]
    #[should_panic(expected = "get")]
    fn another_request_fails() {
        let other: Row<()> = row("get", "GET /b", "a()", TO_A);
        same_requests(&(), [&other]);
    }

    #[test]
    #[should_panic(expected = "get")]
    fn an_open_path_fails() {
        let open: Row<()> = row("get", "GET /{id}", "a()", TO_OPEN);
        same_requests(&(), [&open]);
    }

    #[test]
    fn a_line_names_ours_from_the_client_on() {
        let mut one: Row<()> = row("get by id", "GET /a", "a()", TO_A);
        one.aliases = &["old"];
        let line = Line(
            "`get` by id, `old`".into(),
            "`GET /a`".into(),
            "`client.a()`".into(),
        );
        assert_eq!(one.line(), line);
        one.ours = "Watcher::wait(id)";
        assert_eq!(one.line().2, "`Watcher::wait(id)`");
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let readme = format!("before\n{BEGIN}old\n{END}\nafter\n");
        let wanted = format!("before\n{BEGIN}new\n{END}\nafter\n");
        assert_eq!(with_table(&readme, "new\n"), Some(wanted));
        assert_eq!(with_table("no marks", "new\n"), None);
    }
}
