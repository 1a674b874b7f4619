//! A PostgreSQL server as a process.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Signal, geteuid};
use tempfile::TempDir;

use crate::{Group, StartError};

/// The variable that names the folder of PostgreSQL's programs.
pub(crate) const VARIABLE: &str = "PEER_POSTGRESQL";
const READY_WITHIN: Duration = Duration::from_secs(120);
/// Debian's user and group `nobody`: PostgreSQL refuses to be root.
const NOBODY: u32 = 65534;

/// A PostgreSQL of our own, without passwords, on a port of this machine. Dropping it kills it and removes its folder.
#[derive(Debug)]
pub(crate) struct Postgres {
    port: u16,
    folder: TempDir,
    programs: PathBuf,
    process: Option<Group>,
}

impl Postgres {
    /// Makes an empty database and serves it.
    pub(crate) fn start() -> Result<Self, StartError> {
        let programs = std::env::var_os(VARIABLE).ok_or(StartError::NotInstalled(VARIABLE))?;
        let folder = tempfile::Builder::new().prefix("peer-postgres-").tempdir()?;
        if geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut postgres = Self {
            port,
            folder,
            programs: programs.into(),
            process: None,
        };
        postgres.make()?;
        postgres.serve()?;
        Ok(postgres)
    }

    /// Where the database is, as SQLAlchemy writes it.
    pub(crate) fn url(&self) -> String {
        format!("postgresql+asyncpg://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("postgres.log")
    }

    fn program(&self, name: &str) -> Result<Command, StartError> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        if geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        Ok(command)
    }

    fn make(&self) -> Result<(), StartError> {
        let mut make = self.program("initdb")?;
        make.args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8"]);
        make.arg("--no-sync").arg("--pgdata").arg(self.data());
        if make.status()?.success() {
            Ok(())
        } else {
            Err(self.not_ready("was not made"))
        }
    }

    fn serve(&mut self) -> Result<(), StartError> {
        let mut serve = self.program("postgres")?;
        serve.arg("-D").arg(self.data());
        serve.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        serve.arg("-k").arg(self.folder.path());
        self.process = Some(Group::spawn(&mut serve)?);
        let deadline = Instant::now() + READY_WITHIN;
        while !self.is_ready()? {
            let ended = match &mut self.process {
                Some(group) => group.child().try_wait()?.is_some(),
                None => true,
            };
            if ended || Instant::now() > deadline {
                return Err(self.not_ready("did not come up"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn is_ready(&self) -> Result<bool, StartError> {
        let mut ask = self.program("pg_isready")?;
        ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        Ok(ask.status()?.success())
    }

    fn not_ready(&self, what: &'static str) -> StartError {
        StartError::NotReady {
            what,
            log: tail(&self.log()),
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            // Its children are in groups of their own, and end with it.
            process.signal(Signal::QUIT);
        }
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
