//! Licences, and that the README tells what there is.

use super::Violation;
use crate::ci;
use crate::project::{Package, Project};

const LICENCE: &str = "MIT OR Apache-2.0";

/// Checks the papers at the repository's root.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    let mut found: Vec<Violation> = licence_files(project).chain(package_licences(project)).collect();
    found.extend(readme(project));
    found
}

fn licence_files(project: &Project) -> impl Iterator<Item = Violation> {
    let texts = [
        ("LICENSE-MIT", "Permission is hereby granted"),
        ("LICENSE-APACHE", "Version 2.0, January 2004"),
    ];
    texts
        .into_iter()
        .filter(|(path, words)| !project.text(path).is_some_and(|text| text.contains(words)))
        .map(|(path, _)| Violation::new(path, "missing, or not the text of that licence"))
}

fn package_licences(project: &Project) -> impl Iterator<Item = Violation> {
    project
        .packages
        .iter()
        .filter(|package| package.license.as_deref() != Some(LICENCE))
        .map(|package| {
            Violation::new(
                format!("{}/Cargo.toml", package.folder),
                format!("license is not `{LICENCE}`"),
            )
        })
}

fn readme(project: &Project) -> Vec<Violation> {
    let text = project.text("README.md").unwrap_or_default();
    let command = format!("cargo {}", ci::TEST.join(" "));
    let tested = text.lines().any(|line| line.trim() == command);
    let unnamed = |package: &&Package| !text.contains(&format!("`{}`", package.name));
    let mut found: Vec<Violation> = project
        .packages
        .iter()
        .filter(unnamed)
        .map(|package| Violation::new("README.md", format!("does not name the crate `{}`", package.name)))
        .collect();
    if !tested {
        found.push(Violation::new(
            "README.md",
            format!("does not give the gate's test command `{command}`"),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::planted::{files, package};
    use super::*;

    fn complete() -> Project {
        let mut project = files(&[
            ("LICENSE-MIT", "Permission is hereby granted, free of charge"),
            ("LICENSE-APACHE", "Version 2.0, January 2004"),
            ("README.md", "| `scicat` |\n\n    cargo test --workspace\n"),
        ]);
        project.packages.push(package("scicat", "scicat", &[]));
        project
    }

    #[test]
    fn complete_papers_pass() {
        assert_eq!(check(&complete()), []);
    }

    #[test]
    fn a_missing_or_wrong_licence_is_found() {
        let mut project = complete();
        project.files.retain(|file| file.path != "LICENSE-APACHE");
        project.packages[0].license = Some("GPL-3.0-only".to_owned());
        assert_eq!(check(&project).len(), 2);
    }

    #[test]
    fn a_readme_that_lags_behind_is_found() {
        let mut project = complete();
        project.packages.push(package("sfapi", "sfapi", &[]));
        project.files.retain(|file| file.path != "README.md");
        assert_eq!(check(&project).len(), 3);
    }
}
