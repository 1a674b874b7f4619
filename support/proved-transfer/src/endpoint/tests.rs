use proptest::prelude::*;

use super::*;

const UUID: &str = "75b478b2-37af-46df-bfbd-71ed692c6506";

fn at(root: &str) -> StorageEndpoint {
    StorageEndpoint::new("store", UUID, "store.example.org", root)
}

#[test]
fn joins_below_the_root() {
    for (root, rel, expected) in [
        ("/data", "raw/x.h5", "/data/raw/x.h5"),
        ("/data", "/raw/x.h5", "/data/raw/x.h5"),
        ("/data/", "//raw///x.h5", "/data/raw/x.h5"),
        ("/", "/raw/x.h5", "/raw/x.h5"),
        ("/a//b/", "f/recx/", "/a/b/f/recx"),
        ("/data", "a..b/.hidden/...", "/data/a..b/.hidden/..."),
        (
            "/data",
            "-rf $(id) 'q' \"d\"\nü\\..\\",
            "/data/-rf $(id) 'q' \"d\"\nü\\..\\",
        ),
    ] {
        assert_eq!(at(root).join(rel).as_deref(), Ok(expected), "{root} {rel}");
    }
}

#[test]
fn refuses_what_could_leave_the_root() {
    for rel in ["", "/", "//", "..", "/..", "a/../b", "a/..", "./a", "a/.", "a\0b"] {
        let refused = at("/data").join(rel);
        assert!(
            matches!(refused, Err(EndpointError::Path(..))),
            "{rel:?}: {refused:?}"
        );
        assert!(at("/data").with_local_path("/mnt").local(rel).is_err(), "{rel:?}");
    }
    for root in ["", "data", "TBD", "/data/../etc", "/./data", "/a\0"] {
        let refused = at(root).join("x");
        assert!(
            matches!(refused, Err(EndpointError::Root(..))),
            "{root:?}: {refused:?}"
        );
    }
}

#[test]
fn local_path() {
    assert_eq!(at("/data").local("/raw/x"), Ok(None));
    let mounted = at("/data").with_local_path("/mnt/store");
    assert_eq!(mounted.local("/raw/x"), Ok(Some("/mnt/store/raw/x".into())));
}

#[test]
fn a_uuid_is_checked_when_it_is_used() {
    assert_eq!(at("/").uuid(), Ok(UUID));
    let simple = UUID.replace('-', "");
    for bad in [
        "TBD",
        "",
        "75b478b2",
        simple.as_str(),
        "75b478b2-37af-46df-bfbd-71ed692c650g",
    ] {
        let endpoint = StorageEndpoint::new("centre", bad, "", "/x");
        assert_eq!(endpoint.join("y").as_deref(), Ok("/x/y"));
        let message = endpoint.uuid().unwrap_err().to_string();
        assert!(
            message.contains("globus.globus_endpoints.centre.uuid"),
            "{message}"
        );
    }
}

#[test]
fn the_flow_parameter_of_the_incumbent() {
    let endpoint = at("/data/").with_name("store").with_on_site(true);
    let document = json!({"uuid": UUID, "uri": "store.example.org", "root_path": "/data/", "name": "store"});
    assert_eq!(endpoint.to_parameter(), document);
    let back = StorageEndpoint::from_parameter(&document).unwrap();
    assert_eq!(back.to_parameter(), document);
    assert!(!back.on_site());

    let nameless =
        StorageEndpoint::from_parameter(&json!({"uuid": UUID, "uri": "u", "root_path": "/"})).unwrap();
    assert_eq!((nameless.name(), nameless.key().as_str()), ("", UUID));
    for bad in [
        json!(null),
        json!(1),
        json!({}),
        json!({"uuid": UUID, "uri": "u", "root_path": null}),
    ] {
        assert!(StorageEndpoint::from_parameter(&bad).is_err(), "{bad}");
    }
}

/// Parts as a hostile user would name them.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just("global".to_owned()),
        r"[^/\x00]{1,8}",
        r#"[-. $()'"\\\n]{1,6}"#,
    ]
}

proptest! {
    #[test]
    fn no_path_leaves_the_root(rel in "([/.]|\\PC|\n|\0){0,30}", root in "(/[a-z .]{1,5}){0,3}/?") {
        let endpoint = at(&root).with_local_path("/mnt/base");
        if let Ok(joined) = endpoint.join(&rel) {
            let below = format!("{}/", endpoint.root().unwrap());
            prop_assert!(joined.starts_with(&below) && joined.len() > below.len());
            prop_assert!(joined[1..].split('/').all(|part| !matches!(part, "" | "." | "..")));
            let local = endpoint.local(&rel).unwrap().unwrap();
            prop_assert!(local.starts_with("/mnt/base"));
            prop_assert!(local.components().all(|part| part != std::path::Component::ParentDir));
        }
    }

    #[test]
    fn different_parts_stay_different(
        a in prop::collection::vec(part(), 1..5),
        b in prop::collection::vec(part(), 1..5),
    ) {
        let join = |parts: &[String]| at("/data").join(&parts.join("/"));
        if let (Ok(one), Ok(other)) = (join(&a), join(&b)) {
            prop_assert_eq!(one == other, a == b);
        }
        prop_assert_eq!(join(&a).is_err(), a.iter().any(|part| part == "." || part == ".."));
        if let Ok(joined) = join(&a) {
            prop_assert_eq!(joined, format!("/data/{}", a.join("/")));
        }
    }
}
