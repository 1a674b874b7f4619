//! Other programs: how they are started, where the ones that we install are kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// The version of cargo-deny that judges the dependency graph. A new version may judge differently, so it is pinned.
const CARGO_DENY: &str = "0.20.2";

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map(Path::to_path_buf).unwrap_or(own)
}

/// Cargo, at the workspace's root. It is the cargo that runs us, so that the toolchain is the same.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    command(program, arguments)
}

/// Any program, at the workspace's root.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command whose output goes to the user.
pub(crate) fn run(mut command: Command) -> Result {
    let shown = shown(&command);
    let status = command
        .status()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{shown}` ended with {status}").into())
    }
}

/// Runs a command and gives what it printed.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let shown = shown(&command);
    let output = command
        .output()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{shown}` ended with {}\n{}", output.status, complaint.trim_end()).into())
}

/// The command as one would type it, without the folder of its program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy()
            .into_owned(),
    ];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

/// Where installed tools and Python environments are kept between runs.
pub(crate) fn cache() -> Result<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set: nowhere to keep installed tools")?;
    Ok(base.join("splash-flows"))
}

/// Gives the cached folder `name`, made by `install` when it is not complete. Two runs at once take turns; a run
/// that was killed half-way leaves no mark, so the next one starts again.
pub(crate) fn installed(name: &str, install: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let folder = cache()?.join(name);
    let beside = |ending: &str| folder.with_file_name(format!("{}{ending}", file_name(&folder)));
    fs::create_dir_all(folder.parent().unwrap_or(&folder))?;
    let lock = File::create(beside(".lock"))?;
    lock.lock()?;
    let mark = beside(".complete");
    if !mark.exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        install(&folder)?;
        fs::write(&mark, "")?;
    }
    Ok(folder)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The pinned cargo-deny, built on first use (several minutes; a debug build judges just as fast as we need).
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    let folder = installed(&format!("tools/cargo-deny-{CARGO_DENY}"), |folder| {
        println!("installing cargo-deny {CARGO_DENY} (once)");
        let mut install = cargo(&[
            "install",
            "--quiet",
            "--locked",
            "--debug",
            "--version",
            CARGO_DENY,
            "--root",
        ]);
        install
            .arg(folder)
            .arg("cargo-deny")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        run(install)
    })?;
    Ok(folder.join("bin/cargo-deny"))
}
