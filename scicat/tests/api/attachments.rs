//! Pictures, there and back, in both versions.

use scicat::{ApiVersion, Client, ErrorKind, NewAttachment, NewRawDataset};
use service_sim::Sim;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{client, http, offline, on, pid, reply, required};

fn client_at(sim: &Sim, version: ApiVersion) -> Client {
    let env = sim.env();
    scicat::ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .version(version)
        .http(http())
        .build()
        .unwrap()
}

#[tokio::test]
async fn bytes_come_back_as_they_were_whichever_version_wrote_them() {
    for version in [ApiVersion::V3, ApiVersion::V4] {
        let sim = Sim::builder().scicat().start().unwrap();
        let writer = client_at(&sim, version);
        let new = NewRawDataset::new(required());
        let pid = writer.datasets().create(new).send().await.unwrap().pid;
        assert!(
            writer
                .attachments(pid.clone())
                .thumbnail()
                .send()
                .await
                .unwrap()
                .is_none()
        );
        let bytes: Vec<u8> = (0..=255).collect();
        let picture = NewAttachment::new(bytes.clone(), "image/png", "raw image", "ALS-11532");
        let made = writer
            .attachments(pid.clone())
            .create(&picture)
            .send()
            .await
            .unwrap();
        let id = made.identifier().unwrap().clone();

        for reader in [client_at(&sim, ApiVersion::V3), client_at(&sim, ApiVersion::V4)] {
            let attachments = reader.attachments(pid.clone());
            let listed = attachments.list().send().await.unwrap();
            assert_eq!(listed.len(), 1, "{version} {}", reader.version());
            assert_eq!(listed[0].identifier(), Some(&id));
            let content = listed[0].content().unwrap().unwrap();
            assert_eq!(
                (content.media_type.as_str(), &content.bytes[..]),
                ("image/png", &bytes[..])
            );
            let thumbnail = attachments.thumbnail().send().await.unwrap().unwrap();
            assert_eq!(thumbnail, content);
            let changed = attachments
                .update(&id)
                .caption("changed")
                .owner_group("ALS-11532");
            assert_eq!(changed.send().await.unwrap().caption.as_deref(), Some("changed"));
        }
        let attachments = writer.attachments(pid.clone());
        attachments.delete(&id).send().await.unwrap();
        assert!(attachments.list().send().await.unwrap().is_empty());
        assert!(attachments.delete(&id).send().await.unwrap_err().is_not_found());
    }
}

#[test]
fn a_picture_that_is_too_large_is_refused_here_with_its_size() {
    let picture = NewAttachment::new(vec![0; 13 << 20], "image/png", "raw image", "g");
    let error = offline()
        .attachments(pid())
        .create(&picture)
        .into_parts()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let told = error.to_string();
    assert!(
        told.contains("scicat.attachment_create") && told.contains("a smaller picture"),
        "{told}"
    );
}

#[tokio::test]
async fn what_is_stored_as_something_else_is_told() {
    let server = MockServer::start().await;
    let route = format!(
        "/datasets/{}/thumbnail",
        "20.500.12345%2Fcc461548-d698-41e6-9d29-869cae4278af"
    );
    on(
        "GET",
        &route,
        reply(200, &serde_json::json!({"thumbnail": "http://elsewhere"})),
    )
    .up_to_n_times(1)
    .mount(&server)
    .await;
    on("GET", &route, ResponseTemplate::new(413)).mount(&server).await;
    let attachments = client(&server).attachments(pid());
    let error = attachments.thumbnail().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("data URL"), "{error}");
    let error = attachments.thumbnail().send().await.unwrap_err();
    assert!(scicat::remedy(&error).contains("smaller"), "{error}");
}
