//! Runs and records on a real server.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use prefect_client::model::NewState;
use prefect_client::{Client, FlowRunId};
use prefect_run_store::PrefectStore;
use run_store::{
    Claim, DeletionRecord, DeliveredFile, Delivery, DeliveryKey, Effect, Error, Opened, Run, RunStore,
    ScheduledOutcome, ScheduledPrune,
};
use serde_json::json;

use crate::support::{client, running, sent, set_state, shared, unique};

fn store(client: &Client) -> PrefectStore {
    PrefectStore::new(client.clone())
}

fn opened(opened: Opened) -> Run {
    match opened {
        Opened::Fresh(run) | Opened::Resumed(run) => run,
        Opened::Finished(report) => panic!("finished: {report}"),
    }
}

/// The run is taken from its worker as a worker does that finds it orphaned, and begun by another.
async fn taken_over(client: &Client, run: &str) {
    for kind in ["CRASHED", "SCHEDULED", "PENDING", "RUNNING"] {
        assert_eq!(set_state(client, run, kind).await, "ACCEPT", "{kind}");
    }
}

#[tokio::test]
async fn an_intent_is_found_by_the_next_worker_byte_for_byte_and_done_is_done() {
    let client = client(shared());
    let id = running(&client).await;
    let first = store(&client).open(&id, "move", "hash").await.unwrap();
    assert!(matches!(first, Opened::Fresh(_)));
    let first = opened(first);
    let Effect::New(slot) = first.effect("submit", "a>b").await.unwrap() else {
        panic!("not new");
    };
    let slot = slot
        .intend(br#"{"submission_id": "x"}"#, &json!({"n": 1}))
        .await
        .unwrap();
    slot.note(&json!({"task_id": "t"})).await.unwrap();
    let Effect::New(other) = first.effect("submit", "b>c").await.unwrap() else {
        panic!("not new");
    };
    other.done(&json!({"status": "SUCCEEDED"})).await.unwrap();

    taken_over(&client, &id).await;
    let second = store(&client).open(&id, "move", "hash").await.unwrap();
    assert!(matches!(second, Opened::Resumed(_)));
    let second = opened(second);
    assert_eq!((first.opened(), second.opened()), (1, 2));
    let Effect::Pending(slot, intent) = second.effect("submit", "a>b").await.unwrap() else {
        panic!("not pending");
    };
    assert_eq!(intent.document, br#"{"submission_id": "x"}"#);
    assert_eq!(
        (intent.facts, intent.receipt),
        (json!({"n": 1}), Some(json!({"task_id": "t"})))
    );
    slot.failed(&json!("why")).await.unwrap();
    assert!(matches!(
        second.effect("submit", "a>b").await,
        Err(Error::FailedNow { .. })
    ));
    let Effect::Done(outcome) = second.effect("submit", "b>c").await.unwrap() else {
        panic!("not done");
    };
    assert_eq!(outcome, json!({"status": "SUCCEEDED"}));

    // The first worker wakes up: not even a look that it has just taken makes it act.
    assert!(matches!(first.renew().await, Err(Error::LeaseLost { .. })));

    taken_over(&client, &id).await;
    let third = opened(store(&client).open(&id, "move", "hash").await.unwrap());
    let Effect::Failed { slot, outcome } = third.effect("submit", "a>b").await.unwrap() else {
        panic!("not failed");
    };
    assert_eq!((slot.attempt(), outcome), (2, json!("why")));
    third.finish(&json!({"ok": true}), true).await.unwrap();
    taken_over(&client, &id).await;
    let Opened::Finished(report) = store(&client).open(&id, "move", "hash").await.unwrap() else {
        panic!("not finished");
    };
    assert_eq!(report, json!({"ok": true}));
}

#[tokio::test]
async fn a_run_with_other_parameters_and_one_that_does_not_run_are_refused() {
    let client = client(shared());
    let id = running(&client).await;
    drop(store(&client).open(&id, "move", "one").await.unwrap());
    let other = store(&client).open(&id, "move", "two").await;
    assert!(matches!(other, Err(Error::OtherParameters { .. })), "{other:?}");
    assert_eq!(set_state(&client, &id, "COMPLETED").await, "ACCEPT");
    let over = store(&client).open(&id, "move", "one").await;
    assert!(matches!(over, Err(Error::LeaseLost { .. })), "{over:?}");
}

#[tokio::test]
async fn of_two_that_mean_the_same_step_one_goes_on() {
    let client = client(shared());
    let id = running(&client).await;
    let runs: Vec<Run> = {
        let (one, other) = (store(&client), store(&client));
        vec![
            opened(one.open(&id, "move", "hash").await.unwrap()),
            opened(other.open(&id, "move", "hash").await.unwrap()),
        ]
    };
    for step in 0..10 {
        let key = format!("step {step}");
        let tries = runs.iter().map(|run| async {
            let Effect::New(slot) = run.effect("submit", &key).await.unwrap() else {
                panic!("not new");
            };
            slot.intend(b"{}", &json!(null)).await.is_ok()
        });
        let taken = futures_util::future::join_all(tries).await;
        assert_eq!(
            taken.iter().filter(|taken| **taken).count(),
            1,
            "{key}: {taken:?}"
        );
    }
}

#[tokio::test]
async fn a_flow_run_that_does_not_run_refuses_the_next_effect() {
    let client = client(shared());
    let id = running(&client).await;
    let run = opened(store(&client).open(&id, "move", "hash").await.unwrap());
    let Effect::New(slot) = run.effect("submit", "a>b").await.unwrap() else {
        panic!("not new");
    };
    let slot = slot.intend(b"{}", &json!(null)).await.unwrap();
    assert_eq!(set_state(&client, &id, "CRASHED").await, "ACCEPT");
    // Within the seconds that a look is good for: the server itself refuses.
    let noted = slot.note(&json!({"task_id": "t"})).await;
    assert!(matches!(noted, Err(Error::LeaseLost { .. })), "{noted:?}");
}

#[tokio::test]
async fn a_paused_flow_run_s_next_effect_waits_until_it_is_resumed() {
    let client = client(shared());
    let id = running(&client).await;
    let run = opened(store(&client).open(&id, "move", "hash").await.unwrap());
    let Effect::New(slot) = run.effect("submit", "a>b").await.unwrap() else {
        panic!("not new");
    };
    let slot = slot.intend(b"{}", &json!(null)).await.unwrap();
    let handle = client.flow_run(FlowRunId::new(&id));
    let paused = NewState::paused_until(Utc::now() + TimeDelta::hours(1));
    assert!(handle.set_state(paused).send().await.unwrap().is_accepted());
    let on = async {
        slot.note(&json!({"task_id": "t"})).await.unwrap();
        run.renew().await.unwrap();
        slot.done(&json!({"status": "SUCCEEDED"})).await.unwrap();
    };
    tokio::pin!(on);
    // Long enough to be refused, and to look again.
    let waited = tokio::time::timeout(Duration::from_secs(6), &mut on).await;
    assert!(waited.is_err(), "it goes on though its run is paused");
    sent(async || handle.resume().send().await).await;
    on.await;
    let Effect::Done(outcome) = run.effect("submit", "a>b").await.unwrap() else {
        panic!("not done");
    };
    assert_eq!(outcome, json!({"status": "SUCCEEDED"}));
}

#[tokio::test]
async fn export_control_holds_on_every_host_until_it_is_lifted() {
    let client = client(shared());
    let root = format!("/{}", unique("raw"));
    let (here, there) = (store(&client), store(&client));
    let path = format!("{root}/f/x.h5");
    here.control_path(&path, "is_export_control", Some("r"))
        .await
        .unwrap();
    here.control_path(&path, "again", None).await.unwrap();
    for (asked, expected) in [
        (path.clone(), true),
        (format!("{path}/below"), true),
        (format!("{root}/f"), true),
        (root.clone(), true),
        (format!("{root}/f/y.h5"), false),
        (format!("{root}/f/x.h"), false),
    ] {
        assert_eq!(there.is_controlled(&asked).await.unwrap(), expected, "{asked}");
    }
    let record = there.controlled(&path).await.unwrap().unwrap();
    assert_eq!(
        (record.reason.as_str(), record.run_id.as_deref()),
        ("is_export_control", Some("r"))
    );
    assert!(there.controlled_paths().await.unwrap().contains(&record));
    assert!(there.lift_control(&path, "published").await.unwrap());
    assert!(!here.lift_control(&path, "published").await.unwrap());
    assert!(!here.is_controlled(&path).await.unwrap());
    here.control_path(&path, "once more", None).await.unwrap();
    assert_eq!(
        there.controlled(&path).await.unwrap().unwrap().reason,
        "once more"
    );
}

#[tokio::test]
async fn what_a_host_had_on_record_before_holds_for_all_and_is_lifted_for_all() {
    let client = client(shared());
    let folder = tempfile::tempdir().unwrap();
    let local = std::sync::Arc::new(run_store::SqliteStore::open(folder.path()).unwrap());
    let path = format!("/{}/x.h5", unique("raw"));
    local.control_path(&path, "before", None).await.unwrap();
    let (here, there) = (store(&client).beside(local.clone()), store(&client));
    assert!(!there.is_controlled(&path).await.unwrap());
    assert!(here.is_controlled(&path).await.unwrap());
    assert!(there.is_controlled(&path).await.unwrap());
    assert!(there.lift_control(&path, "published").await.unwrap());
    assert!(!here.is_controlled(&path).await.unwrap());
    assert!(!local.is_controlled(&path).await.unwrap());
}

#[tokio::test]
async fn deliveries_and_deletions_are_found_and_the_latest_counts() {
    let client = client(shared());
    let key = DeliveryKey {
        source_endpoint: "spot832".to_owned(),
        source_path: format!("/raw/{}.h5", unique("x")),
        destination_endpoint: "data832".to_owned(),
        destination_path: "/data/raw/x.h5".to_owned(),
    };
    let delivery = |task: &str| Delivery {
        key: key.clone(),
        run_id: "r".to_owned(),
        task_id: task.to_owned(),
        delivered_at: Utc::now(),
        files: vec![DeliveredFile {
            path: String::new(),
            size: 7,
            source_mtime: Utc::now(),
            copy_mtime: None,
        }],
    };
    let store = store(&client);
    assert_eq!(store.delivery(&key).await.unwrap(), None);
    let (first, second) = (delivery("1"), delivery("2"));
    store.record_delivery(&first).await.unwrap();
    store.record_delivery(&second).await.unwrap();
    assert_eq!(store.delivery(&key).await.unwrap(), Some(second));
    let record = DeletionRecord {
        endpoint: "spot832".to_owned(),
        path: key.source_path.clone(),
        run_id: "r".to_owned(),
        deleted_at: Utc::now(),
        evidence: json!({"files": 1}),
    };
    assert_eq!(store.deletion("spot832", &record.path).await.unwrap(), None);
    store.record_deletion(&record).await.unwrap();
    assert_eq!(
        store.deletion("spot832", &record.path).await.unwrap(),
        Some(record)
    );
}

#[tokio::test]
async fn a_row_of_the_list_of_prunes_lives_until_it_is_done_or_dropped() {
    let client = client(shared());
    let (here, there) = (store(&client), store(&client));
    let name = unique("x.h5");
    let prune = |key: &str| ScheduledPrune {
        key: format!("{name}:{key}"),
        run_id: "r".to_owned(),
        flow: "prune_globus_endpoint".to_owned(),
        parameters: json!({"relative_path": format!("raw/f/{name}"), "source_endpoint": key}),
        due: Utc::now() - TimeDelta::hours(1),
    };
    let first = here.schedule(&prune("a")).await.unwrap();
    assert_eq!(there.schedule(&prune("a")).await.unwrap(), first);
    let second = here.schedule(&prune("b")).await.unwrap();
    here.runs_elsewhere(&second, Some("flow run")).await.unwrap();
    assert_eq!(there.scheduled_named(&name).await.unwrap().len(), 2);
    let due = there.due(Utc::now()).await.unwrap();
    assert!(due.iter().any(|row| row.id == first) && due.iter().all(|row| row.id != second));

    let again = ScheduledOutcome::Again {
        due: Utc::now() + TimeDelta::days(1),
        reason: "held".to_owned(),
    };
    there.finish_scheduled(&first, &again).await.unwrap();
    let rows = here.scheduled_named(&name).await.unwrap();
    let row = rows.iter().find(|row| row.id == first).unwrap();
    assert_eq!((row.tries, row.last_reason.as_deref()), (1, Some("held")));

    let parameters = prune("b").parameters;
    assert_eq!(there.dropped(&parameters).await.unwrap(), None);
    let dropped = ScheduledOutcome::Dropped {
        reason: "wrong".to_owned(),
    };
    here.finish_scheduled(&second, &dropped).await.unwrap();
    assert_eq!(
        there.dropped(&parameters).await.unwrap().as_deref(),
        Some("wrong")
    );
    there
        .finish_scheduled(&first, &ScheduledOutcome::Done(json!({"ok": true})))
        .await
        .unwrap();
    assert!(here.scheduled_named(&name).await.unwrap().is_empty());
    let over = here.finish_scheduled(&first, &again).await;
    assert!(matches!(over, Err(Error::NotScheduled { .. })), "{over:?}");
}

async fn claimed(run: &Run, key: &str) -> Claim {
    let Effect::New(slot) = run.effect("copy", key).await.unwrap() else {
        panic!("not new");
    };
    slot.intend_alone(b"{}", &json!({})).await.unwrap()
}

#[tokio::test]
async fn of_several_runs_at_one_step_one_is_at_it_until_it_has_settled_or_its_run_has_ended() {
    let client = client(shared());
    let (key, store) = (unique("scan"), store(&client));
    let mut runs = Vec::new();
    for _ in 0..4 {
        let id = running(&client).await;
        runs.push(opened(store.open(&id, "move", "hash").await.unwrap()));
    }
    let claims = futures_util::future::join_all(runs.iter().map(|run| claimed(run, &key))).await;
    let (mut mine, mut elsewhere) = (Vec::new(), Vec::new());
    for (run, claim) in runs.iter().zip(claims) {
        match claim {
            Claim::Mine(slot) => mine.push((run, slot)),
            Claim::Elsewhere { run_id, .. } => elsewhere.push((run, run_id)),
        }
    }
    let (winner, slot) = mine.pop().unwrap();
    assert!(mine.is_empty(), "{mine:?}");
    for (run, of) in &elsewhere {
        assert_eq!(of, winner.run_id());
        let other = run.elsewhere("copy", &key).await.unwrap();
        assert_eq!(other.as_deref(), Some(winner.run_id()));
    }
    assert_eq!(winner.elsewhere("copy", &key).await.unwrap(), None);
    slot.done(&json!({})).await.unwrap();

    let second = elsewhere[0].0;
    let Claim::Mine(_) = claimed(second, &key).await else {
        panic!("the first has settled");
    };
    // The next worker of that run settles, and gives back what the first took.
    taken_over(&client, second.run_id()).await;
    let next = opened(store.open(second.run_id(), "move", "hash").await.unwrap());
    let Effect::Pending(slot, _) = next.effect("copy", &key).await.unwrap() else {
        panic!("not pending");
    };
    slot.failed(&json!("why")).await.unwrap();

    let third = elsewhere[1].0;
    assert!(matches!(claimed(third, &key).await, Claim::Mine(_)));
    assert_eq!(set_state(&client, third.run_id(), "FAILED").await, "ACCEPT");
    let last = elsewhere[2].0;
    assert!(matches!(claimed(last, &key).await, Claim::Mine(_)));
}
