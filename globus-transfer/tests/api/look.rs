//! Many looks, few requests.

use futures_util::future::join_all;
use globus_transfer::Lookout;

use crate::sim::{Scene, id, scene, shown};

fn requests(scene: &Scene) -> (usize, usize) {
    (scene.requests("transfer.stat"), scene.requests("transfer.ls"))
}

#[tokio::test]
async fn a_lone_look_is_a_stat_and_many_at_once_are_one_listing() {
    let scene = scene(|sim| sim);
    let lookout = Lookout::new(scene.client.clone());
    let names: Vec<String> = (0..20).map(|n| format!("raw/f/{n}.h5")).collect();
    for name in &names {
        scene.from.write(name, name);
    }
    let from = id(&scene.from);
    let path = shown(&scene.from, &names[0]);
    let entry = lookout.stat(&from, &path).await.unwrap().unwrap();
    assert_eq!(entry.size, Some(10));
    assert_eq!(requests(&scene), (1, 0));
    let paths: Vec<String> = names.iter().map(|name| shown(&scene.from, name)).collect();
    let looks = paths.iter().map(|path| lookout.stat(&from, path));
    for (name, found) in names.iter().zip(join_all(looks).await) {
        assert_eq!(found.unwrap().unwrap().size, Some(name.len() as u64));
    }
    assert_eq!(requests(&scene), (1, 1));
    // An answer is never older than its question.
    scene.from.write("raw/f/0.h5", "changed since");
    let entry = lookout.stat(&from, &path).await.unwrap().unwrap();
    assert_eq!(entry.size, Some(13));
}

#[tokio::test]
async fn what_is_not_there_is_looked_up_by_itself_before_it_is_believed() {
    let scene = scene(|sim| sim);
    let lookout = Lookout::new(scene.client.clone());
    for name in ["f/a", "f/b", "f/x,y", "g"] {
        scene.from.write(name, name);
    }
    let paths = [
        "f/a", "f/b", "f/none", "f/x,y", "g", "none/x", "none/y", "f/a", "f",
    ];
    let paths: Vec<String> = paths.iter().map(|name| shown(&scene.from, name)).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let found = lookout.stat_all(&id(&scene.from), &paths).await.unwrap();
    let there: Vec<bool> = found.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, true, false, true, true, false, false, true, true]);
    assert!(found[8].as_ref().unwrap().is_dir());
}

#[tokio::test]
async fn very_many_of_one_folder_are_one_listing_of_it() {
    let scene = scene(|sim| sim);
    let names: Vec<String> = (0..2000).map(|n| format!("f/{n}")).collect();
    for name in &names {
        scene.from.write(name, name);
    }
    let paths: Vec<String> = names.iter().map(|name| shown(&scene.from, name)).collect();
    let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let none = shown(&scene.from, "f/none");
    paths.push(&none);
    let lookout = Lookout::new(scene.client.clone());
    let found = lookout.stat_all(&id(&scene.from), &paths).await.unwrap();
    assert!(found[..2000].iter().all(Option::is_some) && found[2000].is_none());
    assert_eq!(requests(&scene), (0, 1));
}

#[tokio::test]
async fn many_who_look_at_several_files_at_once_share_a_listing_of_each_folder() {
    let scene = scene(|sim| sim);
    let lookout = Lookout::new(scene.client.clone());
    let from = id(&scene.from);
    let pairs: Vec<[String; 2]> = (0..20)
        .map(|n| [format!("f/{n}"), format!("g/{n}")].map(|name| shown(&scene.from, &name)))
        .collect();
    for n in 0..20 {
        scene.from.write(format!("f/{n}"), "1");
        scene.from.write(format!("g/{n}"), "22");
    }
    let looks = pairs.iter().map(|[f, g]| {
        let (lookout, from) = (&lookout, &from);
        async move { lookout.stat_all(from, &[g, f]).await }
    });
    for found in join_all(looks).await {
        let sizes: Vec<_> = found
            .unwrap()
            .into_iter()
            .map(|entry| entry.unwrap().size)
            .collect();
        assert_eq!(sizes, [Some(2), Some(1)]);
    }
    assert_eq!(requests(&scene), (0, 2));
}

#[tokio::test]
async fn those_who_left_do_not_keep_the_others_from_their_answer() {
    let scene = scene(|sim| sim);
    scene.from.write("f/a", "1");
    let lookout = Lookout::new(scene.client.clone());
    let from = id(&scene.from);
    let path = shown(&scene.from, "f/a");
    for _ in 0..50 {
        let first = lookout.stat(&from, &path);
        let left = tokio::time::timeout(std::time::Duration::from_millis(5), first);
        let (left, kept) = tokio::join!(left, lookout.stat(&from, &path));
        left.unwrap_err();
        assert!(kept.unwrap().is_some());
    }
    assert_eq!(requests(&scene), (50, 0));
}

#[tokio::test]
async fn an_unknown_collection_is_an_error_and_not_an_absence() {
    let scene = scene(|sim| sim);
    let lookout = Lookout::new(scene.client.clone());
    let nowhere = globus_transfer::EndpointId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    for paths in [vec!["/x"], vec!["/f/x", "/f/y"]] {
        lookout.stat_all(&nowhere, &paths).await.unwrap_err();
    }
}
