//! Reading the source out of a registered function.

use super::buffers::{identifier, unpack};
use super::{Decoded, Undecodable, Value, unmime64, unpickle};

/// The name and source of a registered function (`function_code`), as far as it was registered with its source.
///
/// # Errors
/// [`Undecodable`] with the reason: the text is damaged, or the function is kept as a pickled object only.
pub fn decode_function(code: &str) -> Result<(String, String), Undecodable> {
    let buffers = unpack(code)?;
    match buffers.as_slice() {
        [one] => decode(one, 0),
        many => Err(Undecodable::new(format!(
            "a function is one buffer, not {}",
            many.len()
        ))),
    }
}

fn decode(buffer: &str, depth: usize) -> Decoded<(String, String)> {
    let (kind, body) = identifier(buffer)?;
    match kind {
        "st" | "sd" => body
            .split_once(':')
            .map(|(name, source)| (name.to_owned(), source.to_owned()))
            .ok_or_else(|| Undecodable::new("plain source without its name before a colon")),
        "03" | "04" => pair(body),
        "10" if depth == 0 => combined(body),
        "12" if depth == 0 => first(unpack(body)?.into_iter()),
        "01" | "02" => Err(Undecodable::new(
            "the function is kept as a pickled object, without its source",
        )),
        other => Err(Undecodable::new(format!(
            "`{other}` is no way to keep a function"
        ))),
    }
}

fn pair(body: &str) -> Decoded<(String, String)> {
    match unpickle::read(&unmime64(body)?)? {
        Value::Tuple(parts) => match parts.as_slice() {
            [Value::Text(name), Value::Text(source)] => Ok((name.clone(), source.clone())),
            _ => Err(Undecodable::new("not the pair of a name and its source")),
        },
        _ => Err(Undecodable::new("not the pair of a name and its source")),
    }
}

/// `04\n:body:01\n:body…`: the pickled pairs stand first, and base64 has no colon.
fn combined(body: &str) -> Decoded<(String, String)> {
    let parts: Vec<&str> = body.split(':').collect();
    let pairs = parts.chunks_exact(2).filter_map(|chunk| match chunk {
        [kind @ ("03\n" | "04\n"), text] => Some(format!("{kind}{text}")),
        _ => None,
    });
    let pairs: Vec<String> = pairs.collect();
    first(pairs.iter().map(String::as_str))
}

fn first<'a>(buffers: impl Iterator<Item = &'a str>) -> Decoded<(String, String)> {
    let mut reasons = Vec::new();
    for buffer in buffers {
        match decode(buffer, 1) {
            Ok(found) => return Ok(found),
            Err(reason) => reasons.push(reason.reason().to_owned()),
        }
    }
    Err(Undecodable::new(format!(
        "none of the encodings holds the source: {}",
        reasons.join("; ")
    )))
}
