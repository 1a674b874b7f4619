//! Many runs at once, on a server with PostgreSQL: one on SQLite lets requests wait for each other for minutes then.

use peer_tests::PrefectDatabase;
use prefect_client::StateType;

use crate::scene::{BEAT, assert_once, moves, scene, turn};
use crate::site::wait_for;

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
