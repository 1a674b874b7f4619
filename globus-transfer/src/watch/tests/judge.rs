//! What failed documents mean.

use super::*;
use crate::watch::judge::{Verdict, ended};

#[test]
fn the_end_of_a_task_is_read_from_its_document() {
    let cases = [
        (
            json!({"fatal_error": {"code": "FILE_NOT_FOUND", "description": "gone"}}),
            Verdict::Failed,
        ),
        (
            json!({"fatal_error": {"code": "CANCELED", "description": "cancelled"}}),
            Verdict::Cancelled,
        ),
        (json!({"fatal_error": {"code": "EXPIRED"}}), Verdict::Expired),
        (
            json!({"fatal_error": null, "subtasks_canceled": 2, "subtasks_failed": 0}),
            Verdict::Cancelled,
        ),
        (
            json!({"fatal_error": null, "subtasks_canceled": 2, "subtasks_failed": 1}),
            Verdict::Failed,
        ),
        (json!({"subtasks_expired": 1}), Verdict::Expired),
        (
            json!({"canceled_by_admin": "BOTH", "subtasks_failed": 1}),
            Verdict::Cancelled,
        ),
        (json!({}), Verdict::Failed),
        // The service's reason outweighs the clock.
        (
            json!({"fatal_error": {"code": "IS_A_DIRECTORY"}, "deadline": "2026-01-01 00:00:00+00:00",
                "completion_time": "2026-01-02T00:00:00+00:00"}),
            Verdict::Failed,
        ),
    ];
    for (mut document, expected) in cases {
        document["status"] = json!("FAILED");
        document["task_id"] = json!("t");
        let task: Task = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(ended(&task), expected, "{document}");
    }
}
