//! A stranger's view of each client: the README's example, compiled in a crate outside the workspace.

use std::fs;

use super::{CLIENTS, Violation};
use crate::project::{Package, Project};
use crate::{Result, project, tools};

const FOLDER: &str = "support/import-check";

/// Checks that each client's crate in `support/import-check` holds its README's first Rust example, byte for byte,
/// and that the workspace's README shows one of them.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    let mut found: Vec<Violation> = clients(project)
        .filter_map(|client| compare(project, client))
        .collect();
    let shown = project.text("README.md").and_then(first_rust_block);
    let known = clients(project)
        .filter_map(|client| example(project, client))
        .any(|block| Some(block) == shown);
    if !known {
        let what = "its first Rust block is not a client's own example (the first Rust block of that client's README)";
        found.push(Violation::new("README.md", what));
    }
    found
}

fn clients(project: &Project) -> impl Iterator<Item = &Package> {
    project
        .packages
        .iter()
        .filter(|package| CLIENTS.contains(&package.name.as_str()))
}

fn example(project: &Project, client: &Package) -> Option<String> {
    project
        .text(&format!("{}/README.md", client.folder))
        .and_then(first_rust_block)
}

fn compare(project: &Project, client: &Package) -> Option<Violation> {
    let readme = format!("{}/README.md", client.folder);
    let Some(example) = example(project, client) else {
        return Some(Violation::new(readme, "missing, or without a Rust example"));
    };
    let copy = format!("{FOLDER}/{}/src/lib.rs", client.name);
    match project.text(&copy) {
        Some(text) if text == example => None,
        Some(_) => Some(Violation::new(
            copy,
            format!("differs from the first Rust block of {readme}"),
        )),
        None => Some(Violation::new(
            copy,
            format!("missing: the first Rust block of {readme}, to be compiled"),
        )),
    }
}

/// The text of the first code block that rustdoc would compile.
fn first_rust_block(markdown: &str) -> Option<String> {
    let mut lines = markdown.lines();
    while let Some(mark) = lines.by_ref().find_map(|line| line.strip_prefix("```")) {
        let block: Vec<&str> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .collect();
        if mark.split(',').all(|word| ["", "rust", "no_run"].contains(&word)) {
            return Some(block.join("\n") + "\n");
        }
    }
    None
}

/// Compiles each crate alone, so that none profits from features that another asks for. The workspace's lock file is
/// used, and its target folder, so that little is built twice and nothing new is fetched.
pub(super) fn compile(project: &Project) -> Result {
    let root = tools::root();
    fs::copy(root.join("Cargo.lock"), root.join(FOLDER).join("Cargo.lock"))?;
    let manifest = format!("{FOLDER}/Cargo.toml");
    for client in clients(project) {
        let package = format!("import-{}", client.name);
        let mut check = tools::cargo(&["check", "--quiet", "--manifest-path", &manifest, "-p", &package]);
        check.env("CARGO_TARGET_DIR", project::target_folder()?);
        tools::run(check)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::planted::{files, package};
    use super::*;

    const README: &str =
        "# scicat\n\n```sh\nx\n```\n\n```rust,no_run\nfn main() {\n}\n```\n\n```rust\nother\n```\n";
    const EXAMPLE: &str = "fn main() {\n}\n";

    fn found(texts: &[(&str, &str)]) -> usize {
        let mut project = files(texts);
        project.packages.push(package("scicat", "scicat", &[]));
        check(&project).len()
    }

    #[test]
    fn the_first_rust_block_is_taken_whole() {
        assert_eq!(first_rust_block(README).as_deref(), Some(EXAMPLE));
        assert_eq!(
            first_rust_block(&README.replace("rust,", "")).as_deref(),
            Some(EXAMPLE)
        );
        assert_eq!(first_rust_block("```sh\n```\n"), None);
    }

    #[test]
    fn an_equal_example_passes() {
        let copy = ("support/import-check/scicat/src/lib.rs", EXAMPLE);
        assert_eq!(
            found(&[("scicat/README.md", README), ("README.md", README), copy]),
            0
        );
    }

    #[test]
    fn a_missing_readme_a_missing_crate_and_a_difference_are_found() {
        let readme = ("README.md", README);
        assert_eq!(
            found(&[readme, ("support/import-check/scicat/src/lib.rs", EXAMPLE)]),
            2
        );
        assert_eq!(found(&[readme, ("scicat/README.md", README)]), 1);
        let other = ("support/import-check/scicat/src/lib.rs", "fn main() {}\n");
        assert_eq!(found(&[readme, ("scicat/README.md", README), other]), 1);
    }
}
