//! How much is read at once. A file says itself how large its values are, and may lie.

use crate::value::Mismatch;

/// Most bytes that one value or list may take.
const MAX_VALUE_BYTES: usize = 1 << 20;
/// Most values of one list.
const MAX_VALUES: u64 = 10_000;
/// Most bytes of one compressed chunk that a value stands in.
const MAX_VALUE_CHUNK_BYTES: usize = 16 << 20;
/// Most bytes of one frame or other selection, and of a compressed chunk that it stands in: 6,500 x 6,500 pixels of 16
/// bits, with room.
pub(crate) const MAX_SLAB_BYTES: usize = 96 << 20;
/// Most bytes of one object's header. Real ones take a few KiB.
pub(crate) const MAX_HEADER_BYTES: usize = 4 << 20;
/// Most bytes of one read from the file, whatever it is for (as the heap that variable-length text stands in).
pub(crate) const MAX_RANGE_BYTES: usize = MAX_SLAB_BYTES;

/// Whether so many elements of `width` bytes, kept in chunks of this shape, may be read as a value.
pub(crate) fn value(elements: u64, width: usize, chunk: Option<&[u32]>) -> Result<(), Mismatch> {
    if elements > MAX_VALUES {
        let what = format!("it holds {elements} values, and {MAX_VALUES} are read at most");
        return Err(Mismatch::Large(what));
    }
    let width = u64::try_from(width).unwrap_or(u64::MAX);
    within(elements.saturating_mul(width), MAX_VALUE_BYTES)?;
    let chunk = chunk.unwrap_or_default().iter().copied().map(u64::from);
    within(chunk.fold(width, u64::saturating_mul), MAX_VALUE_CHUNK_BYTES)
}

/// Whether variable-length text may add up to so many bytes.
pub(crate) fn text(bytes: usize) -> Result<(), Mismatch> {
    within(u64::try_from(bytes).unwrap_or(u64::MAX), MAX_VALUE_BYTES)
}

/// Whether so many elements of `width` bytes may be read as a frame or another selection.
pub(crate) fn slab(elements: u64, width: usize) -> Result<(), Mismatch> {
    let width = u64::try_from(width).unwrap_or(u64::MAX);
    within(elements.saturating_mul(width), MAX_SLAB_BYTES)
}

fn within(bytes: u64, limit: usize) -> Result<(), Mismatch> {
    if usize::try_from(bytes).is_ok_and(|bytes| bytes <= limit) {
        return Ok(());
    }
    let what = format!("it takes {bytes} bytes, and {limit} are read at most");
    Err(Mismatch::Large(what))
}
