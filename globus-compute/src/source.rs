//! What can be told about Python source without Python: enough to refuse, before anything is sent, what the worker
//! would only stumble over.

/// A line of code as Python counts them: brackets and quoted line breaks joined.
#[derive(Debug)]
struct Logical {
    /// The line it begins on, from 1.
    number: usize,
    /// The characters of its indent.
    indent: String,
    /// Its text without comments, each text constant replaced by `""`.
    code: String,
}

/// Checks the source of a function.
pub(crate) fn check(name: &str, source: &str) -> Result<(), String> {
    if !is_identifier(name) {
        return Err(format!(
            "`{}` is no name of a Python function",
            name.escape_debug()
        ));
    }
    if source.contains('\0') {
        return Err("the source contains a NUL character".to_owned());
    }
    let lines = Scanner::new(source).lines()?;
    check_indents(&lines)?;
    defined(name, &lines)
}

/// Whether the source is nothing but the function, so that it needs nothing that stands beside it.
pub(crate) fn is_self_contained(source: &str) -> bool {
    let lines = Scanner::new(source).lines().unwrap_or_default();
    let mut outer = lines
        .iter()
        .filter(|line| line.indent.is_empty() && line.code != "\"\"");
    outer.next().is_some_and(|line| line.code.starts_with("def ")) && outer.next().is_none()
}

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|c| c == '_' || c.is_alphabetic());
    begins && characters.all(|c| c == '_' || c.is_alphanumeric()) && !KEYWORDS.contains(&name)
}

fn check_indents(lines: &[Logical]) -> Result<(), String> {
    let mut levels = vec![""];
    let mut opened = false;
    for line in lines {
        let number = line.number;
        let current = levels.last().copied().unwrap_or_default();
        if opened && (line.indent.len() <= current.len() || !line.indent.starts_with(current)) {
            return Err(format!(
                "line {number}: an indented block is expected after the line before"
            ));
        }
        if opened {
            levels.push(&line.indent);
        } else if line.indent != current {
            if levels.len() == 1 && number == lines.first().map_or(0, |first| first.number) {
                return Err(format!(
                    "line {number}: the source is indented as a whole; take the indent of its first line away from all \
                     (Python's textwrap.dedent does it)"
                ));
            }
            let known = levels.iter().position(|level| *level == line.indent);
            let Some(known) = known else {
                return Err(format!("line {number}: its indent is that of no block around it"));
            };
            levels.truncate(known + 1);
        }
        opened = line.code.ends_with(':');
    }
    match lines.last() {
        Some(last) if opened => Err(format!(
            "line {}: an indented block is missing after it",
            last.number
        )),
        _ => Ok(()),
    }
}

/// Whether the name is given a meaning at the outermost level.
fn defined(name: &str, lines: &[Logical]) -> Result<(), String> {
    let outer: Vec<&Logical> = lines.iter().filter(|line| line.indent.is_empty()).collect();
    let begins = |line: &&&Logical, word: &str| {
        let rest = line.code.strip_prefix(word).map(str::trim_start);
        let after = rest.and_then(|rest| rest.strip_prefix(name));
        after.is_some_and(|after| !after.starts_with(|c: char| c == '_' || c.is_alphanumeric()))
    };
    if outer.iter().any(|line| begins(&line, "async def ")) {
        return Err(format!(
            "`{name}` is an async function, of which the worker would only get a coroutine; make it a plain `def`"
        ));
    }
    let assigned = |line: &&&Logical| begins(line, "") && line.code.contains('=');
    let imported = |line: &&&Logical| {
        (line.code.starts_with("from ") || line.code.starts_with("import "))
            && line
                .code
                .split(|c: char| c != '_' && !c.is_alphanumeric())
                .any(|word| word == name)
    };
    if outer
        .iter()
        .any(|line| begins(&line, "def ") || begins(&line, "class ") || assigned(&line) || imported(&line))
    {
        return Ok(());
    }
    let others: Vec<&str> = outer
        .iter()
        .filter_map(|line| line.code.strip_prefix("def ")?.split('(').next())
        .collect();
    Err(if others.is_empty() {
        format!("the source does not define `{name}` at its outermost level")
    } else {
        format!(
            "the source does not define `{name}` at its outermost level, only {}",
            others.join(", ")
        )
    })
}

/// Takes source apart into logical lines.
struct Scanner<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    number: usize,
    open: Vec<(char, usize)>,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            rest: source.chars().peekable(),
            number: 1,
            open: Vec::new(),
        }
    }

    fn lines(mut self) -> Result<Vec<Logical>, String> {
        let mut lines = Vec::new();
        while self.rest.peek().is_some() {
            if let Some(line) = self.line()? {
                lines.push(line);
            }
        }
        if let Some((bracket, number)) = self.open.first() {
            return Err(format!("line {number}: `{bracket}` is never closed"));
        }
        if lines.is_empty() {
            return Err("the source has no code".to_owned());
        }
        Ok(lines)
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        if next == Some('\n') {
            self.number += 1;
        }
        next
    }

    /// The next logical line; `None` for one without code.
    fn line(&mut self) -> Result<Option<Logical>, String> {
        let number = self.number;
        let mut indent = String::new();
        while let Some(blank) = self.rest.next_if(|c| matches!(c, ' ' | '\t')) {
            indent.push(blank);
        }
        let mut code = String::new();
        while let Some(character) = self.next() {
            match character {
                '\n' if self.open.is_empty() => break,
                '#' => {
                    while self.rest.peek().is_some_and(|c| *c != '\n') {
                        self.next();
                    }
                }
                '\\' => {
                    // A line break after it (with \r before, on some systems) is no end of the line.
                    self.rest.next_if_eq(&'\r');
                    self.next();
                    code.push(' ');
                }
                quote @ ('"' | '\'') => {
                    self.text(quote)?;
                    code.push_str("\"\"");
                }
                bracket @ ('(' | '[' | '{') => {
                    self.open.push((bracket, self.number));
                    code.push(bracket);
                }
                bracket @ (')' | ']' | '}') => {
                    self.close(bracket)?;
                    code.push(bracket);
                }
                other => code.push(other),
            }
        }
        let code = code.trim().to_owned();
        Ok((!code.is_empty()).then_some(Logical { number, indent, code }))
    }

    fn close(&mut self, bracket: char) -> Result<(), String> {
        let wanted = match bracket {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        match self.open.pop() {
            Some((open, _)) if open == wanted => Ok(()),
            Some((open, at)) => Err(format!(
                "line {}: `{bracket}` does not close the `{open}` of line {at}",
                self.number
            )),
            None => Err(format!("line {}: `{bracket}` closes nothing", self.number)),
        }
    }

    /// The rest of a text constant. A backslash keeps the character after it, in raw texts too.
    fn text(&mut self, quote: char) -> Result<(), String> {
        let begun = self.number;
        let mut triple = false;
        if self.rest.next_if_eq(&quote).is_some() {
            if self.rest.next_if_eq(&quote).is_none() {
                return Ok(());
            }
            triple = true;
        }
        let mut run = 0;
        while let Some(character) = self.next() {
            match character {
                '\\' => {
                    self.next();
                    run = 0;
                }
                '\n' if !triple => break,
                c if c == quote => {
                    run += 1;
                    if !triple || run == 3 {
                        return Ok(());
                    }
                }
                _ => run = 0,
            }
        }
        Err(format!("line {begun}: a text constant is never closed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, source: &str) -> String {
        check(name, source).unwrap_err()
    }

    #[test]
    fn good_sources_pass() {
        for (name, source) in [
            ("f", "def f():\n    return 1\n"),
            (
                "f",
                "\n# what it does\n\nimport os\n\ndef g(x):\n\treturn x\n\ndef f(a,\n  b=')'):\n    \"\"\"Doc: it's\n  odd\"\"\"\n    if a:\n        return g(b)\n    return {\n'a': 1}\n",
            ),
            ("f", "def f(): return 1"),
            ("f", "f = lambda x, y=2: x + y\n"),
            ("f", "from math import floor as f\n"),
            ("f", "@cache\ndef f():\r\n    return 1\r\n"),
            ("größe", "def größe():\n    return '\\'' + r'\\\\' + \"#\"  # )\n"),
            ("f", "def f():\n    x = 1 + \\\n 2\n    return x"),
            ("f", "x = '''\n  def f(:\n'''\ndef f():\n    pass"),
        ] {
            assert_eq!(check(name, source), Ok(()), "{source}");
        }
    }

    #[test]
    fn what_the_worker_would_stumble_over_is_refused_with_its_line() {
        for (name, source, words) in [
            (
                "f",
                "    def f():\n        return 1\n",
                "line 1: the source is indented as a whole",
            ),
            (
                "f",
                "\n\n\tdef f():\n\t\treturn 1\n",
                "line 3: the source is indented",
            ),
            (
                "f",
                "def f():\nreturn 1\n",
                "line 2: an indented block is expected",
            ),
            ("f", "def f():\n", "line 1: an indented block is missing"),
            ("f", "def f():\n    x = 1\n      y = 2\n", "line 3: its indent"),
            ("f", "def f():\n    return (1\n", "line 2: `(` is never closed"),
            ("f", "def f():\n    return 1)\n", "line 2: `)` closes nothing"),
            (
                "f",
                "def f():\n    return (1]\n",
                "line 2: `]` does not close the `(` of line 2",
            ),
            (
                "f",
                "def f():\n    return 'a\n",
                "line 2: a text constant is never closed",
            ),
            (
                "f",
                "def f():\n    '''a\n    return ''\n",
                "line 2: a text constant",
            ),
            ("f", "", "no code"),
            ("f", "# only this\n", "no code"),
            (
                "g",
                "def f():\n    return 1\n",
                "does not define `g` at its outermost level, only f",
            ),
            (
                "f",
                "def g():\n    def f():\n        return 1\n",
                "does not define `f`",
            ),
            ("f", "x = 1\n", "does not define `f` at its outermost level"),
            ("f", "def ff():\n    return 1\n", "does not define `f`"),
            ("f", "async def f():\n    return 1\n", "async"),
            ("", "def f():\n    return 1\n", "is no name"),
            ("f()", "def f():\n    return 1\n", "is no name"),
            ("class", "def f():\n    return 1\n", "is no name"),
            ("f", "def f():\n    return '\0'\n", "NUL"),
        ] {
            let error = refused(name, source);
            assert!(error.contains(words), "{source:?}: {error}");
        }
    }

    #[test]
    fn a_function_alone_needs_nothing_beside_it() {
        assert!(is_self_contained(
            "# c\n\"\"\"doc\"\"\"\ndef f():\n    import os\n    return os.getcwd()\n"
        ));
        assert!(!is_self_contained(
            "import os\ndef f():\n    return os.getcwd()\n"
        ));
        assert!(!is_self_contained(
            "def g():\n    pass\ndef f():\n    return g()\n"
        ));
        assert!(!is_self_contained("f = len\n"));
    }

    proptest::proptest! {
        #[test]
        fn no_source_panics(name in ".{0,5}", source in "([ \\t\\n'\"\\\\():#=a-f]|def |\\PC){0,60}") {
            let _ = check(&name, &source);
            let _ = is_self_contained(&source);
        }
    }
}
