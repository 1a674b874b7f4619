//! Reading scopes: `[*]name["[" scope (" " scope)* "]"]`, separated by blanks.

use std::collections::{BTreeMap, BTreeSet};

use crate::scope::{Scope, merge_into};
use crate::{Error, Result};

/// Deeper than any service nests, and shallow enough to walk by recursion.
const DEPTH: usize = 64;

/// What a text of scopes is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece<'a> {
    Name(&'a str),
    Star,
    Open,
    Close,
}

fn problem(what: impl std::fmt::Display) -> Error {
    Error::config(format!("the scopes cannot be read: {what}"))
}

/// Reads the scopes of a text. Those of the same name beside each other become one.
pub(crate) fn parse(text: &str) -> Result<Vec<Scope>> {
    let mut reader = Reader::default();
    for piece in pieces(text.trim_matches(' '))? {
        reader.take(piece)?;
    }
    let scopes = reader.finish()?;
    check_cycles(&scopes)?;
    Ok(scopes)
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match first {
            ' ' => {
                if rest[1..].starts_with('[') {
                    return Err(problem("a blank before `[`"));
                }
                rest = &rest[1..];
                continue;
            }
            '*' => (Piece::Star, 1),
            '[' => (Piece::Open, 1),
            ']' => (Piece::Close, 1),
            c if c.is_whitespace() || c.is_control() => {
                return Err(problem("only blanks may separate scopes"));
            }
            _ => {
                let end = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '[' | ']' | '*');
                let length = rest.find(end).unwrap_or(rest.len());
                (Piece::Name(&rest[..length]), length)
            }
        };
        rest = &rest[length..];
        match (piece, rest.chars().next()) {
            (Piece::Star, None | Some(' ' | '[' | ']' | '*')) => {
                return Err(problem("`*` without a scope after it"));
            }
            (Piece::Close, Some(next)) if !matches!(next, ' ' | ']') => {
                return Err(problem("`]` must be followed by a blank or another `]`"));
            }
            (Piece::Name(_), Some('*')) => return Err(problem("`*` within the name of a scope")),
            _ => pieces.push(piece),
        }
    }
    Ok(pieces)
}

/// The scopes read so far: a list for each bracket that is open, the outermost first.
struct Reader {
    open: Vec<Vec<Scope>>,
    star: bool,
    /// Whether a `[` may follow.
    after_name: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            open: vec![Vec::new()],
            star: false,
            after_name: false,
        }
    }
}

impl Reader {
    fn take(&mut self, piece: Piece<'_>) -> Result<()> {
        let after_name = std::mem::take(&mut self.after_name);
        match piece {
            Piece::Star => self.star = true,
            Piece::Name(name) => {
                let mut scope = Scope::new_unchecked(name);
                scope.optional = std::mem::take(&mut self.star);
                if let Some(siblings) = self.open.last_mut() {
                    siblings.push(scope);
                }
                self.after_name = true;
            }
            Piece::Open if !after_name => return Err(problem("`[` without a scope before it")),
            Piece::Open if self.open.len() > DEPTH => {
                return Err(problem(format_args!("nested deeper than {DEPTH}")));
            }
            Piece::Open => self.open.push(Vec::new()),
            Piece::Close => self.close()?,
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let inner = self.open.pop().unwrap_or_default();
        let Some(scope) = self.open.last_mut().and_then(|siblings| siblings.last_mut()) else {
            return Err(problem("`]` without a `[` before it"));
        };
        if inner.is_empty() {
            return Err(problem("empty brackets"));
        }
        for dependency in inner {
            merge_into(&mut scope.dependencies, dependency);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Scope>> {
        let (Some(scopes), true) = (self.open.pop(), self.open.is_empty()) else {
            return Err(problem("a `[` is not closed"));
        };
        let mut merged = Vec::new();
        for scope in scopes {
            merge_into(&mut merged, scope);
        }
        Ok(merged)
    }
}

/// Refuses scopes that depend on themselves. The service takes each name for one scope wherever it stands, so the
/// dependencies of all places count together.
pub(crate) fn check_cycles(scopes: &[Scope]) -> Result<()> {
    let mut edges = BTreeMap::new();
    for scope in scopes {
        add_edges(scope, &mut edges);
    }
    // Takes away what depends on nothing until nothing is left; what cannot be taken away is a cycle or leads to one.
    loop {
        let free: Vec<&str> = edges
            .iter()
            .filter(|(_, targets)| targets.is_empty())
            .map(|(name, _)| *name)
            .collect();
        if free.is_empty() {
            break;
        }
        for name in &free {
            edges.remove(name);
        }
        for targets in edges.values_mut() {
            targets.retain(|target| free.binary_search(target).is_err());
        }
    }
    match edges.keys().next() {
        None => Ok(()),
        Some(name) => Err(problem(format_args!("`{name}` is in a cycle, or leads to one"))),
    }
}

fn add_edges<'a>(scope: &'a Scope, edges: &mut BTreeMap<&'a str, BTreeSet<&'a str>>) {
    let targets = edges.entry(&scope.name).or_default();
    targets.extend(scope.dependencies.iter().map(Scope::name));
    for dependency in &scope.dependencies {
        add_edges(dependency, edges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        match parse(text) {
            Ok(scopes) => Scope::list_to_string(&scopes).unwrap(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn what_is_read() {
        let cases = [
            ("", ""),
            (" a  b ", "a b"),
            ("a[b]", "a[b]"),
            ("a[*b c[*d]] *e", "a[*b c[*d]] *e"),
            ("a[ b ]", "a[b]"),
            ("a[*b b]", "a[b]"),
            ("a[b *b[c]]", "a[b[c]]"),
            ("a a[b] a[*c *b]", "a[b *c]"),
            ("a[b]  c", "a[b] c"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let texts = [
            "*", "a *", "* a", "**a", "*[a]", "[a]", "a[", "a[b", "a]", "a[]", "a[ ]", "a [b]", "a[[b]]",
            "a[b]c", "a[b][c]", "a[b]*c", "a*b", "a\tb", "a[*]", "a\nb", "a[b]]",
        ];
        for text in texts {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Config, "{text}");
        }
    }

    #[test]
    fn cycles_are_refused_over_whatever_way() {
        for text in ["a[a]", "a[b[a]]", "a[b] b[a]", "x a[b[c]] c[*a]"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("cycle"), "{text}: {error}");
        }
        assert_eq!(shown("a[b c] b[c]"), "a[b c] b[c]");
        let built = Scope::new("a").unwrap().with(Scope::new("a").unwrap());
        assert!(Scope::list_to_string(&[built]).is_err());
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = |depth: usize| {
            let names: Vec<String> = (0..depth).map(|n| format!("s{n}[")).collect();
            format!("{}x{}", names.concat(), "]".repeat(depth))
        };
        assert!(parse(&deep(DEPTH)).is_ok());
        assert!(parse(&deep(DEPTH + 1)).is_err());
        assert!(parse(&"a[".repeat(1_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_read_is_written_the_same(text in "[ab\\[\\]\\* ]{0,24}", other in ".*") {
            let _ = parse(&other);
            if let Ok(scopes) = parse(&text) {
                let written = Scope::list_to_string(&scopes).unwrap();
                prop_assert_eq!(parse(&written).unwrap(), scopes);
            }
        }
    }
}
