//! Listing, stat, rename, mkdir, and the endpoint document.

use serde_json::{Value, json};
use service_sim::{Sim, default_collections};

use crate::support::{Client, delete_data832, globus, to_data832};

fn operation(sim: &Sim, name: &str) -> String {
    format!("operation/endpoint/{}/{name}", sim.collection("data832").uuid())
}

#[tokio::test]
async fn ls_and_stat() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    for (name, size) in [("b.h5", 7), ("a.h5", 3), (".hidden", 1), ("c.txt", 9)] {
        data.write(format!("l/{name}"), vec![b'x'; size]);
    }
    std::fs::create_dir(data.path("l/sub")).unwrap();
    std::os::unix::fs::symlink("a.h5", data.path("l/link")).unwrap();
    std::os::unix::fs::symlink("nowhere", data.path("l/dangling")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", data.path("l/outside")).unwrap();
    let ls = operation(&sim, "ls");
    let names = |list: &Value| -> Vec<String> {
        list["DATA"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["name"].as_str().unwrap().to_owned())
            .collect()
    };

    let list = client.get(&ls, &[("path", "/data/l/")]).await.json;
    assert_eq!(
        names(&list),
        [
            ".hidden", "a.h5", "b.h5", "c.txt", "dangling", "link", "outside", "sub"
        ]
    );
    assert_eq!(
        (&list["DATA_TYPE"], &list["path"], &list["total"]),
        (&json!("file_list"), &json!("/data/l/"), &json!(8))
    );
    let by_name = |name: &str| {
        list["DATA"]
            .as_array()
            .unwrap()
            .iter()
            .find(|e| e["name"] == name)
            .unwrap()
            .clone()
    };
    let file = by_name("b.h5");
    assert_eq!(
        (&file["DATA_TYPE"], &file["type"], &file["size"]),
        (&json!("file"), &json!("file"), &json!(7))
    );
    let time = file["last_modified"].as_str().unwrap();
    assert!(
        time.len() == 25 && time.as_bytes()[10] == b' ' && time.ends_with("+00:00"),
        "{time}"
    );
    assert_eq!(
        (&by_name("sub")["type"], &by_name("sub")["DATA_TYPE"]),
        (&json!("dir"), &json!("file"))
    );
    assert_eq!(
        (&by_name("link")["type"], &by_name("link")["link_target"]),
        (&json!("file"), &json!("a.h5"))
    );
    assert_eq!(by_name("dangling")["type"], "invalid_symlink");
    assert_eq!(
        by_name("outside")["type"],
        "invalid_symlink",
        "what lies outside is not looked at"
    );

    for (query, found) in [
        (
            ("show_hidden", "0"),
            vec!["a.h5", "b.h5", "c.txt", "dangling", "link", "outside", "sub"],
        ),
        (("filter", "name:~*.h5"), vec!["a.h5", "b.h5"]),
        (("filter", "type:dir"), vec!["sub"]),
        (("filter", "name:~*.h5/size:>5"), vec!["b.h5"]),
        (("filter", "last_modified:,2000-01-01/type:file"), vec![]),
    ] {
        let list = client.get(&ls, &[("path", "/data/l"), query]).await.json;
        assert_eq!(names(&list), found, "{query:?}");
    }
    let query = [
        ("path", "/data/l"),
        ("filter", "type:file"),
        ("orderby", "size DESC"),
        ("limit", "1"),
        ("offset", "1"),
    ];
    assert_eq!(names(&client.get(&ls, &query).await.json), ["b.h5"]);
}

#[tokio::test]
async fn stat_and_what_cannot_be_looked_at() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("data832").write("l/b.h5", "7 bytes");
    let ls = operation(&sim, "ls");
    let stat = operation(&sim, "stat");
    let file = client.get(&stat, &[("path", "/data/l/b.h5")]).await.json;
    assert_eq!((&file["name"], &file["size"]), (&json!("b.h5"), &json!(7)));
    for (operation, path, status, code) in [
        (&stat, "/data/none", 404, "NotFound"),
        (&stat, "/../etc/passwd", 403, "EndpointPermissionDenied"),
        (&ls, "/data/none", 404, "ClientError.NotFound"),
        (
            &ls,
            "/data/l/b.h5",
            502,
            "ExternalError.DirListingFailed.NotDirectory",
        ),
    ] {
        let answer = client.get(operation, &[("path", path)]).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{operation} {path}"
        );
    }
}

#[tokio::test]
async fn rename_and_mkdir() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("a", "a");
    data.write("b", "b");
    let (rename, mkdir) = (operation(&sim, "rename"), operation(&sim, "mkdir"));
    let move_ = |from: &str, to: &str| json!({"DATA_TYPE": "rename", "old_path": from, "new_path": to});
    let make = |path: &str| json!({"DATA_TYPE": "mkdir", "path": path});

    let answer = client.post(&mkdir, &make("/data/new")).await;
    assert_eq!(
        (answer.code(), &answer.json["DATA_TYPE"]),
        ("DirectoryCreated", &json!("mkdir_result"))
    );
    let answer = client.post(&rename, &move_("/data/a", "/data/new/a")).await;
    assert_eq!(
        (answer.code(), &answer.json["DATA_TYPE"]),
        ("FileRenamed", &json!("result"))
    );
    assert_eq!(data.read("new/a"), b"a");

    for (path, body, status, code) in [
        (&mkdir, make("/data/new"), 502, "ExternalError.MkdirFailed.Exists"),
        (&mkdir, make("/data/no/such"), 404, "ClientError.NotFound"),
        (&mkdir, make("/../x"), 403, "EndpointPermissionDenied"),
        (&mkdir, json!({}), 400, "ClientError.BadRequest"),
        (&rename, move_("/data/a", "/data/c"), 404, "ClientError.NotFound"),
        (
            &rename,
            move_("/data/b", "/data/new/a"),
            502,
            "ExternalError.RenameFailed.Exists",
        ),
        (
            &rename,
            move_("/data/b", "/../b"),
            403,
            "EndpointPermissionDenied",
        ),
    ] {
        let answer = client.post(path, &body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{body}");
    }
    assert_eq!(data.read("new/a"), b"a", "nothing was overwritten");
}

#[tokio::test]
async fn data832_and_data832_raw_are_one_place() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let (data, raw) = (sim.collection("data832"), sim.collection("data832_raw"));
    assert_eq!((data.uuid(), data.dir()), (raw.uuid(), raw.dir()));
    sim.collection("spot832").write("x", "x");
    let id = client
        .transfer(&to_data832(&sim, &[("/x", "/data/raw/scan/x")]))
        .await;
    client.done(&id).await;
    assert_eq!(
        (data.read("raw/scan/x"), raw.read("scan/x")),
        (b"x".to_vec(), b"x".to_vec())
    );
    assert_eq!(data.path("raw/scan/x"), raw.path("scan/x"));

    raw.write("scan/y", "longer");
    let stat = operation(&sim, "stat");
    let seen = client.get(&stat, &[("path", "/data/raw/scan/y")]).await.json;
    assert_eq!(seen["size"], 6);
    let id = client.delete(&delete_data832(&sim, &["/data/raw/scan/y"])).await;
    client.done(&id).await;
    assert!(!data.exists("raw/scan/y") && !raw.exists("scan/y"));
}

#[tokio::test]
async fn folders_are_renamed_with_all_that_is_in_them() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("scan/deep/x", "x");
    let rename = operation(&sim, "rename");
    let move_ = |from: &str, to: &str| json!({"DATA_TYPE": "rename", "old_path": from, "new_path": to});
    let answer = client
        .post(&rename, &move_("/data/scan/", "/data/.aside-1"))
        .await;
    assert_eq!((answer.status, answer.code()), (200, "FileRenamed"));
    assert!(!data.exists("scan") && data.read(".aside-1/deep/x") == b"x");
    data.write("scan/new", "new");
    let answer = client.post(&rename, &move_("/data/.aside-1", "/data/scan")).await;
    assert_eq!(
        (answer.status, answer.code()),
        (502, "ExternalError.RenameFailed.Exists")
    );
    let answer = client
        .post(&rename, &move_("/data/scan", "/data/scan/below"))
        .await;
    assert_eq!(
        (answer.status, answer.code()),
        (502, "ExternalError.RenameFailed")
    );
    assert_eq!(data.read("scan/new"), b"new");
}

#[tokio::test]
async fn a_storage_that_cannot_rename() {
    let mut collections = default_collections();
    let raw = collections
        .iter_mut()
        .find(|spec| spec.key == "data832_raw")
        .unwrap();
    *raw = raw.clone().rename_supported(false);
    let sim = globus().collections(collections).start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("a", "a");
    let document = json!({"DATA_TYPE": "rename", "old_path": "/data/a", "new_path": "/data/b"});
    let answer = client.post(&operation(&sim, "rename"), &document).await;
    assert_eq!((answer.status, answer.code()), (409, "NotSupported"));
    assert!(data.exists("a"));
    let list = client
        .get(&operation(&sim, "ls"), &[("path", "/data")])
        .await
        .json;
    assert_eq!(list["rename_supported"], false);
    let other = format!("operation/endpoint/{}/ls", sim.collection("spot832").uuid());
    let list = client.get(&other, &[("path", "/")]).await.json;
    assert_eq!(list["rename_supported"], true);
}

#[tokio::test]
async fn collections_on_one_host_see_the_same_files() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("nersc832").write("raw/x", "x");
    assert_eq!(sim.collection("nersc832_alsdev_raw").read("x"), b"x");
    assert_eq!(
        sim.collection("nersc832").dir(),
        sim.collection("nersc_alsdev").dir()
    );
    let uuid = sim.collection("nersc832_alsdev_raw").uuid().to_owned();
    let path = "/global/cfs/cdirs/als/data_mover/8.3.2/raw";
    let list = client
        .get(&format!("operation/endpoint/{uuid}/ls"), &[("path", path)])
        .await
        .json;
    assert_eq!(list["DATA"][0]["name"], "x");

    let endpoint = client.get(&format!("endpoint/{uuid}"), &[]).await.json;
    assert_eq!(
        (&endpoint["DATA_TYPE"], &endpoint["id"]),
        (&json!("endpoint"), &json!(uuid))
    );
    let found = client
        .get("endpoint_search", &[("filter_fulltext", "NERSC")])
        .await
        .json;
    assert_eq!(
        (&found["DATA_TYPE"], &found["has_next_page"]),
        (&json!("endpoint_list"), &json!(false))
    );
    assert_eq!(found["DATA"].as_array().unwrap().len(), 2, "one an uuid");
    let missing = client
        .get("endpoint/00000000-0000-0000-0000-000000000000", &[])
        .await;
    assert_eq!((missing.status, missing.code()), (404, "EndpointNotFound"));
    let nowhere = client.get("no/such/path", &[]).await;
    assert_eq!((nowhere.status, nowhere.code()), (404, "ClientError.NotFound"));
    assert_eq!(
        sim.journal().count(|e| e.operation == "globus_transfer.unknown"),
        1
    );
}
