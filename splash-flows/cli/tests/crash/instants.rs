//! SIGKILL at seeded random instants of a move and its prunes: after a random number of requests, not after a time.
//!
//! `CRASH_INSTANTS` says how many kills there are at least (default 12), `CRASH_SEED` which ones.

use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::cases::{self, Random};
use crate::child::kill;
use crate::scene::{Scene, Work};

/// A run is left alone after so many kills, else a seed could go on for ever.
const KILLS_A_RUN: usize = 4;

fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is {text:?}, not a number")),
        Err(_) => default,
    }
}

/// Starts the work and kills it once it has made `requests` requests; its output if it ended before.
fn killed_after(scene: &Scene, work: Work, requests: usize) -> Option<Output> {
    let journal = scene.beamline.sim.journal();
    let enough = journal.entries().len() + requests;
    let mut child = scene.command(work).spawn().unwrap();
    while journal
        .wait_for(Duration::from_millis(20), |seen| seen.len() >= enough)
        .is_err()
    {
        if child.try_wait().unwrap().is_some() {
            return Some(child.wait_with_output().unwrap());
        }
    }
    kill(child);
    None
}

/// Moves a scan and prunes it from both disks, each run killed now and then; answers how often.
fn one_life(seed: u64) -> usize {
    let mut random = Random::new(seed);
    let mut scene = Scene::after(&[]);
    let mut kills = 0;
    let first = [(Work::PruneSpot, 8), (Work::PruneFolder, 16)][random.below(2)];
    for (work, requests) in [(Work::Move, 23), first, (Work::PruneData, 8)] {
        let mut ended = None;
        for _ in 0..KILLS_A_RUN {
            let after = random.below(requests) + 1;
            ended = killed_after(&scene, work, after);
            if ended.is_some() {
                break;
            }
            kills += 1;
        }
        match ended {
            Some(output) => scene.completed(work, &output),
            None => scene.complete(work),
        }
        scene.assert_sound();
    }
    kills
}

#[test]
fn a_move_and_its_prunes_killed_at_random_instants_are_completed_by_their_reruns() {
    let wanted = usize::try_from(variable("CRASH_INSTANTS", 12)).unwrap();
    let first = variable("CRASH_SEED", 832);
    let kills = AtomicUsize::new(0);
    let mut seed = first;
    while kills.load(Ordering::Relaxed) < wanted {
        let seeds: Vec<u64> = (seed..seed + 4).collect();
        seed += 4;
        cases::each(
            &seeds,
            |seed| format!("CRASH_SEED={seed}"),
            |seed| {
                kills.fetch_add(one_life(*seed), Ordering::Relaxed);
            },
        );
    }
    println!("{} kills, seeds {first} to {}", kills.into_inner(), seed - 1);
}
