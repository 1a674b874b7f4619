//! Tokens in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::TimeDelta;
use globus_auth::{FileStore, IssuedToken, TokenStore};
use rest_core::ExposeSecret;

use crate::support::{OTHER, TOKEN, answering, noon, two_tokens};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_is_saved_is_read_again_and_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/tokens.json");
    let store = FileStore::new(&path);
    assert!(store.load_all().await.unwrap().is_empty());
    assert!(!store.remove("x").await.unwrap());
    assert!(!path.exists(), "reading makes nothing");

    let (_server, client) = answering(200, two_tokens()).await;
    let tokens = client.client_credentials(["x"]).send().await.unwrap();
    tokens.save_to(&store).await.unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

    let mut other = IssuedToken::new("third", "access");
    other.refresh_token = Some("refresh".into());
    other.id_token = Some("id".into());
    store.save(&[other]).await.unwrap();
    let read = FileStore::new(&path).load_all().await.unwrap();
    let servers: Vec<&str> = read
        .iter()
        .filter_map(|token| token.resource_server.as_deref())
        .collect();
    assert_eq!(
        servers,
        ["groups.api.globus.org", "third", "transfer.api.globus.org"]
    );
    assert_eq!(read[0].access_token.expose_secret(), OTHER);
    assert_eq!(read[0].expires_at, Some(noon() + TimeDelta::minutes(1)));
    assert_eq!(read[1].refresh_token.as_ref().unwrap().expose_secret(), "refresh");
    assert_eq!(read[1].id_token.as_ref().unwrap().expose_secret(), "id");
    let transfer = store.load("transfer.api.globus.org").await.unwrap().unwrap();
    assert_eq!(transfer.access_token.expose_secret(), TOKEN);
    assert!(store.remove("third").await.unwrap());
    assert!(store.load("third").await.unwrap().is_none());
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 2, "the file and its lock: {left:?}");
}

#[tokio::test]
async fn a_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let store = FileStore::new(&path);
    store
        .save(&[IssuedToken::new("a", "secret-token")])
        .await
        .unwrap();
    for open in [0o640, 0o604, 0o620, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        for error in [
            store.load_all().await.unwrap_err(),
            store.save(&[IssuedToken::new("b", "x")]).await.unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(
                text.contains("tokens.json") && text.contains("by others"),
                "{text}"
            );
        }
        assert_eq!(mode(&path), open, "it is not repaired either");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(store.load_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let store = FileStore::new(&path);
    store.save(&[IssuedToken::new("a", "x")]).await.unwrap();
    for text in [
        "",
        "{",
        "[]",
        "\"secret-token\"",
        r#"{"version": 1, "tokens": {"a": {"access_token": ["secret-token"]}}}"#,
        r#"{"version": 2, "tokens": {}}"#,
        r#"{"version": "secret-token", "tokens": {}}"#,
    ] {
        fs::write(&path, text).unwrap();
        let error = store.load_all().await.unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("secret-token"),
            "{error:?}"
        );
        store.save(&[IssuedToken::new("b", "x")]).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert!(FileStore::new("/dev/null/tokens").load_all().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_do_not_undo_each_other_and_readers_see_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = FileStore::new(&path);
        writers.spawn(async move {
            for round in 0..5 {
                let token = IssuedToken::new(format!("server-{writer}-{round}"), "x".repeat(2000));
                store.save(&[token]).await.unwrap();
                let read = store.load_all().await.unwrap();
                assert!(read.len() > round);
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    assert_eq!(FileStore::new(&path).load_all().await.unwrap().len(), 40);
}

#[tokio::test]
async fn a_token_of_nobody_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    let mut token = IssuedToken::new("a", "x");
    token.resource_server = None;
    store
        .save(&[IssuedToken::new("b", "x"), token])
        .await
        .unwrap_err();
    assert!(store.load_all().await.unwrap().is_empty(), "all or none");
}
