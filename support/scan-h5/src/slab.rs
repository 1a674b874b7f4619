//! Parts of larger datasets: hyperslabs and frames, in the number type that the file has.

use hdf5_reader::{Dataset, Datatype, SliceInfo, SliceInfoElem};

use crate::limits;
use crate::value::{Mismatch, Value, name};

/// What to take of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// Everything.
    All,
    /// One index; the dimension is not in the result.
    At(u64),
    /// Every `step`-th index from `start` up to, without, `end`. An end beyond the extent is the extent; a step of 0 is 1.
    Range {
        /// The first index.
        start: u64,
        /// The index after the last.
        end: u64,
        /// The distance between two.
        step: u64,
    },
}

/// Numbers of the type that the file keeps them in.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is named after its type")]
pub enum Numbers {
    I8(Vec<i8>),
    U8(Vec<u8>),
    I16(Vec<i16>),
    U16(Vec<u16>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Does the same with the numbers of any type.
macro_rules! each {
    ($numbers:expr, $list:ident => $work:expr) => {
        match $numbers {
            Numbers::I8($list) => $work,
            Numbers::U8($list) => $work,
            Numbers::I16($list) => $work,
            Numbers::U16($list) => $work,
            Numbers::I32($list) => $work,
            Numbers::U32($list) => $work,
            Numbers::I64($list) => $work,
            Numbers::U64($list) => $work,
            Numbers::F32($list) => $work,
            Numbers::F64($list) => $work,
        }
    };
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        each!(self, list => list.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each as a [`Value`]; for a few numbers, not for a frame.
    pub fn to_values(&self) -> Vec<Value> {
        let signed = |number: i64| Value::Integer(number);
        let unsigned = |number: u64| Value::Unsigned(number);
        match self {
            Self::I8(list) => list.iter().map(|number| signed((*number).into())).collect(),
            Self::I16(list) => list.iter().map(|number| signed((*number).into())).collect(),
            Self::I32(list) => list.iter().map(|number| signed((*number).into())).collect(),
            Self::I64(list) => list.iter().copied().map(signed).collect(),
            Self::U8(list) => list.iter().map(|number| unsigned((*number).into())).collect(),
            Self::U16(list) => list.iter().map(|number| unsigned((*number).into())).collect(),
            Self::U32(list) => list.iter().map(|number| unsigned((*number).into())).collect(),
            Self::U64(list) => list.iter().copied().map(unsigned).collect(),
            Self::F32(list) => list.iter().map(|number| Value::Float((*number).into())).collect(),
            Self::F64(list) => list.iter().copied().map(Value::Float).collect(),
        }
    }
}

/// A selection of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Slab {
    /// Its extent in each dimension that is left.
    pub shape: Vec<u64>,
    /// Its numbers, the last dimension running fastest.
    pub numbers: Numbers,
}

/// One image.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its rows.
    pub rows: usize,
    /// Its columns.
    pub cols: usize,
    /// Its pixels, row by row.
    pub pixels: Numbers,
}

/// Reads a selection.
pub(crate) fn read(dataset: &Dataset, selection: &[Select]) -> Result<Slab, Mismatch> {
    let shape = dataset.shape();
    if shape.len() != selection.len() {
        return Err(Mismatch::Shape("another number of dimensions", shape.to_vec()));
    }
    let mut selections = Vec::with_capacity(shape.len());
    let mut left = Vec::new();
    for (select, count) in selection.iter().zip(shape.iter().copied()) {
        let (start, end, step) = match *select {
            Select::At(index) if index < count => {
                selections.push(SliceInfoElem::Index(index));
                continue;
            }
            Select::At(index) => return Err(Mismatch::Range { index, count }),
            Select::All => (0, count, 1),
            Select::Range { start, end, step } => (start.min(count), end.min(count), step.max(1)),
        };
        left.push(end.saturating_sub(start).div_ceil(step));
        selections.push(SliceInfoElem::Slice {
            start,
            end: end.max(start),
            step,
        });
    }
    let elements = left.iter().copied().fold(1, u64::saturating_mul);
    limits::slab(elements, dataset.raw_element_size()?)?;
    Ok(Slab {
        numbers: numbers(dataset, &SliceInfo { selections })?,
        shape: left,
    })
}

fn numbers(dataset: &Dataset, selection: &SliceInfo) -> Result<Numbers, Mismatch> {
    /// The numbers of one type; their dimensions are known.
    macro_rules! typed {
        ($kind:ident, $number:ty) => {
            Numbers::$kind(
                dataset
                    .read_slice::<$number>(selection)?
                    .into_raw_vec_and_offset()
                    .0,
            )
        };
    }
    Ok(match dataset.dtype() {
        Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
            (1, true) => typed!(I8, i8),
            (1, false) => typed!(U8, u8),
            (2, true) => typed!(I16, i16),
            (2, false) => typed!(U16, u16),
            (4, true) => typed!(I32, i32),
            (4, false) => typed!(U32, u32),
            (8, true) => typed!(I64, i64),
            (8, false) => typed!(U64, u64),
            _ => return Err(Mismatch::Type("integers of an unusual width")),
        },
        Datatype::FloatingPoint { size: 4, .. } => typed!(F32, f32),
        Datatype::FloatingPoint { size: 8, .. } => typed!(F64, f64),
        Datatype::FloatingPoint { .. } => return Err(Mismatch::Type("floats of an unusual width")),
        other => return Err(Mismatch::Type(name(other))),
    })
}

/// The frame at an index of a stack (frame, row, column), or the only one of an image (row, column).
pub(crate) fn frame(dataset: &Dataset, index: u64) -> Result<Frame, Mismatch> {
    let slab = match dataset.shape() {
        [_, _, _] => read(dataset, &[Select::At(index), Select::All, Select::All])?,
        [_, _] if index > 0 => return Err(Mismatch::Range { index, count: 1 }),
        [_, _] => read(dataset, &[Select::All, Select::All])?,
        other => return Err(Mismatch::Shape("an image or a stack of images", other.to_vec())),
    };
    let side = |dimension: usize| {
        let extent = slab.shape.get(dimension).copied().unwrap_or_default();
        usize::try_from(extent).unwrap_or_default()
    };
    let (rows, cols) = (side(0), side(1));
    if rows.saturating_mul(cols) != slab.numbers.len() {
        return Err(Mismatch::Type("fewer pixels than it says"));
    }
    Ok(Frame {
        rows,
        cols,
        pixels: slab.numbers,
    })
}
