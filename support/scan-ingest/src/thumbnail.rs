//! A small picture of a frame.
//!
//! The grey values are those of the Python ingestors (numpy, then Pillow's `autocontrast(cutoff=0.1)`), pixel for
//! pixel: the logarithm of each pixel's distance from the darkest, spread over 0 to 205, the outermost 0.1 % at both
//! ends cut off and the rest spread over 0 to 255.

use scan_h5::{Frame, Numbers};

use crate::Error;

/// Brightness of the brightest pixel before the contrast is spread.
const TOP: f64 = 205.0;
/// Added to each distance, so that the logarithm of the darkest pixel is just above 0.
const ABOVE_ZERO: f64 = 1.001;
/// A grey value's share of the pixels that is cut off at both ends, in percent.
const CUTOFF: f64 = 0.1;

/// A picture of 8-bit grey values, and its PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thumbnail {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The picture as a PNG file.
    pub png: Vec<u8>,
}

impl Thumbnail {
    /// A picture of a frame whose longer side is at most `side` pixels; 0 for the frame's own size.
    ///
    /// # Errors
    /// [`Error::Picture`] for a frame without pixels, or one that PNG has no size for.
    pub fn of(frame: &Frame, side: usize) -> Result<Self, Error> {
        if frame.rows == 0 || frame.cols == 0 {
            return Err(Error::Picture("the frame has no pixels".to_owned()));
        }
        let grey = grey(frame);
        let (grey, height, width) = shrink(grey, (frame.rows, frame.cols), side);
        let png = encode(&grey, width, height)?;
        Ok(Self { width, height, png })
    }
}

fn encode(grey: &[u8], width: usize, height: usize) -> Result<Vec<u8>, Error> {
    let refused = |error: &dyn std::fmt::Display| Error::Picture(error.to_string());
    let size = |pixels: usize| u32::try_from(pixels).map_err(|error| refused(&error));
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, size(width)?, size(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(|error| refused(&error))?;
    writer.write_image_data(grey).map_err(|error| refused(&error))?;
    writer.finish().map_err(|error| refused(&error))?;
    Ok(png)
}

/// The grey values of a frame, in its full size.
#[must_use]
pub fn grey(frame: &Frame) -> Vec<u8> {
    let mut grey = match &frame.pixels {
        Numbers::U8(pixels) => by_table(pixels),
        Numbers::I8(pixels) => by_table(pixels),
        Numbers::U16(pixels) => by_table(pixels),
        Numbers::I16(pixels) => by_table(pixels),
        Numbers::U32(pixels) => by_integer(pixels),
        Numbers::I32(pixels) => by_integer(pixels),
        Numbers::U64(pixels) => by_integer(pixels),
        Numbers::I64(pixels) => by_integer(pixels),
        Numbers::F32(pixels) => by_single(pixels),
        Numbers::F64(pixels) => by_double(pixels),
    };
    spread_contrast(&mut grey);
    grey
}

/// Of numbers of at most 16 bits each distance is worked out once, not each pixel.
fn by_table<N: Copy + Ord + Into<i32>>(pixels: &[N]) -> Vec<u8> {
    let (Some(least), Some(most)) = (pixels.iter().min(), pixels.iter().max()) else {
        return Vec::new();
    };
    let (least, most): (i32, i32) = ((*least).into(), (*most).into());
    let top = logarithm(f64::from(most - least));
    let table: Vec<u8> = (0..=most - least)
        .map(|distance| level(logarithm(f64::from(distance)), top))
        .collect();
    let place = |pixel: &N| usize::try_from((*pixel).into() - least).unwrap_or_default();
    pixels
        .iter()
        .map(|pixel| table.get(place(pixel)).copied().unwrap_or_default())
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a distance beyond 2^53 has a logarithm all the same"
)]
fn by_integer<N: Copy + Ord + Into<i128>>(pixels: &[N]) -> Vec<u8> {
    let (Some(least), Some(most)) = (pixels.iter().min(), pixels.iter().max()) else {
        return Vec::new();
    };
    let least: i128 = (*least).into();
    let distance = |pixel: N| logarithm((pixel.into() - least) as f64);
    let top = distance(*most);
    pixels.iter().map(|pixel| level(distance(*pixel), top)).collect()
}

fn by_double(pixels: &[f64]) -> Vec<u8> {
    // A NaN anywhere makes all of it one, as in numpy.
    let least = pixels
        .iter()
        .copied()
        .reduce(|a, b| if a <= b || a.is_nan() { a } else { b });
    let most = pixels
        .iter()
        .copied()
        .reduce(|a, b| if a >= b || a.is_nan() { a } else { b });
    let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
    let top = logarithm(most - least);
    pixels
        .iter()
        .map(|pixel| level(logarithm(pixel - least), top))
        .collect()
}

/// As [`by_double`], with every step rounded to 32 bits, as numpy computes with such frames.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounding to 32 bits and cutting to whole grey values is the rule"
)]
fn by_single(pixels: &[f32]) -> Vec<u8> {
    let least = pixels
        .iter()
        .copied()
        .reduce(|a, b| if a <= b || a.is_nan() { a } else { b });
    let most = pixels
        .iter()
        .copied()
        .reduce(|a, b| if a >= b || a.is_nan() { a } else { b });
    let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
    let logarithm = |distance: f32| f64::from(distance + ABOVE_ZERO as f32).ln() as f32;
    let top = logarithm(most - least);
    let level = |pixel: &f32| (TOP as f32 * logarithm(pixel - least) / top) as u8;
    pixels.iter().map(level).collect()
}

fn logarithm(distance: f64) -> f64 {
    (distance + ABOVE_ZERO).ln()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "grey values are cut to whole ones; what is no number is black"
)]
fn level(logarithm: f64, top: f64) -> u8 {
    (TOP * logarithm / top) as u8
}

/// Pillow's `autocontrast` with a cutoff at both ends.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts of pixels are far below 2^53, and grey values are cut to whole ones"
)]
fn spread_contrast(grey: &mut [u8]) {
    let mut histogram = [0_u64; 256];
    for value in &*grey {
        histogram[usize::from(*value)] += 1;
    }
    let cut = (grey.len() as f64 * CUTOFF / 100.0).floor() as u64;
    take(histogram.iter_mut(), cut);
    take(histogram.iter_mut().rev(), cut);
    let darkest = histogram.iter().position(|count| *count > 0);
    let brightest = histogram.iter().rposition(|count| *count > 0);
    let (Some(darkest), Some(brightest)) = (darkest, brightest) else {
        return;
    };
    if brightest <= darkest {
        return;
    }
    let scale = 255.0 / (brightest - darkest) as f64;
    let offset = -(darkest as f64) * scale;
    let mut table = [0_u8; 256];
    for (value, to) in table.iter_mut().enumerate() {
        *to = (value as f64 * scale + offset) as u8;
    }
    for value in grey {
        *value = table[usize::from(*value)];
    }
}

/// Takes so many pixels out of the histogram, bin by bin.
fn take<'a>(bins: impl Iterator<Item = &'a mut u64>, mut cut: u64) {
    for bin in bins {
        let taken = cut.min(*bin);
        *bin -= taken;
        cut -= taken;
        if cut == 0 {
            break;
        }
    }
}

/// Shrinks a picture until its longer side is at most `side`, each pixel the mean of those that it stands for.
fn shrink(grey: Vec<u8>, (rows, cols): (usize, usize), side: usize) -> (Vec<u8>, usize, usize) {
    let longer = rows.max(cols);
    if side == 0 || longer <= side {
        return (grey, rows, cols);
    }
    let scaled = |extent: usize| ((extent * side + longer / 2) / longer).max(1);
    let (height, width) = (scaled(rows), scaled(cols));
    let mut small = Vec::with_capacity(height * width);
    let mut sums = vec![0_u64; width];
    let columns: Vec<(usize, usize)> = (0..width).map(|at| span(at, width, cols)).collect();
    for row in 0..height {
        let (top, bottom) = span(row, height, rows);
        sums.fill(0);
        for line in grey.chunks_exact(cols).take(bottom).skip(top) {
            for (sum, (from, to)) in sums.iter_mut().zip(&columns) {
                *sum += line
                    .iter()
                    .take(*to)
                    .skip(*from)
                    .map(|value| u64::from(*value))
                    .sum::<u64>();
            }
        }
        small.extend(sums.iter().zip(&columns).map(|(sum, (from, to))| {
            let count = u64::try_from((bottom - top) * (to - from)).unwrap_or(1).max(1);
            u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX)
        }));
    }
    (small, height, width)
}

/// The part of `extent` that the index `at` of `parts` stands for; never empty.
fn span(at: usize, parts: usize, extent: usize) -> (usize, usize) {
    let from = at * extent / parts;
    (from, ((at + 1) * extent / parts).max(from + 1))
}
