//! The client against the simulated service, whose jobs are real processes.

use std::time::Duration;

use service_sim::{Entry, Sim, SimBuilder};
use sfapi::slurm::{Command, Container, Fence, Script, job_name};
use sfapi::{Client, ErrorExt as _, JobId, JobState, JobWatcher, Pace, Tails, WaitError};

use crate::support::{http, machine};

fn builder() -> SimBuilder {
    Sim::builder().sfapi().sacct_lag(Duration::from_millis(200))
}

fn client(sim: &Sim) -> Client {
    let env = sim.env();
    sfapi::ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .http(http())
        .build()
        .unwrap()
}

fn watcher(client: &Client) -> JobWatcher {
    let pace = Pace {
        first: Duration::from_millis(50),
        growth: 0.1,
        max: Duration::from_secs(1),
    };
    JobWatcher::new(client, &machine()).pace(pace)
}

const LOGS: &str = "/pscratch/sd/a/alsdev/%x_%j";

fn script(name: &str, shell: &str) -> Script {
    let script = Script::new(name)
        .qos("debug")
        .account("als")
        .constraint("cpu")
        .nodes(1)
        .time(Duration::from_secs(60));
    script
        .output(format!("{LOGS}.out"))
        .error(format!("{LOGS}.err"))
        .shell_line(shell)
}

async fn run(sim: &Sim, script: &Script) -> (Client, JobId, Result<sfapi::Job, WaitError>) {
    let client = client(sim);
    let id = client
        .compute(&machine())
        .submit(script.text().unwrap())
        .send()
        .await
        .unwrap();
    let outcome = watcher(&client).wait(&id).await;
    (client, id, outcome)
}

#[tokio::test]
async fn a_job_completes_and_is_looked_at() {
    let sim = builder().start().unwrap();
    let (client, id, outcome) = run(&sim, &script("good", "echo hello; srun -N 1 echo there")).await;
    let job = outcome.unwrap();
    assert_eq!(
        (job.id, job.name.as_deref(), job.state),
        (id, Some("good"), JobState::Completed)
    );
    assert_eq!(client.account().user().send().await.unwrap().name, "alsdev");
    assert_eq!(sim.jobs()[0].output, "hello\nthere\n");
}

#[tokio::test]
async fn a_failed_job_shows_exit_code_and_the_ends_of_its_output() {
    let sim = builder().start().unwrap();
    let script = script("bad", "echo begun; echo sorry >&2; exit 3");
    let (client, id, outcome) = run(&sim, &script).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.code(), error.job().unwrap().exit_code.unwrap().code),
        ("FAILED", 3)
    );
    let tails = Tails::read(&client.files(&machine()), &script.output_paths(&id, None), 1000).await;
    assert_eq!(
        tails.shown(),
        "stdout ends with:\nbegun\nstderr ends with:\nsorry"
    );
}

#[tokio::test]
async fn time_out_of_memory_and_nodes_are_told_apart() {
    let sim = builder()
        .fault("job:oom,name=oom".parse().unwrap())
        .fault("job:node-fail,name=node".parse().unwrap())
        .start()
        .unwrap();
    for (name, code) in [("oom", "OUT_OF_MEMORY"), ("node", "NODE_FAIL")] {
        assert_eq!(run(&sim, &script(name, "true")).await.2.unwrap_err().code(), code);
    }
    let long = script("long", "sleep 60").time(Duration::from_secs(1));
    assert_eq!(run(&sim, &long).await.2.unwrap_err().code(), "TIMEOUT");
}

#[tokio::test]
async fn what_sbatch_refuses_is_told_in_its_words() {
    let sim = builder().start().unwrap();
    let client = client(&sim);
    for (script, code) in [
        (script("x", "true").qos("nope"), "INVALID_QOS"),
        (script("x", "true").account("nope"), "INVALID_ACCOUNT"),
        (script("x", "true").constraint("nope"), "INVALID_CONSTRAINT"),
        (script("x", "true").option("bogus", "1"), "INVALID_OPTION"),
    ] {
        let error = client
            .compute(&machine())
            .submit(script.text().unwrap())
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.service_code(), Some(code), "{error}");
        assert!(!error.is_in_doubt());
    }
    assert!(sim.jobs().is_empty());
}

#[tokio::test]
async fn a_time_beyond_the_qos_never_begins() {
    let sim = builder().start().unwrap();
    let script = script("x", "true")
        .longest(Duration::MAX)
        .time(Duration::from_secs(3600));
    let (_client, _id, outcome) = run(&sim, &script).await;
    assert!(
        matches!(outcome, Err(WaitError::NeverBegins { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_cancellation_is_confirmed() {
    let sim = builder().start().unwrap();
    let client = client(&sim);
    let compute = client.compute(&machine());
    let id = compute
        .submit(script("x", "sleep 60").text().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        watcher(&client).wait(&id).until_begun().await.unwrap().state,
        JobState::Running
    );
    let job = compute
        .job(&id)
        .cancel()
        .confirmed(Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(
        (job.state, job.state_text.as_str()),
        (JobState::Cancelled, "CANCELLED by 1000")
    );
    // A job that has ended can be cancelled again.
    compute
        .job(&id)
        .cancel()
        .confirmed(Duration::from_secs(30))
        .await
        .unwrap();
    let error = compute.job(&JobId::new("7")).cancel().send().await;
    error.unwrap();
}

#[tokio::test]
async fn a_new_job_is_not_in_what_the_service_remembers() {
    let sim = builder().start().unwrap();
    let client = client(&sim);
    let jobs = client.compute(&machine()).jobs();
    client
        .compute(&machine())
        .submit(script("x", "sleep 60").text().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(jobs.clone().user("alsdev").send().await.unwrap().len(), 1);
    assert!(jobs.cached().user("alsdev").send().await.unwrap().is_empty());
}

#[tokio::test]
async fn tokens_that_end_or_are_withdrawn_are_got_over() {
    let fault = "sfapi.account:401,nth=2".parse().unwrap();
    let sim = builder().fault(fault).start().unwrap();
    let client = client(&sim);
    for _ in 0..3 {
        client.account().user().send().await.unwrap();
    }
    sim.advance(Duration::from_secs(700));
    client.account().user().send().await.unwrap();
    let tokens = sim.journal().count(|entry| entry.operation == "sfapi.token");
    assert_eq!(tokens, 3);
}

#[tokio::test]
async fn an_assertion_is_taken_once_so_a_lost_reply_needs_another() {
    let sim = builder()
        .fault("sfapi.token:reset-after,nth=1".parse().unwrap())
        .start()
        .unwrap();
    client(&sim).account().user().send().await.unwrap();
    assert_eq!(
        sim.journal()
            .count(|entry| entry.operation == "sfapi.token" && entry.status == Some(200)),
        1
    );
}

/// The reply to the submission is lost; the job is there, and is found by its name.
#[tokio::test]
async fn a_lost_reply_leaves_a_doubt_and_a_job_that_can_be_found() {
    let sim = builder()
        .fault("sfapi.job_submit:reset-after,nth=1".parse().unwrap())
        .start()
        .unwrap();
    let client = client(&sim);
    let name = job_name("scan 17", "recon", "run-4");
    let compute = client.compute(&machine());
    let error = compute
        .submit(script(&name, "sleep 60").text().unwrap())
        .send()
        .await
        .unwrap_err();
    assert!(error.is_in_doubt());
    let submissions = |entry: &Entry| entry.operation == "sfapi.job_submit";
    assert_eq!(sim.journal().count(submissions), 1);
    let mine = compute.jobs().user("alsdev").send().await.unwrap();
    assert_eq!(
        mine.iter()
            .filter(|job| job.name.as_deref() == Some(&name))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_second_job_of_a_step_says_duplicate() {
    let sim = builder().start().unwrap();
    let fence = Fence::new("/pscratch/sd/a/alsdev/runs/r 1", "recon", 1).unwrap();
    let script = script("fenced", "echo works").fence(fence.clone());
    let (_, first, outcome) = run(&sim, &script).await;
    outcome.unwrap();
    let (client, _, outcome) = run(&sim, &script).await;
    outcome.unwrap();
    let said: Vec<String> = sim.jobs().into_iter().map(|job| job.output).collect();
    assert_eq!(
        said,
        [
            "works\n".to_owned(),
            format!("duplicate: job {first} came first\n")
        ]
    );
    let owner = client
        .files(&machine())
        .download(fence.owner_file())
        .send()
        .await
        .unwrap();
    assert_eq!(Fence::owner(&owner), Some(first));
}

/// A container's program runs in the folders that its volumes name, and what it writes is there.
#[tokio::test]
async fn a_reconstruction_runs_in_a_container() {
    let sim = builder().start().unwrap();
    let data = sim.collection("nersc832_alsdev_pscratch_raw");
    data.write(
        "f 1/scan.h5",
        [b"\x89HDF\r\n\x1a\n".to_vec(), vec![7; 40_000]].concat(),
    );
    sim.collection("nersc832_alsdev_pscratch_scratch")
        .write("f 1/.keep", "");
    let scripts = "/global/cfs/cdirs/als/data_mover/8.3.2/tomography_reconstruction_scripts";
    let work = "/pscratch/sd/a/alsdev/8.3.2";
    let container = |script: &str, inner: &Command| {
        let command = Command::new("bash").arg("-c").shell_text(inner).unwrap();
        let container = Container::podman_hpc("registry.example.org/recon:1")
            .volume(format!("{scripts}/{script}"), format!("/alsuser/{script}"));
        let line = container
            .volume(work, "/alsdata")
            .volume(work, "/alsuser/")
            .command(command)
            .line()
            .unwrap();
        Command::new("srun").words(line)
    };
    let recon = Command::new("python").args(["sfapi_reconstruction.py", "scan.h5", "f 1"]);
    let zarr = Command::new("python").args([
        "tiff_to_zarr.py",
        "scratch/f 1/recscan/",
        "--raw_file",
        "raw/f 1/scan.h5",
    ]);
    let script = script("recon", "set -e")
        .command(container("sfapi_reconstruction.py", &recon))
        .command(container("tiff_to_zarr.py", &zarr));
    let (client, id, outcome) = run(&sim, &script).await;
    let tails = Tails::read(&client.files(&machine()), &script.output_paths(&id, None), 2000).await;
    outcome.unwrap_or_else(|error| panic!("{error}\n{}", tails.shown()));
    let made = sim.collection("nersc832_alsdev_pscratch_scratch");
    assert!(made.read("f 1/recscan/scan_00007.tiff").starts_with(b"II*\0"));
    assert_eq!(made.read("f 1/recscan.zarr/1/0.0.0").len(), 32 * 32 * 2);
    let listed = client
        .files(&machine())
        .ls(format!("{work}/scratch/f 1/recscan"))
        .send()
        .await
        .unwrap();
    assert_eq!(listed.len(), 8);
    let absent = Container::podman_hpc("absent:1")
        .volume(work, "/alsdata")
        .line()
        .unwrap();
    let script = self::script("absent", "set -e").command(Command::new("srun").words(absent));
    let (_, _, outcome) = run(&sim, &script).await;
    assert_eq!(outcome.unwrap_err().job().unwrap().exit_code.unwrap().code, 125);
}

#[tokio::test]
async fn files_go_there_and_back_under_hostile_names() {
    let sim = builder().start().unwrap();
    let files = client(&sim).files(&machine());
    for name in ["a b.h5", "ü#?%&+=.h5", "'quoted\"; touch X", "-rf", "$(id)"] {
        let path = format!("/pscratch/sd/a/alsdev/{name}");
        let bytes: Vec<u8> = (0..=255).collect();
        files.upload(&path, bytes.clone()).send().await.unwrap();
        assert_eq!(files.download(&path).send().await.unwrap(), bytes, "{name}");
        let listed = files.ls(&path).send().await.unwrap();
        assert_eq!(
            (listed.len(), listed[0].file_name(), listed[0].bytes()),
            (1, name, Some(256))
        );
        assert_eq!(
            files
                .run(["cat", path.as_str()])
                .output()
                .await
                .unwrap()
                .exit_code,
            Some(0)
        );
    }
    let absent = "/pscratch/sd/a/alsdev/absent";
    assert!(files.download(absent).send_opt().await.unwrap().is_none());
    assert!(files.ls(absent).send().await.unwrap_err().is_no_such_file());
    assert!(files.upload("/pscratch/absent/x", "x").send().await.is_err());
}
