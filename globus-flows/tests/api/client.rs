//! Setting up, tokens of flows, lists and errors.

use std::sync::{Arc, Mutex};

use globus_flows::{Client, ErrorExt, ErrorKind, FlowId};
use rest_core::{StaticToken, Token, TokenProvider};
use serde_json::json;
use wiremock::matchers::{header, query_param};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{FLOW, RUN, TOKEN, answer, client, flow, idle, on, run, run_document};

#[test]
fn the_environment_sets_up() {
    let from = |pairs: &[(&str, &str)]| {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Client::from_vars(move |name| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        })
    };
    let own = [("GLOBUS_CLIENT_ID", "a"), ("GLOBUS_CLIENT_SECRET", "b")];
    assert_eq!(
        from(&own).unwrap().rest().base_url().as_str(),
        globus_flows::DEFAULT_BASE_URL
    );
    let preview = from(&[own[0], own[1], ("GLOBUS_SDK_ENVIRONMENT", "preview")]).unwrap();
    assert_eq!(
        preview.rest().base_url().as_str(),
        "https://preview.flows.automate.globus.org/"
    );
    let error = from(&own[..1]).unwrap_err();
    assert!(error.to_string().contains("GLOBUS_CLIENT_SECRET"), "{error}");
}

#[tokio::test]
async fn each_flow_is_run_with_a_token_of_its_own() {
    let server = MockServer::start().await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let scopes = Arc::clone(&asked);
    let tokens = move |flow: &FlowId, scope: &globus_auth::Scope| -> Arc<dyn TokenProvider> {
        scopes.lock().unwrap().push(scope.to_string());
        Arc::new(StaticToken(Token::bearer(format!("of-{flow}"))))
    };
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let builder = Client::builder()
        .base_url(server.uri())
        .http(http)
        .flow_tokens(tokens);
    let client = builder
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .build()
        .unwrap();
    wiremock::Mock::given(wiremock::matchers::path(format!("/flows/{FLOW}/run")))
        .and(header("authorization", format!("Bearer of-{FLOW}").as_str()))
        .respond_with(answer(run_document("ACTIVE", "l")))
        .mount(&server)
        .await;
    for _ in 0..2 {
        let started = client.flow(flow()).run(json!({})).unwrap().send().await.unwrap();
        assert_eq!(started.run_id.as_str(), RUN);
    }
    assert_eq!(asked.lock().unwrap().len(), 1, "once a scope");
    let _ = client.flow(flow()).data_access(["c1"]).run(json!({})).unwrap();
    assert!(asked.lock().unwrap()[1].contains("[*https://auth.globus.org/scopes/c1/data_access]"));
    assert!(!format!("{client:?}").contains(TOKEN));
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let server = MockServer::start().await;
    let one = |id: &str, more: serde_json::Value| {
        let mut page = json!({"flows": [{"id": id, "title": "T", "user_role": "flow_owner"}], "limit": 1});
        for (key, value) in more.as_object().unwrap() {
            page[key] = value.clone();
        }
        page
    };
    on("GET", "/flows")
        .and(query_param("marker", "m1"))
        .respond_with(answer(one(RUN, json!({"has_next_page": false, "marker": null}))))
        .mount(&server)
        .await;
    on("GET", "/flows")
        .respond_with(answer(one(FLOW, json!({"has_next_page": true, "marker": "m1"}))))
        .mount(&server)
        .await;
    let web = json!({"web_input_summaries": [], "marker": null});
    on("GET", "/web_inputs")
        .respond_with(answer(web))
        .mount(&server)
        .await;
    let broken = json!({"runs": [], "has_next_page": true});
    on("GET", "/runs")
        .respond_with(answer(broken))
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let flows = client.flows().collect().await.unwrap();
    assert_eq!(
        flows.iter().map(|flow| flow.id.as_str()).collect::<Vec<_>>(),
        [FLOW, RUN]
    );
    assert!(client.web_inputs().collect().await.unwrap().is_empty());
    let error = client.runs().collect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn errors_have_the_services_words() {
    let server = MockServer::start().await;
    let conflict =
        json!({"error": {"code": "STATE_CONFLICT", "detail": "Run has status 'ACTIVE'"}, "debug_id": "d1"});
    on("POST", &format!("/runs/{RUN}/release"))
        .respond_with(ResponseTemplate::new(409).set_body_json(conflict))
        .mount(&server)
        .await;
    let error = client(&server.uri())
        .run(run())
        .release()
        .send()
        .await
        .unwrap_err();
    assert!(error.is_state_conflict() && error.is_conflict());
    assert_eq!(error.request_id(), Some("d1"));
    let refused = idle().flow(flow()).run_once("two words", json!({})).unwrap_err();
    assert!(refused.to_string().contains("without blanks"), "{refused}");
    let error = FlowId::parse("TBD").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
