//! The client against the simulated service, which copies real files.

use std::future::IntoFuture;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use globus_transfer::api::SubmitTransfer;
use globus_transfer::{
    Client, ClientBuilder, EndpointId, ErrorExt, RetryPolicy, SubmissionDocument, SyncLevel, Task,
    TaskWatcher, WaitError,
};
use service_sim::{Collection, Sim, SimBuilder};

use crate::support::http;

pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) client: Client,
    pub(crate) from: Collection,
    pub(crate) to: Collection,
}

pub(crate) fn scene(set_up: impl FnOnce(SimBuilder) -> SimBuilder) -> Scene {
    let sim = set_up(Sim::builder().transfer()).start().unwrap();
    let env = sim.env();
    let quick = RetryPolicy::default().first_delay(Duration::from_millis(20));
    let builder = ClientBuilder::from_vars(|name| env.get(name).cloned()).unwrap();
    let client = builder.http(http()).retry(quick).build().unwrap();
    let (from, to) = (sim.collection("spot832"), sim.collection("data832"));
    Scene {
        sim,
        client,
        from,
        to,
    }
}

pub(crate) fn id(collection: &Collection) -> EndpointId {
    EndpointId::parse(collection.uuid()).unwrap()
}

/// The path as the collection shows it, which the config's root is part of.
pub(crate) fn shown(collection: &Collection, rel: &str) -> String {
    format!("{}/{rel}", collection.root_path().trim_end_matches('/'))
}

impl Scene {
    fn transfer(&self, rel: &str) -> SubmitTransfer {
        self.client
            .submit_transfer(id(&self.from), id(&self.to))
            .item(shown(&self.from, rel), shown(&self.to, rel))
            .label("scan")
            .sync_level(SyncLevel::Checksum)
            .verify_checksum(true)
            .notifications(false)
    }

    async fn copy(&self, rel: &str) -> Result<Task, WaitError> {
        let submitted = self.transfer(rel).send().await?;
        TaskWatcher::new(self.client.clone())
            .wait(submitted.task_id)
            .await
    }

    pub(crate) fn requests(&self, operation: &str) -> usize {
        self.sim.journal().count(|entry| entry.operation == operation)
    }

    pub(crate) fn fault(&self, spec: &str) {
        self.sim.fault(spec.parse().unwrap());
    }
}

#[tokio::test]
async fn a_file_is_copied_looked_at_renamed_and_deleted() {
    let scene = scene(|sim| sim);
    scene.from.write("raw/x.h5", b"0123456789");
    let task = scene.copy("raw/x.h5").await.unwrap();
    assert_eq!(
        (task.bytes_transferred, task.files_transferred),
        (Some(10), Some(1))
    );
    assert_eq!(scene.to.read("raw/x.h5"), b"0123456789");
    let copied = scene
        .client
        .task(task.task_id.clone())
        .successful_transfers()
        .collect()
        .await
        .unwrap();
    assert_eq!(copied[0].destination_path, Some(shown(&scene.to, "raw/x.h5")));

    let endpoint = scene.client.endpoint(id(&scene.to));
    let entry = endpoint
        .stat(shown(&scene.to, "raw/x.h5"))
        .send_opt()
        .await
        .unwrap()
        .unwrap();
    assert_eq!((entry.is_file(), entry.size), (true, Some(10)));
    endpoint.mkdir(shown(&scene.to, "aside")).send().await.unwrap();
    let (old, new) = (shown(&scene.to, "raw/x.h5"), shown(&scene.to, "aside/x.h5"));
    endpoint.rename(&old, &new).send().await.unwrap();
    assert!(endpoint.stat(&old).send_opt().await.unwrap().is_none());
    let listing = endpoint.ls(shown(&scene.to, "aside/")).send().await.unwrap();
    assert_eq!(listing.get("x.h5").unwrap().size, Some(10));

    let delete = scene
        .client
        .submit_delete(id(&scene.to))
        .path(&new)
        .send()
        .await
        .unwrap();
    TaskWatcher::new(scene.client.clone())
        .wait(delete.task_id)
        .await
        .unwrap();
    assert!(!scene.to.exists("aside/x.h5"));
    let missing = scene
        .client
        .submit_delete(id(&scene.to))
        .path(&new)
        .send()
        .await
        .unwrap();
    let error = TaskWatcher::new(scene.client.clone())
        .wait(missing.task_id)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "FILE_NOT_FOUND");
    assert!(
        matches!(error, WaitError::Failed { .. }),
        "a deletion fails by itself"
    );
}

#[tokio::test]
async fn what_a_sync_finds_equal_is_success_without_a_copy() {
    let scene = scene(|sim| sim);
    scene.from.write("raw/x.h5", b"0123456789");
    scene.copy("raw/x.h5").await.unwrap();
    let task = scene.copy("raw/x.h5").await.unwrap();
    assert_eq!((task.files_skipped, task.files_transferred), (Some(1), Some(0)));
}

#[tokio::test]
async fn hostile_names_are_names() {
    let scene = scene(|sim| sim);
    let names = [
        "a 'b' \"c\".h5",
        "$(touch pwned).h5",
        "new\nline.h5",
        "-rf.h5",
        "ünï,c/ø%2Fde?&#.h5",
        ".hidden",
    ];
    for name in names {
        scene.from.write(name, name);
        scene.copy(name).await.unwrap();
        assert_eq!(scene.to.read(name), name.as_bytes());
        let path = shown(&scene.to, name);
        let entry = scene
            .client
            .endpoint(id(&scene.to))
            .stat(path)
            .send_opt()
            .await
            .unwrap()
            .unwrap();
        assert_eq!(entry.size, Some(name.len() as u64), "{name:?}");
    }
}

#[tokio::test]
async fn a_lone_wait_costs_few_requests_and_ends_soon_after_the_task() {
    let scene = scene(|sim| sim.transfer_delay(Duration::from_secs(2)));
    scene.from.write("x.h5", b"1");
    let started = Instant::now();
    scene.copy("x.h5").await.unwrap();
    assert!(
        started.elapsed() < Duration::from_millis(2900),
        "{:?}",
        started.elapsed()
    );
    assert!(
        scene.requests("transfer.task_list") <= 7,
        "{}",
        scene.requests("transfer.task_list")
    );
    assert_eq!(scene.requests("transfer.task_get"), 0);
}

#[tokio::test]
async fn twenty_waiters_share_their_requests() {
    let scene = scene(|sim| sim.transfer_delay(Duration::from_secs(1)));
    let watcher = TaskWatcher::new(scene.client.clone());
    let copies = (0..20).map(|n| {
        let name = format!("x{n}.h5");
        scene.from.write(&name, &name);
        let (transfer, watcher) = (scene.transfer(&name), watcher.clone());
        async move {
            watcher
                .wait(transfer.send().await.unwrap().task_id)
                .into_future()
                .await
        }
    });
    for end in join_all(copies).await {
        end.unwrap();
    }
    let polls = scene.requests("transfer.task_list") + scene.requests("transfer.task_get");
    assert!(polls <= 12, "{polls} polls for 20 tasks");
    assert_eq!(scene.requests("auth.token"), 1);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_task() {
    let scene = scene(|sim| sim);
    scene.fault("transfer.submit:reset-after,nth=1");
    scene.from.write("x.h5", b"1");
    let submitted = scene.transfer("x.h5").send().await.unwrap();
    assert!(submitted.is_duplicate());
    TaskWatcher::new(scene.client.clone())
        .wait(submitted.task_id)
        .await
        .unwrap();
    assert_eq!(scene.sim.tasks().len(), 1);
}

#[tokio::test]
async fn recorded_bytes_lead_to_the_first_task_even_after_its_end() {
    let scene = scene(|sim| sim);
    scene.from.write("x.h5", b"1");
    let submission = scene.client.submission_id().send().await.unwrap();
    let recorded = scene
        .transfer("x.h5")
        .document(&submission)
        .unwrap()
        .as_bytes()
        .to_vec();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let document = SubmissionDocument::from_bytes(recorded.clone()).unwrap();
        let submitted = scene.client.submit(&document).send().await.unwrap();
        ids.push(submitted.task_id.clone());
        TaskWatcher::new(scene.client.clone())
            .wait(submitted.task_id)
            .await
            .unwrap();
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(scene.sim.tasks().len(), 1);
}

#[tokio::test]
async fn an_unreliable_service_is_borne_with() {
    let scene = scene(|sim| sim.seed(7));
    for spec in [
        "transfer.*:status=503,rate=0.2",
        "transfer.task_list:401,nth=2",
        "transfer.task_list:truncate,nth=3",
        "transfer.task_list:html,nth=4",
        "transfer.submission_id:status=429,retry-after=1,nth=1",
    ] {
        scene.fault(spec);
    }
    for n in 0..4 {
        let name = format!("x{n}.h5");
        scene.from.write(&name, &name);
        scene.copy(&name).await.unwrap();
        assert_eq!(scene.to.read(&name), name.as_bytes());
    }
    assert_eq!(scene.sim.tasks().len(), 4);
}

#[tokio::test]
async fn a_missing_file_is_named_and_its_task_cancelled() {
    let scene = scene(|sim| sim);
    let error = scene.copy("gone.h5").await.unwrap_err();
    assert_eq!(error.code(), "FILE_NOT_FOUND");
    assert!(!error.may_still_run());
    let WaitError::Fatal {
        file: Some(file),
        endpoint: Some(endpoint),
        cancelled: true,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(*file, shown(&scene.from, "gone.h5"));
    assert!(endpoint.contains(scene.from.uuid()), "{endpoint}");
    assert_eq!(scene.sim.tasks()[0].status, "FAILED");
    assert_eq!(scene.requests("transfer.task_cancel"), 1);
}

#[tokio::test]
async fn bad_ends_are_told_apart() {
    let scene = scene(|sim| sim);
    scene.from.write("x.h5", b"1");
    scene.fault("task:fail,code=QUOTA_EXCEEDED,nth=1");
    let error = scene.copy("x.h5").await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }));
    assert_eq!(error.code(), "QUOTA_EXCEEDED");

    scene.sim.clear_faults();
    scene.fault("task:inactive,nth=1");
    assert!(matches!(
        scene.copy("x.h5").await.unwrap_err(),
        WaitError::Inactive { .. }
    ));

    scene.sim.clear_faults();
    scene.fault("task:hold");
    let held = scene.transfer("x.h5").send().await.unwrap().task_id;
    let cancel = async {
        let cancelled = scene.client.task(held.clone()).cancel();
        cancelled.send().await.unwrap()
    };
    let watcher = TaskWatcher::new(scene.client.clone());
    let (end, _) = tokio::join!(watcher.wait(held.clone()), cancel);
    assert!(matches!(end.unwrap_err(), WaitError::Cancelled { .. }));

    let held = scene.transfer("x.h5").send().await.unwrap().task_id;
    scene.sim.advance(Duration::from_secs(25 * 3600));
    let error = watcher.wait(held).await.unwrap_err();
    assert!(matches!(error, WaitError::Expired { .. }), "{error:?}");
}

#[tokio::test]
async fn skipped_files_are_no_success() {
    let scene = scene(|sim| sim);
    scene.from.write("x.h5", b"1");
    let transfer = scene
        .transfer("x.h5")
        .item(shown(&scene.from, "gone.h5"), shown(&scene.to, "gone.h5"));
    let submitted = transfer.skip_source_errors(true).send().await.unwrap();
    let watcher = TaskWatcher::new(scene.client.clone());
    let error = watcher.wait(submitted.task_id.clone()).await.unwrap_err();
    assert!(
        matches!(error, WaitError::Skipped { skipped: 1, .. }),
        "{error:?}"
    );
    let skipped = scene
        .client
        .task(submitted.task_id)
        .skipped_errors()
        .collect()
        .await
        .unwrap();
    assert_eq!(skipped[0].source_path, Some(shown(&scene.from, "gone.h5")));
    assert_eq!(scene.to.read("x.h5"), b"1");
}

#[tokio::test]
async fn an_unknown_collection_is_no_missing_file() {
    let scene = scene(|sim| sim);
    let nowhere = EndpointId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let error = scene
        .client
        .endpoint(nowhere)
        .stat("/x")
        .send_opt()
        .await
        .unwrap_err();
    assert!(error.has_code("EndpointNotFound"));
}
