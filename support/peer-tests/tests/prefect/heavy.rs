//! Many runs at once, on a server with PostgreSQL: one on SQLite lets requests wait for each other for minutes then.

use std::collections::HashMap;

use peer_tests::{PrefectDatabase, PrefectServer, PrefectVersion};
use prefect_client::StateType;

use crate::scene::{BEAT, assert_once, moves, scene, turn};
use crate::site::wait_for;
use crate::support::{client, running, set_state};

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_run_two_hundred_runs_once_each() {
    let _turn = turn().await;
    let (_server, site, client) = scene(PrefectDatabase::Postgresql);
    let ids = moves(&site, &client, 200).await;
    let _workers = [
        site.worker("one", &["--limit", "10"]),
        site.worker("two", &["--limit", "10"]),
    ];
    assert_once(&site, &client, &ids, &site.log("one")).await;
    let took = |name: &str| {
        std::fs::read_to_string(site.log(name))
            .unwrap()
            .matches("run begins")
            .count()
    };
    assert!(
        took("one") > 0 && took("two") > 0,
        "{} {}",
        took("one"),
        took("two")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runs_of_a_killed_worker_go_on_elsewhere_and_nothing_is_done_twice() {
    let _turn = turn().await;
    let (_server, site, client) = scene(PrefectDatabase::Postgresql);
    site.sim.fault("task:slow=2000".parse().unwrap());
    let ids = moves(&site, &client, 20).await;
    let mut first = site.worker("first", BEAT);
    wait_for(&site.log("first"), async || {
        let running = client
            .flow_runs()
            .count()
            .state_types([StateType::Running])
            .send()
            .await
            .ok()?;
        (running >= 15 && site.transfers() > 0).then_some(())
    })
    .await;
    first.kill();
    site.sim.clear_faults();
    let _second = site.worker("second", BEAT);
    assert_once(&site, &client, &ids, &site.log("second")).await;
}

/// The lock by which an orphan is taken over, and the one by which a run is taken: of several who propose the state at
/// the same moment, one is told that it is theirs.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_take_a_run_or_take_it_over_one_does() {
    let _turn = turn().await;
    let version = PrefectVersion::from_env().unwrap();
    let server = PrefectServer::start_on(PrefectDatabase::Postgresql, version, &[]).unwrap();
    let client = client(&server);
    for kind in ["CRASHED", "PENDING"] {
        for _ in 0..8 {
            let id = running(&client).await;
            if kind == "PENDING" {
                assert_eq!(set_state(&client, &id, "SCHEDULED").await, "ACCEPT");
            }
            let racers = (0..4).map(|_| set_state(&client, &id, kind));
            let mut said: HashMap<String, usize> = HashMap::new();
            for word in futures_util::future::join_all(racers).await {
                *said.entry(word).or_default() += 1;
            }
            assert_eq!(said.get("ACCEPT"), Some(&1), "{kind}: {said:?}");
        }
    }
}
