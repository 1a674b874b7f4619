//! A RabbitMQ broker as a process.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::postgres::tail;
use crate::{Group, StartError};

/// The variable that names the folder of RabbitMQ's programs.
const VARIABLE: &str = "PEER_RABBITMQ";
/// On a busy machine it takes minutes.
const READY_WITHIN: Duration = Duration::from_secs(600);

/// A RabbitMQ of our own on ports of this machine, with the default user `guest`. Dropping it kills it and removes its
/// folder.
#[derive(Debug)]
pub struct RabbitMq {
    port: u16,
    folder: TempDir,
    broker: Option<Group>,
    /// The port mapper of Erlang, which would stay behind if the broker started it itself.
    _mapper: Group,
}

impl RabbitMq {
    /// Starts a broker without queues and waits until it takes connections.
    ///
    /// # Errors
    /// It is not installed, or does not come up.
    pub fn start() -> Result<Self, StartError> {
        let programs = std::env::var_os(VARIABLE).ok_or(StartError::NotInstalled(VARIABLE))?;
        let folder = tempfile::Builder::new().prefix("peer-rabbitmq-").tempdir()?;
        // Held until all are known, so that they differ.
        let listeners = [listener()?, listener()?, listener()?];
        let mut ports = [0; 3];
        for (port, listener) in ports.iter_mut().zip(&listeners) {
            *port = listener.local_addr()?.port();
        }
        drop(listeners);
        let [port, distribution, mapper] = ports.map(|port: u16| port.to_string());
        let mut map = Command::new("epmd");
        map.args(["-port", &mapper, "-address", "127.0.0.1"]);
        map.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mapping = Group::spawn(&mut map)?;
        let log = File::create(folder.path().join("server.log"))?;
        fs::write(folder.path().join("plugins"), "[].")?;
        fs::write(folder.path().join("rabbitmq.conf"), "loopback_users = none\n")?;
        let mut serve = Command::new(PathBuf::from(programs).join("rabbitmq-server"));
        serve.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        serve
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("RABBITMQ_NODENAME", format!("peer{port}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", &port)
            .env("RABBITMQ_DIST_PORT", &distribution)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", &mapper)
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}",
            );
        for (name, place) in [
            ("RABBITMQ_MNESIA_BASE", "mnesia"),
            ("RABBITMQ_LOG_BASE", "log"),
            ("RABBITMQ_CONFIG_FILE", "rabbitmq"),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", "advanced"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
            ("RABBITMQ_PID_FILE", "pid"),
            ("RABBITMQ_CONF_ENV_FILE", "env.conf"),
        ] {
            serve.env(name, folder.path().join(place));
        }
        let mut rabbit = Self {
            port: ports[0],
            folder,
            broker: None,
            _mapper: mapping,
        };
        rabbit.broker = Some(Group::spawn(&mut serve)?);
        rabbit.wait()?;
        Ok(rabbit)
    }

    /// Where it is, with user and password.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2F", self.port)
    }

    fn wait(&mut self) -> Result<(), StartError> {
        let deadline = Instant::now() + READY_WITHIN;
        while !answers(self.port) {
            let ended = match &mut self.broker {
                Some(group) => group.child().try_wait()?.is_some(),
                None => true,
            };
            if ended || Instant::now() > deadline {
                return Err(StartError::NotReady {
                    what: "(a RabbitMQ broker) did not come up",
                    log: tail(&self.folder.path().join("server.log")),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn listener() -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// Whether a broker greets.
fn answers(port: u16) -> bool {
    let greeted = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"AMQP\x00\x00\x09\x01")?;
        stream.read_exact(&mut [0; 8])
    };
    greeted().is_ok()
}
