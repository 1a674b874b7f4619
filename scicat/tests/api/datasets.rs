//! Creating, reading and finding datasets.

use rest_core::{ErrorKind, Sent};
use scicat::{DatasetType, NewRawDataset, RequiredFields, ScientificMetadata};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{PID, TOKEN, client, noon, offline, on, pid, reply, required, scan, stored};

#[test]
fn the_request_of_a_full_dataset() {
    let mut metadata = ScientificMetadata::new();
    metadata.insert("/measurement/instrument/detector/binning_x", 1);
    metadata.insert("/process/acquisition/rotation/range", 180.0);
    metadata.insert("/broken", Value::Null);
    metadata.insert(
        "data_sample",
        json!({"/measurement/instrument/source/current": [5.5, null]}),
    );
    let dataset = scan()
        .access_groups(["8.3.2"])
        .description("scan 42")
        .sample_id("scan 42")
        .instrument_id("Beamline 8.3.2")
        .source_folder_host("data832.lbl.gov")
        .owner_email("pi@example.org")
        .orcid_of_owner("0000-0002-1825-0097")
        .run_number("17")
        .comment("first light")
        .start_time(noon())
        .end_time(noon())
        .published(false)
        .scientific_metadata(metadata);
    assert_eq!(dataset.dropped().len(), 1);
    insta::assert_json_snapshot!(offline().datasets().create(dataset).into_parts().unwrap());
}

#[test]
fn the_request_of_the_least_dataset() {
    let create = offline().datasets().create(NewRawDataset::new(required()));
    insta::assert_json_snapshot!(create.into_parts().unwrap());
}

#[test]
fn the_requests_that_read() {
    let client = offline();
    let find = client
        .datasets()
        .find()
        .source_folder("/data/raw")
        .dataset_name("8.3.2")
        .owner_group("2023");
    insta::assert_json_snapshot!([
        client.dataset(pid()).get().into_parts().unwrap(),
        client.datasets().find().into_parts().unwrap(),
        find.dataset_name("b").limit(5).skip(10).into_parts().unwrap(),
    ]);
}

#[test]
fn a_blank_field_is_refused_before_anything_is_sent() {
    type Break = fn(&mut RequiredFields);
    let breakers: [(&str, Break); 6] = [
        ("owner", |fields| fields.owner.clear()),
        ("ownerGroup", |fields| fields.owner_group = " ".into()),
        ("sourceFolder", |fields| fields.source_folder = "/data\0".into()),
        ("datasetName", |fields| fields.dataset_name.clear()),
        ("principalInvestigator", |fields| {
            fields.principal_investigator.clear();
        }),
        ("creationLocation", |fields| fields.creation_location.clear()),
    ];
    for (name, breaks) in breakers {
        let mut fields = required();
        breaks(&mut fields);
        let error = offline()
            .datasets()
            .create(NewRawDataset::new(fields))
            .into_parts()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(&format!("needs a {name} ")), "{error}");
    }
}

#[test]
fn a_body_the_backend_cannot_take_is_refused() {
    let dataset = scan().comment("x".repeat(16 * 1024 * 1024));
    let error = offline().datasets().create(dataset).into_parts().unwrap_err();
    assert!(error.to_string().contains("at most 16777216"), "{error}");
}

#[tokio::test]
async fn a_created_dataset_comes_back_with_its_pid() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v3/datasets"))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .and(header("content-type", "application/json"))
        .and(body_partial_json(
            json!({"type": "raw", "sourceFolder": "/data/raw"}),
        ))
        .respond_with(reply(201, &stored()))
        .expect(1)
        .mount(&server)
        .await;
    let dataset = client(&server).datasets().create(scan()).send().await.unwrap();
    assert_eq!(dataset.pid, pid());
    assert_eq!(dataset.kind, Some(DatasetType::Raw));
    assert_eq!((dataset.size, dataset.number_of_files), (Some(270_370), Some(1)));
    assert_eq!(dataset.creation_time, Some(noon()));
}

#[tokio::test]
async fn a_creation_is_never_sent_twice() {
    let lost = [
        ResponseTemplate::new(503),
        ResponseTemplate::new(500),
        ResponseTemplate::new(502),
    ];
    for answer in lost {
        let server = MockServer::start().await;
        on("POST", "/datasets", answer).expect(1).mount(&server).await;
        let error = client(&server)
            .datasets()
            .create(scan())
            .send()
            .await
            .unwrap_err();
        assert_ne!(error.was_sent(), Sent::No);
    }
}

#[tokio::test]
async fn a_pid_is_one_segment_and_404_may_be_none() {
    let server = MockServer::start().await;
    // The mock sees the path as it was sent.
    on(
        "GET",
        &format!("/datasets/{}", PID.replace('/', "%2F")),
        reply(200, &stored()),
    )
    .mount(&server)
    .await;
    let missing = json!({"message": "dataset: X not found", "error": "Not Found", "statusCode": 404});
    on("GET", "/datasets/X", reply(404, &missing))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(
        client
            .dataset(pid())
            .get()
            .send()
            .await
            .unwrap()
            .dataset_name
            .as_deref(),
        Some("scan_42")
    );
    let gone = client.dataset(scicat::DatasetPid::new("X"));
    assert!(gone.get().send_opt().await.unwrap().is_none());
    let error = gone.get().send().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.service_message(), Some("dataset: X not found"));
}

#[tokio::test]
async fn reading_outlasts_503_and_wrong_documents_name_the_place() {
    let server = MockServer::start().await;
    on("GET", "/datasets", ResponseTemplate::new(503))
        .up_to_n_times(2)
        .expect(2)
        .mount(&server)
        .await;
    on(
        "GET",
        "/datasets",
        reply(200, &json!([{"pid": PID}, {"pid": PID, "size": "big"}])),
    )
    .expect(1)
    .mount(&server)
    .await;
    let error = client(&server).datasets().find().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.attempts(), 3);
    assert!(error.to_string().contains("[1].size"), "{error}");
}

#[tokio::test]
async fn finding_reads_every_page() {
    let server = MockServer::start().await;
    let page = |skip: u64, count: usize| {
        let filter = json!({"where": {"sourceFolder": {"inq": ["/data/raw"]}},
            "limits": {"skip": skip, "limit": 2, "order": "createdAt:asc"}});
        Mock::given(method("GET"))
            .and(path("/api/v3/datasets"))
            .and(query_param("filter", filter.to_string()))
            .respond_with(reply(200, &json!(vec![stored(); count])))
            .expect(1)
    };
    page(0, 2).mount(&server).await;
    page(2, 2).mount(&server).await;
    page(4, 1).mount(&server).await;
    let found = client(&server)
        .datasets()
        .find()
        .source_folder("/data/raw")
        .limit(2)
        .collect()
        .await
        .unwrap();
    assert_eq!(found.len(), 5);
}

#[tokio::test]
async fn what_is_not_mapped_is_still_in_reach() {
    let server = MockServer::start().await;
    on(
        "GET",
        "/users/my/self",
        reply(200, &json!({"username": "ingestor"})),
    )
    .mount(&server)
    .await;
    let parts = scicat::RequestParts::new("scicat.user_self", http::Method::GET, "/v3/users/my/self");
    let answer: Value = client(&server).request(parts).await.unwrap();
    assert_eq!(answer["username"], "ingestor");
}
