//! Pictures, against numpy and Pillow (`data/make_thumbnails.py`).

use proptest::prelude::*;
use scan_h5::{Frame, Numbers};
use scan_ingest::{Thumbnail, grey};
use serde_json::Value;

fn frame(case: &Value) -> Frame {
    macro_rules! numbers {
        ($kind:ident) => {
            Numbers::$kind(
                case["frame"]
                    .as_str()
                    .unwrap()
                    .split(' ')
                    .map(|text| text.parse().unwrap())
                    .collect(),
            )
        };
    }
    let size = |name: &str| usize::try_from(case[name].as_u64().unwrap()).unwrap();
    let pixels = match case["type"].as_str().unwrap() {
        "uint8" => numbers!(U8),
        "uint16" => numbers!(U16),
        "int16" => numbers!(I16),
        "int32" => numbers!(I32),
        "uint32" => numbers!(U32),
        "float32" => numbers!(F32),
        "float64" => numbers!(F64),
        other => panic!("{other}"),
    };
    Frame {
        rows: size("rows"),
        cols: size("cols"),
        pixels,
    }
}

#[test]
fn every_pixel_is_the_one_that_numpy_and_pillow_make() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/thumbnails.json")).unwrap();
    assert_eq!(cases.len(), 16);
    for case in &cases {
        let theirs: Vec<u8> = serde_json::from_value(case["grey"].clone()).unwrap();
        assert_eq!(grey(&frame(case)), theirs, "{}", case["name"]);
    }
}

fn decoded(thumbnail: &Thumbnail) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&thumbnail.png))
        .read_info()
        .unwrap();
    let info = reader.info();
    assert_eq!(
        (info.color_type, info.bit_depth),
        (png::ColorType::Grayscale, png::BitDepth::Eight)
    );
    assert_eq!(info.width as usize, thumbnail.width);
    assert_eq!(info.height as usize, thumbnail.height);
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

fn ramp(rows: usize, cols: usize) -> Frame {
    let pixels = (0..rows * cols)
        .map(|at| u16::try_from(at * 7 % 60_000).unwrap())
        .collect();
    Frame {
        rows,
        cols,
        pixels: Numbers::U16(pixels),
    }
}

#[test]
fn a_picture_is_a_grey_png_whose_longer_side_is_as_asked() {
    for (rows, cols, side, height, width) in [
        (30, 50, 0, 30, 50),
        (30, 50, 50, 30, 50),
        (30, 50, 1024, 30, 50),
        (30, 50, 10, 6, 10),
        (50, 30, 10, 10, 6),
        (1, 5000, 100, 1, 100),
        (5000, 1, 100, 100, 1),
        (7, 7, 3, 3, 3),
        (40, 40, 1, 1, 1),
    ] {
        let frame = ramp(rows, cols);
        let thumbnail = Thumbnail::of(&frame, side).unwrap();
        assert_eq!(
            (thumbnail.height, thumbnail.width),
            (height, width),
            "{rows}x{cols} {side}"
        );
        let pixels = decoded(&thumbnail);
        if (rows, cols) == (height, width) {
            assert_eq!(pixels, grey(&frame), "shrinking nothing changes nothing");
        }
    }
}

#[test]
fn a_shrunk_pixel_is_the_mean_of_those_it_stands_for() {
    // Half of each block of two by two is white: 0 and 255 in equal parts.
    let pixels = (0..64).map(|at| if at % 2 == 0 { 0 } else { 9 }).collect();
    let frame = Frame {
        rows: 8,
        cols: 8,
        pixels: Numbers::U8(pixels),
    };
    assert_eq!(decoded(&Thumbnail::of(&frame, 4).unwrap()), [128; 16]);
}

#[test]
fn a_frame_without_pixels_makes_no_picture() {
    for (rows, cols) in [(0, 0), (0, 5), (5, 0)] {
        let frame = Frame {
            rows,
            cols,
            pixels: Numbers::U16(Vec::new()),
        };
        assert!(Thumbnail::of(&frame, 0).is_err());
    }
}

proptest! {
    /// The table that 16-bit frames are mapped by gives what 32-bit ones get by working out each pixel.
    #[test]
    fn the_number_type_does_not_change_the_picture(pixels in prop::collection::vec(any::<i16>(), 1..400)) {
        let of = |numbers| grey(&Frame { rows: 1, cols: pixels.len(), pixels: numbers });
        let wide = of(Numbers::I64(pixels.iter().map(|pixel| i64::from(*pixel)).collect()));
        prop_assert_eq!(&of(Numbers::I16(pixels.clone())), &wide);
        prop_assert_eq!(&of(Numbers::I32(pixels.iter().map(|pixel| i32::from(*pixel)).collect())), &wide);
        prop_assert_eq!(&of(Numbers::F64(pixels.iter().map(|pixel| f64::from(*pixel)).collect())), &wide);
        // A brighter frame is the same picture: only the distance from the darkest pixel counts.
        let brighter = pixels.iter().map(|pixel| i64::from(*pixel) + 1_000_000).collect();
        prop_assert_eq!(&of(Numbers::I64(brighter)), &wide);
    }

    #[test]
    fn any_floats_make_a_picture(pixels in prop::collection::vec(any::<f32>(), 1..64), side in 0_usize..9) {
        let frame = Frame { rows: 1, cols: pixels.len(), pixels: Numbers::F32(pixels) };
        let thumbnail = Thumbnail::of(&frame, side).unwrap();
        prop_assert_eq!(decoded(&thumbnail).len(), thumbnail.width * thumbnail.height);
    }
}
