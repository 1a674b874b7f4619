//! `deploy` and `settings` on a real server.

use peer_tests::{PrefectServer, PrefectVersion};
use serde_json::json;

use crate::site::Site;
use crate::support::{client, sent};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_stays_and_again_is_no_change() {
    let server = PrefectServer::start(PrefectVersion::from_env().unwrap()).unwrap();
    let (site, client) = (Site::new(&server), client(&server));
    // As a Python deployment has it, in another pool and paused.
    sent(async || client.work_pools().create("old_pool", "process").send().await).await;
    let flow = client.flows().create("new_832_file_flow").send().await.unwrap();
    let old = client
        .deployments()
        .create(&flow.id, "new_file_832")
        .work_pool_name("old_pool")
        .entrypoint("my/own.py:flow")
        .path("/app")
        .pull_steps(json!([{"prefect.deployments.steps.set_working_directory": {"directory": "/app"}}]))
        .job_variables(json!({"env": {"A": "1"}}))
        .paused(true)
        .concurrency_limit(3)
        .parameter_openapi_schema(json!({"type": "object", "properties": {}}))
        .send()
        .await
        .unwrap();
    let settings = json!({"delete_spot832_files_after_days": 2, "delete_data832_files_after_days": 60});
    sent(async || {
        client
            .variables()
            .create("bl832-settings", settings.clone())
            .send()
            .await
    })
    .await;

    let diff = site.run(&["deploy", "832", "--diff"]);
    assert!(
        diff.contains("+ pool prune_832_pool") && diff.contains("+ deployment dispatcher/run_832_dispatcher"),
        "{diff}"
    );
    assert!(
        !diff.contains("new_file_832 in ") && !diff.contains("variable bl832-settings"),
        "{diff}"
    );
    assert!(
        client
            .work_pool("prune_832_pool")
            .get()
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );

    let first = site.run(&["deploy", "832"]);
    assert_eq!(first, diff);
    assert_eq!(site.run(&["deploy", "832"]), "nothing to change\n");
    let new = client
        .deployment("test_832_transfers", "test_transfers_832")
        .get()
        .send()
        .await
        .unwrap();
    let schedules = new.schedules.unwrap();
    assert_eq!(
        (schedules.len(), schedules[0].slug.as_deref()),
        (1, Some("test-move-733-flight-check"))
    );
    assert_eq!(
        client
            .variable("bl832-settings")
            .get()
            .send()
            .await
            .unwrap()
            .value,
        settings
    );

    let moved = site.run(&["deploy", "832", "--move"]);
    assert_eq!(moved.lines().count(), 1, "{moved}");
    let after = client
        .deployment("new_832_file_flow", "new_file_832")
        .get()
        .send()
        .await
        .unwrap();
    assert_eq!(after.work_pool_name.as_deref(), Some("new_file_832_pool"));
    assert_eq!(after.work_queue_name.as_deref(), Some("new_file_832_queue"));
    assert_eq!(
        (after.id, after.entrypoint.as_deref(), after.path.as_deref()),
        (old.id, Some("my/own.py:flow"), Some("/app"))
    );
    assert_eq!(
        (after.paused, after.job_variables),
        (Some(true), old.job_variables)
    );
    assert_eq!(after.pull_steps, old.pull_steps);
    assert_eq!(after.global_concurrency_limit.unwrap().limit, Some(3));
    assert_eq!(site.run(&["deploy", "832", "--move"]), "nothing to change\n");

    site.run(&["deploy", "832", "--layout", "seed"]);
    site.run(&["deploy", "7012"]);
    assert_eq!(site.run(&["deploy", "7012", "--diff"]), "nothing to change\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_secrets_written_and_other_workers_told_of() {
    let server = PrefectServer::start(PrefectVersion::from_env().unwrap()).unwrap();
    let (site, client) = (Site::new(&server), client(&server));
    site.run(&["deploy", "832"]);
    // A foreign worker in a pool is told of.
    client
        .work_pool("prune_832_pool")
        .heartbeat("ProcessWorker x")
        .send()
        .await
        .unwrap();
    let output = site
        .command("state", &["deploy", "832", "--diff"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("another worker is online in prune_832_pool: ProcessWorker x"),
        "{said}"
    );

    site.run(&[
        "settings",
        "set",
        "bl832-settings",
        "delete_spot832_files_after_days=0.5",
    ]);
    assert_eq!(
        site.run(&[
            "settings",
            "get",
            "bl832-settings",
            "delete_spot832_files_after_days"
        ]),
        "0.5\n"
    );
    assert_eq!(
        site.run(&[
            "settings",
            "get",
            "bl832-settings",
            "delete_data832_files_after_days"
        ]),
        "35\n"
    );
    for bad in [
        "delete_spot832_files_after_days=-1",
        "delete_spot832_files_after_days=NaN",
    ] {
        let refused = site
            .command("state", &["settings", "set", "bl832-settings", bad])
            .output()
            .unwrap();
        assert!(!refused.status.success(), "{bad}");
    }
    assert_eq!(
        site.run(&[
            "settings",
            "get",
            "bl832-settings",
            "delete_spot832_files_after_days"
        ]),
        "0.5\n"
    );
    assert!(site.run(&["settings", "show"]).contains("decision-settings = "));

    // What staff put into a block stays there until it is asked for.
    let staffs = "of the staff".to_owned().into();
    let blocks = client.blocks();
    sent(async || blocks.set_secret("globus-client-secret", &staffs).await).await;
    let kept = async || {
        let secret = blocks.secret("globus-client-secret").await.unwrap().unwrap();
        rest_core::ExposeSecret::expose_secret(&secret).to_owned()
    };
    for arguments in [&["deploy", "832"][..], &["deploy", "832", "--secrets", "--diff"]] {
        let said = site.run(arguments);
        assert_eq!(
            said.contains("~ secret globus-client-secret"),
            arguments.len() > 2,
            "{said}"
        );
        assert!(!said.contains("of the staff"), "{said}");
        assert_eq!(kept().await, "of the staff");
    }

    site.run(&["deploy", "832", "--secrets"]);
    assert_eq!(kept().await, site.sim.env()["GLOBUS_CLIENT_SECRET"]);
    let shown = site.run(&["settings", "show"]);
    assert!(
        !shown.contains(site.sim.env()["GLOBUS_CLIENT_SECRET"].as_str()),
        "{shown}"
    );
    assert_eq!(
        site.run(&["deploy", "832", "--secrets", "--diff"]),
        "nothing to change\n"
    );
}
