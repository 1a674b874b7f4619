//! What can be told about Python source without Python: enough to refuse, before anything is sent, what the worker
//! would only stumble over.

use ruff_python_ast::{Alias, Expr, ModModule, Stmt};
use ruff_python_parser::{ParseError, Parsed, parse_expression, parse_module};

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
    let module = parse_module(source).map_err(|error| told(&error, source))?;
    if module.syntax().body.is_empty() {
        return Err("the source has no code".to_owned());
    }
    defined(name, &module)
}

/// Whether the source is nothing but the function, so that it needs nothing that stands beside it.
pub(crate) fn is_self_contained(source: &str) -> bool {
    let Ok(module) = parse_module(source) else {
        return false;
    };
    let is_text = |one: &&Stmt| matches!(one, Stmt::Expr(text) if text.value.is_string_literal_expr());
    let mut code = module.syntax().body.iter().filter(|one| !is_text(one));
    let first = code.next();
    let is_plain =
        matches!(first, Some(Stmt::FunctionDef(def)) if !def.is_async && def.decorator_list.is_empty());
    is_plain && code.next().is_none()
}

fn is_identifier(name: &str) -> bool {
    let parsed = parse_expression(name);
    parsed.is_ok_and(|parsed| matches!(parsed.expr(), Expr::Name(found) if found.id.as_str() == name))
}

/// The parser's words, with the line.
fn told(error: &ParseError, source: &str) -> String {
    let before = source.get(..error.location.start().to_usize());
    let line = before.unwrap_or(source).matches('\n').count() + 1;
    let code = source.lines().find(|line| {
        let text = line.trim_start();
        !text.is_empty() && !text.starts_with('#')
    });
    if code.is_some_and(|first| first.starts_with([' ', '\t'])) {
        return format!(
            "line {line}: the source is indented as a whole; take the indent of its first line away from all (Python's \
             textwrap.dedent does it)"
        );
    }
    format!("line {line}: {}", error.error)
}

/// Whether the name is given a meaning at the outermost level.
fn defined(name: &str, module: &Parsed<ModModule>) -> Result<(), String> {
    let body = &module.syntax().body;
    let is_async =
        |one: &Stmt| matches!(one, Stmt::FunctionDef(def) if def.is_async && def.name.as_str() == name);
    if body.iter().any(is_async) {
        return Err(format!(
            "`{name}` is an async function, of which the worker would only get a coroutine; make it a plain `def`"
        ));
    }
    if body.iter().any(|one| gives(one, name)) {
        return Ok(());
    }
    let others = body.iter().filter_map(|one| match one {
        Stmt::FunctionDef(def) => Some(def.name.as_str()),
        _ => None,
    });
    let others: Vec<&str> = others.collect();
    Err(if others.is_empty() {
        format!("the source does not define `{name}` at its outermost level")
    } else {
        format!(
            "the source does not define `{name}` at its outermost level, only {}",
            others.join(", ")
        )
    })
}

/// Whether a statement gives the name a meaning.
fn gives(one: &Stmt, name: &str) -> bool {
    let is_it = |expr: &Expr| matches!(expr, Expr::Name(found) if found.id.as_str() == name);
    let imports = |aliases: &[Alias]| {
        aliases.iter().any(|alias| {
            let known_as = alias.asname.as_ref().unwrap_or(&alias.name);
            known_as.as_str() == name
        })
    };
    match one {
        Stmt::FunctionDef(def) => def.name.as_str() == name,
        Stmt::ClassDef(class) => class.name.as_str() == name,
        Stmt::Assign(assign) => assign.targets.iter().any(is_it),
        Stmt::AnnAssign(assign) => assign.value.is_some() && is_it(&assign.target),
        Stmt::Import(import) => imports(&import.names),
        Stmt::ImportFrom(import) => imports(&import.names),
        _ => false,
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
                "line 2: Expected an indented block after function definition",
            ),
            ("f", "def f():\n", "Expected an indented block"),
            ("f", "def f()\n    return 1\n", "line 1: Expected `:`"),
            (
                "f",
                "def f():\n    return 1 +\n",
                "line 2: Expected an expression",
            ),
            ("f", "def f():\n    return yield from\n", "line 2: "),
            (
                "f",
                "def f():\n    x = 1\n      y = 2\n",
                "line 3: Unexpected indentation",
            ),
            ("f", "def f():\n    return (1\n", "line 3: "),
            ("f", "def f():\n    return 1)\n", "line 2: "),
            ("f", "def f():\n    return (1]\n", "line 2: "),
            (
                "f",
                "def f():\n    return 'a\n",
                "line 2: missing closing quote in string literal",
            ),
            ("f", "def f():\n    '''a\n    return ''\n", "line 2: "),
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
