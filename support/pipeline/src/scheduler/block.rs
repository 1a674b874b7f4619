//! JSON blocks, in which pages of Prefect 2's time look for what a run tells of its job. Servers of version 3 have no such
//! type, unless somebody made it.

use prefect_client::{Client, Result};
use serde_json::{Value, json};

/// The slug of the type.
const JSON: &str = "json";

/// Whether the server has the type.
pub(super) async fn known(client: &Client) -> Result<bool> {
    let found = client.blocks().type_by_slug(JSON).send_opt().await?;
    Ok(found.is_some())
}

/// Writes `value` into the block of this name, which is made if it is missing.
pub(super) async fn write(client: &Client, name: &str, value: &Value) -> Result<()> {
    let (blocks, data) = (client.blocks(), json!({ "value": value }));
    if let Some(block) = blocks.by_name(JSON, name).send_opt().await? {
        return blocks.update(&block.id).data(data).send().await.map(drop);
    }
    let of = blocks.type_by_slug(JSON).send().await?;
    let schemas = blocks.schemas().type_ids([&of.id]).limit(1).send().await?;
    let Some(schema) = schemas.items.into_iter().next() else {
        return Ok(());
    };
    match blocks.create(name, data, &of.id, &schema.id).send().await {
        // Somebody else made it; the next value goes into it.
        Err(error) if error.is_conflict() => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// Deletes the block of this name. It may be gone.
pub(super) async fn remove(client: &Client, name: &str) -> Result<()> {
    let Some(block) = client.blocks().by_name(JSON, name).send_opt().await? else {
        return Ok(());
    };
    match client.blocks().delete(&block.id).send().await {
        Err(error) if error.is_not_found() => Ok(()),
        outcome => outcome.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use rest_core::{StaticToken, Token};
    use wiremock::matchers::{body_partial_json, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use crate::scheduler::{PrefectScheduler, Scheduler};

    use super::*;

    const NAME: &str = "0e4d61bc-daf6-4161-846a-15511160d896-metadata";
    const DOCUMENT: &str = "11111111-0000-4000-8000-000000000001";

    fn scheduler(server: &MockServer) -> PrefectScheduler {
        let client = Client::builder()
            .base_url(format!("{}/api", server.uri()))
            .tokens(std::sync::Arc::new(StaticToken(Token::bearer("t"))))
            .build()
            .unwrap();
        PrefectScheduler::new(client)
    }

    /// Answers requests of this kind, and checks at the server's end that there were so many.
    async fn answers(server: &MockServer, (verb, at): (&str, &str), body: Value, times: u64) {
        let mut answer = Mock::given(method(verb)).and(path(format!("/api{at}")));
        if verb == "PATCH" && at.starts_with("/block") {
            answer = answer.and(body_partial_json(
                json!({ "data": { "value": { "job_state": "RUNNING" } } }),
            ));
        }
        let reply = ResponseTemplate::new(200).set_body_json(body);
        answer.respond_with(reply).expect(times).mount(server).await;
    }

    #[tokio::test]
    async fn a_server_that_has_the_type_is_told_in_a_block_too() {
        let server = MockServer::start().await;
        let block = json!({ "id": DOCUMENT, "name": NAME });
        let found = format!("/block_types/slug/json/block_documents/name/{NAME}");
        let variable = format!("/variables/name/{NAME}");
        answers(
            &server,
            ("GET", "/block_types/slug/json"),
            json!({ "id": "T", "name": "JSON", "slug": "json" }),
            1,
        )
        .await;
        answers(&server, ("GET", &found), block, 2).await;
        answers(&server, ("PATCH", &variable), json!(null), 1).await;
        answers(
            &server,
            ("PATCH", &format!("/block_documents/{DOCUMENT}")),
            json!(null),
            1,
        )
        .await;
        answers(&server, ("DELETE", &variable), json!(null), 1).await;
        answers(
            &server,
            ("DELETE", &format!("/block_documents/{DOCUMENT}")),
            json!(null),
            1,
        )
        .await;
        let scheduler = scheduler(&server);
        scheduler
            .publish(NAME, &json!({ "job_state": "RUNNING" }))
            .await
            .unwrap();
        scheduler.withdraw(NAME).await.unwrap();
    }

    #[tokio::test]
    async fn a_server_without_the_type_is_asked_for_it_once() {
        let server = MockServer::start().await;
        let variable = format!("/variables/name/{NAME}");
        answers(&server, ("PATCH", &variable), json!(null), 2).await;
        let missing = ResponseTemplate::new(404).set_body_json(json!({ "detail": "Block type not found" }));
        let asked = Mock::given(method("GET")).and(path("/api/block_types/slug/json"));
        asked.respond_with(missing).expect(1).mount(&server).await;
        let scheduler = scheduler(&server);
        for state in ["PENDING", "RUNNING"] {
            scheduler
                .publish(NAME, &json!({ "job_state": state }))
                .await
                .unwrap();
        }
    }

    /// As version 2 is: it has the blocks, and no variable whose name holds a hyphen.
    #[tokio::test]
    async fn a_server_that_refuses_the_variable_is_told_in_the_block_alone() {
        let server = MockServer::start().await;
        let block = json!({ "id": DOCUMENT, "name": NAME });
        let found = format!("/block_types/slug/json/block_documents/name/{NAME}");
        let kind = json!({ "id": "T", "name": "JSON", "slug": "json" });
        answers(&server, ("GET", "/block_types/slug/json"), kind, 1).await;
        answers(&server, ("GET", &found), block, 1).await;
        let document = format!("/block_documents/{DOCUMENT}");
        answers(&server, ("PATCH", &document), json!(null), 1).await;
        let refusal = ResponseTemplate::new(422).set_body_json(json!({ "exception_message": "name" }));
        let variable = Mock::given(method("PATCH")).and(path(format!("/api/variables/name/{NAME}")));
        variable.respond_with(refusal).expect(1).mount(&server).await;
        let (scheduler, value) = (scheduler(&server), json!({ "job_state": "RUNNING" }));
        scheduler.publish(NAME, &value).await.unwrap();
    }
}
