//! What no file may hold: tests and examples that do not run, unfinished code, paths of one person's machine.

use super::Violation;
use crate::project::{Project, TextFile};

/// Assembled from halves, so that this file keeps its own rule.
const UNFINISHED: &[(&str, &str)] = &[
    (
        concat!("#[", "ignore"),
        "an ignored test proves nothing: make it run or remove it",
    ),
    (
        concat!(", ", "ignore)]"),
        "an ignored test proves nothing: make it run or remove it",
    ),
    (
        concat!("```", "ignore"),
        "an example must compile (use no_run where it needs a service)",
    ),
    (
        concat!("rust,", "ignore"),
        "an example must compile (use no_run where it needs a service)",
    ),
    (concat!("todo", "!("), "finish it or leave it out"),
    (concat!("unimplemented", "!("), "finish it or leave it out"),
];

const MACHINE_FOLDERS: &[&str] = &[
    concat!("/", "work"),
    concat!("/", "root"),
    concat!("/", "tmp"),
    concat!("/", "home"),
    concat!("/", "Users"),
];

/// Checks every text file.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    project
        .files
        .iter()
        .flat_map(|file| {
            file.lines()
                .flat_map(|(number, line)| in_line(file, number, line))
        })
        .collect()
}

fn in_line(file: &TextFile, number: usize, line: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    if file.is_rust() {
        let unfinished = UNFINISHED.iter().filter(|(text, _)| line.contains(text));
        found.extend(
            unfinished.map(|(text, why)| Violation::at(&file.path, number, format!("`{text}`: {why}"))),
        );
    }
    let folders = MACHINE_FOLDERS.iter().filter(|folder| names_folder(line, folder));
    found.extend(folders.map(|folder| {
        Violation::at(
            &file.path,
            number,
            format!("`{folder}` is a path of one machine; use a temporary or relative one"),
        )
    }));
    found
}

/// Whether an absolute path in `line` begins with `folder`.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = &line[..start];
        let begins = before.ends_with("://") || before.chars().next_back().is_none_or(|c| !in_path(c));
        begins
            && line[start + folder.len()..]
                .chars()
                .next()
                .is_none_or(|c| c == '/' || !in_path(c))
    })
}

fn in_path(c: char) -> bool {
    c.is_alphanumeric() || "_-./~*%{}()<>$".contains(c)
}

#[cfg(test)]
mod tests {
    use super::super::planted::files;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&files(&[(path, text)])).len()
    }

    #[test]
    fn ignored_tests_and_unfinished_code_are_found_in_rust() {
        for (text, _) in UNFINISHED {
            assert_eq!(found("a/src/lib.rs", &format!("    {text}")), 1, "{text}");
            assert_eq!(found("notes.md", text), 0, "{text}");
        }
    }

    #[test]
    fn machine_paths_are_found_anywhere() {
        for folder in MACHINE_FOLDERS {
            for line in [
                format!("cd {folder}/x"),
                format!("\"{folder}\""),
                format!("file://{folder}/x"),
                folder.to_string(),
            ] {
                assert_eq!(found("README.md", &line), 1, "{line}");
            }
        }
    }

    #[test]
    fn folders_of_that_name_elsewhere_are_not() {
        for folder in MACHINE_FOLDERS {
            for line in [
                format!("/global{folder}/x"),
                format!("{folder}er/x"),
                format!("{{dir}}{folder}"),
                format!("~{folder}"),
            ] {
                assert_eq!(found("README.md", &line), 0, "{line}");
            }
        }
    }
}
