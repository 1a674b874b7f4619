//! What must not be linked: heavy libraries into a client, a second TLS or crypto library anywhere.

use super::{CLIENTS, Violation};
use crate::project::Project;
use crate::{Result, tools};

/// What a service that imports one client does not want to build. A name that ends in `*` stands for all that begin so.
const HEAVY: &[&str] = &["rusqlite", "libsqlite3-sys", "hdf5*", "axum", "clap"];

/// One TLS library, rustls with aws-lc-rs (see ARCHITECTURE.md).
const SECOND_TLS: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];

/// Asks cargo for the graphs that are built on this kind of machine.
pub(super) fn check(project: &Project) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for client in CLIENTS.iter().filter(|client| project.package(client).is_some()) {
        let tree = tree(&["-p", client, "-e", "normal"])?;
        found.extend(present(&tree, HEAVY).map(|name| Violation::new(*client, format!("links {name}"))));
    }
    let whole = tree(&["--workspace", "--all-features", "-e", "normal,build"])?;
    found.extend(present(&whole, SECOND_TLS).map(|name| {
        Violation::new(
            "workspace",
            format!("links {name}; see `cargo tree --all-features -e normal,build -i {name}`"),
        )
    }));
    Ok(found)
}

fn tree(arguments: &[&str]) -> Result<String> {
    let mut tree = tools::cargo(&["tree", "--locked", "--prefix", "none"]);
    tree.args(arguments);
    tools::output(tree)
}

/// The unwanted names that a tree holds.
fn present<'a>(tree: &str, unwanted: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let linked = |name: &str| {
        let mut packages = tree.lines().filter_map(|line| line.split(' ').next());
        match name.strip_suffix('*') {
            Some(beginning) => packages.any(|package| package.starts_with(beginning)),
            None => packages.any(|package| package == name),
        }
    };
    let found: Vec<&str> = unwanted.iter().copied().filter(|name| linked(name)).collect();
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str =
        "globus-transfer v0.1.0 (somewhere)\nring v0.17.14\nstring-tools v1.0.0\nhdf5-reader v0.12.1 (*)\n";

    #[test]
    fn a_package_and_its_family_are_found() {
        assert_eq!(present(TREE, HEAVY).collect::<Vec<_>>(), ["hdf5*"]);
        assert_eq!(present(TREE, SECOND_TLS).collect::<Vec<_>>(), ["ring"]);
    }

    #[test]
    fn a_name_within_another_is_not() {
        assert_eq!(
            present("string-tools v1.0.0\nclapper v2.0.0\n", &["ring", "clap"]).count(),
            0
        );
    }
}
