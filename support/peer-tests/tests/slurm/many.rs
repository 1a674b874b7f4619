//! A hundred jobs at once, and what they cost.

use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::iter;

use crate::support::{accounted, scene, script};

#[tokio::test]
async fn a_hundred_jobs_at_once() {
    let scene = scene(|sim| sim);
    let script = script("hundred", "sleep 5");
    let submit = |_| scene.submit(&script);
    let ids: Vec<_> = iter(0..100).map(submit).buffer_unordered(8).collect().await;
    let watcher = scene.watcher();
    let asked = scene.requests("sfapi.jobs");
    let begun = Instant::now();
    let waits = ids.into_iter().map(|id| {
        let wait = watcher.wait(&id.unwrap());
        async move { wait.await.unwrap().id }
    });
    assert_eq!(join_all(waits).await.len(), 100);
    let (minutes, asked) = (
        begun.elapsed().as_secs_f64() / 60.0,
        scene.requests("sfapi.jobs") - asked,
    );
    println!(
        "100 jobs: {asked} questions in {:.1} s, {:.2} per job and minute",
        minutes * 60.0,
        f64::from(u32::try_from(asked).unwrap()) / minutes / 100.0
    );
    let states = accounted("hundred", 100).await;
    assert_eq!(states.len(), 100);
    assert!(states.iter().all(|state| state == "COMPLETED"), "{states:?}");
}
