//! One request for many steps, recorded whole or not at all; and of two runs at one step, one acts.

use run_store::{Batch, BatchIntended, BatchItem, Claim, Effect, Error, Run, RunStore, Slot, SqliteStore};
use serde_json::json;

use super::{fresh, new, pending, resumed, short_lease};

async fn slot(run: &Run, key: &str) -> Slot {
    new(run.effect("copy", key).await.unwrap())
}

fn batch(id: &str, items: Vec<BatchItem>) -> Batch {
    let document = format!("{{\"submission_id\":\"{id}\"}}\0").into_bytes();
    let id = id.to_owned();
    Batch { id, document, items }
}

fn refused(intended: BatchIntended) -> Vec<(usize, Error)> {
    match intended {
        BatchIntended::Without(refused) => refused,
        BatchIntended::Recorded => panic!("recorded"),
    }
}

#[tokio::test]
async fn a_batch_is_recorded_with_its_steps_and_read_back_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    assert!(store.keeps_batches());
    let (one, two) = (fresh(&store, "1").await, fresh(&store, "2").await);
    let items = vec![
        slot(&one, "a").await.batch_item(json!({"bytes": 1})),
        slot(&one, "b").await.batch_item(json!({"bytes": 2})),
        slot(&two, "c").await.batch_item(json!({"bytes": 3})),
    ];
    let meant = batch("s1", items.clone());
    assert!(matches!(
        store.intend_batch(meant.clone()).await.unwrap(),
        BatchIntended::Recorded
    ));
    let recorded = store.batch("s1").await.unwrap().unwrap();
    assert_eq!(
        (recorded.document, recorded.receipt),
        (meant.document.clone(), None)
    );
    store
        .note_batch("s1", &items, &json!({"task_id": "t"}))
        .await
        .unwrap();
    drop((one, two, store));

    let store = SqliteStore::open(dir.path()).unwrap();
    let one = resumed(&store, "1").await;
    let keys = ["a", "b", "none"].map(str::to_owned);
    let mut effects = one.effects("copy", &keys).await.unwrap().into_iter();
    for bytes in [1, 2] {
        let (_, intent) = pending(effects.next().unwrap().unwrap());
        assert_eq!(intent.batch.as_deref(), Some("s1"));
        assert_eq!((intent.facts, intent.receipt), (json!({"bytes": bytes}), None));
        assert!(intent.document.is_empty(), "it stands with the batch, once");
    }
    assert!(matches!(effects.next().unwrap().unwrap(), Effect::New(_)));
    let recorded = store.batch("s1").await.unwrap().unwrap();
    assert_eq!(recorded.document, meant.document);
    assert_eq!(recorded.receipt, Some(json!({"task_id": "t"})));
    assert_eq!(store.batch("s2").await.unwrap(), None);
}

#[tokio::test]
async fn what_stands_against_one_step_is_told_and_nothing_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let (one, two) = (fresh(&store, "1").await, fresh(&store, "2").await);
    let known = slot(&one, "known").await.intend(b"", &json!(null)).await.unwrap();
    let at_it = slot(&two, "shared")
        .await
        .intend(b"", &json!(null))
        .await
        .unwrap();
    let items = vec![
        slot(&one, "free").await.batch_item(json!(null)),
        known.batch_item(json!(null)),
        slot(&one, "shared").await.batch_item(json!(null)),
    ];
    let mut against = refused(store.intend_batch(batch("s1", items.clone())).await.unwrap()).into_iter();
    assert!(matches!(against.next(), Some((1, Error::AlreadyIntended { .. }))));
    let Some((2, Error::Elsewhere { run_id, .. })) = against.next() else {
        panic!()
    };
    assert_eq!(run_id, "2");
    assert!(store.batch("s1").await.unwrap().is_none());
    // The same id again, without them.
    let free = vec![items[0].clone()];
    assert!(matches!(
        store.intend_batch(batch("s1", free)).await.unwrap(),
        BatchIntended::Recorded
    ));
    // Once it is settled there, it is free here.
    at_it.done(&json!(1)).await.unwrap();
    let shared = vec![items[2].clone()];
    assert!(matches!(
        store.intend_batch(batch("s2", shared)).await.unwrap(),
        BatchIntended::Recorded
    ));
    assert!(
        store.intend_batch(batch("s2", Vec::new())).await.is_err(),
        "an id is used once"
    );
}

#[tokio::test]
async fn whoever_lost_its_run_can_neither_intend_nor_note() {
    let dir = tempfile::tempdir().unwrap();
    let ghosts_store = short_lease(dir.path());
    let (ghost, other) = (fresh(&ghosts_store, "1").await, fresh(&ghosts_store, "2").await);
    let items = vec![
        slot(&ghost, "a").await.batch_item(json!(null)),
        slot(&other, "b").await.batch_item(json!(null)),
    ];
    let meant = batch("s1", items.clone());
    assert!(matches!(
        ghosts_store.intend_batch(meant).await.unwrap(),
        BatchIntended::Recorded
    ));
    let store = short_lease(dir.path());
    let heir = resumed(&store, "1").await;
    let late = vec![slot(&other, "c").await.batch_item(json!(null)), items[0].clone()];
    let against = refused(ghosts_store.intend_batch(batch("s2", late)).await.unwrap());
    assert!(
        matches!(against[..], [(1, Error::LeaseLost { .. })]),
        "{against:?}"
    );
    let lost = ghosts_store.note_batch("s1", &items[..1], &json!("ghost")).await;
    assert!(matches!(lost, Err(Error::LeaseLost { .. })));
    assert_eq!(store.batch("s1").await.unwrap().unwrap().receipt, None);
    // One who still holds a run of it may.
    ghosts_store.note_batch("s1", &items, &json!("t")).await.unwrap();
    assert_eq!(
        store.batch("s1").await.unwrap().unwrap().receipt,
        Some(json!("t"))
    );
    drop(heir);
}

#[tokio::test]
async fn ends_are_recorded_together_and_a_step_goes_on_in_another_batch() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    let run = fresh(&store, "1").await;
    let (a, b) = (slot(&run, "a").await, slot(&run, "b").await);
    let items = [&a, &b].map(|slot| slot.batch_item(json!(null))).into();
    store.intend_batch(batch("s1", items)).await.unwrap();
    let ends = vec![
        a.settlement(true, json!("there")),
        b.settlement(false, json!("again")),
    ];
    run.settle_all(ends.clone()).await.unwrap();
    assert!(matches!(
        run.settle_all(ends).await,
        Err(Error::NotPending { .. })
    ));
    let b = b.following();
    assert_eq!(b.attempt(), 2);
    let again = vec![b.batch_item(json!(null))];
    assert!(matches!(
        store.intend_batch(batch("s2", again)).await.unwrap(),
        BatchIntended::Recorded
    ));
    assert!(matches!(run.effect("copy", "a").await.unwrap(), Effect::Done(value) if value == "there"));
    let (_, intent) = pending(run.effect("copy", "b").await.unwrap());
    assert_eq!((intent.attempt, intent.batch.as_deref()), (2, Some("s2")));
}

#[tokio::test]
async fn of_two_runs_at_one_step_one_acts_until_it_has_settled_or_ended() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    // Another process on the same file.
    let elsewhere = SqliteStore::open(dir.path()).unwrap();
    let (one, two) = (fresh(&store, "1").await, fresh(&elsewhere, "2").await);
    let claim = async |run: &Run| match run.effect("copy", "a").await.unwrap() {
        Effect::New(slot) | Effect::Pending(slot, _) => slot.intend_alone(b"", &json!(null)).await.unwrap(),
        other => panic!("{other:?}"),
    };
    let Claim::Mine(mine) = claim(&one).await else {
        panic!("nobody else")
    };
    let Claim::Elsewhere { run_id, .. } = claim(&two).await else {
        panic!("both act")
    };
    assert_eq!(run_id, "1");
    assert_eq!(two.elsewhere("copy", "a").await.unwrap().as_deref(), Some("1"));
    assert_eq!(two.elsewhere("copy", "b").await.unwrap(), None);
    assert_eq!(one.elsewhere("copy", "a").await.unwrap(), None, "itself");
    mine.done(&json!(1)).await.unwrap();
    let Claim::Mine(mine) = claim(&two).await else {
        panic!("it is settled")
    };
    let three = fresh(&store, "3").await;
    assert!(matches!(claim(&three).await, Claim::Elsewhere { .. }));
    // A run that ended, or whose process died, is in nobody's way.
    drop(mine);
    drop((two, elsewhere));
    assert!(matches!(claim(&three).await, Claim::Mine(_)));
}
