//! One run, one owner.

use std::sync::Barrier;
use std::time::Duration;

use run_store::{Error, Opened, RunStore, SqliteStore};
use serde_json::json;

use super::{fresh, new, pending, resumed, short_lease};

#[tokio::test]
async fn a_held_run_is_refused_until_it_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (
        SqliteStore::open(dir.path()).unwrap(),
        SqliteStore::open(dir.path()).unwrap(),
    );
    let run = fresh(&first, "r").await;
    for store in [&first, &second] {
        let error = store.open("r", "move", "hash").await.unwrap_err();
        let Error::Held {
            run_id,
            pid,
            since,
            expires,
            ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((run_id.as_str(), pid), ("r", std::process::id()));
        assert_eq!((expires - since).num_seconds(), 120);
    }
    let clone = run.clone();
    drop(run);
    assert!(matches!(
        second.open("r", "move", "hash").await,
        Err(Error::Held { .. })
    ));
    drop(clone);
    resumed(&second, "r").await;
}

#[tokio::test]
async fn a_store_that_is_gone_holds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let first = SqliteStore::open(dir.path()).unwrap();
    let run = fresh(&first, "r").await;
    drop(first); // the run keeps what it needs
    let second = SqliteStore::open(dir.path()).unwrap();
    assert!(matches!(
        second.open("r", "move", "hash").await,
        Err(Error::Held { .. })
    ));
    drop(run);
    resumed(&second, "r").await;
}

#[tokio::test]
async fn who_was_overtaken_can_write_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (short_lease(dir.path()), short_lease(dir.path()));
    let slow = fresh(&first, "r").await;
    let begun = new(slow.effect("submit", "begun").await.unwrap())
        .intend(b"1", &json!(null))
        .await
        .unwrap();
    let unsent = new(slow.effect("submit", "unsent").await.unwrap());
    let quick = resumed(&second, "r").await;

    let lost =
        |result: Result<(), Error>| matches!(result, Err(Error::LeaseLost { run_id }) if run_id == "r");
    assert!(lost(unsent.intend(b"2", &json!(null)).await.map(drop)));
    assert!(lost(begun.note(&json!(1)).await));
    assert!(lost(begun.done(&json!(1)).await));
    assert!(lost(slow.effect("submit", "begun").await.map(drop)));
    assert!(lost(slow.renew().await));
    assert!(lost(slow.finish(&json!({}), true).await));
    drop(slow); // gives nothing back that it does not hold

    let _begun = pending(quick.effect("submit", "begun").await.unwrap());
    new(quick.effect("submit", "unsent").await.unwrap())
        .intend(b"3", &json!(null))
        .await
        .unwrap()
        .done(&json!(3))
        .await
        .unwrap();
    quick.finish(&json!({}), true).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_ran_out_is_renewed_while_nobody_wants_it() {
    let dir = tempfile::tempdir().unwrap();
    let run = fresh(&short_lease(dir.path()), "r").await;
    run.renew().await.unwrap();
    assert_eq!(run.keep(async { 7 }).await.unwrap(), 7);
}

#[tokio::test]
async fn keeping_a_run_ends_when_it_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (short_lease(dir.path()), short_lease(dir.path()));
    let slow = fresh(&first, "r").await;
    let _quick = resumed(&second, "r").await;
    let kept = tokio::time::timeout(Duration::from_secs(60), slow.keep(std::future::pending::<()>())).await;
    assert!(matches!(kept.unwrap(), Err(Error::LeaseLost { .. })));
}

/// Each round, two stores in two threads open one run at the same moment. The pause of one, drawn from the seed,
/// varies who comes first.
#[test]
fn of_two_openers_one_gets_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let stores = [
        SqliteStore::open(dir.path()).unwrap(),
        SqliteStore::open(dir.path()).unwrap(),
    ];
    for seed in 0_u64..40 {
        let run_id = format!("r{seed}");
        let start = Barrier::new(2);
        let open = |which: usize| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            start.wait();
            let spins = if seed % 2 == which as u64 {
                0
            } else {
                seed.wrapping_mul(0x9e37_79b9) % 100_000
            };
            (0..spins).for_each(|_| std::hint::spin_loop());
            runtime.block_on(stores[which].open(&run_id, "move", "hash"))
        };
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| open(0));
            let two = open(1);
            (one.join().unwrap(), two)
        });
        let winners = [&one, &two]
            .iter()
            .filter(|opened| matches!(opened, Ok(Opened::Fresh(_))))
            .count();
        let refused = [&one, &two]
            .iter()
            .filter(|opened| matches!(opened, Err(Error::Held { .. })))
            .count();
        assert_eq!((winners, refused), (1, 1), "seed {seed}: {one:?} {two:?}");
    }
}
