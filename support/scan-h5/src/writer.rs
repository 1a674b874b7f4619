//! Small scans for tests and demonstrations, laid out as tomography beamline 8.3.2 writes them.

mod metadata;

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::{DatasetBuilder, FileBuilder, FinishedGroup};

use crate::{Error, Result};

/// A value to be written, as an array of one unless it is a series.
#[derive(Debug, Clone, PartialEq)]
pub enum ScanValue {
    /// UTF-8 of fixed length.
    Text(String),
    /// A little-endian 64-bit float.
    Number(f64),
    /// A little-endian signed 32-bit integer.
    Integer(i32),
    /// One 64-bit float per projection, as motor positions are kept.
    Series(Vec<f64>),
}

/// What a made-up scan is to contain.
///
/// It has every metadata path of a tomography scan with a plausible value, and frames of 16-bit unsigned
/// integers under `/exchange` (`data`, `data_white`, `data_dark`) with their angles (`theta`). The same
/// settings give the same bytes.
#[derive(Debug, Clone)]
pub struct ScanSpec {
    projections: usize,
    flats: usize,
    darks: usize,
    rows: usize,
    cols: usize,
    seed: u64,
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

/// A dataset to be written.
enum Item {
    Value(ScanValue),
    Frames { count: usize, level: u16 },
}

/// A group to be written.
#[derive(Default)]
struct Folder<'a> {
    items: BTreeMap<&'a str, &'a Item>,
    folders: BTreeMap<&'a str, Folder<'a>>,
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Writes a scan. The frames are put together in memory first.
///
/// # Errors
/// [`Error::Write`] when a path of the spec cannot be one in an HDF5 file, or the file cannot be written.
pub fn write_scan(path: &Path, spec: &ScanSpec) -> Result<()> {
    let write = || -> Result<(), Problem> {
        let items = spec.items();
        let mut root = Folder::default();
        for (at, item) in &items {
            root.insert(at, item);
        }
        root.refuse_clash()?;
        let mut file = FileBuilder::new();
        for (name, item) in &root.items {
            item.write(file.create_dataset(name), spec)?;
        }
        for (name, folder) in &root.folders {
            file.add_group(folder.build(name, spec)?);
        }
        let bytes = file.finish()?;
        Ok(std::fs::write(path, bytes)?)
    };
    write().map_err(|source| Error::Write {
        file: path.to_owned(),
        source,
    })
}

impl<'a> Folder<'a> {
    fn insert(&mut self, path: &'a str, item: &'a Item) {
        let path = path.trim_start_matches('/');
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder).or_default().insert(rest, item),
            None => {
                self.items.insert(path, item);
            }
        }
    }

    fn build(&self, name: &str, spec: &ScanSpec) -> Result<FinishedGroup, Problem> {
        self.refuse_clash()?;
        // The builder of a nested group needs none of its parent's.
        let mut group = FileBuilder::new().create_group(name);
        for (name, item) in &self.items {
            item.write(group.create_dataset(name), spec)?;
        }
        for (name, folder) in &self.folders {
            group.add_group(folder.build(name, spec)?);
        }
        Ok(group.finish())
    }

    /// The library would write a group and a dataset of the same name.
    fn refuse_clash(&self) -> Result<(), Problem> {
        match self.items.keys().find(|name| self.folders.contains_key(*name)) {
            Some(name) => Err(format!("{name} is to be a group and a dataset").into()),
            None => Ok(()),
        }
    }
}

impl Item {
    fn write(&self, dataset: &mut DatasetBuilder, spec: &ScanSpec) -> Result<(), Problem> {
        match self {
            Self::Value(ScanValue::Text(text)) => {
                // A fixed-length type is at least one byte wide.
                let width = u32::try_from(text.len().max(1))?;
                dataset.with_strings_sized(&[text], width)?;
            }
            Self::Value(ScanValue::Number(number)) => {
                dataset.with_f64_data(&[*number]);
            }
            Self::Value(ScanValue::Integer(number)) => {
                dataset.with_i32_data(&[*number]);
            }
            Self::Value(ScanValue::Series(series)) => {
                dataset.with_f64_data(series);
            }
            Self::Frames { count, level } => {
                let shape = [
                    u64::try_from(*count)?,
                    u64::try_from(spec.rows)?,
                    u64::try_from(spec.cols)?,
                ];
                dataset
                    .with_u16_data(&frames(*count, *level, spec))
                    .with_shape(&shape);
            }
        }
        Ok(())
    }
}

/// A dark bar that moves from frame to frame over an even field, with a little noise.
fn frames(count: usize, level: u16, spec: &ScanSpec) -> Vec<u16> {
    let mut noise = Noise(spec.seed ^ u64::from(level));
    let mut pixels = Vec::with_capacity(count * spec.rows * spec.cols);
    for frame in 0..count {
        let bar = frame * spec.cols / count.max(1);
        for _ in 0..spec.rows {
            for col in 0..spec.cols {
                let light = if col.abs_diff(bar) * 16 < spec.cols {
                    level / 2
                } else {
                    level
                };
                pixels.push(light + noise.next_below_64());
            }
        }
    }
    pixels
}

/// A generator of few lines, so that a seed means the same bytes for ever.
struct Noise(u64);

impl Noise {
    fn next_below_64(&mut self) -> u16 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u16::from(self.0.to_be_bytes()[0] >> 2)
    }
}
