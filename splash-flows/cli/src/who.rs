//! Who gives a command, for the audit log.

use serde::Serialize;

/// A person at a terminal, as far as this process can tell. The number is the system's word, the name the
/// environment's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The number of the user that the process runs as.
    pub uid: u32,
    /// `SUDO_USER`, `LOGNAME` or `USER`, whichever is set.
    pub user: Option<String>,
    /// The name of this machine.
    pub host: String,
}

impl Who {
    /// Who runs this process.
    pub fn now() -> Self {
        let named = ["SUDO_USER", "LOGNAME", "USER"].iter().find_map(std::env::var_os);
        Self {
            uid: rustix::process::getuid().as_raw(),
            user: named.map(|name| name.to_string_lossy().into_owned()),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        }
    }
}
