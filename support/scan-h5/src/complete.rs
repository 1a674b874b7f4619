//! Whether a file is whole.

use hdf5_reader::{Dataset, Hdf5File};

use crate::slab;
use crate::value::Mismatch;

/// Whether the file has all the bytes that its head says it has, and a root group.
pub(crate) fn head(hdf5: &Hdf5File) -> Result<(), Mismatch> {
    let (has, needs) = (hdf5.storage().len(), hdf5.superblock().eof_address);
    if has < needs {
        return Err(Mismatch::Incomplete(format!("it has {has} of {needs} bytes")));
    }
    // Version 3 marks a file that some process has open for writing (bit 0) or appends to (bit 2).
    let head = hdf5.superblock();
    if head.version == 3 && head.consistency_flags & 0b101 != 0 {
        return Err(Mismatch::Incomplete(
            "it is marked as open for writing".to_owned(),
        ));
    }
    hdf5.root_group()?;
    Ok(())
}

/// Whether every frame of a stack is there and can be decoded. Reads the whole stack, a piece at a time. What is too large
/// to be read at once is not decoded, and is not incomplete for that.
pub(crate) fn frames(dataset: &Dataset) -> Result<(), Mismatch> {
    match decoded(dataset) {
        Err(Mismatch::Large(_)) => Ok(()),
        outcome => outcome,
    }
}

fn decoded(dataset: &Dataset) -> Result<(), Mismatch> {
    let shape = dataset.shape();
    let Some(count) = shape.first().filter(|_| shape.len() == 3) else {
        return Err(Mismatch::Shape("a stack of images", shape.to_vec()));
    };
    let Some(last) = count.checked_sub(1) else {
        return Err(Mismatch::Incomplete("it has no frames".to_owned()));
    };
    let Some(chunk) = dataset.chunks() else {
        // What is not compressed has no sum to check: the last frame is there if the file is long enough.
        return slab::frame(dataset, last).map(drop);
    };
    let along = |(extent, chunk): (&u64, &u32)| extent.div_ceil(u64::from(*chunk).max(1));
    let needs = shape.iter().zip(&chunk).map(along).fold(1, u64::saturating_mul);
    let mut has = 0;
    for chunk in dataset.iter_chunks()? {
        chunk?;
        has += 1;
    }
    if has < needs {
        return Err(Mismatch::Incomplete(format!(
            "{has} of {needs} pieces of its frames are written"
        )));
    }
    Ok(())
}
