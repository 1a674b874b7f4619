use std::io;
use std::sync::Arc;

use settings::dotenv::Environment;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::site::SiteRules;

static RULES: SiteRules = SiteRules {
    on_site: &[],
    prune_rules: &[],
    derived: &[],
    raw_only: &[],
    catalogued: &[],
    ingest: &[],
    usual_variable: |_| None,
    keys: &[],
    settings: |_| Arc::new(()),
};

const SECRET: &str = "T000-s3cr3t-p4th";

fn notifier(webhook: &str, on: &str) -> Notifier {
    let text = format!("globus: {{globus_endpoints: {{}}}}\nnotify:\n  webhook: $WEBHOOK\n{on}");
    let vars = [("WEBHOOK".to_owned(), webhook.to_owned())];
    let config = Config::parse(&text, "config.yml", &Environment::from_vars(vars), &RULES).unwrap();
    assert!(!format!("{config:?}").contains(SECRET));
    let notifier = Notifier::new(&config);
    assert!(!format!("{notifier:?}").contains(SECRET));
    notifier
}

async fn webhook(status: u16) -> (MockServer, String) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/services/{SECRET}")))
        .and(query_param("api-version", "1"))
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    let url = format!("{}/services/{SECRET}?api-version=1", server.uri());
    (server, url)
}

async fn posts(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| request.body_json().unwrap())
        .collect()
}

fn failed() -> Value {
    json!({"ok": false, "error": {"file": "/raw/x.h5", "step": "copy", "service": "globus_transfer", "code": "FAILED",
        "message": "no; client_secret=hunter2hunter2"}})
}

#[tokio::test]
async fn a_run_that_failed_is_one_document_without_secrets() {
    let (server, url) = webhook(200).await;
    let notifier = notifier(&url, "");
    notifier.ended("new_832_file_flow", "r1", &failed()).await;
    let list = json!({"files": [{"ok": true, "error": null}, failed()]});
    notifier.ended("new_832_file_flow", "r2", &list).await;
    notifier
        .ended(
            "prune_spot832",
            "r3",
            &json!({"endpoint": "spot832", "error": failed()["error"]}),
        )
        .await;
    let posts = posts(&server).await;
    let of = |key: &str| posts.iter().map(|post| post[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("event"), ["failed", "failed", "refused_prune"]);
    assert_eq!(of("run_id"), ["r1", "r2", "r3"]);
    assert_eq!(of("file"), ["/raw/x.h5", "/raw/x.h5", "/raw/x.h5"]);
    assert_eq!(posts[2]["endpoint"], "spot832");
    assert!(
        posts[0]["text"]
            .as_str()
            .unwrap()
            .starts_with("new_832_file_flow of /raw/x.h5: no")
    );
    assert!(!format!("{posts:?}").contains("hunter2"), "{posts:?}");
}

#[tokio::test]
async fn only_what_is_asked_for_is_told_and_not_too_often() {
    let (server, url) = webhook(200).await;
    let notifier = notifier(&url, "  on: [refused_prune]\n");
    notifier.ended("new_832_file_flow", "r", &failed()).await;
    assert!(posts(&server).await.is_empty());
    for _ in 0..MOST + 5 {
        notifier.ended("prune_spot832", "r", &failed()).await;
    }
    assert_eq!(posts(&server).await.len(), MOST);
    {
        let mut sent = notifier.sent.lock().unwrap();
        assert_eq!(sent.left_out, 5);
        sent.times.clear();
    }
    notifier.ended("prune_spot832", "r", &failed()).await;
    assert_eq!(posts(&server).await[MOST]["left_out"], 5);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_post_that_fails_is_one_warning_and_the_address_is_in_no_line() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let (server, refusing) = webhook(500).await;
    let unused = format!("http://127.0.0.1:1/{SECRET}");
    for url in [
        refusing.as_str(),
        &unused,
        &format!("http://example.org/{SECRET}"),
        &format!("{SECRET} no url"),
    ] {
        notifier(url, "").ended("new_832_file_flow", "r", &failed()).await;
    }
    drop(guard);
    assert_eq!(posts(&server).await.len(), 1, "not repeated");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("nobody was told").count(), 4, "{log}");
    assert!(log.contains("the webhook answered 500"), "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[test]
fn what_cannot_be_told_is_a_mistake() {
    let parse = |text: &str| Config::parse(text, "config.yml", &Environment::from_vars([]), &RULES);
    let bad = parse("notify: {webhook: 'https://x/y', on: [failure]}\n")
        .unwrap_err()
        .to_string();
    assert!(bad.contains("failed, refused_prune or overdue"), "{bad}");
    assert!(parse("notify: {on: [failed]}\n").is_err(), "no webhook");
    let late = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let notifier = Notifier::new(&parse("globus: {}\n").unwrap());
    assert_eq!(notifier.news(&late(&["a", "b"])), late(&["a", "b"]));
    assert_eq!(notifier.news(&late(&["b", "c"])), late(&["c"]));
    assert_eq!(notifier.news(&late(&["a"])), late(&["a"]), "late again");
}
