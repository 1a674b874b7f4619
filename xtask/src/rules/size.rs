//! `splash-flows` stays a thin composing crate: what is general belongs into a client, what is a command into `cli`.

use std::collections::HashSet;
use std::path::Path;

use super::Violation;
use crate::project::{Project, TextFile};

const LIMIT: usize = 4_000;

/// Counts the library's lines without its tests.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    let files: Vec<&TextFile> = project.rust_under("splash-flows/src").collect();
    let tests: HashSet<String> = files.iter().flat_map(|file| test_modules(file)).collect();
    let own = files
        .iter()
        .filter(|file| !tests.iter().any(|test| is_within(&file.path, test)));
    let lines: usize = own.map(|file| lines_without_tests(&file.text)).sum();
    if lines < LIMIT {
        return Vec::new();
    }
    let what = format!(
        "{lines} lines without tests, {LIMIT} are too many: move what is general into a client crate"
    );
    vec![Violation::new("splash-flows/src", what)]
}

/// The paths, without `.rs`, of the modules that a file declares as `#[cfg(test)] mod name;`.
fn test_modules(file: &TextFile) -> Vec<String> {
    let path = Path::new(&file.path).with_extension("");
    let children = match path.file_name().and_then(|name| name.to_str()) {
        Some("lib" | "main" | "mod") => path.parent().unwrap_or(&path),
        _ => &path,
    };
    let lines: Vec<&str> = file.text.lines().collect();
    let declared = lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]");
    declared
        .filter_map(|pair| pair[1].trim().split_once("mod ")?.1.strip_suffix(';'))
        .map(|name| children.join(name).to_string_lossy().into_owned())
        .collect()
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Relies on rustfmt: the brace that closes a module stands at the module's own indent.
fn lines_without_tests(text: &str) -> usize {
    let mut lines = text.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            count += 1;
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let item = lines.by_ref().find(|line| !line.trim_start().starts_with("#["));
        if item.is_some_and(|item| item.ends_with('{')) {
            let end = format!("{indent}}}");
            lines.by_ref().find(|line| *line == end);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::planted::files;
    use super::*;

    const WITH_TESTS: &str = "\
fn one() {}
#[cfg(test)]
#[allow(dead_code)]
mod tests {
    fn two() {
    }
}
fn three() {}
#[cfg(test)]
mod more;
";

    #[test]
    fn test_modules_do_not_count() {
        assert_eq!(lines_without_tests(WITH_TESTS), 2);
    }

    #[test]
    fn too_many_lines_are_found_and_test_files_are_left_out() {
        let long = "// line\n".repeat(LIMIT);
        let planted = files(&[("splash-flows/src/a.rs", &long)]);
        assert_eq!(check(&planted).len(), 1);
        let tests = "#[cfg(test)]\nmod tests;\n";
        for declared in ["splash-flows/src/a/tests.rs", "splash-flows/src/a/tests/deep.rs"] {
            assert!(check(&files(&[("splash-flows/src/a.rs", tests), (declared, &long)])).is_empty());
        }
        assert_eq!(
            check(&files(&[
                ("splash-flows/src/lib.rs", tests),
                ("splash-flows/src/a/tests.rs", &long)
            ]))
            .len(),
            1
        );
        assert!(
            check(&files(&[
                ("splash-flows/src/lib.rs", tests),
                ("splash-flows/src/tests.rs", &long)
            ]))
            .is_empty()
        );
    }

    #[test]
    fn the_command_is_not_counted() {
        assert!(check(&files(&[("splash-flows/cli/src/main.rs", &"//\n".repeat(LIMIT))])).is_empty());
    }
}
