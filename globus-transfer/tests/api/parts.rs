//! What each builder would send, without sending it.

use chrono::{TimeZone, Utc};
use globus_transfer::model::{TaskKind, TaskStatus};
use globus_transfer::{
    ErrorKind, FilterRule, SubmissionDocument, SubmissionId, SubmissionKind, SyncLevel, TaskId, TransferItem,
};
use insta::assert_json_snapshot;

use crate::support::{destination, idle, source};

fn submission() -> SubmissionId {
    SubmissionId::new("5b9e4f0a-0000-4000-8000-00000000000a")
}

fn task() -> TaskId {
    TaskId::new("7c1d0000-0000-4000-8000-00000000000b")
}

/// The document as text, whose order matters, and the request that carries it.
fn submit(document: &SubmissionDocument) -> (String, serde_json::Value) {
    let text = String::from_utf8(document.as_bytes().to_vec()).unwrap();
    let parts = idle().submit(document).into_parts().unwrap();
    assert_eq!(parts.body_bytes(), document.as_bytes(), "sent byte for byte");
    assert!(parts.is_idempotent());
    (text, serde_json::to_value(parts).unwrap())
}

#[test]
fn submission_id() {
    assert_json_snapshot!(idle().submission_id().into_parts().unwrap());
}

#[test]
fn transfer_with_nothing_set() {
    let document = idle()
        .submit_transfer(source(), destination())
        .item("/a", "/b")
        .document(&submission());
    assert_json_snapshot!(submit(&document.unwrap()));
}

#[test]
fn transfer_with_everything_set() {
    let folder = TransferItem::new("/raw/run 1/", "/copy/run 1/").recursive(true);
    let file = TransferItem::new("/raw/x.h5", "/copy/x.h5")
        .external_checksum("d41d8cd98f00b204e9800998ecf8427e")
        .checksum_algorithm("MD5");
    let document = idle()
        .submit_transfer(source(), destination())
        .items([folder, file])
        .label("scan 17\nrun 3")
        .sync_level(SyncLevel::Checksum)
        .verify_checksum(true)
        .preserve_timestamp(true)
        .encrypt_data(true)
        .skip_source_errors(true)
        .fail_on_quota_errors(true)
        .delete_destination_extra(false)
        .deadline(Utc.with_ymd_and_hms(2026, 12, 1, 8, 0, 0).unwrap())
        .notifications(false)
        .notify_on_failed(true)
        .source_local_user("alice")
        .destination_local_user("bob")
        .filter_rule(FilterRule::include("*.h5").files_only())
        .filter_rule(FilterRule::exclude("tmp*").folders_only())
        .document(&submission())
        .unwrap();
    assert_json_snapshot!(submit(&document));
}

#[test]
fn sync_levels_are_numbers() {
    for (level, number) in [
        (SyncLevel::Exists, 0),
        (SyncLevel::Size, 1),
        (SyncLevel::Mtime, 2),
        (SyncLevel::Checksum, 3),
    ] {
        assert_eq!(serde_json::to_value(level).unwrap(), number);
    }
}

#[test]
fn hostile_names_arrive_as_they_are() {
    let name = "/raw/ a'b\"c $(rm -rf ~)\n\u{7f}-é/.hidden";
    let document = idle()
        .submit_transfer(source(), destination())
        .item(name, name)
        .document(&submission());
    let value: serde_json::Value = serde_json::from_slice(document.unwrap().as_bytes()).unwrap();
    assert_eq!(value["DATA"][0]["source_path"], name);
    assert_eq!(value["DATA"][0]["destination_path"], name);
}

#[test]
fn delete_with_nothing_set() {
    let document = idle()
        .submit_delete(source())
        .path("/a")
        .document(&submission())
        .unwrap();
    assert_json_snapshot!(submit(&document));
}

#[test]
fn delete_with_everything_set() {
    let document = idle()
        .submit_delete(source())
        .path("/a")
        .path("/b/")
        .label("prune")
        .recursive(true)
        .ignore_missing(true)
        .interpret_globs(false)
        .deadline(Utc.with_ymd_and_hms(2026, 12, 1, 8, 0, 0).unwrap())
        .notifications(false)
        .local_user("alice")
        .document(&submission())
        .unwrap();
    assert_json_snapshot!(submit(&document));
}

#[test]
fn documents_that_cannot_be_meant_are_refused() {
    let transfer = || idle().submit_transfer(source(), destination());
    let summed = TransferItem::new("/a", "/b")
        .recursive(true)
        .external_checksum("00");
    let refused = [
        transfer().document(&submission()),
        transfer().item("", "/b").document(&submission()),
        transfer().item("/a", "").document(&submission()),
        transfer().item("/a\0", "/b").document(&submission()),
        transfer().items([summed]).document(&submission()),
        idle().submit_delete(source()).document(&submission()),
        idle()
            .submit_delete(source())
            .path("/a\0b")
            .document(&submission()),
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Config);
    }
}

#[test]
fn a_recorded_document_is_taken_as_it_is() {
    let bytes = b"{ \"submission_id\":\"s1\",\n\"unknown\":1, \"DATA_TYPE\" : \"delete\" }".to_vec();
    let document = SubmissionDocument::from_bytes(bytes.clone()).unwrap();
    assert_eq!(document.as_bytes(), bytes);
    assert_eq!(document.kind(), SubmissionKind::Delete);
    assert_eq!(document.submission_id().as_str(), "s1");
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"DATA_TYPE":"transfer"}"#,
        r#"{"DATA_TYPE":"timer","submission_id":"s1"}"#,
        r#"{"DATA_TYPE":"transfer","submission_id":""}"#,
    ] {
        assert_eq!(
            SubmissionDocument::from_bytes(bad).unwrap_err().kind(),
            ErrorKind::Config,
            "{bad}"
        );
    }
}

#[test]
fn one_task() {
    let task = idle().task(task());
    assert_json_snapshot!("get_task", task.get().into_parts().unwrap());
    assert_json_snapshot!("get_task_once", task.get().no_retry().into_parts().unwrap());
    assert_json_snapshot!("cancel_task", task.cancel().into_parts().unwrap());
    assert_json_snapshot!(
        "task_events",
        task.events().limit(20).offset(5).into_parts().unwrap()
    );
    assert_json_snapshot!(
        "successful_transfers",
        task.successful_transfers().into_parts().unwrap()
    );
    assert_json_snapshot!(
        "skipped_errors",
        task.skipped_errors().marker("93979").into_parts().unwrap()
    );
}

#[test]
fn an_id_stays_one_path_segment() {
    let parts = idle()
        .task(TaskId::new("../../endpoint/x?y"))
        .get()
        .into_parts()
        .unwrap();
    assert_eq!(parts.path().unwrap(), "/v0.10/task/..%2F..%2Fendpoint%2Fx%3Fy");
}

#[test]
fn task_list() {
    assert_json_snapshot!("task_list", idle().tasks().into_parts().unwrap());
    let filtered = idle()
        .tasks()
        .ids([TaskId::new("a"), TaskId::new("b")])
        .status(TaskStatus::Active)
        .status(TaskStatus::Inactive)
        .kind(TaskKind::Transfer)
        .label("~scan*")
        .requested_between(Some(Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap()), None)
        .order_by("request_time DESC")
        .limit(50)
        .offset(100)
        .no_retry();
    assert_json_snapshot!("task_list_filtered", filtered.into_parts().unwrap());
}

#[test]
fn filters_that_cannot_be_quoted_are_refused() {
    for label in ["a,b", "a/b", ""] {
        let error = idle().tasks().label(label).into_parts().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{label}");
    }
    assert!(
        idle()
            .tasks()
            .ids([TaskId::new("a/status:FAILED")])
            .into_parts()
            .is_err()
    );
}

#[test]
fn files() {
    let endpoint = idle().endpoint(source());
    assert_json_snapshot!("ls", endpoint.ls("/raw data/").into_parts().unwrap());
    let ls = endpoint
        .ls("/~/")
        .show_hidden(false)
        .order_by("name ASC")
        .filter("type:file")
        .filter("name:~*.h5")
        .limit(10)
        .offset(20)
        .local_user("alice");
    assert_json_snapshot!("ls_with_everything", ls.into_parts().unwrap());
    assert_json_snapshot!(
        "stat",
        endpoint
            .stat("/raw/x y.h5")
            .local_user("alice")
            .into_parts()
            .unwrap()
    );
    assert_json_snapshot!("rename", endpoint.rename("/a", "/b").into_parts().unwrap());
    assert_json_snapshot!(
        "mkdir",
        endpoint.mkdir("/a").local_user("alice").into_parts().unwrap()
    );
}

#[test]
fn paths_that_cannot_be_meant_are_refused() {
    let endpoint = idle().endpoint(source());
    for path in ["", "/a\0"] {
        assert!(endpoint.ls(path).into_parts().is_err());
        assert!(endpoint.stat(path).into_parts().is_err());
        assert!(endpoint.mkdir(path).into_parts().is_err());
        assert!(endpoint.rename(path, "/b").into_parts().is_err());
        assert!(endpoint.rename("/a", path).into_parts().is_err());
    }
}
