//! A child and all that it starts, ended together.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// A child that leads a process group of its own. Dropping it kills the group, and so does our own end, however it
/// comes.
#[derive(Debug)]
pub struct Group {
    child: Child,
    guard: Child,
}

/// Kills the group of its first argument when its standard input is closed, which our end does too.
const GUARD: &str = "read -r _; kill -KILL \"-$1\" 2>/dev/null";

impl Group {
    /// Starts `command` as the leader of a group.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(command: &mut Command) -> std::io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard", &child.id().to_string()])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, guard })
    }

    /// The leader's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The leader.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal to every process of the group.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // A group that is gone needs no signal.
        let _ = id.map(|id| kill_process_group(id, signal));
    }

    /// Asks the group to end, and waits until its leader has.
    ///
    /// # Errors
    /// The leader cannot be waited for.
    pub fn terminate(&mut self) -> std::io::Result<ExitStatus> {
        self.signal(Signal::TERM);
        self.child.wait()
    }

    /// Kills the group, and waits until its leader is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        // Best effort: it may have been waited for before.
        let _ = self.child.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
