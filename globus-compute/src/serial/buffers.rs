//! Packing: a length in code points, a line break, the buffer, without anything between buffers.

use super::{Decoded, Undecodable};

/// More buffers than anybody packs.
const MAX_BUFFERS: usize = 64;

/// Packs buffers.
pub(crate) fn pack(buffers: &[String]) -> String {
    let packed = buffers
        .iter()
        .map(|buffer| format!("{}\n{buffer}", buffer.chars().count()));
    packed.collect()
}

/// The buffers of a packed text.
pub(super) fn unpack(packed: &str) -> Decoded<Vec<&str>> {
    let mut buffers = Vec::new();
    let mut rest = packed;
    while !rest.is_empty() {
        if buffers.len() == MAX_BUFFERS {
            return Err(Undecodable::new(format!("more than {MAX_BUFFERS} buffers")));
        }
        let (head, after) = rest
            .split_once('\n')
            .filter(|(head, _)| {
                !head.is_empty() && head.len() <= 9 && head.bytes().all(|b| b.is_ascii_digit())
            })
            .ok_or_else(|| Undecodable::new("a buffer does not begin with its length"))?;
        let length: usize = head
            .parse()
            .map_err(|_| Undecodable::new("a buffer does not begin with its length"))?;
        let end = end_of(after, length)?;
        let (buffer, next) = after.split_at(end);
        buffers.push(buffer);
        rest = next;
    }
    Ok(buffers)
}

/// Where so many code points end.
fn end_of(text: &str, length: usize) -> Decoded<usize> {
    let mut starts = text.char_indices().map(|(at, _)| at);
    match starts.nth(length) {
        Some(end) => Ok(end),
        None if text.chars().count() == length => Ok(text.len()),
        None => Err(Undecodable::new(format!(
            "a buffer is said to have {length} characters, but only {} are left",
            text.chars().count()
        ))),
    }
}

/// The identifier and the body of a buffer.
pub(super) fn identifier(buffer: &str) -> Decoded<(&str, &str)> {
    buffer
        .split_once('\n')
        .filter(|(identifier, _)| identifier.len() == 2 && identifier.is_ascii())
        .ok_or_else(|| Undecodable::new("a buffer without its two-character identifier"))
}
