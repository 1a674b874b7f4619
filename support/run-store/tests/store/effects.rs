//! New, pending, done, failed, and the way between them.

use proptest::prelude::*;
use run_store::{Effect, Error, Opened, RunStore, SqliteStore};
use serde_json::json;

use super::{fresh, new, pending, resumed};

#[tokio::test]
async fn an_intent_and_its_receipt_survive() {
    let dir = tempfile::tempdir().unwrap();
    let document = b"{ \"spaces\" : 1 }\0\xff".to_vec();
    {
        let run = fresh(&SqliteStore::open(dir.path()).unwrap(), "r").await;
        let slot = new(run.effect("submit", "a>b").await.unwrap());
        slot.intend(&document, &json!({"path": "/a"}))
            .await
            .unwrap()
            .note(&json!({"task_id": "t"}))
            .await
            .unwrap();
    }
    let run = resumed(&SqliteStore::open(dir.path()).unwrap(), "r").await;
    assert_eq!(run.opened(), 2);
    let (slot, intent) = pending(run.effect("submit", "a>b").await.unwrap());
    assert_eq!(intent.document, document);
    assert_eq!(intent.facts, json!({"path": "/a"}));
    assert_eq!(intent.receipt, Some(json!({"task_id": "t"})));
    slot.done(&json!("SUCCEEDED")).await.unwrap();
    assert!(
        matches!(run.effect("submit", "a>b").await.unwrap(), Effect::Done(value) if value == "SUCCEEDED")
    );
    assert!(matches!(
        run.effect("submit", "a>c").await.unwrap(),
        Effect::New(_)
    ));
    assert!(matches!(
        run.effect("other", "a>b").await.unwrap(),
        Effect::New(_)
    ));
}

#[tokio::test]
async fn a_failed_step_is_tried_again_by_the_next_run_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let run = fresh(&store, "r").await;
    let slot = new(run.effect("submit", "k").await.unwrap())
        .intend(b"1", &json!(null))
        .await
        .unwrap();
    slot.failed(&json!({"code": "FILE_NOT_FOUND"})).await.unwrap();
    assert!(
        matches!(run.effect("submit", "k").await, Err(Error::FailedNow { outcome, .. }) if outcome["code"] == "FILE_NOT_FOUND")
    );
    run.finish(&json!({"ok": false}), false).await.unwrap();
    drop(run);

    let run = resumed(&store, "r").await;
    let Effect::Failed { outcome, slot } = run.effect("submit", "k").await.unwrap() else {
        panic!("not failed")
    };
    assert_eq!((outcome, slot.attempt()), (json!({"code": "FILE_NOT_FOUND"}), 2));
    let slot = slot.intend(b"2", &json!(null)).await.unwrap();
    let (_, intent) = pending(run.effect("submit", "k").await.unwrap());
    assert_eq!((intent.document, intent.attempt), (b"2".to_vec(), 2));
    slot.done(&json!(2)).await.unwrap();
    assert!(matches!(
        run.effect("submit", "k").await.unwrap(),
        Effect::Done(_)
    ));
}

#[tokio::test]
async fn an_intent_is_never_changed_and_settled_once() {
    let dir = tempfile::tempdir().unwrap();
    let run = fresh(&SqliteStore::open(dir.path()).unwrap(), "r").await;
    let first = new(run.effect("submit", "k").await.unwrap());
    let second = new(run.effect("submit", "k").await.unwrap());
    assert!(matches!(
        first.note(&json!(1)).await,
        Err(Error::NotPending { .. })
    ));
    let first = first.intend(b"first", &json!(null)).await.unwrap();
    assert!(matches!(
        second.intend(b"second", &json!(null)).await,
        Err(Error::AlreadyIntended { .. })
    ));
    let (again, intent) = pending(run.effect("submit", "k").await.unwrap());
    assert_eq!(intent.document, b"first");
    first.done(&json!(1)).await.unwrap();
    assert!(matches!(
        again.failed(&json!(2)).await,
        Err(Error::NotPending { .. })
    ));
}

#[tokio::test]
async fn a_step_that_sends_nothing_needs_no_intent() {
    let dir = tempfile::tempdir().unwrap();
    let run = fresh(&SqliteStore::open(dir.path()).unwrap(), "r").await;
    new(run.effect("verify", "k").await.unwrap())
        .done(&json!({"equal": true}))
        .await
        .unwrap();
    assert!(
        matches!(run.effect("verify", "k").await.unwrap(), Effect::Done(value) if value["equal"] == true)
    );
}

#[tokio::test]
async fn a_run_that_ended_well_stays_ended() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let run = fresh(&store, "r").await;
    run.finish(&json!({"ok": true, "files": 3}), true).await.unwrap();
    assert!(matches!(
        run.effect("late", "k").await,
        Err(Error::RunEnded { .. })
    ));
    assert!(matches!(run.renew().await, Err(Error::RunEnded { .. })));
    for _ in 0..2 {
        match store.open("r", "move", "hash").await.unwrap() {
            Opened::Finished(report) => assert_eq!(report["files"], 3),
            other => panic!("not finished: {other:?}"),
        }
    }
}

#[tokio::test]
async fn another_flow_or_other_parameters_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    fresh(&store, "r").await.finish(&json!({}), true).await.unwrap();
    for (flow, hash) in [("prune", "hash"), ("move", "other")] {
        let error = store.open("r", flow, hash).await.unwrap_err();
        assert!(
            matches!(&error, Error::OtherParameters { recorded_flow, .. } if recorded_flow == "move"),
            "{error}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.div_ceil(10),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn keys_and_documents_are_kept_to_the_byte(
        run_id in any::<String>(),
        step in any::<String>(),
        keys in prop::collection::hash_set(any::<String>(), 1..4),
        document in any::<Vec<u8>>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(dir.path()).unwrap();
            let run = fresh(&store, &run_id).await;
            for key in &keys {
                let slot = new(run.effect(&step, key).await.unwrap());
                let _slot = slot.intend(&document, &json!({ "key": key })).await.unwrap();
            }
            for key in &keys {
                let (_, intent) = pending(run.effect(&step, key).await.unwrap());
                assert_eq!(intent.document, document);
                assert_eq!(intent.facts, json!({ "key": key }));
            }
        });
    }
}

#[tokio::test]
async fn what_a_run_has_begun_is_found_without_holding_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let run = fresh(&store, "r").await;
    for (key, settled) in [("a", false), ("b", true), ("c", false)] {
        let slot = new(run.effect("submit", key).await.unwrap());
        let slot = slot.intend(key.as_bytes(), &json!({"of": key})).await.unwrap();
        if settled {
            slot.done(&json!(null)).await.unwrap();
        } else {
            slot.note(&json!({"task": key})).await.unwrap();
        }
    }
    let found = store.pending("r").await.unwrap();
    let found: Vec<_> = found
        .into_iter()
        .map(|(place, intent)| (place.key, intent.document, intent.receipt.unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("a".to_owned(), b"a".to_vec(), json!({"task": "a"})),
            ("c".to_owned(), b"c".to_vec(), json!({"task": "c"})),
        ]
    );
    assert!(store.pending("other").await.unwrap().is_empty());
}
