//! Values as JSON that Python reads: ASCII only, `NaN` and `Infinity` as its own reader takes them.

use std::fmt::Write as _;

use super::value_ser::NotAValue;
use super::{MAX_DEPTH, Value};

/// The value as JSON.
pub(super) fn write(value: &Value) -> Result<String, NotAValue> {
    let mut out = String::new();
    push(&mut out, value, 0)?;
    Ok(out)
}

fn push(out: &mut String, value: &Value, depth: usize) -> Result<(), NotAValue> {
    if depth > MAX_DEPTH {
        return Err(NotAValue::new(format!(
            "an argument is nested deeper than {MAX_DEPTH} levels; flatten it, or put it into a file and pass its path"
        )));
    }
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => display(out, number),
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(number) => push_float(out, *number),
        Value::Text(text) => push_text(out, text),
        Value::List(items) | Value::Tuple(items) => push_list(out, items, depth)?,
        Value::Dict(entries) => push_dict(out, entries, depth)?,
        Value::Bytes(_) => {
            return Err(NotAValue::new(
                "JSON cannot hold bytes: pass them as base64 text, or put them into a file and pass its path",
            ));
        }
        Value::Set(_) => return Err(NotAValue::new("JSON cannot hold a set: pass a list")),
        Value::Object(object) => {
            return Err(NotAValue::new(format!(
                "JSON cannot hold an {object}: pass plain values from which the function makes it"
            )));
        }
    }
    Ok(())
}

/// Writing to a `String` cannot fail.
fn display(out: &mut String, value: impl std::fmt::Display) {
    let _: std::fmt::Result = write!(out, "{value}");
}

fn push_float(out: &mut String, number: f64) {
    if number.is_nan() {
        out.push_str("NaN");
    } else if number.is_infinite() {
        out.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        // With a point or an exponent, so that Python reads a float again.
        let _: std::fmt::Result = write!(out, "{number:?}");
    }
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    let _: std::fmt::Result = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn push_list(out: &mut String, items: &[Value], depth: usize) -> Result<(), NotAValue> {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push(out, item, depth + 1)?;
    }
    out.push(']');
    Ok(())
}

fn push_dict(out: &mut String, entries: &[(Value, Value)], depth: usize) -> Result<(), NotAValue> {
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        let Value::Text(key) = key else {
            return Err(NotAValue::new(format!(
                "JSON cannot hold a key of type {}: use text as keys, or pass a list of pairs",
                key.type_name()
            )));
        };
        if index > 0 {
            out.push_str(", ");
        }
        push_text(out, key);
        out.push_str(": ");
        push(out, value, depth + 1)?;
    }
    out.push('}');
    Ok(())
}
