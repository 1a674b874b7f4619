//! Files that are cut, altered, or no files at all.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use scan_h5::{Error, Scan, ScanReader, ScanSpec, Select, write_scan};

use super::data;

const PATHS: [&str; 17] = [
    "/text/fixed_padded_1",
    "/text/vlen_1",
    "/number/i4_be",
    "/number/growable_1",
    "/number/gzip_1",
    "/measurement/sample/file_name",
    "/exchange/data",
    "/text",
    "/stack/gzip",
    "/stack/pieces",
    "/stack/f8",
    "/stack/huge",
    "/line_growable",
    "/value/texts",
    "/value/million_vlen",
    "/value/flags",
    "/image",
];

/// Reads all there is; that it comes back is the test. A caught panic is an error like others.
fn read_all(path: &Path) {
    let Ok(scan) = Scan::open(path) else { return };
    for at in PATHS {
        let _ = scan.string(at);
        let _ = scan.number(at);
        let _ = scan.value(at);
        let _ = scan.frame(at, 1);
        let rank = scan.shape(at).ok().flatten().map_or(1, |shape| shape.len());
        let part = Select::Range {
            start: 1,
            end: 9,
            step: 3,
        };
        let _ = scan.slab(at, &vec![part; rank.min(32)]);
        let _ = scan.check_frames(at);
    }
}

static ORIGINALS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("own.h5");
    write_scan(&own, &ScanSpec::new(3, 8, 8).gzip()).unwrap();
    let witnesses = ["h5py_witness.h5", "h5py_witness_old.h5", "h5py_frames.h5"].map(data);
    witnesses
        .into_iter()
        .chain([own])
        .map(|path| fs::read(path).unwrap())
        .collect()
});

/// The most memory that this process has had, in KiB; nothing where the system does not tell.
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_never_panics(
        which in 0_usize..4,
        cut in prop::option::of(any::<prop::sample::Index>()),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..24),
    ) {
        let mut bytes = ORIGINALS[which].clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("damaged.h5");
        fs::write(&path, bytes).unwrap();
        read_all(&path);
        // A file of kilobytes may claim gigabytes, and gets the limits of the reader at most.
        prop_assert!(peak_kib().is_none_or(|peak| peak < 400 * 1024), "{:?} KiB", peak_kib());
    }
}

#[test]
fn what_is_no_hdf5_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str| Scan::open(&dir.path().join(name)).unwrap_err();
    fs::write(dir.path().join("empty.h5"), b"").unwrap();
    fs::write(dir.path().join("text.h5"), b"not HDF5 at all").unwrap();
    fs::create_dir(dir.path().join("folder.h5")).unwrap();

    assert!(matches!(open("empty.h5"), Error::NotHdf5 { .. }));
    assert!(matches!(open("text.h5"), Error::NotHdf5 { .. }));
    assert!(matches!(open("folder.h5"), Error::NotAFile { .. }));
    assert!(matches!(open("absent.h5"), Error::Io { .. }));
    assert!(open("absent.h5").to_string().contains("absent.h5"));
}
