//! What outlives a run.

use chrono::{DateTime, TimeDelta, Utc};
use run_store::{
    DeletionRecord, DeliveredFile, Delivery, DeliveryKey, Error, RunStore, ScheduledId, ScheduledOutcome,
    ScheduledPrune, SqliteStore,
};
use serde_json::json;

fn store() -> (tempfile::TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    (dir, store)
}

/// Half past a whole second, to see that fractions are kept.
fn noon() -> DateTime<Utc> {
    "2026-11-22T12:00:00.5Z".parse().unwrap()
}

#[tokio::test]
async fn the_latest_delivery_counts() {
    let (_dir, store) = store();
    let key = DeliveryKey {
        source_endpoint: "spot832".into(),
        source_path: "/raw/it's a 'scan'\n.h5".into(),
        destination_endpoint: "data832".into(),
        destination_path: "/data/raw/scan.h5".into(),
    };
    assert_eq!(store.delivery(&key).await.unwrap(), None);
    let file = DeliveredFile {
        path: String::new(),
        size: 7,
        source_mtime: noon(),
        copy_mtime: Some(noon()),
    };
    let mut delivery = Delivery {
        key: key.clone(),
        run_id: "r".into(),
        task_id: "t1".into(),
        delivered_at: noon(),
        files: vec![file],
    };
    store.record_delivery(&delivery).await.unwrap();
    delivery.task_id = "t2".into();
    store.record_delivery(&delivery).await.unwrap();
    assert_eq!(store.delivery(&key).await.unwrap(), Some(delivery));
    let other = DeliveryKey {
        destination_endpoint: "nersc832".into(),
        ..key
    };
    assert_eq!(store.delivery(&other).await.unwrap(), None);
}

#[tokio::test]
async fn export_control_covers_what_is_below_and_what_holds_it() {
    let (_dir, store) = store();
    store
        .control_path("/raw//secret/", "first", Some("r"))
        .await
        .unwrap();
    store.control_path("/raw/secret", "second", None).await.unwrap();
    for covered in [
        "/raw/secret",
        "/raw/secret/a.h5",
        "raw/secret",
        "",
        "/raw/./secret//deep/b",
        "/raw",
        "/raw/",
        "/",
    ] {
        let found = store.controlled(covered).await.unwrap();
        assert_eq!(
            found.map(|path| (path.path, path.reason)),
            Some(("/raw/secret".into(), "first".into())),
            "{covered}"
        );
    }
    for free in [
        "/raw/secrets",
        "/raw/secret2/a",
        "/raw/secre",
        "/raw/open",
        "/raw0",
    ] {
        assert!(!store.is_controlled(free).await.unwrap(), "{free}");
    }
    assert!(
        !store
            .lift_control("/raw/secret/a.h5", "not this path")
            .await
            .unwrap()
    );
    assert!(
        store
            .lift_control("/raw/secret", "licence of 2026-11-22")
            .await
            .unwrap()
    );
    assert!(!store.is_controlled("/raw/secret/a.h5").await.unwrap());
    store.control_path("/raw/secret", "third", None).await.unwrap();
    assert!(store.is_controlled("/raw/secret").await.unwrap());
    store.control_path("/raw/a\n.h5", "fourth", None).await.unwrap();
    let listed = store.controlled_paths().await.unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|record| (record.path.as_str(), record.reason.as_str()))
        .collect();
    assert_eq!(listed, [("/raw/a\n.h5", "fourth"), ("/raw/secret", "third")]);
}

fn prune(key: &str, due: DateTime<Utc>) -> ScheduledPrune {
    ScheduledPrune {
        key: key.into(),
        run_id: "r".into(),
        flow: "prune_spot832".into(),
        parameters: json!({"relative_path": "raw/ü.h5"}),
        due,
    }
}

#[tokio::test]
async fn scheduling_again_gives_the_row_that_is_there() {
    let (_dir, store) = store();
    let id = store.schedule(&prune("k", noon())).await.unwrap();
    assert_eq!(
        store
            .schedule(&prune("k", noon() + TimeDelta::days(9)))
            .await
            .unwrap(),
        id
    );
    let rows = store.scheduled().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0].id, &rows[0].prune, rows[0].tries),
        (&id, &prune("k", noon()), 0)
    );
}

#[tokio::test]
async fn a_row_is_due_until_it_is_done_or_dropped() {
    let (_dir, store) = store();
    let late = store
        .schedule(&prune("late", noon() + TimeDelta::seconds(1)))
        .await
        .unwrap();
    let early = store.schedule(&prune("early", noon())).await.unwrap();
    let due = async |at| -> Vec<ScheduledId> {
        store
            .due(at)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.id)
            .collect()
    };
    assert_eq!(due(noon() - TimeDelta::microseconds(1)).await, []);
    assert_eq!(due(noon()).await, std::slice::from_ref(&early));
    assert_eq!(
        due(noon() + TimeDelta::seconds(1)).await,
        [early.clone(), late.clone()]
    );

    let again = ScheduledOutcome::Again {
        due: noon() + TimeDelta::days(1),
        reason: "copy is shorter".into(),
    };
    store.finish_scheduled(&early, &again).await.unwrap();
    assert_eq!(
        due(noon() + TimeDelta::hours(1)).await,
        std::slice::from_ref(&late)
    );
    let row = store.scheduled().await.unwrap().pop().unwrap();
    assert_eq!(
        (row.id, row.tries, row.last_reason.as_deref()),
        (early.clone(), 1, Some("copy is shorter"))
    );

    store
        .finish_scheduled(&early, &ScheduledOutcome::Done(json!({"ok": true})))
        .await
        .unwrap();
    store
        .finish_scheduled(
            &late,
            &ScheduledOutcome::Dropped {
                reason: "by hand".into(),
            },
        )
        .await
        .unwrap();
    assert_eq!(store.scheduled().await.unwrap(), []);
    let error = store.finish_scheduled(&late, &again).await.unwrap_err();
    assert!(matches!(error, Error::NotScheduled { .. }), "{error}");
}

#[tokio::test]
async fn a_row_that_runs_elsewhere_is_listed_and_not_due() {
    let (_dir, store) = store();
    let id = store.schedule(&prune("k", noon())).await.unwrap();
    store.runs_elsewhere(&id, Some("flow-run")).await.unwrap();
    assert_eq!(store.due(noon()).await.unwrap(), []);
    let listed = store.scheduled().await.unwrap().pop().unwrap();
    assert_eq!(listed.elsewhere.as_deref(), Some("flow-run"));
    store.runs_elsewhere(&id, None).await.unwrap();
    assert_eq!(store.due(noon()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dropped_row_is_known_by_its_parameters_until_they_are_scheduled_anew() {
    let (_dir, store) = store();
    let parameters = prune("k", noon()).parameters;
    let id = store.schedule(&prune("k", noon())).await.unwrap();
    assert_eq!(store.dropped(&parameters).await.unwrap(), None);
    let dropped = ScheduledOutcome::Dropped {
        reason: "kept for the paper".into(),
    };
    store.finish_scheduled(&id, &dropped).await.unwrap();
    let reason = store.dropped(&parameters).await.unwrap();
    assert_eq!(reason.as_deref(), Some("kept for the paper"));
    assert_eq!(store.dropped(&json!({"other": 1})).await.unwrap(), None);
    let gone = store.runs_elsewhere(&id, None).await.unwrap_err();
    assert!(matches!(gone, Error::NotScheduled { .. }), "{gone}");

    store.schedule(&prune("again", noon())).await.unwrap();
    assert_eq!(store.dropped(&parameters).await.unwrap(), None);
}

#[tokio::test]
async fn deletions_are_found_by_endpoint_and_path() {
    let (_dir, store) = store();
    let mut record = DeletionRecord {
        endpoint: "spot832".into(),
        path: "/raw/scan.h5".into(),
        run_id: "r1".into(),
        deleted_at: noon(),
        evidence: json!({"copy": "data832"}),
    };
    store.record_deletion(&record).await.unwrap();
    record.run_id = "r2".into();
    store.record_deletion(&record).await.unwrap();
    assert_eq!(
        store.deletion("spot832", "/raw/scan.h5").await.unwrap(),
        Some(record)
    );
    assert_eq!(store.deletion("data832", "/raw/scan.h5").await.unwrap(), None);
    assert_eq!(store.deletion("spot832", "/raw").await.unwrap(), None);
}
