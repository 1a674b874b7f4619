//! Prefect servers of the pinned versions: the tests of `support/peer-tests` against each.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Extent, environment};
use crate::{Result, project, tools};

/// A version that is installed as a peer.
struct Peer {
    version: &'static str,
    /// The variable that tells the tests where it is.
    variable: &'static str,
    in_quick: bool,
    /// Only the tests of this module; all if there is none.
    only: Option<&'static str>,
}

const PEERS: &[Peer] = &[
    Peer {
        version: "3.8.8",
        variable: "PEER_PREFECT_3_8_8",
        in_quick: true,
        only: None,
    },
    // The version that the Python flows run with.
    Peer {
        version: "3.4.2",
        variable: "PEER_PREFECT_3_4_2",
        in_quick: false,
        only: None,
    },
    Peer {
        version: "2.20.17",
        variable: "PEER_PREFECT_2_20_17",
        in_quick: false,
        only: Some("subset::"),
    },
];

/// Tests that take minutes stand in modules of this name.
const LONG: &str = "long::";
/// Tests that load the server more than SQLite bears stand in modules of this name; they have a PostgreSQL, as facilities
/// do.
const HEAVY: &str = "heavy::";
/// Debian's package.
const POSTGRESQL: &str = "postgresql";

/// Runs the tests against each version: with [`Extent::Quick`] the short ones against the newest.
pub(super) fn run(extent: Extent) -> Result {
    let command = splash_flows()?;
    for peer in PEERS
        .iter()
        .filter(|peer| peer.in_quick || extent == Extent::Full)
    {
        println!("-- prefect {}", peer.version);
        let folder = environment_of(peer.version)?;
        let mut test = tools::cargo(&[
            "test",
            "--quiet",
            "--package",
            "peer-tests",
            "--features",
            "servers",
        ]);
        test.args(["--test", "prefect", "--"]);
        test.args(peer.only);
        if extent == Extent::Quick {
            test.args(["--skip", LONG, "--skip", HEAVY]);
        } else {
            test.env("PEER_POSTGRESQL", postgresql()?);
            test.env("PEER_FAKETIME", faketime()?);
        }
        // The tests share one server and two processors; with more at once its database stands still for minutes.
        test.args(["--test-threads", "2"]);
        test.env(peer.variable, folder)
            .env("PEER_PREFECT", peer.version)
            .env("SPLASH_FLOWS", &command);
        tools::run(test)?;
    }
    Ok(())
}

/// The virtual environment of a version.
pub(super) fn environment_of(version: &str) -> Result<PathBuf> {
    environment(&format!("prefect-{version}"), prove)
}

/// The folder of PostgreSQL's programs: Debian keeps each version's in one of its own.
pub(crate) fn postgresql() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let found = folders.filter(|folder| folder.join("initdb").exists()).max();
    found.ok_or_else(|| {
        format!("not installed: initdb; `apt-get install --no-install-recommends {POSTGRESQL}`").into()
    })
}

/// The library that gives a program another time of day.
fn faketime() -> Result<PathBuf> {
    let machines = fs::read_dir("/usr/lib").into_iter().flatten();
    let mut libraries =
        machines.filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")));
    let found = libraries.find(|library| library.exists());
    found.ok_or_else(|| {
        "not installed: libfaketime; `apt-get install --no-install-recommends faketime`".into()
    })
}

/// The command under test, built.
pub(super) fn splash_flows() -> Result<PathBuf> {
    tools::run(tools::cargo(&[
        "build",
        "--quiet",
        "--package",
        "splash-flows-cli",
    ]))?;
    Ok(project::target_folder()?.join("debug/splash-flows"))
}

/// Makes an empty database, which every server starts with a copy of: half of its start is the making.
fn prove(folder: &Path) -> Result {
    let database = folder.join("migrated.db");
    let url = format!("sqlite+aiosqlite:///{}", database.display());
    // Version 2 is no module that runs.
    let program = folder.join("bin/prefect");
    let mut make = tools::command(program, &["server", "database", "upgrade", "-y"]);
    make.env("PREFECT_HOME", folder.join("home"))
        .env("PREFECT_API_DATABASE_CONNECTION_URL", url)
        .env("DO_NOT_TRACK", "1");
    tools::run(make)?;
    if database.exists() {
        Ok(())
    } else {
        Err(format!("{} was not made", database.display()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_runs_one_version_and_each_has_its_own_variable() {
        assert_eq!(PEERS.iter().filter(|peer| peer.in_quick).count(), 1);
        for peer in PEERS {
            assert_eq!(
                peer.variable,
                format!("PEER_PREFECT_{}", peer.version.replace('.', "_"))
            );
        }
    }
}
