//! RELIABILITY.md names tests; a test that is not there proves nothing.

use std::path::Path;

use super::Violation;
use crate::project::{Project, TextFile};

const PAPER: &str = "RELIABILITY.md";

/// Checks that every row of every table ends in tests, and that each of them exists.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    let Some(paper) = project.files.iter().find(|file| file.path == PAPER) else {
        return vec![Violation::new(
            PAPER,
            "missing: what goes wrong, and which test shows what happens then",
        )];
    };
    paper
        .lines()
        .flat_map(|(number, line)| in_line(project, number, line))
        .collect()
}

fn in_line(project: &Project, number: usize, line: &str) -> Vec<Violation> {
    let Some(cell) = last_cell(line) else {
        return Vec::new();
    };
    let tests: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    if tests.is_empty() {
        return vec![Violation::at(PAPER, number, "the row names no test")];
    }
    tests
        .into_iter()
        .filter(|test| !exists(project, test))
        .map(|test| Violation::at(PAPER, number, format!("there is no test `{test}`")))
        .collect()
}

/// The last cell of a row of a table; nothing for the head and the line below it.
fn last_cell(line: &str) -> Option<&str> {
    let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cell = row.rsplit('|').next()?.trim();
    (cell != "Test" && cell != "---").then_some(cell)
}

/// Whether the file `module.rs` has the test of `module::test`.
fn exists(project: &Project, test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else {
        return false;
    };
    let declared = format!("fn {name}(");
    let is_module = |file: &&TextFile| {
        Path::new(&file.path)
            .file_stem()
            .is_some_and(|stem| stem == module)
    };
    project
        .files
        .iter()
        .filter(|file| file.is_rust())
        .filter(is_module)
        .any(|file| {
            let lines: Vec<&str> = file.text.lines().collect();
            lines
                .windows(2)
                .any(|pair| pair[1].contains(&declared) && pair[0].contains("test"))
        })
}

#[cfg(test)]
mod tests {
    use super::super::planted::files;
    use super::*;

    const TESTS: &str = "#[test]\nfn it_holds() {}\n\nfn helper() {}\n";

    fn found(row: &str) -> usize {
        let paper = format!("# R\n| Case | Test |\n|---|---|\n{row}\n");
        check(&files(&[
            ("RELIABILITY.md", &paper),
            ("a/tests/b/points.rs", TESTS),
        ]))
        .len()
    }

    #[test]
    fn tests_that_exist_pass_and_others_are_found() {
        assert_eq!(found("| x | `points::it_holds` |"), 0);
        assert_eq!(found("| x | `points::it_does_not` |"), 1);
        assert_eq!(found("| x | `other::it_holds`, `points::helper` |"), 2);
        assert_eq!(found("| x | by and by |"), 1);
        assert_eq!(check(&files(&[])).len(), 1);
    }
}
