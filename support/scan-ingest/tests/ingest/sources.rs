//! Files and folders.

use std::path::Path;

use scan_ingest::{Error, Source};

fn paths(source: &Source) -> Vec<&str> {
    source.files().iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn a_folder_is_all_files_below_it_and_a_link_is_what_it_leads_to() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("run/deep/er")).unwrap();
    std::fs::write(dir.path().join("run/deep/er/b"), "12345").unwrap();
    std::fs::write(dir.path().join("run/a"), "1").unwrap();
    std::os::unix::fs::symlink(dir.path().join("run/deep/er/b"), dir.path().join("run/link")).unwrap();
    // A folder that leads to itself would never end.
    std::os::unix::fs::symlink(dir.path().join("run"), dir.path().join("run/round")).unwrap();
    let source = Source::look(&dir.path().join("run"), "/data/run").unwrap();
    assert_eq!(
        paths(&source),
        ["/data/run/a", "/data/run/deep/er/b", "/data/run/link"]
    );
    assert_eq!(source.folder(), "/data/run");
    assert_eq!(source.files()[2].size, 5);
    let link = Source::look(&dir.path().join("run/link"), "/data/x.h5").unwrap();
    assert_eq!(
        (link.files()[0].size, link.folder(), link.stem()),
        (5, "/data", "x")
    );
}

#[test]
fn several_paths_are_one_dataset_of_their_common_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("f");
    std::fs::write(&file, "1").unwrap();
    let look = |paths: &[&str]| Source::look_at_all(paths.iter().map(|path| (file.as_path(), *path)));
    assert_eq!(
        look(&["/raw/a/1.edf", "/raw/a/1.txt"]).unwrap().folder(),
        "/raw/a"
    );
    assert_eq!(
        look(&["/raw/a/1.edf", "/raw/ab/c/1.txt"]).unwrap().folder(),
        "/raw"
    );
    assert_eq!(look(&["/raw/a/1.edf"]).unwrap().stem(), "1");
    assert!(matches!(look(&[]), Err(Error::Nothing { .. })));
}

#[test]
fn what_is_not_there_or_empty_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let empty = Source::look(dir.path(), "/x").unwrap_err();
    assert!(matches!(empty, Error::Nothing { .. }), "{empty}");
    let absent = Source::look(Path::new("/no/such/scan.h5"), "/x").unwrap_err();
    assert!(absent.to_string().contains("/no/such/scan.h5"), "{absent}");
}
