//! Words of a line, as a shell and as `sbatch` split them.

/// Splits a command line as `shlex` of Python does. `None` when a quote is not closed.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => quoted(&mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

fn quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                c @ ('"' | '\\' | '$' | '`') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

/// Splits a directive as `sbatch` does: a backslash takes the next character as it is, but for a blank outside quotes,
/// which ends the word all the same; `#` begins a comment.
pub(super) fn directive(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => match chars.next() {
                Some(blank) if quote.is_none() && blank.is_ascii_whitespace() => words.extend(word.take()),
                next => word.get_or_insert_default().extend(next),
            },
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('#', None) => break,
            (c, None) if c.is_ascii_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split() {
        assert_eq!(
            split("bash -c 'a b' \"c\\\"d\" e\\ f ''").unwrap(),
            ["bash", "-c", "a b", "c\"d", "e f", ""]
        );
        assert_eq!(split("a 'b"), None);
        assert_eq!(
            directive("-N 1 --comment=\"a b#\\\"\\\\\" a\\#\\ 'c d' # rest"),
            ["-N", "1", "--comment=a b#\"\\", "a#", "c d"]
        );
    }
}
