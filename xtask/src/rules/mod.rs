//! The rules that keep the layers apart. Each is a function from the project's text to what breaks it, so that a
//! test can plant a violation; only `trees` and the compilation of `imports` ask cargo.

mod hygiene;
mod imports;
mod layers;
mod papers;
mod reliability;
mod size;
mod trees;
mod words;

use std::fmt;

use crate::Result;
use crate::project::Project;

/// The API clients: what a stranger may import alone. Those that do not exist yet are held to the rules on arrival.
const CLIENTS: &[&str] = &[
    "globus-transfer",
    "globus-compute",
    "globus-flows",
    "sfapi",
    "scicat",
    "prefect-client",
];

/// The clients that get their tokens from Globus Auth.
const GLOBUS_CLIENTS: &[&str] = &["globus-transfer", "globus-compute", "globus-flows"];

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    /// A file with its line, or a package.
    place: String,
    /// What is wrong, and what would be right.
    what: String,
}

impl Violation {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }

    fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), what)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Checks every rule and reports all that break one, not only the first.
pub(crate) fn run() -> Result {
    let project = Project::load()?;
    let mut found = Vec::new();
    for check in [
        layers::check,
        words::check,
        hygiene::check,
        size::check,
        papers::check,
        reliability::check,
        imports::check,
    ] {
        found.extend(check(&project));
    }
    found.extend(trees::check(&project)?);
    if found.is_empty() {
        return imports::compile(&project);
    }
    for violation in &found {
        println!("{violation}");
    }
    Err(format!("{} places break the rules", found.len()).into())
}

/// What the tests of the rules plant.
#[cfg(test)]
mod planted {
    use crate::project::{Dependency, Package, Project, TextFile};

    pub(super) fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(super) fn files(files: &[(&str, &str)]) -> Project {
        let files = files.iter().map(|(path, text)| file(path, text)).collect();
        Project {
            files,
            ..Project::default()
        }
    }

    /// A package; a dependency that starts with `dev:` is one for tests.
    pub(super) fn package(name: &str, folder: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|dependency| match dependency.strip_prefix("dev:") {
                Some(name) => Dependency {
                    name: name.to_owned(),
                    dev: true,
                },
                None => Dependency {
                    name: (*dependency).to_owned(),
                    dev: false,
                },
            });
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            license: Some("MIT OR Apache-2.0".to_owned()),
            dependencies: dependencies.collect(),
        }
    }
}
