//! What is told of each file.

use std::future::IntoFuture;

use futures_util::FutureExt;
use futures_util::future::{join_all, select_all};
use globus_transfer::{Evidence, ItemError, QueueItem, TransferItem, TransferQueue};

use super::{all, until};
use crate::sim::{scene, shown};

#[tokio::test]
async fn a_lone_file_goes_at_once_and_costs_an_id_and_a_submission_besides_its_wait() {
    let scene = scene(|sim| sim);
    let item = scene.item("raw/x.h5", true);
    let delivered = scene.queue().transfer(&scene.options(), item).await.unwrap();
    assert_eq!(delivered.evidence, Evidence::OnlyFile);
    assert_eq!(delivered.task_id.as_str(), scene.sim.tasks()[0].task_id);
    scene.assert_copied(&["raw/x.h5"]);
    for (operation, times) in [
        ("transfer.submission_id", 1),
        ("transfer.submit", 1),
        ("transfer.task_successful_transfers", 0),
        ("transfer.stat", 0),
    ] {
        assert_eq!(scene.requests(operation), times, "{operation}");
    }
}

#[tokio::test]
async fn a_thousand_and_one_files_make_two_tasks_and_each_is_known_by_the_list() {
    let scene = scene(|sim| sim);
    let names: Vec<String> = (0..1001).map(|n| format!("raw/{n}.h5")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let transfers = scene.queue().transfer_all(&scene.options(), scene.items(&names));
    for end in all(transfers, 1001).await {
        // The one that is left over is its task's only file.
        assert!(!matches!(end.unwrap().evidence, Evidence::Listing));
    }
    let mut loads = scene.loads();
    loads.sort_unstable();
    assert_eq!(loads, [1, 1000]);
    scene.assert_copied(&names);
}

#[tokio::test]
async fn three_tasks_at_once_and_the_rest_together_when_one_has_ended() {
    let scene = scene(|sim| sim);
    scene.fault("task:hold");
    let (queue, options) = (scene.queue(), scene.options());
    let names: Vec<String> = (0..20).map(|n| format!("{n}.h5")).collect();
    let copy = |name: &String| queue.transfer(&options, scene.item(name, true)).into_future();
    let mut copies: Vec<_> = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let mut next = copy(name);
        assert!((&mut next).now_or_never().is_none());
        copies.push(next);
        // Each of the first three finds room, and is under way before the next comes.
        let is_there = || scene.loads().len() == (n + 1).min(3);
        tokio::select! {
            _ = select_all(&mut copies) => panic!("held"),
            () = until("the task", is_there) => {}
        }
    }
    assert_eq!((queue.active(), queue.waiting()), (3, 17));
    scene.sim.clear_faults();
    for end in join_all(copies).await {
        end.unwrap();
    }
    assert_eq!(scene.loads(), [1, 1, 1, 17]);
    assert_eq!((queue.active(), queue.waiting()), (0, 0));
}

#[tokio::test]
async fn missing_files_fail_with_their_reason_and_never_their_neighbours() {
    let scene = scene(|sim| sim);
    let mut items = scene.items(&["a", "c", "d"]);
    items.insert(1, scene.item("gone-1", false));
    items.push(scene.item("gone-2", false));
    let ends = all(scene.queue().transfer_all(&scene.options(), items), 5).await;
    for (n, end) in ends.iter().enumerate() {
        match (n, end) {
            (1 | 4, Err(error @ ItemError::Skipped { .. })) => {
                assert_eq!(error.code(), "FILE_NOT_FOUND");
                assert!(!error.is_doubtful() && error.task_id().is_some());
                assert!(error.to_string().contains("FILE_NOT_FOUND"), "{error}");
            }
            (_, Ok(delivered)) => assert_eq!(delivered.evidence, Evidence::SuccessfulTransfers),
            other => panic!("{other:?}"),
        }
    }
    scene.assert_copied(&["a", "c", "d"]);
    assert_eq!(scene.loads(), [5]);
    assert_eq!(scene.requests("transfer.task_cancel"), 0);
}

#[tokio::test]
async fn what_stood_there_already_is_on_no_list_and_one_listing_decides() {
    let scene = scene(|sim| sim);
    let names = ["raw/a", "raw/b", "raw/c,d", "raw/e"];
    let items = scene.items(&names);
    for name in &names[..3] {
        scene.to.write(name, name);
    }
    let ends = all(scene.queue().transfer_all(&scene.options(), items), 4).await;
    let evidence: Vec<Evidence> = ends.into_iter().map(|end| end.unwrap().evidence).collect();
    let [one, two, three, four] = evidence[..] else {
        panic!("{evidence:?}")
    };
    assert_eq!([one, two, three], [Evidence::Listing; 3]);
    assert_eq!(four, Evidence::SuccessfulTransfers);
    // A comma cannot be written in a list of names.
    assert_eq!(
        (scene.requests("transfer.ls"), scene.requests("transfer.stat")),
        (1, 1)
    );
}

#[tokio::test]
async fn a_file_that_is_not_there_in_its_size_is_not_believed() {
    let scene = scene(|sim| sim);
    let names = ["a", "b"];
    // The items say that the files are longer than they are; both sides hold the same.
    let items: Vec<QueueItem> = names
        .iter()
        .map(|name| {
            scene.from.write(name, name);
            scene.to.write(name, name);
            QueueItem::new(shown(&scene.from, name), shown(&scene.to, name), 17)
        })
        .collect();
    for end in all(scene.queue().transfer_all(&scene.options(), items), 2).await {
        let error = end.unwrap_err();
        assert!(
            matches!(error, ItemError::Missing { found: Some(1), .. }),
            "{error:?}"
        );
        assert_eq!(error.code(), "NOT_DELIVERED");
    }
}

#[tokio::test]
async fn hostile_names_are_names_and_impossible_ones_fail_alone() {
    let scene = scene(|sim| sim);
    let names = [
        "a 'b' \"c\".h5",
        "$(touch pwned).h5",
        "new\nline.h5",
        "-rf.h5",
        "ünï,c/ø%2Fde?&#.h5",
        ".hidden",
        "=x",
        "!~*",
        "a:b/c:d,e",
    ];
    let mut items = scene.items(&names);
    items.push(QueueItem::new("", shown(&scene.to, "x"), 1));
    items.push(QueueItem::new(shown(&scene.from, "x"), "/a\0b", 1));
    let ends = all(scene.queue().transfer_all(&scene.options(), items), 11).await;
    for (n, end) in ends.iter().enumerate() {
        if n < names.len() {
            end.as_ref().unwrap();
        } else {
            assert_eq!(end.as_ref().unwrap_err().code(), "REFUSED");
        }
    }
    scene.assert_copied(&names);
    // A second time they are found by listings.
    let ends = all(
        scene.queue().transfer_all(&scene.options(), scene.items(&names)),
        9,
    )
    .await;
    assert!(
        ends.iter()
            .all(|end| end.as_ref().is_ok_and(|end| end.evidence == Evidence::Listing))
    );
}

#[tokio::test]
async fn a_fatal_file_is_named_and_fails_and_its_neighbours_are_delivered() {
    let scene = scene(|sim| sim);
    let items = scene.items(&["a", "b", "c"]);
    // Where b should go stands a folder.
    scene.to.write("b/inside", "x");
    let watcher = scene
        .watcher()
        .fatal_statuses(["IS_A_DIRECTORY", "NOT_A_DIRECTORY"]);
    let queue = TransferQueue::<()>::new(watcher, scene.client.clone());
    let ends = all(queue.transfer_all(&scene.options(), items), 3).await;
    assert!(ends[0].is_ok() && ends[2].is_ok(), "{ends:?}");
    let error = ends[1].as_ref().unwrap_err();
    assert!(
        matches!(error, ItemError::Task { .. }) && !error.is_doubtful(),
        "{error:?}"
    );
    assert!(error.to_string().contains("/b"), "{error}");
    assert_eq!(scene.sim.tasks()[0].status, "FAILED", "it was cancelled");
}

#[tokio::test]
async fn one_fatal_file_after_another_fails_and_the_rest_goes_on_in_halves() {
    let scene = scene(|sim| sim);
    let names = ["a", "b", "c", "d", "e"];
    let items = scene.items(&names);
    // The service blames the first file of each task that is struck.
    scene.fault("task:disk-full,times=2");
    let watcher = scene.watcher().fatal_statuses(["NO_SPACE_LEFT"]);
    let queue = TransferQueue::<()>::new(watcher, scene.client.clone()).room(1);
    let ends = all(queue.transfer_all(&scene.options(), items), 5).await;
    for end in &ends[..2] {
        assert_eq!(end.as_ref().unwrap_err().code(), "NO_SPACE_LEFT");
    }
    assert!(ends[2..].iter().all(Result::is_ok), "{ends:?}");
    assert_eq!(scene.loads(), [5, 4, 2, 1]);
    scene.assert_copied(&names[2..]);
}

#[tokio::test]
async fn a_task_that_fails_fails_what_it_did_not_deliver() {
    let scene = scene(|sim| sim);
    scene.fault("task:fail,code=QUOTA_EXCEEDED,nth=1");
    let ends = all(
        scene
            .queue()
            .transfer_all(&scene.options(), scene.items(&["a", "b"])),
        2,
    )
    .await;
    for end in ends {
        let error = end.unwrap_err();
        assert_eq!(error.code(), "QUOTA_EXCEEDED");
        assert!(!error.is_doubtful());
    }
    assert_eq!(scene.sim.tasks().len(), 1, "nothing is tried again by itself");
}

#[tokio::test]
async fn an_inactive_task_leaves_its_files_in_doubt() {
    let scene = scene(|sim| sim);
    scene.fault("task:inactive,nth=1");
    let ends = all(
        scene
            .queue()
            .transfer_all(&scene.options(), scene.items(&["a", "b"])),
        2,
    )
    .await;
    assert!(ends.iter().all(|end| end.as_ref().unwrap_err().is_doubtful()));
    assert_eq!(scene.requests("transfer.task_cancel"), 0);
}

#[tokio::test]
async fn ten_thousand_items_in_one_submission_are_sent_as_they_are() {
    let scene = scene(|sim| sim);
    scene.fault("task:hold");
    let items = (0..10_000).map(|n| {
        let to = shown(&scene.to, &format!("f/{n}"));
        TransferItem::new(shown(&scene.from, "x"), to)
    });
    let submitted = scene.options().items(items).send().await.unwrap();
    let task = &scene.sim.tasks()[0];
    assert_eq!(task.task_id, submitted.task_id.as_str());
    assert_eq!(task.items.len(), 10_000);
    assert_eq!(task.items[9_999].1, shown(&scene.to, "f/9999"));
}
