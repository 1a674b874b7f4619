//! How functions, arguments and results travel: the service's text formats, without Python.
//!
//! A *buffer* is a two-character identifier, a line break and a body; several are packed one after the other, each with
//! its length in code points before it. Functions are sent as source text, arguments as JSON (or, to old endpoints, as
//! plain pickles); results come as JSON or as pickles, which are read without ever building an object.

mod buffers;
mod code;
mod json_read;
mod json_write;
mod pickle;
mod unpickle;
mod value;
mod value_de;
mod value_ser;

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub use code::decode_function;
pub use value::{Object, Value};
pub use value_ser::{NotAValue, to_value};

pub(crate) use buffers::pack;

/// As many values as one result may have; more is refused before it is built.
pub const MAX_VALUES: usize = 400_000;
/// How deep values may be nested.
pub const MAX_DEPTH: usize = 128;
/// The characters of a serialized result that the service passes on at most, with some room.
const MAX_TEXT: usize = 12 << 20;

/// Why a buffer could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable(String);

impl Undecodable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The reason in words.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Undecodable {}

type Decoded<T> = std::result::Result<T, Undecodable>;

/// Line breaks are taken out before; padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How an endpoint is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Functions as plain source, arguments as JSON: endpoints from version 3.3 on.
    Modern,
    /// Functions and arguments as plain pickles, which every release since 2.0 reads. There a function cannot see what
    /// else its source defines: imports and helpers must stand inside of it.
    Legacy,
}

impl Dialect {
    /// The dialect of an endpoint of this version, such as `4.19.0`. Without one it is
    /// [`Legacy`](Self::Legacy), which all understand.
    pub fn of_version(version: Option<&str>) -> Self {
        let mut numbers = version
            .unwrap_or_default()
            .split('.')
            .map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>())
            .map(|digits| digits.parse::<u32>().unwrap_or(0));
        let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if (major, minor) >= (3, 3) {
            Self::Modern
        } else {
            Self::Legacy
        }
    }

    /// The function's buffer, packed, as it is registered.
    pub(crate) fn function_code(self, name: &str, source: &str) -> String {
        pack(&[match self {
            Self::Modern => format!("st\n{name}:{source}"),
            Self::Legacy => format!("03\n{}", mime64(&pickle::write_pair(name, source))),
        }])
    }

    /// The identifier of the function's buffer.
    pub(crate) fn function_identifier(self) -> &'static str {
        match self {
            Self::Modern => "st",
            Self::Legacy => "03",
        }
    }

    /// The packed arguments of one call.
    pub(crate) fn arguments(
        self,
        args: Vec<Value>,
        kwargs: Vec<(Value, Value)>,
    ) -> Result<String, NotAValue> {
        let (args, kwargs) = match self {
            Self::Modern => (Value::List(args), Value::Dict(kwargs)),
            Self::Legacy => (Value::Tuple(args), Value::Dict(kwargs)),
        };
        Ok(pack(&[self.data(&args)?, self.data(&kwargs)?]))
    }

    fn data(self, value: &Value) -> Result<String, NotAValue> {
        Ok(match self {
            Self::Modern => format!("11\n{}", json_write::write(value)?),
            Self::Legacy => format!("00\n{}", mime64(&pickle::write(value)?)),
        })
    }
}

/// Base64 in lines of 76 characters, each ended by a line break.
fn mime64(bytes: &[u8]) -> String {
    let whole = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut text = String::with_capacity(whole.len() + whole.len() / 76 + 1);
    let mut rest = whole.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(76));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text
}

fn unmime64(text: &str) -> Decoded<Vec<u8>> {
    let plain: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64
        .decode(plain)
        .map_err(|error| Undecodable::new(format!("not base64: {error}")))
}

/// Reads a serialized result: JSON (`11`), a pickle (`00`) or a choice of both (`13`).
///
/// No object is ever built from a pickle: what would be one is kept as [`Value::Object`]. At most [`MAX_VALUES`] values,
/// [`MAX_DEPTH`] levels and 12 MB of text are read.
///
/// # Errors
/// [`Undecodable`] with the reason.
pub fn decode_value(text: &str) -> Result<Value, Undecodable> {
    if text.len() > MAX_TEXT {
        return Err(Undecodable::new(format!(
            "{} bytes, more than the service passes on",
            text.len()
        )));
    }
    let (identifier, body) = buffers::identifier(text)?;
    match identifier {
        "11" => json_read::read(body),
        "00" => unpickle::read(&unmime64(body)?),
        "13" => first_that_decodes(body),
        "01" | "02" | "03" | "04" | "10" | "12" | "st" | "sd" => Err(Undecodable::new(format!(
            "the buffer holds a function (`{identifier}`), not a value"
        ))),
        other => Err(Undecodable::new(format!("unknown kind of buffer `{other}`"))),
    }
}

fn first_that_decodes(body: &str) -> Decoded<Value> {
    let mut reasons = Vec::new();
    for buffer in buffers::unpack(body)? {
        // Not `13` again: a choice within a choice would nest without end.
        if buffer.starts_with("13\n") {
            return Err(Undecodable::new("a choice of encodings within another"));
        }
        match decode_value(buffer) {
            Ok(value) => return Ok(value),
            Err(reason) => reasons.push(reason.0),
        }
    }
    Err(Undecodable::new(format!(
        "none of the encodings: {}",
        reasons.join("; ")
    )))
}

#[cfg(test)]
mod tests;
