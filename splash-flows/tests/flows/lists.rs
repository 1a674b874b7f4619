//! Lists of scans, runs that share tasks, and two triggers of one scan.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use proved_transfer::session::{Begun, Session};
use serde_json::{Value, json};
use service_sim::Limits;
use splash_flows::copy::{Hop, Item, Kind, Verify, copy_all};
use splash_flows::endpoint::StorageEndpoint;
use splash_flows::progress::Progress;

use crate::bench::{Bench, facility_with};

impl Bench {
    async fn run_list(&self, run_id: &str, files: &[String]) -> Value {
        self.run(run_id, "new_832_file_flow", json!({ "file_path": files }))
            .await
            .unwrap()
            .report
    }

    fn scans(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| self.scan(name)).collect()
    }

    /// How many items each task had, fewest first.
    fn loads(&self) -> Vec<usize> {
        let mut loads: Vec<usize> = self.sim.tasks().iter().map(|task| task.items.len()).collect();
        loads.sort_unstable();
        loads
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_moves_in_few_tasks_and_each_scan_has_its_report() {
    let bench = Bench::new();
    let names = ["raw/a/1.h5", "raw/a/2.h5", "raw/b/3, 4.h5", "raw/b/5.h5"];
    let files = bench.scans(&names);
    let report = bench.run_list("R", &files).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(bench.loads(), [4, 4], "one task a hop");
    let reports = report["files"].as_array().unwrap();
    for ((file, name), of) in files.iter().zip(&names).zip(reports) {
        bench.assert_everywhere(name);
        assert_eq!(
            (&of["file"], &of["ok"], &of["run_id"]),
            (&json!(file), &json!(true), &json!("R"))
        );
        let copies = of["copies"].as_array().unwrap();
        assert!(copies.len() == 2 && copies.iter().all(|copy| copy["verified"] == true));
        assert!(of["scicat"]["pid"].is_string());
        assert_eq!(of["prunes"].as_array().unwrap().len(), 2);
    }
    assert_eq!(bench.sim.datasets().len(), 4);
    assert_eq!(bench.sim.flow_runs().len(), 8);
    // The prunes prove what the list delivered.
    let pruned = bench.prune("P", &files[2]).await;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    // The run is finished: its report, and nothing else.
    let requests = bench.sim.journal().entries().len();
    assert_eq!(bench.run_list("R", &files).await, report);
    assert_eq!(bench.sim.journal().entries().len(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_failure_of_one_names_it_and_the_others_go_on() {
    let mut bench = Bench::new();
    let mut files = bench.scans(&["raw/1.h5", "raw/2.h5"]);
    files.insert(1, "/global/raw/gone.h5".to_owned());
    let controlled = bench.scan("raw/secret/3.h5");
    bench.configure(&json!({ "deletion": "on", "export_control": ["/raw/secret/**"] }));
    files.push(controlled);
    // What the source has, but the task cannot read.
    bench
        .sim
        .fault("task:skipped,destination=nersc832,nth=1".parse().unwrap());
    let report = bench.run_list("R", &files).await;
    assert_eq!(report["ok"], false);
    let ok: Vec<&Value> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| &of["ok"])
        .collect();
    assert_eq!(ok, [false, false, true, true], "{report:#}");
    assert_eq!(report["files"][1]["error"]["code"], "FILE_NOT_FOUND");
    assert_eq!(report["files"][1]["error"]["file"], "/global/raw/gone.h5");
    assert_eq!(report["files"][0]["error"]["code"], "PERMISSION_DENIED");
    assert_eq!(report["error"]["file"], files[0]);
    assert_eq!(report["further_errors"].as_array().unwrap().len(), 1);
    assert!(
        !bench.sim.collection("nersc832").exists("raw/secret/3.h5"),
        "it stays on site"
    );
    assert_eq!(bench.sim.datasets().len(), 1, "only what went all its way");
    // A rerun mends what can be mended, and does nothing twice.
    bench.sim.clear_faults();
    bench.scan("raw/gone.h5");
    bench.configure(&json!({ "deletion": "on", "export_control": ["/raw/secret/**"] }));
    let again = bench.run_list("R", &files).await;
    assert_eq!(again["ok"], true, "{again:#}");
    for name in ["raw/1.h5", "raw/2.h5", "raw/gone.h5"] {
        bench.assert_everywhere(name);
    }
    assert_eq!(bench.sim.datasets().len(), 3);
    let moved: usize = bench.sim.tasks().iter().map(|task| task.items.len()).sum();
    // spot832: 3 and gone; nersc832: 2, then the first and gone.
    assert_eq!(moved, 8, "{:?}", bench.loads());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_meant_is_refused_before_any_request() {
    let bench = Bench::new();
    let good = bench.scan("raw/1.h5");
    for (list, says) in [
        (json!([]), "empty list"),
        (json!([good, "/global/raw/../x.h5"]), "`..`"),
        (json!([good, 7]), "a path or a list of paths"),
        (json!({ "a": 1 }), "a path or a list of paths"),
    ] {
        let refused = bench
            .run("R", "new_832_file_flow", json!({ "file_path": list }))
            .await;
        let failure = refused.unwrap_err().to_string();
        assert!(failure.contains(says), "{failure}");
    }
    assert!(bench.sim.journal().entries().is_empty());
    // Twice the same scan is that scan.
    let twice = [good.clone(), good.replace("/raw/", "//raw//"), good];
    let report = bench.run_list("R", &twice).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["files"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_before_is_proved_and_not_copied_again() {
    let bench = Bench::new();
    let files = bench.scans(&["raw/1.h5", "raw/2.h5", "raw/3.h5"]);
    bench.run_move("R", &files[1]).await;
    let report = bench.run_list("S", &files).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(bench.loads(), [1, 1, 2, 2]);
    assert_eq!(bench.sim.datasets().len(), 3);
}

/// Runs one scan each, all at once.
async fn at_once(bench: &Bench, files: &[String]) -> Vec<Value> {
    let runs = files.iter().enumerate().map(|(n, file)| async move {
        let id = format!("R-{n}");
        bench.run_move(&id, file).await
    });
    join_all(runs).await
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_share_tasks_only_where_the_configuration_allows_it() {
    for (shared, tasks) in [(false, 24..=24), (true, 2..=12)] {
        let delay = std::time::Duration::from_millis(300);
        let mut bench = Bench::with(|sim| sim.transfer_delay(delay));
        bench.configure(&json!({ "deletion": "on", "batch_across_runs": shared }));
        let names: Vec<String> = (0..12).map(|n| format!("raw/{n}.h5")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let files = bench.scans(&names);
        for (n, report) in at_once(&bench, &files).await.iter().enumerate() {
            assert_eq!(
                (&report["ok"], &report["run_id"]),
                (&json!(true), &json!(format!("R-{n}"))),
                "{report:#}"
            );
            bench.assert_everywhere(names[n]);
        }
        let loads = bench.loads();
        assert!(tasks.contains(&loads.len()), "{shared}: {loads:?}");
        assert_eq!(loads.iter().sum::<usize>(), 24);
        assert_eq!(bench.sim.datasets().len(), 12);
    }
}

/// What the transfer service was asked: looks, submission ids, submissions, lists of what a task did.
fn costs(bench: &Bench) -> [usize; 4] {
    let count = |operations: &[&str]| operations.iter().map(|one| bench.requests(one)).sum();
    [
        count(&["transfer.stat", "transfer.ls"]),
        count(&["transfer.submission_id"]),
        count(&["transfer.submit"]),
        count(&[
            "transfer.task_successful_transfers",
            "transfer.task_skipped_errors",
        ]),
    ]
}

/// Polls are a matter of time and stand with the watcher's tests. Every task of a hop is held until all files of that
/// hop have a task or wait for one, so a slow machine makes no difference.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_runs_cost_few_requests_each_and_those_that_share_few_in_all() {
    let mut bench = Bench::new();
    let names: Vec<String> = (0..20).map(|n| format!("raw/{n}.h5")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let files = bench.scans(&names);
    for report in at_once(&bench, &files).await {
        assert_eq!(report["ok"], true, "{report:#}");
    }
    let [looks, ids, submissions, lists] = costs(&bench);
    assert!(looks <= 100, "{looks}: the source, and both sides of two hops");
    assert_eq!((ids, submissions, lists), (40, 40, 0));

    bench = Bench::new();
    bench.configure(&json!({ "deletion": "on", "batch_across_runs": true }));
    let files = bench.scans(&names);
    for (name, to) in [("first", "data832"), ("second", "nersc832")] {
        let hold = format!("task:hold={name},destination={to}");
        bench.sim.fault(hold.parse().unwrap());
    }
    let steer = async {
        let queued = || bench.facility.workplace().queued();
        let submitted = || bench.loads().iter().sum::<usize>();
        bench.until(|_| submitted() + queued() == 20).await;
        bench.sim.release("first");
        bench.until(|_| submitted() + queued() == 40).await;
        bench.sim.release("second");
    };
    let (reports, ()) = tokio::join!(at_once(&bench, &files), steer);
    for (name, report) in names.iter().zip(reports) {
        assert_eq!(report["ok"], true, "{report:#}");
        bench.assert_everywhere(name);
    }
    let [looks, ids, submissions, lists] = costs(&bench);
    let tasks = bench.loads().len();
    println!("{looks} looks, {tasks} tasks, {lists} lists: {:?}", bench.loads());
    assert!(
        tasks <= 8,
        "three a hop, and one for the rest: {:?}",
        bench.loads()
    );
    assert_eq!((ids, submissions), (tasks, tasks));
    assert!(lists <= tasks, "{lists}");
    assert!(looks <= 20 + 2 * tasks, "{looks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_dropped_leaves_the_task_that_another_shares() {
    let mut bench = Bench::new();
    bench.configure(&json!({ "deletion": "on", "batch_across_runs": true, "globus.share": "1/3" }));
    let files = bench.scans(&["raw/1.h5", "raw/2.h5", "raw/3.h5", "raw/4.h5", "raw/5.h5"]);
    for fault in ["task:hold=first,nth=1", "task:hold=shared,nth=2"] {
        bench.sim.fault(fault.parse().unwrap());
    }
    let report = {
        // One task at a time: the first has one of the scans, the next all that wait for it meanwhile.
        let mut first = Box::pin(bench.run_move("R-0", &files[0]));
        tokio::select! {
            _ = &mut first => panic!("held"),
            () = bench.until(|sim| sim.tasks().len() == 1) => {}
        }
        let ids = ["R-1", "R-2", "R-3"];
        let others = ids
            .iter()
            .zip(&files[1..4])
            .map(|(id, file)| bench.run_move(id, file));
        let mut others = Box::pin(join(first, join_all(others)));
        let mut kept = Box::pin(bench.run_move("kept", &files[4]));
        let wait = async {
            bench.until(|_| bench.facility.workplace().queued() == 4).await;
            bench.sim.release("first");
            bench.until(|sim| sim.tasks().len() == 2).await;
        };
        tokio::select! {
            _ = &mut others => panic!("held"),
            _ = &mut kept => panic!("held"),
            () = wait => {}
        }
        assert!(bench.sim.tasks()[1].items.len() > 1, "shared");
        bench.sim.clear_faults();
        drop(others);
        kept.await
    };
    assert_eq!(report["ok"], true, "{report:#}");
    bench.assert_everywhere("raw/5.h5");
    assert_eq!(bench.requests("transfer.task_cancel"), 0);
    // The runs that were dropped are completed by their reruns, with the tasks that there are.
    for (n, report) in at_once(&bench, &files[..4]).await.iter().enumerate() {
        assert_eq!(report["ok"], true, "R-{n}: {report:#}");
    }
    let items: Vec<(String, String)> = bench
        .sim
        .tasks()
        .into_iter()
        .flat_map(|task| task.items)
        .collect();
    assert_eq!(
        items.len(),
        items.iter().collect::<BTreeSet<_>>().len(),
        "nothing twice: {items:#?}"
    );
}

/// Two triggers of one scan under different run ids at the same moment: one task a hop, one dataset.
#[tokio::test(flavor = "multi_thread")]
async fn two_triggers_of_one_scan_at_once_make_one_task_a_hop_and_one_dataset() {
    for keys in [
        json!({ "deletion": "on" }),
        json!({ "deletion": "on", "batch_across_runs": true }),
    ] {
        let delay = std::time::Duration::from_millis(200);
        let mut bench = Bench::with(|sim| sim.transfer_delay(delay));
        bench.configure(&keys);
        // Another process on the same record of runs.
        let other = std::sync::Arc::new(facility_with(&bench.sim, &bench.state_dir(), &keys));
        let file = bench.scan("raw/1.h5");
        let parameters = json!({ "file_path": file });
        let elsewhere = async {
            let run = splash_flows::flows::run;
            let progress = splash_flows::progress::Progress::default();
            run(&other, "new_832_file_flow", &parameters, "C", progress)
                .await
                .unwrap()
                .report
        };
        let (a, b, c) = tokio::join!(bench.run_move("A", &file), bench.run_move("B", &file), elsewhere);
        for report in [&a, &b, &c] {
            assert_eq!(report["ok"], true, "{keys}: {report:#}");
            assert_eq!(report["scicat"], a["scicat"]);
            assert_eq!(
                report["copies"][0]["task_id"],
                a["copies"][0]["task_id"],
                "{keys}: {:#?}",
                bench.sim.tasks()
            );
        }
        assert_eq!(bench.sim.tasks().len(), 2, "{keys}: {:#?}", bench.sim.tasks());
        assert_eq!(bench.sim.datasets().len(), 1, "{keys}");
        bench.assert_everywhere("raw/1.h5");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_takes_over_when_the_run_that_was_first_fails_or_ends() {
    let bench = Bench::new();
    let file = bench.scan("raw/1.h5");
    bench
        .sim
        .fault("task:fail,code=QUOTA_EXCEEDED,nth=1".parse().unwrap());
    let (a, b) = tokio::join!(bench.run_move("A", &file), bench.run_move("B", &file));
    let ok = [&a, &b].iter().filter(|report| report["ok"] == true).count();
    assert_eq!(ok, 1, "{a:#} {b:#}");
    assert_eq!(bench.sim.tasks().len(), 3);
    bench.assert_everywhere("raw/1.h5");
}

async fn session(bench: &Bench) -> Session {
    let workplace = bench.facility.workplace().clone();
    let begun = Session::open(workplace, "many", "M", &json!({}), Progress::default()).await;
    match begun.unwrap() {
        Begun::Open(run) => run,
        Begun::Finished(_) => panic!("a fresh run"),
    }
}

fn endpoint(bench: &Bench, key: &str) -> StorageEndpoint {
    bench.facility.config().endpoint(key).unwrap().clone()
}

fn item(path: &str) -> Item<'_> {
    Item {
        path,
        label: "many",
        kind: Kind::File,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_one_fails_alone() {
    let bench = Bench::new();
    for name in ["raw/1", "raw/2"] {
        bench.sim.collection("spot832").write(name, name);
    }
    let run = session(&bench).await;
    let [source, destination] = ["spot832", "data832"].map(|key| endpoint(&bench, key));
    let items = ["raw/1", "../raw/3", "", "raw/2"].map(item);
    let hop = Hop {
        source: &source,
        destination: &destination,
    };
    let ends = copy_all(&run, &items, hop, &[]).await;
    let codes = ends
        .iter()
        .map(|end| end.as_ref().err().map(|failure| failure.code.as_str()));
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [None, Some("path"), Some("path"), None]
    );
    assert_eq!(bench.loads(), [2]);
}

/// Three hundred files from one collection to two others, in few tasks and few requests, each copy proved.
#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_files_to_two_places_take_a_task_each_and_a_handful_of_requests() {
    let bench = Bench::with(|sim| sim.limits(Limits::Production));
    let names: Vec<String> = (0..300).map(|n| format!("raw/many/{n}")).collect();
    for name in &names {
        bench.sim.collection("spot832").write(name, name.repeat(64));
    }
    let run = session(&bench).await;
    let [source, one, other] = ["spot832", "data832", "nersc832"].map(|key| endpoint(&bench, key));
    let items: Vec<Item<'_>> = names.iter().map(|name| item(name)).collect();
    let hops = [&one, &other].map(|destination| {
        let source = &source;
        copy_all(&run, &items, Hop { source, destination }, &[])
    });
    for proof in join_all(hops).await.into_iter().flatten() {
        assert_eq!(proof.unwrap().verified_by(), Verify::Delivery);
    }
    for name in &names {
        for key in ["data832", "nersc832"] {
            let copy = bench.sim.collection(key).read(name);
            assert!(copy == name.repeat(64).as_bytes(), "{name} on {key}");
        }
    }
    assert_eq!(bench.loads(), [300, 300]);
    let [looks, ids, submissions, lists] = costs(&bench);
    // Each side of each hop once, and the source before; so many names take two requests.
    assert!(looks <= 12, "{looks}");
    assert_eq!((ids, submissions), (2, 2));
    assert!(lists <= 8, "{lists}: pages of a hundred");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_service_s_limits_hundreds_of_files_take_few_tasks() {
    let bench = Bench::with(|sim| sim.limits(Limits::Production));
    let names: Vec<String> = (0..200).map(|n| format!("raw/many/{n}.h5")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let files = bench.scans(&names);
    let mut parameters = json!({ "file_path": files });
    parameters["send_to_nersc"] = json!(false);
    let report = bench
        .run("R", "new_832_file_flow", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["ok"], true);
    assert_eq!(bench.loads(), [200]);
    let transfer = bench.sim.journal().counts_by_service();
    assert!(transfer["globus_transfer"] < 20, "{transfer:?}");
}
