//! Plain values as pickles of protocol 3, with the few opcodes that every release of the endpoint reads.

use super::value_ser::NotAValue;
use super::{MAX_DEPTH, Value};

/// The pair of a function's name and its source.
pub(super) fn write_pair(name: &str, source: &str) -> Vec<u8> {
    let mut out = vec![0x80, 3, b'('];
    push_text(&mut out, name);
    push_text(&mut out, source);
    out.extend(b"t.");
    out
}

/// Any value but an object.
pub(super) fn write(value: &Value) -> Result<Vec<u8>, NotAValue> {
    let mut out = vec![0x80, 3];
    push(&mut out, value, 0)?;
    out.push(b'.');
    Ok(out)
}

fn push(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), NotAValue> {
    if depth > MAX_DEPTH {
        return Err(NotAValue::new(format!(
            "an argument is nested deeper than {MAX_DEPTH} levels; flatten it, or put it into a file and pass its path"
        )));
    }
    match value {
        Value::None => out.push(b'N'),
        Value::Bool(truth) => out.push(if *truth { 0x88 } else { 0x89 }),
        Value::Int(number) => push_int(out, *number),
        Value::BigInt(digits) => {
            // LONG: decimal text, ended by `L` and a line break.
            out.push(b'L');
            out.extend(digits.as_bytes());
            out.extend(b"L\n");
        }
        Value::Float(number) => {
            out.push(b'G');
            out.extend(number.to_be_bytes());
        }
        Value::Text(text) => push_text(out, text),
        Value::Bytes(bytes) => {
            out.push(b'B');
            push_sized(out, bytes);
        }
        Value::List(items) => push_items(out, b"](", items, b'e', depth)?,
        Value::Tuple(items) => push_items(out, b"(", items, b't', depth)?,
        Value::Set(items) => {
            out.extend(b"cbuiltins\nset\n");
            push_items(out, b"](", items, b'e', depth)?;
            // TUPLE1, REDUCE
            out.extend([0x85, b'R']);
        }
        Value::Dict(entries) => {
            out.extend(b"}(");
            for (key, value) in entries {
                push(out, key, depth + 1)?;
                push(out, value, depth + 1)?;
            }
            out.push(b'u');
        }
        Value::Object(object) => {
            return Err(NotAValue::new(format!(
                "an {object} is not sent: pass plain values from which the function makes it"
            )));
        }
    }
    Ok(())
}

fn push_items(
    out: &mut Vec<u8>,
    begin: &[u8],
    items: &[Value],
    end: u8,
    depth: usize,
) -> Result<(), NotAValue> {
    out.extend(begin);
    for item in items {
        push(out, item, depth + 1)?;
    }
    out.push(end);
    Ok(())
}

fn push_int(out: &mut Vec<u8>, number: i128) {
    if let Ok(small) = u8::try_from(number) {
        out.extend([b'K', small]);
    } else if let Ok(number) = i32::try_from(number) {
        out.push(b'J');
        out.extend(number.to_le_bytes());
    } else {
        out.extend([0x8a, 16]);
        out.extend(number.to_le_bytes());
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    push_sized(out, text.as_bytes());
}

/// Arguments are far below the four gigabytes that the length can say; the whole submission has at most 10 MB.
fn push_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_le_bytes());
    out.extend(bytes);
}
