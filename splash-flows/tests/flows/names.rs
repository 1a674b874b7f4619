//! Hostile names are data: they arrive byte for byte, or are refused before any request.

use serde_json::json;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_arrive_byte_for_byte() {
    let bench = Bench::new();
    let names = [
        "raw/a b/with space.h5",
        "raw/it's \"quoted\".h5",
        "raw/$(touch PWNED);`id`.h5",
        "raw/new\nline.h5",
        "raw/日本語 é.h5",
        "raw/-rf",
        "raw/%2e%2e%2fx.h5",
        "raw/global/x.h5",
        "raw/global_x/f.h5",
        "raw/*.h5",
        "raw/trailing space .h5 ",
        "raw/back\\slash.h5",
    ];
    for (n, name) in names.into_iter().enumerate() {
        let file = bench.scan(name);
        let report = bench.run_move(&format!("R-{n}"), &file).await;
        assert_eq!(report["ok"], true, "{name:?}: {report:#}");
        bench.assert_everywhere(name);
    }
    let tasks = bench.sim.tasks();
    assert_eq!(tasks.len(), 2 * names.len());
    assert!(tasks.iter().all(|task| task.items.len() == 1), "one file each");
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_cannot_be_meant_are_refused_before_any_request() {
    let bench = Bench::new();
    let secret = bench.sim.collection("spot832").write("secret/x.h5", b"secret");
    let long = format!("/global/raw/{}.h5", "x".repeat(5000));
    let refused = [
        "/global/raw/u/../../secret/x.h5",
        "/global/..",
        "/global/./x.h5",
        "/global/raw/nul\0.h5",
        "",
        "/",
        "/global",
        "/global/",
        "/globalx/raw/x.h5",
        "/raw/x.h5",
        "raw/x.h5",
        "/global/raw/folder/",
        long.as_str(),
    ];
    for (n, file) in refused.into_iter().enumerate() {
        let failure = bench
            .run(
                &format!("R-{n}"),
                "new_832_file_flow",
                json!({ "file_path": file }),
            )
            .await
            .unwrap_err();
        assert_eq!(failure.code, "path", "{file:?}: {failure}");
    }
    assert!(bench.sim.journal().entries().is_empty());
    assert!(secret.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_cannot_be_right_are_refused_before_any_request() {
    let bench = Bench::new();
    for parameters in [
        json!({}),
        json!({ "file_path": 7 }),
        json!({ "file_path": "/global/raw/x.h5", "is_export_controlled": true }),
        json!({ "file_path": "/global/raw/x.h5", "is_export_control": "yes" }),
    ] {
        let failure = bench.run("R", "new_832_file_flow", parameters).await.unwrap_err();
        assert_eq!(failure.code, "parameters", "{failure}");
    }
    assert_eq!(
        bench.run("R", "no_such_flow", json!({})).await.unwrap_err().code,
        "no_flow"
    );
    assert!(bench.sim.journal().entries().is_empty());
}
