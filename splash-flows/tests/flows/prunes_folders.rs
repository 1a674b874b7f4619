//! Folders: delivered file by file, and deleted only as what was delivered, all of it and nothing else.

use std::sync::Arc;

use run_store::{DeliveredFile, Delivery, DeliveryKey};
use serde_json::{Value, json};
use service_sim::{Sim, default_collections};
use splash_flows::copy::{Hop, Item, Kind, VerifiedCopy, copy};
use splash_flows::failure::Failure;
use splash_flows::progress::Progress;
use splash_flows::run::{Begun, RunContext};

use crate::bench::Bench;

pub(crate) const FOLDER: &str = "f/recscan";
pub(crate) const FROM: &str = "data832_scratch";
pub(crate) const CHECK: &str = "nersc832_alsdev_scratch";
pub(crate) const FILES: [&str; 4] = ["0.tif", "1.tif", "deep/er/2.tif", "deep/3.tif"];

/// Copies a folder from one scratch disk to the other.
pub(crate) async fn deliver(bench: &Bench, run_id: &str) -> Result<VerifiedCopy, Failure> {
    deliver_folder(bench, run_id, FOLDER, (FROM, CHECK)).await
}

/// Copies a folder from one endpoint to another.
pub(crate) async fn deliver_folder(
    bench: &Bench,
    run_id: &str,
    path: &str,
    (from, to): (&str, &str),
) -> Result<VerifiedCopy, Failure> {
    let facility = Arc::clone(&bench.facility);
    let endpoint = |key: &str| facility.config().endpoint(key).unwrap().clone();
    let (source, destination) = (endpoint(from), endpoint(to));
    let parameters = json!({});
    let begun = RunContext::open(
        Arc::clone(&facility),
        "deliver",
        run_id,
        &parameters,
        Progress::default(),
    );
    let Begun::Open(run) = begun.await? else {
        panic!("{run_id} is finished");
    };
    let item = Item {
        path,
        label: "a folder",
        kind: Kind::Folder,
    };
    let hop = Hop {
        source: &source,
        destination: &destination,
    };
    copy(&run, item, hop, None).await
}

/// Writes the files of a folder on the first disk.
pub(crate) fn write_folder(sim: &Sim) {
    for name in FILES {
        sim.collection(FROM)
            .write(format!("{FOLDER}/{name}"), name.repeat(100));
    }
}

/// A facility with one folder delivered.
pub(crate) async fn delivered() -> Bench {
    delivered_on(Bench::new()).await
}

/// The folder delivered on this facility.
pub(crate) async fn delivered_on(bench: Bench) -> Bench {
    write_folder(&bench.sim);
    deliver(&bench, "D").await.unwrap();
    bench
}

pub(crate) async fn prune(bench: &Bench, run_id: &str) -> Value {
    bench.prune_of(run_id, FOLDER, (FROM, CHECK)).await
}

/// Everything below a collection's root, relative to it.
pub(crate) fn tree(sim: &Sim, key: &str) -> Vec<String> {
    fn walk(dir: &std::path::Path, below: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), found);
            }
            found.push(name);
        }
    }
    let mut found = Vec::new();
    walk(&sim.collection(key).path(""), "", &mut found);
    found.sort();
    found
}

/// Nothing stands aside, and every file of the folder is where it was.
fn assert_untouched(bench: &Bench) {
    let tree = tree(&bench.sim, FROM);
    assert!(!tree.iter().any(|name| name.contains(".prune-")), "{tree:?}");
    for name in FILES {
        assert!(tree.contains(&format!("{FOLDER}/{name}")), "{name} in {tree:?}");
    }
}

fn audit(bench: &Bench) -> Vec<Value> {
    let text = std::fs::read_to_string(bench.state_dir().join("audit.jsonl")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivered_folder_is_proved_file_by_file_and_deleted_whole() {
    let mut bench = delivered().await;
    let report = prune(&bench, "P").await;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    assert_eq!(report["files"], 4);
    assert_eq!(tree(&bench.sim, FROM), ["f"]);
    for name in FILES {
        assert!(bench.sim.collection(CHECK).exists(format!("{FOLDER}/{name}")));
    }
    let lines = audit(&bench);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["action"], "delete");
    let files = lines[0]["evidence"]["witness"]["files"].as_array().unwrap();
    assert_eq!(files.len(), 4);
    assert_eq!(files[3]["path"], "deep/er/2.tif");

    bench.restart();
    assert_eq!(prune(&bench, "Q").await["outcome"], "already_pruned");
    assert_eq!(bench.requests("transfer.delete"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_named_and_nothing_is_deleted() {
    type Change = fn(&Sim);
    let changes: [(&str, &str, Change); 7] = [
        ("source_changed", "new.tif", |sim| {
            sim.collection(FROM).write(format!("{FOLDER}/new.tif"), b"x");
        }),
        ("source_changed", "deep/3.tif", |sim| {
            std::fs::remove_file(sim.collection(FROM).path(format!("{FOLDER}/deep/3.tif"))).unwrap();
        }),
        ("source_changed", "0.tif", |sim| {
            sim.collection(FROM).write(format!("{FOLDER}/0.tif"), b"another");
        }),
        ("check_missing", "1.tif", |sim| {
            std::fs::remove_file(sim.collection(CHECK).path(format!("{FOLDER}/1.tif"))).unwrap();
        }),
        ("check_shorter", "deep/er/2.tif", |sim| {
            sim.collection(CHECK)
                .write(format!("{FOLDER}/deep/er/2.tif"), b"x");
        }),
        ("check_empty", "0.tif", |sim| {
            sim.collection(CHECK).write(format!("{FOLDER}/0.tif"), b"");
        }),
        ("source_changed", "a link", |sim| {
            let path = sim.collection(FROM).path(format!("{FOLDER}/a link"));
            std::os::unix::fs::symlink("0.tif", path).unwrap();
        }),
    ];
    for (code, name, change) in changes {
        let bench = delivered().await;
        change(&bench.sim);
        let before = tree(&bench.sim, FROM);
        let report = prune(&bench, "P").await;
        assert_eq!(report["error"]["code"], code, "{name}: {report:#}");
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("{name:?}")), "{message}");
        assert_eq!(tree(&bench.sim, FROM), before);
        assert_eq!(
            bench.requests("transfer.delete") + bench.requests("transfer.rename"),
            0
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_appears_in_the_folder_after_the_proof_stops_the_deletion() {
    let bench = delivered().await;
    bench
        .sim
        .fault("transfer.rename:hold=renamed,nth=1".parse().unwrap());
    let meddle = async {
        bench.caught().await;
        let aside = format!("{}/.prune-P-recscan/late.tif", "f");
        bench.sim.collection(FROM).write(aside, b"late");
        bench.sim.release("renamed");
    };
    let (report, ()) = tokio::join!(prune(&bench, "P"), meddle);
    assert_eq!(report["error"]["code"], "source_changed", "{report:#}");
    assert_eq!(
        bench.sim.collection(FROM).read(format!("{FOLDER}/late.tif")),
        b"late"
    );
    assert_untouched(&bench);
    assert_eq!(bench.requests("transfer.delete"), 0);
    let lines = audit(&bench);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["action"], "restore");
    assert!(lines[0]["reason"].as_str().unwrap().contains("late.tif"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_appears_at_the_old_place_after_the_proof_survives() {
    let bench = delivered().await;
    bench
        .sim
        .fault("transfer.rename:hold=renamed,nth=1".parse().unwrap());
    let meddle = async {
        bench.caught().await;
        bench
            .sim
            .collection(FROM)
            .write(format!("{FOLDER}/late.tif"), b"late");
        bench.sim.release("renamed");
    };
    let (report, ()) = tokio::join!(prune(&bench, "P"), meddle);
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    assert_eq!(tree(&bench.sim, FROM), ["f", "f/recscan", "f/recscan/late.tif"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_goes_after_the_first_look_stops_the_deletion() {
    let bench = delivered().await;
    // The last of the six listings of the first look is on its way when the copy loses a file that was listed before.
    bench.sim.fault("transfer.ls:hold=seen,nth=6".parse().unwrap());
    let meddle = async {
        bench.caught().await;
        let copy = bench.sim.collection(CHECK).path(format!("{FOLDER}/0.tif"));
        std::fs::remove_file(copy).unwrap();
        bench.sim.release("seen");
    };
    let (report, ()) = tokio::join!(prune(&bench, "P"), meddle);
    assert_eq!(report["error"]["code"], "check_missing", "{report:#}");
    assert_untouched(&bench);
    assert_eq!(bench.requests("transfer.delete"), 0);
    assert_eq!(bench.requests("transfer.rename"), 2, "aside and back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_fails_puts_the_folder_back_and_the_next_run_deletes_it() {
    let mut bench = delivered().await;
    bench
        .sim
        .fault(format!("task:fail,source={FROM},times=1").parse().unwrap());
    let report = prune(&bench, "P").await;
    assert_eq!(report["ok"], false, "{report:#}");
    assert!(report["error"]["task_id"].is_string(), "{report:#}");
    assert_untouched(&bench);

    bench.restart();
    let again = prune(&bench, "P").await;
    assert_eq!(again["outcome"], "deleted", "{again:#}");
    assert_eq!(tree(&bench.sim, FROM), ["f"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_renamed_the_files_go_one_by_one_and_a_late_one_survives() {
    let collections = default_collections()
        .into_iter()
        .map(|spec| {
            let can = spec.key != FROM;
            spec.rename_supported(can)
        })
        .collect();
    let bench = Bench::with(|sim| sim.collections(collections));
    write_folder(&bench.sim);
    deliver(&bench, "D").await.unwrap();
    bench
        .sim
        .fault("transfer.delete:hold-before=asked,nth=1".parse().unwrap());
    let meddle = async {
        bench.caught().await;
        bench
            .sim
            .collection(FROM)
            .write(format!("{FOLDER}/deep/late.tif"), b"late");
        bench.sim.release("asked");
    };
    let (report, ()) = tokio::join!(prune(&bench, "P"), meddle);
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    let files: Vec<String> = tree(&bench.sim, FROM)
        .into_iter()
        .filter(|name| name.contains(".tif"))
        .collect();
    assert_eq!(files, [format!("{FOLDER}/deep/late.tif")]);
    assert_eq!(bench.requests("transfer.rename"), 0);
    let task = bench.sim.tasks().pop().unwrap();
    assert_eq!(task.items.len(), 4);

    std::fs::remove_file(bench.sim.collection(FROM).path(format!("{FOLDER}/deep/late.tif"))).unwrap();
    let again = prune(&bench, "Q").await;
    assert_eq!(
        again["outcome"], "already_pruned",
        "only empty folders are left: {again:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_stops_half_way_is_on_record_and_the_rest_goes_with_the_next_run() {
    let collections = default_collections()
        .into_iter()
        .map(|spec| spec.rename_supported(false))
        .collect();
    let mut bench = Bench::with(|sim| sim.collections(collections));
    write_folder(&bench.sim);
    deliver(&bench, "D").await.unwrap();
    bench
        .sim
        .fault("transfer.delete:hold-before=asked,nth=1".parse().unwrap());
    let meddle = async {
        bench.caught().await;
        // The third of the four files is gone when its turn comes, which ends the task.
        let third = bench.sim.collection(FROM).path(format!("{FOLDER}/deep/3.tif"));
        std::fs::remove_file(third).unwrap();
        bench.sim.release("asked");
    };
    let (report, ()) = tokio::join!(prune(&bench, "P"), meddle);
    assert_eq!(report["ok"], false, "{report:#}");
    let left = tree(&bench.sim, FROM);
    assert!(!left.contains(&format!("{FOLDER}/0.tif")), "{left:?}");
    assert!(left.contains(&format!("{FOLDER}/deep/er/2.tif")), "{left:?}");
    assert_eq!(audit(&bench).last().unwrap()["action"], "partly_deleted");

    bench.restart();
    let again = prune(&bench, "P").await;
    assert_eq!(again["outcome"], "deleted", "{again:#}");
    assert_eq!(again["files"], 1);
    assert_eq!(bench.sim.tasks().pop().unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_files_one_short_copy_is_found_and_nothing_is_deleted() {
    let bench = Bench::new();
    let (from, check) = (bench.sim.collection(FROM), bench.sim.collection(CHECK));
    for side in [&from, &check] {
        for n in 0..100 {
            std::fs::create_dir_all(side.path(format!("{FOLDER}/{n:03}"))).unwrap();
        }
    }
    let mut files = Vec::new();
    for n in 0..10_000 {
        let name = format!("{:03}/{n:05}.tif", n % 100);
        let facts = |side: &service_sim::Collection| {
            let path = side.path(format!("{FOLDER}/{name}"));
            std::fs::write(&path, b"slice").unwrap();
            let modified: chrono::DateTime<chrono::Utc> = path.metadata().unwrap().modified().unwrap().into();
            chrono::DateTime::from_timestamp(modified.timestamp(), 0).unwrap()
        };
        let (source_mtime, copied) = (facts(&from), facts(&check));
        files.push(DeliveredFile {
            path: name,
            size: 5,
            source_mtime,
            copy_mtime: Some(copied),
        });
    }
    let on = |key: &str| bench.facility.config().endpoint(key).unwrap().clone();
    let delivery = Delivery {
        key: DeliveryKey {
            source_endpoint: on(FROM).uuid().unwrap().to_owned(),
            source_path: on(FROM).join(FOLDER).unwrap(),
            destination_endpoint: on(CHECK).uuid().unwrap().to_owned(),
            destination_path: on(CHECK).join(FOLDER).unwrap(),
        },
        run_id: "D".to_owned(),
        task_id: "T".to_owned(),
        delivered_at: chrono::Utc::now(),
        files,
    };
    let store = &bench.facility.workplace().store;
    store.record_delivery(&delivery).await.unwrap();
    check.write(format!("{FOLDER}/042/07742.tif"), b"slic");

    let before = bench.sim.journal().entries().len();
    let report = prune(&bench, "P").await;
    let asked = bench.sim.journal().entries().len() - before;
    assert_eq!(report["error"]["code"], "check_shorter", "{report:#}");
    let message = report["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("1 of its files differ: \"042/07742.tif\""),
        "{message}"
    );
    // Each of the hundred folders is listed once on either side, not each of the files.
    assert!(asked < 300, "{asked}");
    assert_eq!(
        bench.requests("transfer.delete") + bench.requests("transfer.rename"),
        0
    );

    // The copy mended, all ten thousand go.
    let path = check.path(format!("{FOLDER}/042/07742.tif"));
    let recorded = delivery
        .files
        .iter()
        .find(|file| file.path == "042/07742.tif")
        .unwrap();
    std::fs::write(&path, b"slice").unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(recorded.copy_mtime.unwrap().into())
        .unwrap();
    let before = bench.sim.journal().entries().len();
    let report = prune(&bench, "Q").await;
    assert_eq!(report["files"], 10_000, "{report:#}");
    let asked = bench.sim.journal().entries().len() - before;
    assert!(asked < 600, "{asked}");
    assert_eq!(tree(&bench.sim, FROM), ["f"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_has_grown_takes_its_new_files_along_and_no_rot() {
    let mut bench = delivered().await;
    let path = bench.sim.collection(FROM).path(format!("{FOLDER}/0.tif"));
    let modified = path.metadata().unwrap().modified().unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut rotten = good.clone();
    rotten[0] ^= 0xff;
    std::fs::write(&path, rotten).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    bench
        .sim
        .collection(FROM)
        .write(format!("{FOLDER}/4.tif"), b"new");

    bench.restart();
    let proof = deliver(&bench, "E").await.unwrap();
    assert_eq!(proof.subject().count(), 5);
    let task = bench.sim.tasks().pop().unwrap();
    assert_eq!(task.items.len(), 1, "{:?}", task.items);
    assert!(task.items[0].0.ends_with("/4.tif"));
    assert_eq!(bench.sim.collection(CHECK).read(format!("{FOLDER}/0.tif")), good);
    assert_eq!(prune(&bench, "P").await["outcome"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_did_not_arrive_whole_is_not_delivered() {
    for fault in ["truncate", "skipped", "fail"] {
        let bench = Bench::faulty(&[&format!("task:{fault},source={FROM}")]);
        write_folder(&bench.sim);
        let failure = deliver(&bench, "D").await.unwrap_err();
        assert_eq!(failure.step, "copy", "{fault}: {failure}");
        let report = prune(&bench, "P").await;
        assert!(
            matches!(
                report["error"]["code"].as_str(),
                Some("no_delivery" | "check_missing")
            ),
            "{fault}: {report:#}"
        );
        assert_untouched(&bench);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_of_an_unchanged_folder_copies_nothing() {
    let mut bench = delivered().await;
    bench.restart();
    deliver(&bench, "E").await.unwrap();
    assert_eq!(bench.requests("transfer.submit"), 1);
    bench
        .sim
        .collection(FROM)
        .write(format!("{FOLDER}/0.tif"), b"shorter");
    bench.restart();
    let failure = deliver(&bench, "F").await.unwrap_err();
    assert_eq!(failure.code, "source_changed", "{failure}");
}
