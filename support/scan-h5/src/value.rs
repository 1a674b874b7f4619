//! Values, whatever way they were written.

use hdf5_reader::error::Error as ParseError;
use hdf5_reader::{ByteOrder, Dataset, Datatype, StringPadding, StringSize, VarLenKind};

use crate::limits;

/// What a dataset of no or one dimension holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text, without its NUL or blank padding.
    Text(String),
    /// A boolean, as h5py writes them: an enumeration of `FALSE` and `TRUE`.
    Bool(bool),
    /// A signed integer of 1 to 8 bytes.
    Integer(i64),
    /// An unsigned integer of 1 to 8 bytes.
    Unsigned(u64),
    /// A float of 2, 4 or 8 bytes. It may be NaN or infinite.
    Float(f64),
    /// Several values, or one in a dataset that may grow; all of one kind.
    List(Vec<Self>),
}

/// Why a dataset gives no such value. The caller adds the names.
#[derive(Debug)]
pub(crate) enum Mismatch {
    Parse(Box<ParseError>),
    Type(&'static str),
    Count(u64),
    Large(String),
    Shape(&'static str, Vec<u64>),
    Range { index: u64, count: u64 },
    Incomplete(String),
}

impl From<ParseError> for Mismatch {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::ResourceLimit(what) => Self::Large(what),
            other => Self::Parse(Box::new(other)),
        }
    }
}

/// The text of a dataset that holds one element.
pub(crate) fn text(dataset: &Dataset) -> Result<String, Mismatch> {
    match one(dataset)? {
        Value::Text(text) => Ok(text),
        _ => Err(Mismatch::Type(name(dataset.dtype()))),
    }
}

/// The number in a dataset that holds one element.
#[expect(
    clippy::cast_precision_loss,
    reason = "the trait says so: numbers are doubles"
)]
pub(crate) fn number(dataset: &Dataset) -> Result<f64, Mismatch> {
    match one(dataset)? {
        Value::Bool(value) => Ok(f64::from(u8::from(value))),
        Value::Integer(value) => Ok(value as f64),
        Value::Unsigned(value) => Ok(value as f64),
        Value::Float(value) => Ok(value),
        Value::Text(_) | Value::List(_) => Err(Mismatch::Type(name(dataset.dtype()))),
    }
}

fn one(dataset: &Dataset) -> Result<Value, Mismatch> {
    all(dataset)?.pop().ok_or(Mismatch::Count(0))
}

/// What a dataset of no or one dimension holds: a list unless it is a single value that cannot grow, or text.
pub(crate) fn whole(dataset: &Dataset) -> Result<Value, Mismatch> {
    if dataset.ndim() > 1 {
        let expected = "a single value or a list of one dimension";
        return Err(Mismatch::Shape(expected, dataset.shape().to_vec()));
    }
    let mut values = all(dataset)?;
    let fixed = dataset
        .max_dims()
        .is_none_or(|dims| dims.iter().all(|dim| *dim == 1));
    let single = values.len() == 1 && (fixed || matches!(values.first(), Some(Value::Text(_))));
    match values.pop() {
        Some(value) if single => Ok(value),
        Some(value) => {
            values.push(value);
            Ok(Value::List(values))
        }
        None => Ok(Value::List(values)),
    }
}

/// All elements. Memory is taken only for what is within the limits, whatever the file claims.
fn all(dataset: &Dataset) -> Result<Vec<Value>, Mismatch> {
    let width = dataset.raw_element_size()?;
    limits::value(dataset.num_elements()?, width, dataset.chunks().as_deref())?;
    if width == 0 {
        return Err(Mismatch::Type("values without a size"));
    }
    let bytes = dataset.read_raw_bytes()?;
    let elements = bytes.chunks_exact(width);
    match dataset.dtype() {
        Datatype::String {
            size: StringSize::Fixed(_),
            padding,
            ..
        } => Ok(elements.map(|text| fixed(text, *padding)).collect()),
        Datatype::String {
            size: StringSize::Variable,
            ..
        }
        | Datatype::VarLen {
            kind: VarLenKind::String,
            ..
        } => variable(dataset, elements),
        dtype => elements.map(|bytes| scalar(dtype, bytes)).collect(),
    }
}

fn fixed(bytes: &[u8], padding: StringPadding) -> Value {
    Value::Text(decoded(unpadded(bytes.to_vec(), padding)))
}

/// Texts that stand elsewhere in the file; all of them together within the limit of one value.
fn variable<'a>(
    dataset: &Dataset,
    references: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Value>, Mismatch> {
    let mut total = 0;
    let mut texts = Vec::new();
    for reference in references {
        let bytes = dataset.resolve_vlen_reference_bytes(reference, 1)?;
        total += bytes.len();
        limits::text(total)?;
        texts.push(Value::Text(decoded(unpadded(bytes, StringPadding::NullPad))));
    }
    Ok(texts)
}

fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| latin_1(error.as_bytes()))
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

/// One number or boolean out of its bytes.
fn scalar(dtype: &Datatype, bytes: &[u8]) -> Result<Value, Mismatch> {
    let (order, kind) = match dtype {
        Datatype::FixedPoint {
            byte_order, signed, ..
        } => (*byte_order, Kind::Integer { signed: *signed }),
        Datatype::FloatingPoint { byte_order, .. } => (*byte_order, Kind::Float),
        Datatype::Bitfield { byte_order, .. } => (*byte_order, Kind::Integer { signed: false }),
        Datatype::Enum { base, members } => {
            let named = members.iter().find(|member| member.value == bytes);
            return match named.map(|member| member.name.as_str()) {
                Some("FALSE") => Ok(Value::Bool(false)),
                Some("TRUE") => Ok(Value::Bool(true)),
                // An enumeration of an enumeration is nothing that a file can hold rightly.
                _ if matches!(**base, Datatype::Enum { .. }) => Err(Mismatch::Type("an enumeration")),
                _ => scalar(base, bytes),
            };
        }
        other => return Err(Mismatch::Type(name(other))),
    };
    let mut bytes = bytes.to_vec();
    if order == ByteOrder::LittleEndian {
        bytes.reverse();
    }
    let value = match kind {
        Kind::Float => float(&bytes).map(Value::Float),
        Kind::Integer { signed } => integer(&bytes, signed),
    };
    value.ok_or(Mismatch::Type("a number of an unusual width"))
}

enum Kind {
    Integer { signed: bool },
    Float,
}

/// An integer of 1 to 8 bytes, the most significant first.
fn integer(bytes: &[u8], signed: bool) -> Option<Value> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let negative = signed && bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[8 - bytes.len()..].copy_from_slice(bytes);
    Some(if signed {
        Value::Integer(i64::from_be_bytes(wide))
    } else {
        Value::Unsigned(u64::from_be_bytes(wide))
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

pub(crate) fn name(dtype: &Datatype) -> &'static str {
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
            assert_eq!(integer(&ones, true), Some(Value::Integer(-1)), "{width} bytes");
            let most = u64::MAX >> (64 - 8 * width);
            assert_eq!(
                integer(&ones, false),
                Some(Value::Unsigned(most)),
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
