//! Setting up, answers and errors.

use globus_compute::model::EndpointState;
use globus_compute::{
    Arguments, Client, Dialect, EndpointId, ErrorExt, ErrorKind, Function, SubmissionDocument, TaskId,
};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{ENDPOINT, TOKEN, answer, client, endpoint, function, idle, on, task};

fn from(pairs: &[(&str, &str)]) -> globus_compute::Result<Client> {
    Client::from_vars(|name| {
        let found = pairs.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_environment_sets_up() {
    let own = [
        ("GLOBUS_COMPUTE_CLIENT_ID", "a"),
        ("GLOBUS_COMPUTE_CLIENT_SECRET", "b"),
    ];
    let shared = [("GLOBUS_CLIENT_ID", "a"), ("GLOBUS_CLIENT_SECRET", "b")];
    for pairs in [own, shared] {
        let client = from(&pairs).unwrap();
        assert_eq!(
            client.rest().base_url().as_str(),
            globus_compute::DEFAULT_BASE_URL
        );
    }
    let elsewhere = ("GLOBUS_SDK_SERVICE_URL_COMPUTE", "http://127.0.0.1:5000/");
    assert_eq!(
        from(&[own[0], own[1], elsewhere])
            .unwrap()
            .rest()
            .base_url()
            .port(),
        Some(5000)
    );
    for (pairs, words) in [
        (&own[..1], "GLOBUS_COMPUTE_CLIENT_SECRET is not"),
        (&own[1..], "GLOBUS_COMPUTE_CLIENT_ID is not"),
        (&shared[..1], "GLOBUS_CLIENT_SECRET"),
    ] {
        let error = from(pairs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn endpoints_are_read_as_they_come() {
    let server = MockServer::start().await;
    let status = json!({"status": "online", "details": {"total_workers": 4, "idle_workers": 4, "new": 1}});
    on("GET", &format!("/v2/endpoints/{ENDPOINT}/status"))
        .respond_with(answer(status))
        .mount(&server)
        .await;
    on("GET", "/v2/endpoints")
        .respond_with(answer(
            json!([{"uuid": ENDPOINT, "display_name": "d", "owner": "o"}]),
        ))
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let status = client.endpoint(endpoint()).status().send().await.unwrap();
    assert!(status.is_online());
    assert_eq!(status.details.unwrap().total_workers, Some(4));
    assert_eq!(EndpointState::from("sleeping").as_str(), "sleeping");
    let listed = client.endpoints().send().await.unwrap();
    assert_eq!(listed[0].uuid, endpoint());
}

#[tokio::test]
async fn errors_have_the_services_words() {
    let server = MockServer::start().await;
    let refusal = json!({"status": "Failed", "code": 4, "reason": "Endpoint could not be resolved", "error_args": [],
        "http_status_code": 404});
    on("GET", &format!("/v2/endpoints/{ENDPOINT}"))
        .respond_with(ResponseTemplate::new(404).set_body_json(refusal))
        .mount(&server)
        .await;
    let get = client(&server.uri()).endpoint(endpoint()).get();
    let error = get.send().await.unwrap_err();
    assert!(error.is_not_found() && error.has_code("ENDPOINT_NOT_FOUND"));
    assert!(error.to_string().contains("could not be resolved"), "{error}");
    assert_eq!(get.send_opt().await.unwrap(), None);
}

#[tokio::test]
async fn credentials_of_the_queue_are_shown_nowhere() {
    let server = MockServer::start().await;
    let queue = "/v2/get_amqp_result_connection_url";
    let url = "amqps://user:Pa55word@queue.example.org/";
    on("GET", queue)
        .respond_with(answer(json!({"queue_prefix": "p.", "connection_url": url})))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on("GET", queue)
        .respond_with(answer(json!({"queue_prefix": 1, "connection_url": url})))
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let found = client.result_queue().send().await.unwrap();
    let error = client.result_queue().send().await.unwrap_err();
    for shown in [
        format!("{found:?}"),
        format!("{error:?} {error}"),
        format!("{client:?}"),
    ] {
        assert!(!shown.contains("Pa55word") && !shown.contains(TOKEN), "{shown}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let refused = |error: globus_compute::Error, words: &str| {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(EndpointId::parse("TBD").unwrap_err(), "`TBD` is not a EndpointId");
    let client = idle();
    let submit = || client.endpoint(endpoint()).submit();
    refused(submit().into_parts().unwrap_err(), "without tasks");
    let with = |arguments| {
        submit()
            .task(&function(), &arguments, Dialect::Modern)
            .into_parts()
            .unwrap_err()
    };
    let bytes = Arguments::new().arg(1).kwarg("raw", serde_bytes(b"\0\xff"));
    refused(with(bytes), "base64");
    refused(
        with(Arguments::new().kwarg("a", 1).kwarg("a", 2)),
        "argument `a`: given twice",
    );
    refused(
        with(Arguments::new().arg("x".repeat(11 << 20))),
        "the service takes 10485760",
    );
    let ids: Vec<TaskId> = (0..129).map(|n| TaskId::parse(&task(n)).unwrap()).collect();
    refused(client.tasks(&ids).into_parts().unwrap_err(), "1 to 128");
    refused(client.tasks([]).into_parts().unwrap_err(), "1 to 128");
    let helpers = Function::from_source("f", "import os\ndef f():\n    return os.getcwd()\n").unwrap();
    refused(
        client
            .register_function(&helpers, Dialect::Legacy)
            .into_parts()
            .unwrap_err(),
        "move imports and helpers into the function",
    );
    refused(SubmissionDocument::from_bytes("{}").unwrap_err(), "without tasks");
    refused(SubmissionDocument::from_bytes("{").unwrap_err(), "no JSON");
}

#[test]
fn a_recorded_submission_is_sent_byte_for_byte() {
    let handle = idle().endpoint(endpoint());
    let submit = handle
        .submit()
        .task(&function(), &Arguments::new().arg(1), Dialect::Modern);
    let document = submit.document().unwrap();
    let again = SubmissionDocument::from_bytes(document.as_bytes().to_vec()).unwrap();
    let parts = handle.submit_document(&again).into_parts().unwrap();
    assert_eq!(parts.body_bytes(), submit.into_parts().unwrap().body_bytes());
    assert!(!parts.is_idempotent());
}

/// Bytes as serde has them.
fn serde_bytes(bytes: &'static [u8]) -> impl serde::Serialize {
    struct Bytes(&'static [u8]);
    impl serde::Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    Bytes(bytes)
}
