//! A state folder that cannot be written: nothing is begun that could not be remembered.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::cases;
use crate::child::{document, finish};
use crate::scene::{Scene, Work};

/// An unprivileged user, for whom permissions bind even where the tests run as root.
const NOBODY: u32 = 65_534;

/// The command with files limited to `blocks` of 512 bytes: what it writes beyond fails, as on a full disk.
fn on_a_small_disk(command: &Command, blocks: u32) -> Command {
    let mut shell = Command::new("sh");
    // Without the trap the signal would end the process, which a full disk does not.
    shell.args([
        "-c",
        "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"",
        &blocks.to_string(),
    ]);
    shell.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[test]
fn a_full_state_folder_is_refused_before_the_first_effect() {
    let mut scene = Scene::after(&[]);
    let output = finish(on_a_small_disk(&scene.command(Work::Move), 0));
    assert_eq!(output.status.code(), Some(1));
    let error = &document(&output)["error"];
    assert_eq!(error["code"], "run_store", "{error:#}");
    assert_eq!(scene.effects(), 0);
    scene.complete(Work::Move);
    scene.assert_sound();
}

#[test]
fn a_state_folder_that_fills_at_any_moment_leaves_a_run_that_its_rerun_completes() {
    let sizes: Vec<u32> = (0..=600).step_by(40).collect();
    cases::each(
        &sizes,
        |blocks| format!("{blocks} blocks"),
        |blocks| {
            let mut scene = Scene::after(&[]);
            for work in [Work::Move, Work::PruneSpot] {
                let output = finish(on_a_small_disk(&scene.command(work), *blocks));
                if output.status.success() {
                    scene.completed(work, &output);
                } else {
                    assert_eq!(
                        output.status.code(),
                        Some(1),
                        "{}",
                        String::from_utf8_lossy(&output.stderr)
                    );
                    assert!(document(&output)["error"].is_object());
                    scene.complete(work);
                }
                scene.assert_sound();
            }
        },
    );
}

#[test]
fn a_read_only_state_folder_is_refused_before_the_first_effect() {
    let scene = Scene::after(&[]);
    let folder = scene.beamline.folder();
    let state = folder.join("state");
    std::fs::create_dir(&state).unwrap();
    std::fs::set_permissions(&state, PermissionsExt::from_mode(0o555)).unwrap();

    let mut command = scene.command(Work::Move);
    command.arg("--state-dir").arg(&state);
    let is_bound = std::fs::write(state.join("probe"), b"").is_err();
    if !is_bound {
        // Root: the binary and its files are opened to another user, and run by that one.
        std::fs::remove_file(state.join("probe")).unwrap();
        command = as_nobody(&command, &folder);
    }
    let output = finish(command);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let error = &document(&output)["error"];
    assert_eq!(error["code"], "run_store", "{error:#}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(state.to_str().unwrap()), "{message}");
    assert_eq!(scene.effects(), 0);
    assert!(std::fs::read_dir(&state).unwrap().next().is_none());
}

/// The same command by an unprivileged user, from a copy of the binary that this user can reach.
fn as_nobody(command: &Command, folder: &std::path::Path) -> Command {
    let copy = folder.join("splash-flows");
    std::fs::copy(command.get_program(), &copy).unwrap();
    for path in [folder, &copy, &folder.join(".env"), &folder.join("config.yml")] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut other = Command::new(copy);
    other
        .args(command.get_args())
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder);
    other
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    other.uid(NOBODY).gid(NOBODY);
    other
}

#[test]
fn without_an_audit_log_nothing_is_deleted() {
    let mut scene = Scene::after(&[Work::Move]);
    let log = scene.state_dir().join("audit.jsonl");
    std::fs::create_dir(&log).unwrap();
    let effects = scene.effects();
    let output = finish(scene.command(Work::PruneSpot));
    assert_eq!(document(&output)["error"]["code"], "audit");
    assert_eq!(scene.effects(), effects);
    scene.assert_sound();

    std::fs::remove_dir(&log).unwrap();
    scene.complete(Work::PruneSpot);
    scene.assert_sound();
}
