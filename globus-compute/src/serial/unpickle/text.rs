//! Numbers and texts as pickles write them.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::super::{Decoded, Undecodable};
use super::node::Node;

/// Longer numbers Python itself does not print.
const MAX_NUMBER_BYTES: usize = 1800;
const MAX_DIGITS: usize = 4300;

pub(super) fn utf8(bytes: &[u8]) -> Decoded<Cow<'_, str>> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| {
        Undecodable::new("text that is not UTF-8, for instance half a character (a lone surrogate)")
    })
}

pub(super) fn ascii(bytes: &[u8]) -> Decoded<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.is_ascii())
        .ok_or_else(|| Undecodable::new("a line that is not ASCII"))
}

pub(super) fn float(line: &[u8]) -> Decoded<f64> {
    ascii(line)?
        .parse()
        .map_err(|_| Undecodable::new("a number that is none"))
}

/// A whole number in decimal digits.
pub(super) fn decimal(line: &[u8]) -> Decoded<Node<'static>> {
    let text = ascii(line)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Undecodable::new("a number that is none"));
    }
    Ok(match text.parse() {
        Ok(number) => Node::Int(number),
        Err(_) => Node::BigInt(text.to_owned()),
    })
}

/// A whole number in two's complement, lowest byte first.
pub(super) fn little_endian(bytes: &[u8]) -> Decoded<Node<'static>> {
    if bytes.len() > MAX_NUMBER_BYTES {
        return Err(Undecodable::new(format!("a number of {} bytes", bytes.len())));
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let (low, high) = bytes.split_at(bytes.len().min(16));
    let mut wide = [fill; 16];
    for (place, byte) in wide.iter_mut().zip(low) {
        *place = *byte;
    }
    let number = i128::from_le_bytes(wide);
    if high.iter().all(|byte| *byte == fill) && (number < 0) == negative {
        return Ok(Node::Int(number));
    }
    Ok(Node::BigInt(long_decimal(bytes, negative)))
}

/// Schoolbook conversion; numbers are short enough for it.
fn long_decimal(bytes: &[u8], negative: bool) -> String {
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in &mut magnitude {
            let (next, overflow) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (next, overflow);
        }
    }
    // In base 10^9, lowest group first.
    let mut groups: Vec<u64> = vec![0];
    for byte in magnitude.iter().rev() {
        let mut carry = u64::from(*byte);
        for group in &mut groups {
            let sum = *group * 256 + carry;
            (*group, carry) = (sum % 1_000_000_000, sum / 1_000_000_000);
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut digits = String::new();
    for group in groups.iter().rev() {
        // Writing to a String cannot fail.
        let _: std::fmt::Result = write!(digits, "{group:09}");
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}{}", digits.trim_start_matches('0'))
}

/// Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn raw_unicode_escape(line: &[u8]) -> Decoded<Cow<'static, str>> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, after)) = rest.split_first() {
        let width = match (byte, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                out.push(char::from(*byte));
                rest = after;
                continue;
            }
        };
        let digits = after
            .get(1..=width)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let character = code.and_then(char::from_u32);
        out.push(character.ok_or_else(|| Undecodable::new("an escape that is no character"))?);
        rest = after.get(width + 1..).unwrap_or_default();
    }
    Ok(Cow::Owned(out))
}
