//! A Prefect server as a process.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Group;
use crate::postgres::{Postgres, tail};

/// Several servers may start at once on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// The versions that are installed as peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefectVersion {
    /// 3.8.8, the newest that is tested.
    V3_8_8,
    /// 3.4.2, which the Python flows run with.
    V3_4_2,
    /// 2.20.17, for the calls that it shares.
    V2_20_17,
}

impl PrefectVersion {
    /// The version as Prefect writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3_8_8 => "3.8.8",
            Self::V3_4_2 => "3.4.2",
            Self::V2_20_17 => "2.20.17",
        }
    }

    /// The variable that names the version's virtual environment.
    pub fn variable(self) -> &'static str {
        match self {
            Self::V3_8_8 => "PEER_PREFECT_3_8_8",
            Self::V3_4_2 => "PEER_PREFECT_3_4_2",
            Self::V2_20_17 => "PEER_PREFECT_2_20_17",
        }
    }

    /// The version that `PEER_PREFECT` names; 3.8.8 where it is not set.
    ///
    /// # Errors
    /// It names no version that is installed as a peer.
    pub fn from_env() -> Result<Self, StartError> {
        match std::env::var("PEER_PREFECT").as_deref() {
            Err(_) | Ok("" | "3.8.8") => Ok(Self::V3_8_8),
            Ok("3.4.2") => Ok(Self::V3_4_2),
            Ok("2.20.17") => Ok(Self::V2_20_17),
            Ok(other) => Err(StartError::Version(other.to_owned())),
        }
    }

    /// The version's virtual environment.
    fn folder(self) -> Result<PathBuf, StartError> {
        std::env::var_os(self.variable())
            .map(PathBuf::from)
            .ok_or(StartError::NotInstalled(self.variable()))
    }
}

/// What a server keeps its things in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefectDatabase {
    /// A file. One thing is written at a time, and under load requests wait for each other for many seconds.
    Sqlite,
    /// A PostgreSQL of its own, as facilities run it.
    Postgresql,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The variable that names the virtual environment is not set.
    #[error("{0} is not set: these tests are run by `cargo xtask peers`")]
    NotInstalled(&'static str),
    /// `PEER_PREFECT` names another version.
    #[error("PEER_PREFECT: no peer of version {0:?}")]
    Version(String),
    /// A file, a port or the process.
    #[error("the server: {0}")]
    Io(#[from] std::io::Error),
    /// It ended, or did not answer in time; the end of its log.
    #[error("the server or its database {what}; its log ends:\n{log}")]
    NotReady {
        /// What happened instead.
        what: &'static str,
        /// The last lines of the log.
        log: String,
    },
}

/// A Prefect server of our own. Dropping it kills the process and removes its folder.
#[derive(Debug)]
pub struct PrefectServer {
    version: PrefectVersion,
    folder: PathBuf,
    home: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
    process: Option<Group>,
    /// Where it is not a file in the home.
    database: Option<Postgres>,
}

impl PrefectServer {
    /// Starts a server with an empty database and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not come up.
    pub fn start(version: PrefectVersion) -> Result<Self, StartError> {
        Self::start_with(version, &[])
    }

    /// As [`start`](Self::start), with settings such as `PREFECT_SERVER_API_AUTH_STRING`.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_with(version: PrefectVersion, settings: &[(&str, &str)]) -> Result<Self, StartError> {
        Self::start_on(PrefectDatabase::Sqlite, version, settings)
    }

    /// As [`start_with`](Self::start_with), with a database of this kind.
    ///
    /// # Errors
    /// As for [`start`](Self::start), and if there is no such database.
    pub fn start_on(
        database: PrefectDatabase,
        version: PrefectVersion,
        settings: &[(&str, &str)],
    ) -> Result<Self, StartError> {
        let folder = version.folder()?;
        let home = tempfile::Builder::new().prefix("peer-prefect-").tempdir()?;
        let migrated = folder.join("migrated.db");
        if migrated.exists() {
            fs::copy(migrated, home.path().join("prefect.db"))?;
        }
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut server = Self {
            version,
            folder,
            home,
            port: free_port()?,
            settings: settings.iter().map(owned).collect(),
            process: None,
            database: match database {
                PrefectDatabase::Sqlite => None,
                PrefectDatabase::Postgresql => Some(Postgres::start()?),
            },
        };
        server.resume()?;
        Ok(server)
    }

    /// Starts the server again on its port, with its database, after [`stop`](Self::stop).
    ///
    /// # Errors
    /// It does not come up.
    pub fn resume(&mut self) -> Result<(), StartError> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.home.path().join("server.log"))?;
        let mut command = self.program("prefect");
        let port = self.port.to_string();
        command.args(["server", "start", "--host", "127.0.0.1", "--port", &port]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        for (name, value) in &self.settings {
            command.env(name, value);
        }
        self.process = Some(Group::spawn(&mut command)?);
        let deadline = Instant::now() + READY_WITHIN;
        while !is_healthy(self.port) {
            if let Some(group) = &mut self.process
                && group.child().try_wait()?.is_some()
            {
                return Err(self.not_ready("ended"));
            }
            if Instant::now() > deadline {
                return Err(self.not_ready("did not answer in time"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends the server as an operator would, and keeps its database.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn stop(&mut self) -> std::io::Result<()> {
        match self.process.take() {
            Some(mut process) => process.terminate().map(drop),
            None => Ok(()),
        }
    }

    /// The version.
    pub fn version(&self) -> PrefectVersion {
        self.version
    }

    /// What to set `PREFECT_API_URL` to.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    /// The process that serves, while it runs.
    pub fn process(&self) -> Option<&Group> {
        self.process.as_ref()
    }

    /// A program of the version's virtual environment (`python`, `prefect`), set up to talk to this server and to read
    /// nothing of the user's.
    pub fn program(&self, name: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new(self.folder.join("bin").join(name));
        let file = || format!("sqlite+aiosqlite:///{}", home.join("prefect.db").display());
        let database = self.database.as_ref().map_or_else(file, Postgres::url);
        command
            .current_dir(home)
            .env("HOME", home)
            .env("PREFECT_HOME", home)
            .env("PREFECT_PROFILES_PATH", home.join("profiles.toml"))
            .env("PREFECT_API_URL", self.api_url())
            .env("PREFECT_API_DATABASE_CONNECTION_URL", database)
            .env("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
            .env("PREFECT_SERVER_UI_ENABLED", "false")
            .env("PREFECT_UI_ENABLED", "false")
            .env("DO_NOT_TRACK", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// A folder for whoever uses this server.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The end of the server's log.
    pub fn log_tail(&self) -> String {
        tail(&self.home.path().join("server.log"))
    }

    fn not_ready(&self, what: &'static str) -> StartError {
        StartError::NotReady {
            what,
            log: self.log_tail(),
        }
    }
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let wait = Duration::from_secs(2);
        let mut stream = TcpStream::connect_timeout(&address, wait)?;
        stream.set_read_timeout(Some(wait))?;
        stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_a_variable_of_its_own() {
        let all = [
            PrefectVersion::V3_8_8,
            PrefectVersion::V3_4_2,
            PrefectVersion::V2_20_17,
        ];
        for version in all {
            let name = version.as_str().replace('.', "_");
            assert_eq!(version.variable(), format!("PEER_PREFECT_{name}"));
        }
    }

    #[test]
    fn a_port_that_nobody_serves_is_not_healthy() {
        assert!(!is_healthy(free_port().unwrap()));
    }
}
