//! The ways in which a wait ends.

use super::*;
use crate::{NiceStatus, WaitError};

async fn end_of(document: Value) -> Result<Task, WaitError> {
    let fake = Fake::new(move |_, _| Some(document.clone()));
    fake.watcher().wait(id("t")).await
}

#[tokio::test(start_paused = true)]
async fn success_is_success_without_skipped_errors_only() {
    end_of(json!({"status": "SUCCEEDED", "subtasks_skipped_errors": 0}))
        .await
        .unwrap();
    let error = end_of(json!({"status": "SUCCEEDED", "subtasks_skipped_errors": 3}))
        .await
        .unwrap_err();
    assert!(
        matches!(error, WaitError::Skipped { skipped: 3, .. }),
        "{error:?}"
    );
    assert_eq!((error.code(), error.may_still_run()), ("SKIPPED_ERRORS", false));
    assert_eq!(
        error.to_string(),
        "task t SUCCEEDED: 3 not delivered because of errors"
    );
}

#[tokio::test(start_paused = true)]
async fn files_a_sync_left_alone_are_no_errors() {
    end_of(json!({"status": "SUCCEEDED", "files": 1, "files_skipped": 1, "files_transferred": 0}))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn failure_carries_the_services_reason() {
    let document = json!({"status": "FAILED", "label": "scan 17",
        "fatal_error": {"code": "QUOTA_EXCEEDED", "description": "the quota is used up"}});
    let error = end_of(document).await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }));
    assert_eq!(error.code(), "QUOTA_EXCEEDED");
    assert_eq!(
        error.to_string(),
        "task t \"scan 17\" FAILED: QUOTA_EXCEEDED: the quota is used up"
    );
    assert_eq!(
        end_of(json!({"status": "FAILED"})).await.unwrap_err().code(),
        "FAILED"
    );
}

#[tokio::test(start_paused = true)]
async fn cancelled_and_expired_are_told_apart_from_failed() {
    let error = end_of(json!({"status": "FAILED", "fatal_error": {"code": "CANCELED"}}))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Cancelled { .. }));
    assert_eq!(error.code(), "CANCELED");
    let admin =
        json!({"status": "FAILED", "canceled_by_admin": "SOURCE", "canceled_by_admin_message": "disk swap"});
    let error = end_of(admin).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("cancelled by an administrator: disk swap"),
        "{error}"
    );
    let expired = json!({"status": "FAILED", "deadline": "2026-02-07T06:00:00+00:00", "completion_time": "2026-02-07T06:00:01+00:00"});
    let error = end_of(expired).await.unwrap_err();
    assert!(matches!(error, WaitError::Expired { .. }));
    assert!(
        error
            .to_string()
            .ends_with("met its deadline 2026-02-07T06:00:00Z"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn inactive_ends_the_wait_and_leaves_the_task() {
    let fake =
        Fake::new(|_, _| Some(json!({"status": "INACTIVE", "nice_status": "AUTH", "is_paused": false})));
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(matches!(error, WaitError::Inactive { .. }));
    assert!(error.may_still_run());
    assert!(fake.state().cancels.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_paused_task_is_waited_for_however_long() {
    let fake = Fake::new(|_, age| {
        let paused = json!({"status": "ACTIVE", "nice_status": "PAUSED", "is_paused": true});
        Some(if age < seconds(7 * 3600) {
            paused
        } else {
            succeeded()
        })
    });
    fake.watcher().wait(id("t")).await.unwrap();
    assert!(fake.state().cancels.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_queued_task_is_waited_for_however_long() {
    let fake = Fake::new(|_, age| {
        let queued = json!({"status": "ACTIVE", "nice_status": "Queued"});
        Some(if age < seconds(7 * 3600) {
            queued
        } else {
            succeeded()
        })
    });
    fake.watcher().wait(id("t")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_the_services_business() {
    // The deadline of the first reading passes; the service has moved it by then.
    let now = chrono::Utc::now();
    let fake = Fake::new(move |_, age| {
        let deadline = if age < seconds(5) {
            now - chrono::TimeDelta::hours(1)
        } else {
            now + chrono::TimeDelta::days(3)
        };
        let status = if age < seconds(60) { "ACTIVE" } else { "SUCCEEDED" };
        Some(json!({"status": status, "deadline": deadline, "completion_time": null}))
    });
    let task = fake.watcher().wait(id("t")).await.unwrap();
    assert_eq!(task.deadline, Some(now + chrono::TimeDelta::days(3)));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_waited_out() {
    let fake = Fake::new(|_, age| {
        Some(if age < seconds(9) {
            json!({"status": "HOVERING"})
        } else {
            succeeded()
        })
    });
    fake.watcher().wait(id("t")).await.unwrap();
}

/// In a fatal condition when first read, then as `cancelled_end` says.
fn failing(cancelled_end: Value) -> Arc<Fake> {
    let mut polls = 0;
    Fake::new(move |_, _| {
        polls += 1;
        let sick = json!({"status": "ACTIVE", "nice_status": "FILE_NOT_FOUND",
            "nice_status_details": "Error (transfer)\nEndpoint: source (0af7)\nFile: /raw/x.h5\n"});
        Some(if polls == 1 { sick } else { cancelled_end.clone() })
    })
}

#[tokio::test(start_paused = true)]
async fn a_fatal_condition_cancels_once_and_names_file_and_endpoint() {
    let fake = failing(json!({"status": "FAILED", "fatal_error": {"code": "CANCELED"}}));
    let watcher = fake.watcher();
    let (one, two) = tokio::join!(watcher.wait(id("t")), watcher.wait(id("t")));
    for error in [one.unwrap_err(), two.unwrap_err()] {
        assert_eq!(error.code(), "FILE_NOT_FOUND");
        assert!(!error.may_still_run());
        assert_eq!(
            error.to_string(),
            "task t ACTIVE: FILE_NOT_FOUND on \"/raw/x.h5\" at source (0af7); cancelled"
        );
    }
    assert_eq!(fake.state().cancels, [id("t")]);
}

#[tokio::test(start_paused = true)]
async fn the_file_is_looked_up_in_the_events_if_the_task_does_not_say() {
    let mut polls = 0;
    let fake = Fake::new(move |_, _| {
        polls += 1;
        let sick = json!({"status": "ACTIVE", "nice_status": "FILE_NOT_FOUND"});
        Some(if polls == 1 {
            sick
        } else {
            json!({"status": "FAILED"})
        })
    });
    let event = |code: &str, details: &str| {
        serde_json::from_value(json!({"code": code, "details": details, "is_error": true})).unwrap()
    };
    fake.state().events = vec![
        event("CANCELED", "File: /wrong"),
        event("FILE_NOT_FOUND", "Path: /raw/y.h5\nEndpoint: s"),
    ];
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(
        matches!(&error, WaitError::Fatal { file: Some(file), .. } if file == "/raw/y.h5"),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_task_that_is_found_cancelled_the_events_tell_whether_a_condition_was_why() {
    let cancelled = json!({"status": "FAILED", "fatal_error": {"code": "CANCELED"}});
    let event = |code: &str| {
        serde_json::from_value(json!({"code": code, "details": "File: /raw/y.h5", "is_error": true})).unwrap()
    };
    let end = cancelled.clone();
    let fake = Fake::new(move |_, _| Some(end.clone()));
    fake.state().events = vec![event("CANCELED"), event("PERMISSION_DENIED"), event("GONE")];
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert_eq!(error.code(), "PERMISSION_DENIED");
    assert!(
        matches!(&error, WaitError::Fatal { file: Some(file), cancelled: true, .. } if file == "/raw/y.h5"),
        "{error:?}"
    );
    assert!(fake.state().cancels.is_empty());
    // Nothing that ends a task here: somebody wanted it so.
    fake.state().events = vec![event("CANCELED"), event("GONE")];
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(matches!(error, WaitError::Cancelled { .. }), "{error:?}");
    // Cancelled while it is waited for: the wait would have seen the condition itself.
    let mut polls = 0;
    let fake = Fake::new(move |_, _| {
        polls += 1;
        Some(if polls == 1 { active() } else { cancelled.clone() })
    });
    fake.state().events = vec![event("PERMISSION_DENIED")];
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(matches!(error, WaitError::Cancelled { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ended_well_just_before_its_cancellation_counts_as_such() {
    let fake = failing(succeeded());
    fake.watcher().wait(id("t")).await.unwrap();
    let fake = failing(json!({"status": "SUCCEEDED", "subtasks_skipped_errors": 1}));
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(matches!(error, WaitError::Skipped { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_that_fails_is_said_to_have_failed() {
    let sick = json!({"status": "ACTIVE", "nice_status": "PERMISSION_DENIED"});
    let fake = Fake::new(move |_, _| Some(sick.clone()));
    fake.state().cancel_error = Some(Error::config("no"));
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(error.may_still_run());
    assert!(
        error
            .to_string()
            .ends_with("could not be cancelled and may still run"),
        "{error}"
    );

    fake.state().cancel_error = None;
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(
        error.may_still_run(),
        "cancelled, but still active when last looked at"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_fatal_is_a_setting() {
    let quota = json!({"status": "ACTIVE", "nice_status": "QUOTA_EXCEEDED"});
    let fake = Fake::new(move |_, _| Some(quota.clone()));
    let error = fake
        .watcher()
        .fatal_statuses(["QUOTA_EXCEEDED"])
        .wait(id("t"))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        WaitError::Fatal {
            nice_status: NiceStatus::QuotaExceeded,
            ..
        }
    ));

    let fake = Fake::new(|_, age| {
        let missing = json!({"status": "ACTIVE", "nice_status": "FILE_NOT_FOUND"});
        Some(if age < seconds(600) { missing } else { succeeded() })
    });
    fake.watcher()
        .fatal_statuses(Vec::<NiceStatus>::new())
        .wait(id("t"))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_that_stands_still_is_cancelled() {
    let fake = Fake::new(|_, age| {
        // Moves for ten minutes, then stands.
        let bytes = age.min(seconds(600)).as_secs();
        Some(json!({"status": "ACTIVE", "nice_status": "CONNECT_FAILED", "bytes_transferred": bytes}))
    });
    let error = fake
        .watcher()
        .stall(seconds(900))
        .wait(id("t"))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Stalled { .. }), "{error:?}");
    assert_eq!(error.code(), "STALLED");
    assert!(
        fake.age() >= seconds(1500) && fake.age() < seconds(1540),
        "{:?}",
        fake.age()
    );
    assert_eq!(fake.state().cancels, [id("t")]);
}
