//! One value, whatever way it was written.

use hdf5_reader::error::Error as ParseError;
use hdf5_reader::{ByteOrder, Dataset, Datatype, StringPadding, StringSize, VarLenKind};

/// Why a dataset gives no such value. The caller adds the names.
#[derive(Debug)]
pub(crate) enum Mismatch {
    Parse(Box<ParseError>),
    Type(&'static str),
    Count(u64),
}

impl From<ParseError> for Mismatch {
    fn from(error: ParseError) -> Self {
        Self::Parse(Box::new(error))
    }
}

/// The text of a dataset that holds one element.
pub(crate) fn text(dataset: &Dataset) -> Result<String, Mismatch> {
    let raw = |dataset: &Dataset| dataset.read_raw_bytes();
    let bytes = match dataset.dtype() {
        Datatype::String {
            size: StringSize::Fixed(_),
            padding,
            ..
        } => unpadded(raw(dataset)?, *padding),
        Datatype::String {
            size: StringSize::Variable,
            ..
        }
        | Datatype::VarLen {
            kind: VarLenKind::String,
            ..
        } => unpadded(
            dataset.resolve_vlen_reference_bytes(&raw(dataset)?, 1)?,
            StringPadding::NullPad,
        ),
        other => return Err(Mismatch::Type(name(other))),
    };
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| latin_1(error.as_bytes())))
}

/// Fixed-length text is padded with NUL, and by some instruments with blanks whatever its type says.
fn unpadded(mut bytes: Vec<u8>, padding: StringPadding) -> Vec<u8> {
    if padding == StringPadding::NullTerminate
        && let Some(end) = bytes.iter().position(|byte| *byte == 0)
    {
        bytes.truncate(end);
    }
    while bytes.last().is_some_and(|byte| matches!(byte, 0 | b' ')) {
        bytes.pop();
    }
    bytes
}

/// Older instruments write names in Latin-1, of which every byte is one character.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The number in a dataset that holds one element.
pub(crate) fn number(dataset: &Dataset) -> Result<f64, Mismatch> {
    let dtype = match dataset.dtype() {
        // A boolean is an enumeration over a small integer.
        Datatype::Enum { base, .. } => base.as_ref(),
        other => other,
    };
    let (size, order) = match dtype {
        Datatype::FixedPoint { size, byte_order, .. }
        | Datatype::FloatingPoint { size, byte_order }
        | Datatype::Bitfield { size, byte_order } => (*size, *byte_order),
        other => return Err(Mismatch::Type(name(other))),
    };
    let mut bytes = dataset.read_raw_bytes()?;
    if bytes.len() != usize::from(size) {
        return Err(Mismatch::Type("a number of another size than it says"));
    }
    if order == ByteOrder::LittleEndian {
        bytes.reverse();
    }
    let is_float = matches!(dtype, Datatype::FloatingPoint { .. });
    let signed = matches!(dtype, Datatype::FixedPoint { signed: true, .. });
    let value = if is_float {
        float(&bytes)
    } else {
        integer(&bytes, signed)
    };
    value.ok_or(Mismatch::Type("a number of an unusual width"))
}

/// An integer of 1 to 8 bytes, the most significant first.
#[allow(clippy::cast_precision_loss)] // the trait says so: numbers are doubles
fn integer(bytes: &[u8], signed: bool) -> Option<f64> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let negative = signed && bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[8 - bytes.len()..].copy_from_slice(bytes);
    Some(if signed {
        i64::from_be_bytes(wide) as f64
    } else {
        u64::from_be_bytes(wide) as f64
    })
}

/// An IEEE float of 2, 4 or 8 bytes, the most significant first.
fn float(bytes: &[u8]) -> Option<f64> {
    if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        return Some(f64::from_be_bytes(bytes));
    }
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(f64::from(f32::from_be_bytes(bytes)));
    }
    <[u8; 2]>::try_from(bytes)
        .ok()
        .map(|bytes| half(u16::from_be_bytes(bytes)))
}

/// An IEEE half: 1 bit sign, 5 bits exponent, 10 bits fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let exponent = i32::from((bits >> 10) & 0x1f);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

fn name(dtype: &Datatype) -> &'static str {
    match dtype {
        Datatype::FixedPoint { .. }
        | Datatype::FloatingPoint { .. }
        | Datatype::Bitfield { .. }
        | Datatype::Enum { .. } => "a number",
        Datatype::String { .. }
        | Datatype::VarLen {
            kind: VarLenKind::String,
            ..
        } => "text",
        Datatype::Array { .. } | Datatype::VarLen { .. } => "an array",
        Datatype::Compound { .. } => "a compound",
        Datatype::Opaque { .. } => "opaque bytes",
        Datatype::Reference { .. } => "a reference",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_ieee_says() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2_f64.powi(-24)),
            (0x0000, 0.0),
        ];
        for (bits, expected) in cases {
            assert!(
                (half(bits) - expected).abs() < f64::EPSILON,
                "{bits:#06x} is {}",
                half(bits)
            );
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    #[test]
    fn integers_of_every_width_keep_their_sign() {
        for width in 1..=8 {
            let ones = vec![0xff; width];
            assert_eq!(integer(&ones, true), Some(-1.0), "{width} bytes");
            assert!(
                integer(&ones, false).is_some_and(|value| value > 0.0),
                "{width} bytes"
            );
        }
        assert_eq!(integer(&[0; 9], true), None);
        assert_eq!(integer(&[], false), None);
    }

    #[test]
    fn padding_goes_and_inner_blanks_stay() {
        assert_eq!(unpadded(b"a b  \0\0".to_vec(), StringPadding::NullPad), b"a b");
        assert_eq!(unpadded(b"a\0rest".to_vec(), StringPadding::NullTerminate), b"a");
        assert_eq!(unpadded(b"   ".to_vec(), StringPadding::SpacePad), b"");
    }
}
