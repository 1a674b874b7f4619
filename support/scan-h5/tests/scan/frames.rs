//! Frames and selections that h5py wrote (`data/make_frames.py` holds the values).

use scan_h5::{Error, Numbers, Scan, ScanReader, Select, Value};

use super::data;

fn open() -> Scan {
    Scan::open(&data("h5py_frames.h5")).unwrap()
}

/// The numbers as the generator makes them.
fn pixel(frame: i64, row: i64, col: i64) -> i64 {
    100 * frame + 10 * row + col
}

fn number(value: &Value) -> i64 {
    match *value {
        Value::Integer(number) => number,
        Value::Unsigned(number) => i64::try_from(number).unwrap(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the generator's floats are small and whole"
        )]
        Value::Float(number) => number as i64,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn every_frame_of_every_type_and_storage_is_read_in_its_own_type() {
    let scan = open();
    let names = [
        "u1", "u2", "u2_be", "u4", "u8_be", "i1", "i2", "i4", "i8", "f4", "f8", "gzip", "pieces", "lzf",
    ];
    for name in names {
        for index in 0..3 {
            let at = format!("/stack/{name}");
            let frame = scan.frame(&at, index).unwrap().unwrap();
            assert_eq!((frame.rows, frame.cols), (5, 7), "{name}");
            let pixels: Vec<i64> = frame.pixels.to_values().iter().map(number).collect();
            let expected = (0..5).flat_map(|row| (0..7).map(move |col| (row, col)));
            let expected: Vec<i64> = expected
                .map(|(row, col)| pixel(index.cast_signed(), row, col))
                .map(|value| match name.as_bytes()[0] {
                    b'i' => value % 100 - 50,
                    b'u' if name == "u1" => value % 256,
                    _ => value,
                })
                .collect();
            assert_eq!(pixels, expected, "{name} {index}");
        }
    }
    let kind = |name: &str| scan.frame(&format!("/stack/{name}"), 0).unwrap().unwrap().pixels;
    assert!(matches!(kind("u1"), Numbers::U8(_)));
    assert!(matches!(kind("u2_be"), Numbers::U16(_)));
    assert!(matches!(kind("i2"), Numbers::I16(_)));
    assert!(matches!(kind("f4"), Numbers::F32(_)));
}

#[test]
fn an_image_is_a_stack_of_one() {
    let scan = open();
    let frame = scan.frame("/image", 0).unwrap().unwrap();
    assert_eq!(number(&frame.pixels.to_values()[6]), pixel(1, 0, 6));
    let beyond = scan.frame("/image", 1).unwrap_err();
    assert!(
        matches!(
            beyond,
            Error::OutOfRange {
                index: 1,
                count: 1,
                ..
            }
        ),
        "{beyond}"
    );
}

#[test]
fn what_is_no_frame_is_named() {
    let scan = open();
    let failed = |at: &str, index| scan.frame(at, index).unwrap_err();
    assert!(matches!(
        failed("/stack/u2", 3),
        Error::OutOfRange {
            index: 3,
            count: 3,
            ..
        }
    ));
    assert!(matches!(failed("/stack/u2", u64::MAX), Error::OutOfRange { .. }));
    assert!(matches!(
        failed("/stack/none", 0),
        Error::OutOfRange {
            index: 0,
            count: 0,
            ..
        }
    ));
    assert!(matches!(failed("/line", 0), Error::WrongShape { .. }));
    assert!(matches!(failed("/four_d", 0), Error::WrongShape { .. }));
    assert!(matches!(
        failed("/stack", 0),
        Error::WrongType { found: "a group", .. }
    ));
    assert!(matches!(failed("/value/grid", 1), Error::OutOfRange { .. }));
    // Halves are no camera's type.
    assert!(matches!(failed("/stack/f2", 0), Error::WrongType { .. }));
    assert_eq!(scan.frame("/stack/absent", 0).unwrap(), None);
}

#[test]
fn a_frame_of_800_mb_is_refused_before_memory_is_taken() {
    let scan = open();
    for name in ["huge", "one_huge_chunk"] {
        let failed = scan.frame(&format!("/stack/{name}"), 0).unwrap_err();
        assert!(matches!(failed, Error::TooLarge { .. }), "{failed}");
    }
    // A corner of it is small, where its chunks are.
    let corner = [
        Select::At(1),
        Select::Range {
            start: 0,
            end: 2,
            step: 1,
        },
        Select::Range {
            start: 19_998,
            end: u64::MAX,
            step: 1,
        },
    ];
    let slab = scan.slab("/stack/huge", &corner).unwrap().unwrap();
    assert_eq!((slab.shape, slab.numbers), (vec![2, 2], Numbers::U16(vec![0; 4])));
}

#[test]
fn selections_have_steps_and_may_be_empty() {
    let scan = open();
    let every = |at: &str, start, end, step| {
        let slab = scan
            .slab(at, &[Select::Range { start, end, step }])
            .unwrap()
            .unwrap();
        slab.numbers.to_values().iter().map(number).collect::<Vec<_>>()
    };
    for at in ["/line", "/line_growable"] {
        assert_eq!(every(at, 0, 100, 33), [0, 33, 66, 99]);
        assert_eq!(every(at, 95, u64::MAX, 2), [95, 97, 99]);
        assert_eq!(every(at, 0, 3, 0), [0, 1, 2]);
        assert_eq!(every(at, 7, 3, 1), []);
        assert_eq!(every(at, 500, 600, 1), []);
    }
    let wrong = scan.slab("/line", &[Select::All, Select::All]).unwrap_err();
    assert!(matches!(wrong, Error::WrongShape { .. }));
    let at = scan.slab("/line", &[Select::At(42)]).unwrap().unwrap();
    assert_eq!((at.shape, at.numbers), (vec![], Numbers::F64(vec![42.0])));
}

#[test]
fn a_stack_is_complete_when_every_piece_is_written() {
    let scan = open();
    scan.check_head().unwrap();
    for name in ["u2", "gzip", "pieces", "f8"] {
        scan.check_frames(&format!("/stack/{name}")).unwrap();
    }
    for (name, what) in [
        ("half_written", "1 of 3 pieces"),
        ("none", "no frames"),
        ("absent", "it has no /stack/absent"),
    ] {
        let error = scan.check_frames(&format!("/stack/{name}")).unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(matches!(
        scan.check_frames("/line"),
        Err(Error::WrongShape { .. })
    ));
}

#[test]
fn a_cut_file_is_not_complete() {
    let whole = std::fs::read(data("h5py_frames.h5")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.h5");
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let error = Scan::open(&path).unwrap().check_head().unwrap_err();
    assert!(matches!(error, Error::Incomplete { .. }), "{error}");
    let bytes = format!("{} of {} bytes", whole.len() - 1, whole.len());
    assert!(error.to_string().contains(&bytes), "{error}");
}

#[test]
fn frames_that_are_too_large_to_be_looked_at_are_not_incomplete_for_that() {
    let scan = Scan::open(&data("h5py_large.h5")).unwrap();
    let error = scan.frame("/stack/large", 0).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    scan.check_frames("/stack/large").unwrap();
}
