//! What is recorded before it is sent, and sent again after a crash.

use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use globus_transfer::{
    Evidence, Intended, ItemError, Journal, JournalError, QueueItem, SubmissionDocument, TaskId,
    TransferQueue,
};
use service_sim::Sim;

use super::all;
use crate::sim::{Scene, scene, shown};

/// Keeps what it is given; refuses marks above 100.
#[derive(Default)]
struct Book {
    sim: Option<Sim>,
    lines: Mutex<Vec<(Vec<u8>, Vec<u32>)>>,
    tasks: Mutex<Vec<TaskId>>,
    broken: bool,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Book")
    }
}

fn error(text: &str) -> JournalError {
    Arc::new(io::Error::other(text.to_owned()))
}

#[async_trait]
impl Journal<u32> for Book {
    async fn intend(
        &self,
        document: &SubmissionDocument,
        items: &[&QueueItem<u32>],
    ) -> Result<Intended, JournalError> {
        if self.broken {
            return Err(error("no room"));
        }
        let refused = items.iter().enumerate().filter(|(_, item)| *item.mark() > 100);
        let refused: Vec<_> = refused.map(|(n, _)| (n, error("not this one"))).collect();
        if !refused.is_empty() {
            return Ok(Intended::Without(refused));
        }
        if let Some(sim) = &self.sim {
            assert!(sim.tasks().is_empty(), "recorded before it is sent");
        }
        let marks = items.iter().map(|item| *item.mark()).collect();
        self.lines
            .lock()
            .unwrap()
            .push((document.as_bytes().to_vec(), marks));
        Ok(Intended::Recorded)
    }

    async fn submitted(
        &self,
        _: &SubmissionDocument,
        _: &[&QueueItem<u32>],
        task_id: &TaskId,
    ) -> Result<(), JournalError> {
        self.tasks.lock().unwrap().push(task_id.clone());
        Err(error("this one is only logged"))
    }
}

fn queue(scene: &Scene, book: &Arc<Book>) -> TransferQueue<u32> {
    TransferQueue::with_journal(
        scene.watcher(),
        scene.client.clone(),
        Arc::clone(book) as Arc<dyn Journal<u32>>,
    )
}

fn marked(scene: &Scene, names: &[&str]) -> Vec<QueueItem<u32>> {
    let items = scene.items(names).into_iter().zip(0..);
    items.map(|(item, mark)| item.marked(mark)).collect()
}

#[tokio::test]
async fn the_recorded_bytes_are_the_bytes_that_are_sent() {
    let scene = scene(|sim| sim);
    let book = Arc::new(Book::default());
    let transfers = queue(&scene, &book).transfer_all(&scene.options(), marked(&scene, &["a", "b"]));
    all(transfers, 2).await;
    let lines = std::mem::take(&mut *book.lines.lock().unwrap());
    let [(document, marks)] = lines.as_slice() else {
        panic!("{}", lines.len())
    };
    assert_eq!(marks, &[0, 1]);
    let document = SubmissionDocument::from_bytes(document.clone()).unwrap();
    assert_eq!(document.item_count(), 2);
    let task = &scene.sim.tasks()[0];
    assert_eq!(document.submission_id().as_ref(), task.submission_id);
    assert_eq!(book.tasks.lock().unwrap()[0].as_str(), task.task_id);
    // The very bytes: the service knows them again.
    let again = scene.client.submit(&document).send().await.unwrap();
    assert!(again.is_duplicate());
}

#[tokio::test]
async fn what_the_journal_refuses_fails_and_the_rest_is_sent_without_it() {
    let scene = scene(|sim| sim);
    let book = Arc::new(Book::default());
    let mut items = marked(&scene, &["a", "b", "c"]);
    items[1] = items[1].clone().marked(101);
    let ends = all(queue(&scene, &book).transfer_all(&scene.options(), items), 3).await;
    assert!(ends[0].is_ok() && ends[2].is_ok());
    let Err(ItemError::Journal(error)) = &ends[1] else {
        panic!("{ends:?}")
    };
    assert!(
        error.downcast_ref::<io::Error>().is_some(),
        "the journal's own error"
    );
    assert_eq!(scene.loads(), [2]);
    assert_eq!(scene.requests("transfer.submission_id"), 1);
    assert_eq!(book.lines.lock().unwrap()[0].1, [0, 2]);
}

#[tokio::test]
async fn without_a_record_nothing_is_sent() {
    let scene = scene(|sim| sim);
    let book = Arc::new(Book {
        broken: true,
        ..Book::default()
    });
    let ends = all(
        queue(&scene, &book).transfer_all(&scene.options(), marked(&scene, &["a", "b"])),
        2,
    )
    .await;
    assert!(ends.iter().all(|end| matches!(end, Err(ItemError::Journal(_)))));
    assert_eq!(scene.requests("transfer.submit"), 0);
}

#[tokio::test]
async fn a_crash_before_or_after_the_submission_makes_no_second_task() {
    for fault in ["transfer.submit:hold-before,nth=1", "transfer.submit:hold,nth=1"] {
        let scene = scene(|sim| sim);
        let book = Arc::new(Book::default());
        scene.fault(fault);
        let items = || marked(&scene, &["a", "b", "c"]);
        let transfers = queue(&scene, &book).transfer_all(&scene.options(), items());
        let journal = scene.sim.journal();
        let caught = tokio::task::spawn_blocking(move || {
            let is_held = |entry: &service_sim::Entry| entry.fault.is_some();
            journal.wait_for(std::time::Duration::from_secs(30), |seen| {
                seen.iter().any(is_held)
            })
        });
        tokio::select! {
            _ = all(transfers, 3) => panic!("held"),
            caught = caught => caught.unwrap().unwrap(),
        }
        scene.sim.clear_faults();
        let document = SubmissionDocument::from_bytes(book.lines.lock().unwrap()[0].0.clone()).unwrap();
        // Of the three files the second process still wants two.
        let wanted = items().into_iter().take(2);
        let queue = queue(&scene, &Arc::new(Book::default()));
        let ends = all(queue.resume(&scene.options(), document, None, wanted), 2).await;
        assert!(ends.iter().all(Result::is_ok), "{fault}: {ends:?}");
        assert_eq!(scene.loads(), [3], "{fault}");
        scene.assert_copied(&["a", "b", "c"]);
    }
}

#[tokio::test]
async fn a_known_task_is_waited_for_and_nothing_sent() {
    let scene = scene(|sim| sim);
    let book = Arc::new(Book::default());
    all(
        queue(&scene, &book).transfer_all(&scene.options(), marked(&scene, &["a"])),
        1,
    )
    .await;
    let document = SubmissionDocument::from_bytes(book.lines.lock().unwrap()[0].0.clone()).unwrap();
    let task_id = TaskId::new(&scene.sim.tasks()[0].task_id);
    let resumed = scene
        .queue()
        .resume(&scene.options(), document, Some(task_id), scene.items(&["a"]));
    let ends = all(resumed, 1).await;
    assert_eq!(ends[0].as_ref().unwrap().evidence, Evidence::SuccessfulTransfers);
    assert_eq!(scene.requests("transfer.submit"), 1);
}

#[tokio::test]
async fn a_document_of_others_is_not_cancelled_by_one() {
    let scene = scene(|sim| sim);
    scene.fault("task:hold");
    let id = scene.client.submission_id().send().await.unwrap();
    let wire = |name: &str| {
        scene.from.write(name, name);
        globus_transfer::api::TransferItem::new(shown(&scene.from, name), shown(&scene.to, name))
    };
    let document = scene
        .options()
        .items([wire("a"), wire("b")])
        .document(&id)
        .unwrap();
    let mut resumed = scene
        .queue()
        .resume(&scene.options(), document, None, scene.items(&["a"]));
    for _ in 0..100 {
        assert!(resumed.next().now_or_never().is_none());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(scene.sim.tasks()[0].status, "ACTIVE");
    resumed.cancel().await;
    assert_eq!(scene.requests("transfer.task_cancel"), 0);
}

#[tokio::test]
async fn an_id_that_stands_for_another_body_proves_nothing() {
    let scene = scene(|sim| sim);
    let id = scene.client.submission_id().send().await.unwrap();
    let body = |name: &str| {
        let item = globus_transfer::api::TransferItem::new(shown(&scene.from, name), shown(&scene.to, name));
        scene.options().items([item]).document(&id).unwrap()
    };
    scene.from.write("first", "first");
    scene.from.write("other", "other");
    let first = scene.client.submit(&body("first")).send().await.unwrap();
    scene.watcher().wait(first.task_id).await.unwrap();
    // The service answers with the first task, which delivered one file, but not this one.
    let resumed = scene
        .queue()
        .resume(&scene.options(), body("other"), None, scene.items(&["other"]));
    let ends = all(resumed, 1).await;
    assert!(
        matches!(ends[0], Err(ItemError::Missing { found: None, .. })),
        "{ends:?}"
    );
}
