//! Folders with all that is below them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{TimeZone, Utc};
use futures_util::StreamExt as _;
use globus_transfer::api::Found;
use globus_transfer::model::EntryKind;
use globus_transfer::{Client, ErrorKind, LsFilter};
use rest_core::{StaticToken, Token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::{TOKEN, client, count, error, idle, source};

/// A storage in memory. Folders that are listed but not there have vanished.
#[derive(Clone, Default)]
struct Storage {
    folders: BTreeMap<String, Vec<Value>>,
    denied: Vec<String>,
    /// How many entries an answer has at most.
    part: Option<usize>,
    /// Whether answers leave out how many entries there are.
    uncounted: bool,
    /// After so many answers the first entry of each folder is gone.
    loses_one_after: Option<Arc<AtomicUsize>>,
}

fn entry(name: &str, kind: &str, size: u64) -> Value {
    json!({"DATA_TYPE": "file", "name": name, "type": kind, "size": size})
}

impl Storage {
    fn folder(mut self, path: &str, entries: &[Value]) -> Self {
        self.folders.insert(path.to_owned(), entries.to_vec());
        self
    }

    async fn serve(&self) -> (MockServer, Client) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self.clone()).mount(&server).await;
        let client = client(&server);
        (server, client)
    }
}

impl Respond for Storage {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let path = query["path"].trim_end_matches('/').to_owned();
        if self.denied.contains(&path) {
            return ResponseTemplate::new(403).set_body_json(error("EndpointPermissionDenied", "no"));
        }
        let Some(entries) = self.folders.get(&path) else {
            return ResponseTemplate::new(404)
                .set_body_json(error("ClientError.NotFound", "Directory not found"));
        };
        let offset: usize = query.get("offset").map_or(0, |offset| offset.parse().unwrap());
        let part = self.part.unwrap_or(usize::MAX);
        let limit = query.get("limit").map_or(part, |limit| limit.parse().unwrap());
        let lost = self.loses_one_after.as_ref().is_some_and(|answers| {
            answers
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_err()
        });
        let entries = &entries[usize::from(lost)..];
        let shown: Vec<&Value> = entries.iter().skip(offset).take(limit).collect();
        let mut listing = json!({"DATA": shown});
        if !self.uncounted {
            listing["total"] = json!(entries.len());
        }
        ResponseTemplate::new(200).set_body_json(listing)
    }
}

fn tree() -> Storage {
    let mut link = entry("link", "dir", 0);
    link["link_target"] = json!("/data");
    Storage::default()
        .folder(
            "/data",
            &[
                entry("b", "dir", 4096),
                entry("z.h5", "file", 5),
                entry("a", "dir", 0),
                link,
            ],
        )
        .folder("/data/a", &[entry("2.h5", "file", 20), entry("1.h5", "file", 10)])
        .folder(
            "/data/b",
            &[
                entry("deep", "dir", 0),
                entry("gone", "dir", 0),
                entry("pipe", "pipe", 0),
            ],
        )
        .folder("/data/b/deep", &[entry("3.h5", "file", 30)])
}

fn paths(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.path.as_str()).collect()
}

#[tokio::test]
async fn a_tree_is_listed_in_a_stable_order_though_a_folder_vanishes() {
    let (server, client) = tree().serve().await;
    let found = client
        .endpoint(source())
        .ls_recursive("/data/")
        .ordered(true)
        .collect()
        .await
        .unwrap();
    assert_eq!(
        paths(&found),
        [
            "/data/a",
            "/data/b",
            "/data/link",
            "/data/z.h5",
            "/data/a/1.h5",
            "/data/a/2.h5",
            "/data/b/deep",
            "/data/b/gone",
            "/data/b/pipe",
            "/data/b/deep/3.h5",
        ]
    );
    assert_eq!(found.iter().map(|found| found.depth).max(), Some(3));
    assert_eq!(count(&server).await, 5, "one a folder, none for the link");
}

#[tokio::test]
async fn any_number_at_a_time_finds_the_same() {
    let (_server, client) = tree().serve().await;
    for parallel in [0, 1, 3, 100] {
        let walk = client.endpoint(source()).ls_recursive("/data").parallel(parallel);
        let mut found = walk.collect().await.unwrap();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(found.len(), 10, "{parallel}");
    }
}

/// Counts the connections that wait for an answer; answers once `all` of them do.
async fn most_at_a_time(parallel: usize, folders: usize) -> usize {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let mut waiting = Vec::new();
        let mut most = 0;
        let mut left = folders + 1;
        let names: Vec<Value> = (0..folders).map(|n| entry(&n.to_string(), "dir", 0)).collect();
        let mut body = json!({"DATA": names}).to_string();
        while left > 0 {
            waiting.push(listener.accept().await.unwrap().0);
            let expected = if left > folders { 1 } else { parallel.min(left) };
            if waiting.len() < expected {
                continue;
            }
            // One too many would come at once with the others; that none comes cannot be waited for otherwise.
            let excess = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
            assert!(excess.is_err(), "more than {parallel} at a time");
            most = most.max(waiting.len());
            left -= waiting.len();
            for stream in waiting.drain(..) {
                answer(stream, &body).await;
            }
            body = json!({"DATA": []}).to_string();
        }
        most
    };
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .http(crate::support::http())
        .tokens(std::sync::Arc::new(StaticToken(Token::bearer(TOKEN))))
        .build()
        .unwrap();
    let walk = client.endpoint(source()).ls_recursive("/data").parallel(parallel);
    let (most, found) = tokio::join!(serve, walk.collect());
    assert_eq!(found.unwrap().len(), folders);
    most
}

/// Reads the head of a request and answers it, for good.
async fn answer(mut stream: tokio::net::TcpStream, body: &str) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
}

#[tokio::test]
async fn as_many_folders_as_allowed_are_asked_for_at_a_time() {
    assert_eq!(most_at_a_time(1, 3).await, 1);
    assert_eq!(most_at_a_time(4, 12).await, 4);
}

#[tokio::test]
async fn a_walk_stops_where_it_shall() {
    let storage = tree();
    let (server, client) = storage.serve().await;
    let endpoint = client.endpoint(source());
    let found = endpoint
        .ls_recursive("/data")
        .max_depth(1)
        .collect()
        .await
        .unwrap();
    assert_eq!((found.len(), count(&server).await), (4, 1));

    let mut entries = endpoint.ls_recursive("/data").parallel(1).entries();
    entries.next().await.unwrap().unwrap();
    drop(entries);
    assert_eq!(
        count(&server).await,
        2,
        "a stream that is dropped asks for nothing more"
    );
}

#[tokio::test]
async fn a_folder_is_listed_in_parts_to_its_end() {
    let entries: Vec<Value> = (0..7).map(|n| entry(&format!("{n}"), "file", n)).collect();
    let storage = Storage {
        part: Some(3),
        ..Storage::default()
    }
    .folder("/data", &entries);
    let (server, client) = storage.serve().await;
    let size = client.endpoint(source()).folder_size("/data").await.unwrap();
    assert_eq!((size.files, size.bytes, count(&server).await), (7, 21, 3));
}

fn seven() -> Vec<Value> {
    (0..7).map(|n| entry(&format!("{n}"), "file", n)).collect()
}

#[tokio::test]
async fn a_service_that_does_not_count_is_asked_while_its_parts_are_full() {
    let storage = Storage {
        uncounted: true,
        ..Storage::default()
    }
    .folder("/data", &seven());
    let (server, client) = storage.serve().await;
    for (limit, requests) in [(3, 3), (7, 2), (8, 1)] {
        let before = count(&server).await;
        let listing = client
            .endpoint(source())
            .ls("/data")
            .limit(limit)
            .whole()
            .await
            .unwrap();
        assert_eq!(listing.entries.len(), 7, "parts of {limit}");
        assert_eq!(count(&server).await - before, requests, "parts of {limit}");
    }
}

#[tokio::test]
async fn a_folder_that_changes_between_two_parts_is_listed_again() {
    let storage = Storage {
        loses_one_after: Some(Arc::new(AtomicUsize::new(1))),
        ..Storage::default()
    }
    .folder("/data", &seven());
    let (server, client) = storage.serve().await;
    let listing = client
        .endpoint(source())
        .ls("/data")
        .limit(3)
        .whole()
        .await
        .unwrap();
    let names: Vec<&str> = listing.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(
        names,
        ["1", "2", "3", "4", "5", "6"],
        "not one less: without 3, which moved up"
    );
    assert_eq!(count(&server).await, 4, "two parts in vain, two in one piece");
}

#[tokio::test]
async fn a_service_that_lists_less_than_it_counts_is_an_error() {
    let storage = Storage {
        part: Some(0),
        ..tree()
    };
    let (_server, client) = storage.serve().await;
    let wrong = client
        .endpoint(source())
        .ls_recursive("/data")
        .collect()
        .await
        .unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn what_may_not_be_read_ends_the_walk_unless_it_is_to_be_passed_over() {
    let storage = Storage {
        denied: vec!["/data/b".to_owned()],
        ..tree()
    };
    let (_server, client) = storage.serve().await;
    let walk = client.endpoint(source()).ls_recursive("/data").parallel(1);
    let results: Vec<_> = walk.entries().collect().await;
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    assert!(
        results
            .last()
            .unwrap()
            .as_ref()
            .unwrap_err()
            .is_permission_denied()
    );
    assert_eq!(walk.skip_unreadable(true).collect().await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_first_folder_that_is_not_there_is_an_error() {
    let (_server, client) = tree().serve().await;
    let endpoint = client.endpoint(source());
    assert!(
        endpoint
            .ls_recursive("/no")
            .collect()
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(endpoint.folder_size("/no").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn sizes_and_existence() {
    let (_server, client) = tree().serve().await;
    let size = client.endpoint(source()).folder_size("/data/").await.unwrap();
    assert_eq!((size.files, size.folders, size.others, size.bytes), (4, 5, 1, 65));

    let answers = [
        (200, entry("x", "file", 1), Some(true)),
        (404, error("NotFound", "m"), Some(false)),
        (404, error("EndpointNotFound", "m"), None),
    ];
    for (status, body, expected) in answers {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_json(body);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let there = crate::support::client(&server)
            .endpoint(source())
            .exists("/x")
            .await;
        assert_eq!(there.ok(), expected);
    }
}

#[test]
fn filters_are_written_as_the_service_wants_them() {
    let from = Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap();
    let filter = LsFilter::new()
        .name("a.h5")
        .name_not("b.h5")
        .name_like("*.h5")
        .name_unlike("tmp*")
        .kind(EntryKind::File)
        .kind(EntryKind::Dir)
        .larger_than(5)
        .smaller_than(10)
        .modified_between(Some(from), None)
        .user("alice")
        .group("als");
    assert_eq!(
        filter.to_text().unwrap(),
        "name:=a.h5,!=b.h5,~*.h5,!~tmp*/type:file,dir/size:>5/size:<10/last_modified:2026-11-01T00:00:00Z,/user:alice/group:als"
    );
    let ls = idle()
        .endpoint(source())
        .ls("/a")
        .filter_by(LsFilter::new())
        .filter_by(filter)
        .filter("name:~x");
    let parts = ls.into_parts().unwrap();
    let sent: Vec<&str> = parts.query_pairs().iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(sent, ["path", "filter", "filter"]);
    for name in ["a,b", "a/b", ""] {
        let ls = idle()
            .endpoint(source())
            .ls("/a")
            .filter_by(LsFilter::new().name_like(name));
        assert_eq!(ls.into_parts().unwrap_err().kind(), ErrorKind::Config, "{name}");
    }
}

#[test]
fn filters_of_tasks_add_up() {
    let to = Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap();
    let list = idle()
        .tasks()
        .completed_between(None, Some(to))
        .filter("label:!~test*");
    let parts = list.into_parts().unwrap();
    let filter = parts
        .query_pairs()
        .iter()
        .find(|(key, _)| key == "filter")
        .unwrap();
    assert_eq!(filter.1, "completion_time:,2026-11-01T00:00:00Z/label:!~test*");
}
