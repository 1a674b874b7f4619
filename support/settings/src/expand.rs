//! References to variables in a text.

use crate::dotenv::Environment;

/// Puts values in the place of references. `value_at` is given the rest of the text from each `$` on, and answers with
/// the value and the length of the reference, or with nothing if there is none. A value is not looked at again.
pub(crate) fn substitute<'a>(
    text: &'a str,
    mut value_at: impl FnMut(&'a str) -> Option<(&'a str, usize)>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (value, length) = value_at(&rest[at..]).unwrap_or(("$", 1));
        out.push_str(value);
        rest = &rest[at + length..];
    }
    out + rest
}

/// Expands `$NAME` and `${NAME}` as Python's `os.path.expandvars` does: what is not set stays as it was written, and a
/// value that was put in is not expanded again. Also gives the first name that was not set.
pub(crate) fn expand<'a>(text: &'a str, env: &'a Environment) -> (String, Option<&'a str>) {
    let mut unset = None;
    let expanded = substitute(text, |rest| {
        let (name, length) = reference(rest)?;
        let value = env.get(name).unwrap_or_else(|| {
            unset.get_or_insert(name);
            &rest[..length]
        });
        Some((value, length))
    });
    (expanded, unset)
}

/// The variable that `text` begins with, and the length of the reference.
pub(crate) fn reference(text: &str) -> Option<(&str, usize)> {
    let after = text.strip_prefix('$')?;
    if let Some(inner) = after.strip_prefix('{') {
        let name = &inner[..inner.find('}')?];
        return (!name.is_empty()).then_some((name, name.len() + 3));
    }
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let name = &after[..end.unwrap_or(after.len())];
    (!name.is_empty()).then_some((name, name.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of `os.path.expandvars` (Python 3.11).
    #[test]
    fn expands_as_python_does() {
        let vars = [("A", "one"), ("B_2", "$A"), ("EMPTY", ""), ("A-B", "dash")];
        let env = Environment::from_vars(vars.map(|(n, v)| (n.to_owned(), v.to_owned())));
        for (text, expected, unset) in [
            ("", "", None),
            ("plain", "plain", None),
            ("$A", "one", None),
            ("${A}", "one", None),
            ("x$A/${A}y", "xone/oney", None),
            ("$B_2", "$A", None),
            ("${EMPTY}|$EMPTY", "|", None),
            ("${A-B}", "dash", None),
            ("$AB $A", "$AB one", Some("AB")),
            ("${NO}${A}", "${NO}one", Some("NO")),
            ("$$A", "$one", None),
            ("$", "$", None),
            ("${A", "${A", None),
            ("${}", "${}", None),
            ("$é$A", "$éone", None),
            ("$A€", "one€", None),
        ] {
            let (got, missing) = expand(text, &env);
            assert_eq!((got.as_str(), missing), (expected, unset), "{text}");
        }
    }
}
