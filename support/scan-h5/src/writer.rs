//! Small scans for tests and demonstrations, laid out as tomography beamline 8.3.2 writes them.

mod file;
mod frames;
mod metadata;

use std::collections::BTreeMap;

use file::Item;
pub use file::write_scan;

/// A value to be written, as an array of one unless it is several.
#[derive(Debug, Clone, PartialEq)]
pub enum ScanValue {
    /// UTF-8 text, in the scan's [`TextForm`].
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// A little-endian 64-bit float.
    Number(f64),
    /// A little-endian signed 32-bit integer.
    Integer(i32),
    /// One 64-bit float per projection, as motor positions are kept.
    Series(Vec<f64>),
    /// Rows of 64-bit floats, all of the same length.
    Grid(Vec<Vec<f64>>),
}

/// How a scan's texts are written. Readers must take them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextForm {
    /// Of fixed length, padded with NUL, an array of one.
    #[default]
    Fixed,
    /// Of fixed length, padded with eight blanks, an array of one.
    BlankPadded,
    /// Of variable length, an array of one.
    Variable,
    /// Of variable length, without dimensions.
    VariableScalar,
}

/// The number type of a scan's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PixelType {
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    #[default]
    U16,
    /// A float of 32 bits.
    F32,
}

/// What a made-up scan is to contain.
///
/// It has every metadata path of a tomography scan with a plausible value, and frames under `/exchange` (`data`, `data_white`, `data_dark`) with their angles (`theta`). The same
/// settings give the same bytes.
#[derive(Debug, Clone)]
pub struct ScanSpec {
    projections: usize,
    flats: usize,
    darks: usize,
    rows: usize,
    cols: usize,
    seed: u64,
    text_form: TextForm,
    pixel_type: PixelType,
    gzip: bool,
    constant: bool,
    overrides: BTreeMap<String, Option<ScanValue>>,
}

impl ScanSpec {
    /// A scan of so many projections of so many rows and columns, with two flat and two dark frames.
    pub fn new(projections: usize, rows: usize, cols: usize) -> Self {
        Self {
            projections,
            flats: 2,
            darks: 2,
            rows,
            cols,
            seed: 832,
            text_form: TextForm::default(),
            pixel_type: PixelType::default(),
            gzip: false,
            constant: false,
            overrides: BTreeMap::new(),
        }
    }

    /// The seed of the frames' noise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The number of flat frames.
    pub fn flats(mut self, flats: usize) -> Self {
        self.flats = flats;
        self
    }

    /// The number of dark frames.
    pub fn darks(mut self, darks: usize) -> Self {
        self.darks = darks;
        self
    }

    /// How texts are written.
    pub fn text_form(mut self, form: TextForm) -> Self {
        self.text_form = form;
        self
    }

    /// The number type of the frames.
    pub fn pixel_type(mut self, kind: PixelType) -> Self {
        self.pixel_type = kind;
        self
    }

    /// Compresses each frame by itself, as acquisition software does.
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Gives every pixel of a stack the same value.
    pub fn constant(mut self) -> Self {
        self.constant = true;
        self
    }

    /// Writes this value at this HDF5 path, in place of the one there or beside the others.
    pub fn set(mut self, path: impl Into<String>, value: ScanValue) -> Self {
        self.overrides.insert(path.into(), Some(value));
        self
    }

    /// [`set`](Self::set) for text.
    pub fn text(self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.set(path, ScanValue::Text(text.into()))
    }

    /// Leaves out what stands at this path, be it metadata or frames.
    pub fn without(mut self, path: impl Into<String>) -> Self {
        self.overrides.insert(path.into(), None);
        self
    }

    /// Everything to be written, by path.
    fn items(&self) -> BTreeMap<String, Item> {
        let mut items: BTreeMap<String, Item> = metadata::values(self)
            .into_iter()
            .map(|(path, value)| (path.to_owned(), Item::Value(value)))
            .collect();
        let stacks = [
            ("data", self.projections, 20_000),
            ("data_white", self.flats, 24_000),
            ("data_dark", self.darks, 100),
        ];
        for (name, count, level) in stacks {
            items.insert(format!("/exchange/{name}"), Item::Frames { count, level });
        }
        let theta = (0..self.projections)
            .map(|index| metadata::angle(index, self.projections))
            .collect();
        items.insert(
            "/exchange/theta".to_owned(),
            Item::Value(ScanValue::Series(theta)),
        );
        for (path, value) in &self.overrides {
            match value {
                Some(value) => items.insert(path.clone(), Item::Value(value.clone())),
                None => items.remove(path),
            };
        }
        items
    }
}
