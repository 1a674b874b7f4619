//! Every end of a job that Slurm can be brought to, and what it refuses.

use std::time::Duration;

use sfapi::slurm::Command;
use sfapi::{ErrorExt as _, JobState, Tails, WaitError};

use crate::support::{WORK, scene, script};

#[tokio::test]
async fn completed() {
    let scene = scene(|sim| sim);
    let script =
        script("good", "echo hello").command(Command::new("srun").args(["-n", "1", "echo", "from a step"]));
    let id = scene.submit(&script).await.unwrap();
    let job = scene.watcher().wait(&id).await.unwrap();
    assert_eq!(
        (job.state.clone(), job.exit_code.unwrap().code),
        (JobState::Completed, 0)
    );
    let output = std::fs::read_to_string(scene.here(&format!("{WORK}/good_{id}.out"))).unwrap();
    assert_eq!(output, "hello\nfrom a step\n");
}

#[tokio::test]
async fn failed_with_exit_code_3_and_what_it_wrote() {
    let scene = scene(|sim| sim);
    let script = script("bad", "echo begun; echo sorry >&2; exit 3");
    let id = scene.submit(&script).await.unwrap();
    let error = scene.watcher().wait(&id).await.unwrap_err();
    assert_eq!(
        (error.code(), error.job().unwrap().exit_code.unwrap().code),
        ("FAILED", 3)
    );
    let files = scene.client.files(&scene.machine);
    let tails = Tails::read(&files, &script.output_paths(&id, None), 1000).await;
    assert_eq!(
        tails.shown(),
        "stdout ends with:\nbegun\nstderr ends with:\nsorry"
    );
}

/// Slurm counts in minutes, so this takes more than one.
#[tokio::test]
async fn timeout() {
    let scene = scene(|sim| sim);
    let id = scene.submit(&script("long", "sleep 300")).await.unwrap();
    let error = scene.watcher().wait(&id).await.unwrap_err();
    assert_eq!(error.code(), "TIMEOUT", "{error}");
}

#[tokio::test]
async fn cancelled_and_confirmed() {
    let scene = scene(|sim| sim);
    let id = scene.submit(&script("cancelled", "sleep 300")).await.unwrap();
    let running = scene.watcher().wait(&id).until_begun().await.unwrap();
    assert_eq!(running.state, JobState::Running);
    let job = scene.client.compute(&scene.machine).job(&id);
    let ended = job.cancel().confirmed(Duration::from_secs(60)).await.unwrap();
    assert_eq!(ended.state, JobState::Cancelled);
    let waited = scene.watcher().wait(&id).await.unwrap_err();
    assert!(matches!(waited, WaitError::Cancelled { .. }), "{waited}");
}

#[tokio::test]
async fn refused_at_submission() {
    let scene = scene(|sim| sim);
    for (script, code) in [
        (script("x", "true").qos("nope"), "INVALID_QOS"),
        (script("x", "true").account("nope"), "INVALID_ACCOUNT"),
        (script("x", "true").constraint("nope"), "INVALID_CONSTRAINT"),
        (script("x", "true").option("bogus", "1"), "INVALID_OPTION"),
    ] {
        let error = scene.submit(&script).await.unwrap_err();
        assert_eq!(error.service_code(), Some(code), "{error}");
        assert!(!error.is_in_doubt(), "{error:?}");
    }
}

/// The values of directives reach Slurm byte for byte.
#[tokio::test]
async fn directives_are_read_as_they_were_meant() {
    let scene = scene(|sim| sim);
    for value in ["a b#c'd\\e \"f\"", "$(id) `id` ;x", "ü 日本", "-x --qos=regular"] {
        let script = script("odd", "sleep 300").option("comment", value);
        let id = scene.submit(&script).await.unwrap();
        let job = scene.client.compute(&scene.machine).job(&id);
        let seen = job.look(false).await.unwrap().unwrap();
        assert_eq!(seen.get("comment"), Some(value));
        assert_eq!(seen.qos.as_deref(), Some("debug"));
        job.cancel().send().await.unwrap();
    }
}

#[tokio::test]
async fn the_end_of_a_job_of_ten_seconds_is_noticed() {
    let scene = scene(|sim| sim);
    let id = scene
        .submit(&script("ten", "sleep 10; date +%s.%N"))
        .await
        .unwrap();
    scene.watcher().wait(&id).await.unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let output = std::fs::read_to_string(scene.here(&format!("{WORK}/ten_{id}.out"))).unwrap();
    let ended: f64 = output.trim().parse().unwrap();
    println!(
        "the end of a job of 10 s was noticed after {:.2} s, with {} questions",
        now.as_secs_f64() - ended,
        scene.requests("sfapi.jobs")
    );
}
