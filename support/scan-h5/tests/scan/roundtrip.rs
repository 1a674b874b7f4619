//! What we write we read.

use scan_h5::{Error, Numbers, PixelType, Scan, ScanReader, ScanSpec, ScanValue, TextForm, write_scan};

#[test]
fn metadata_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scan.h5");
    let spec = ScanSpec::new(3, 8, 16)
        .text("/measurement/sample/experiment/proposal", "größe")
        .text("/measurement/sample/file_name", "")
        .set("/process/extra/number", ScanValue::Number(-1.5))
        .text("/implements", "exchange:measurement:process")
        .without("/measurement/sample/experimenter/email");
    write_scan(&path, &spec).unwrap();

    let scan = Scan::open(&path).unwrap();
    let string = |at: &str| scan.string(at).unwrap();
    assert_eq!(
        string("/measurement/sample/experiment/proposal").as_deref(),
        Some("größe")
    );
    assert_eq!(string("/measurement/sample/file_name").as_deref(), Some(""));
    assert_eq!(
        string("/measurement/sample/experiment/beamline").as_deref(),
        Some("bl832")
    );
    assert_eq!(string("/measurement/sample/experimenter/email"), None);
    assert_eq!(
        string("/implements").as_deref(),
        Some("exchange:measurement:process")
    );
    assert_eq!(scan.number("/process/extra/number").unwrap(), Some(-1.5));
    assert_eq!(
        scan.number("/process/acquisition/rotation/num_angles").unwrap(),
        Some(3.0)
    );
    assert_eq!(
        scan.number("/measurement/instrument/detector/dimension_x")
            .unwrap(),
        Some(16.0)
    );
    assert!(matches!(
        scan.number("/exchange/data"),
        Err(Error::NotScalar { count: 384, .. })
    ));
    assert!(matches!(
        scan.number("/exchange/theta"),
        Err(Error::NotScalar { count: 3, .. })
    ));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = |name: &str, seed| {
        let path = dir.path().join(name);
        write_scan(&path, &ScanSpec::new(2, 8, 8).seed(seed)).unwrap();
        std::fs::read(path).unwrap()
    };
    let first = bytes("a.h5", 1);
    assert_eq!(first, bytes("b.h5", 1));
    assert_ne!(first, bytes("c.h5", 2));
}

#[test]
fn a_scan_of_nothing_can_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.h5");
    write_scan(&path, &ScanSpec::new(0, 0, 0).flats(0).darks(0)).unwrap();
    assert_eq!(Scan::open(&path).unwrap().number("/exchange/data").unwrap(), None);
}

#[test]
fn a_path_that_is_both_group_and_dataset_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clash.h5");
    let spec = ScanSpec::new(1, 2, 2).text("/measurement/sample", "not a group");
    let error = write_scan(&path, &spec).unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error}");
    assert!(!path.exists());
}

#[test]
fn every_form_of_text_comes_back_as_the_same_text() {
    let dir = tempfile::tempdir().unwrap();
    let forms = [
        TextForm::Fixed,
        TextForm::BlankPadded,
        TextForm::Variable,
        TextForm::VariableScalar,
    ];
    for form in forms {
        let path = dir.path().join("scan.h5");
        let spec = ScanSpec::new(1, 2, 2).text_form(form).text("/x", "größe");
        write_scan(&path, &spec).unwrap();
        let text = Scan::open(&path).unwrap().string("/x").unwrap();
        assert_eq!(text.as_deref(), Some("größe"), "{form:?}");
    }
}

#[test]
fn frames_come_back_compressed_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let frame = |name: &str, spec: &ScanSpec| {
        let path = dir.path().join(name);
        write_scan(&path, spec).unwrap();
        let scan = Scan::open(&path).unwrap();
        scan.check_frames("/exchange/data").unwrap();
        scan.frame("/exchange/data", 2).unwrap().unwrap()
    };
    let spec = ScanSpec::new(3, 8, 16);
    let plain = frame("plain.h5", &spec);
    assert_eq!((plain.rows, plain.cols), (8, 16));
    assert!(matches!(plain.pixels, Numbers::U16(_)));
    assert_eq!(frame("gzip.h5", &spec.clone().gzip()), plain);
    let floats = frame("f32.h5", &spec.clone().pixel_type(PixelType::F32).gzip());
    assert!(matches!(floats.pixels, Numbers::F32(_)));
    let even = frame("even.h5", &spec.pixel_type(PixelType::U8).constant());
    assert_eq!(even.pixels, Numbers::U8(vec![78; 128]));
}
