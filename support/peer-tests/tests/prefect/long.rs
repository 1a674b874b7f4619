//! Workers that sleep, are cut off or have another time of day, and schedules: minutes each.

use chrono::{TimeDelta, Utc};
use peer_tests::PrefectDatabase;
use prefect_client::StateType;
use prefect_client::model::{NewSchedule, Schedule};
use rustix::process::Signal;
use serde_json::json;

use crate::scene::{BEAT, assert_once, moves, scene, turn};
use crate::site::{ended, state_name, wait_for};
use crate::support::unique;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_up_after_it_was_declared_dead_does_nothing_more() {
    let _turn = turn().await;
    // On SQLite the server of Prefect 3.4.2 answers nothing for minutes when five runs change hands at once.
    let (_server, site, client) = scene(PrefectDatabase::Postgresql);
    site.sim.fault("task:hold=long".parse().unwrap());
    let ids = moves(&site, &client, 5).await;
    let first = site.worker("first", BEAT);
    wait_for(&site.log("first"), async || (site.transfers() > 0).then_some(())).await;
    first.signal(Signal::STOP);
    let _second = site.worker("second", BEAT);
    site.sim.release("long");
    site.sim.clear_faults();
    assert_once(&site, &client, &ids, &site.log("second")).await;
    let before = site.sim.tasks().len();
    first.signal(Signal::CONT);
    // It finds its runs lost when it looks, and says so.
    wait_for(&site.log("first"), async || {
        let log = std::fs::read_to_string(site.log("first")).unwrap();
        (log.contains("lost") || log.contains("no longer") || log.contains("taken over")).then_some(())
    })
    .await;
    assert_eq!(site.sim.tasks().len(), before);
    assert_once(&site, &client, &ids, &site.log("first")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlasts_its_server_s_restart() {
    let _turn = turn().await;
    let (mut server, site, client) = scene(PrefectDatabase::Sqlite);
    site.sim.fault("task:hold=long".parse().unwrap());
    let ids = moves(&site, &client, 3).await;
    let _worker = site.worker("worker", &[]);
    wait_for(&site.log("worker"), async || (site.transfers() > 0).then_some(())).await;
    server.stop().unwrap();
    site.sim.release("long");
    site.sim.clear_faults();
    server.resume().unwrap();
    assert_once(&site, &client, &ids, &site.log("worker")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cron_schedule_starts_runs() {
    let _turn = turn().await;
    let (_server, site, client) = scene(PrefectDatabase::Sqlite);
    let _worker = site.worker("worker", &[]);
    let path = site.scan(&format!("raw/2026/{}.h5", unique("scan")));
    let deployment = client
        .deployment("new_832_file_flow", "new_file_832")
        .get()
        .send()
        .await
        .unwrap();
    let every_minute =
        NewSchedule::from(Schedule::cron("* * * * *", "America/Los_Angeles")).parameter("file_path", path);
    client
        .deployment_by_id(deployment.id)
        .add_schedules([every_minute])
        .send()
        .await
        .unwrap();
    wait_for(&site.log("worker"), async || {
        let listed = client
            .flow_runs()
            .list()
            .flow_names(["new_832_file_flow"])
            .state_types([StateType::Completed])
            .limit(50)
            .send()
            .await
            .ok()?;
        let is_the_schedule_s = |run: &prefect_client::FlowRun| run.auto_scheduled == Some(true);
        listed.items.iter().any(is_the_schedule_s).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_clock_is_five_minutes_off_starts_runs_when_the_server_says() {
    let _turn = turn().await;
    let library = std::env::var_os("PEER_FAKETIME").expect("PEER_FAKETIME");
    for offset in ["+300", "-300"] {
        let (_server, site, client) = scene(PrefectDatabase::Sqlite);
        let due_now = moves(&site, &client, 1).await;
        let _worker = site.worker_with("worker", &[], |command| {
            command.env("LD_PRELOAD", &library).env("FAKETIME", offset)
        });
        let log = site.log("worker");
        let first = ended(&client, &due_now[0], &log).await;
        assert!(
            state_name(&first).starts_with("Completed"),
            "{}",
            state_name(&first)
        );
        let due = Utc::now() + TimeDelta::seconds(20);
        let deployment = client.deployment("new_832_file_flow", "new_file_832");
        let deployment = deployment.get().send().await.unwrap();
        let path = site.scan(&format!("raw/2026/{}.h5", unique("scan")));
        let later = client
            .create_flow_run(deployment.id)
            .parameters(json!({"file_path": path}))
            .scheduled_at(due);
        let later = later.send().await.unwrap();
        let second = ended(&client, later.id.as_ref(), &log).await;
        assert!(
            state_name(&second).starts_with("Completed"),
            "{}",
            state_name(&second)
        );
        let started = second.start_time.unwrap();
        // Before the worker's own clock says so if it is behind, and not when it says so if it is ahead.
        assert!(
            started >= due - TimeDelta::seconds(2),
            "{offset}: {started} {due}"
        );
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(
            said.contains("the server's clock differs"),
            "{offset}: the clock was as usual: {said}"
        );
    }
}
