//! What waiting for jobs costs, and how soon their ends are noticed. `waits COUNT SECONDS` submits so many jobs, waits for
//! them for so long, and prints the requests that this took; `waits ends COUNT` prints how long after the end of jobs of
//! 10 s each, with a watcher of its own, it was noticed. The service is the one that the environment describes.
//! A measure for `cargo xtask bench`.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::{join_all, try_join_all};
use sfapi::rest_core::OnRequest;
use sfapi::slurm::Script;
use sfapi::{Client, ClientBuilder, JobId, JobWatcher, Machine};

/// A folder of the simulated account.
const FOLDER: &str = "/pscratch/sd/a/alsdev";

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ends", count] => ends(count.parse()?).await,
        [count, seconds] => waits(count.parse()?, seconds.parse()?).await,
        _ => Err("usage: waits COUNT SECONDS | waits ends COUNT".into()),
    }
}

/// The requests of a client, counted.
fn counted() -> Outcome<(Client, Arc<AtomicU32>)> {
    let count = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&count);
    let on_request: OnRequest = Arc::new(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let builder = ClientBuilder::from_vars(|name| std::env::var(name).ok())?;
    Ok((builder.on_request(on_request).build()?, count))
}

async fn submit(client: &Client, line: &str) -> Outcome<JobId> {
    let script = Script::new("waits")
        .qos("debug")
        .time(Duration::from_secs(600))
        .output(format!("{FOLDER}/%x_%j.out"))
        .shell_line(line);
    let compute = client.compute(&Machine::perlmutter());
    Ok(compute.submit(script.text()?).send().await?)
}

async fn waits(jobs: u32, seconds: u64) -> Outcome {
    let (client, count) = counted()?;
    // They wait or run for longer than they are watched.
    let line = format!("sleep {}", seconds + 60);
    let mut ids = Vec::new();
    for _ in 0..jobs {
        ids.push(submit(&client, &line).await?);
    }
    let watcher = JobWatcher::new(&client, &Machine::perlmutter());
    let before = count.load(Ordering::Relaxed);
    let all = join_all(ids.iter().map(|id| watcher.wait(id).into_future()));
    let _ = tokio::time::timeout(Duration::from_secs(seconds), all).await;
    let asked =
        f64::from(count.load(Ordering::Relaxed) - before) * 60.0 / Duration::from_secs(seconds).as_secs_f64();
    println!(
        "{jobs} waiting jobs: {asked:.1} requests a minute in all, {:.3} a job",
        asked / f64::from(jobs)
    );
    let compute = client.compute(&Machine::perlmutter());
    for id in &ids {
        compute.job(id).cancel().start().await?;
    }
    Ok(())
}

async fn ends(jobs: u32) -> Outcome {
    let late = try_join_all((0..jobs).map(|_| one_end())).await?;
    let worst = late.iter().copied().fold(0.0, f64::max);
    let mean = late.iter().sum::<f64>() / f64::from(jobs);
    println!(
        "the ends of {jobs} jobs of 10 s were noticed after {mean:.2} s on average, {worst:.2} s at most"
    );
    Ok(())
}

/// How late, in seconds, the end of a job was noticed, by the clock that the job itself wrote down.
async fn one_end() -> Outcome<f64> {
    let (client, _) = counted()?;
    let machine = Machine::perlmutter();
    let id = submit(&client, "sleep 10; date +%s.%N").await?;
    JobWatcher::new(&client, &machine)
        .wait(&id)
        .await
        .map_err(|error| error.to_string())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    let output = client
        .files(&machine)
        .download(format!("{FOLDER}/waits_{id}.out"))
        .send()
        .await?;
    let ended: f64 = String::from_utf8_lossy(&output).trim().parse()?;
    Ok(now - ended)
}
