//! The file: groups, values and stacks of frames.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::{CharacterSet, DatasetBuilder, Datatype, FileBuilder, FinishedGroup, StringPadding};

use super::frames::frames;
use super::{PixelType, ScanSpec, ScanValue, TextForm};
use crate::{Error, Result};

/// A dataset to be written.
pub(super) enum Item {
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
            Self::Value(ScanValue::Text(text)) => write_text(dataset, text, spec.text_form)?,
            Self::Value(ScanValue::Texts(texts)) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                dataset.with_strings(&texts)?;
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
            Self::Value(ScanValue::Grid(rows)) => {
                let cols = rows.first().map_or(0, Vec::len);
                dataset
                    .with_f64_data(&rows.concat())
                    .with_shape(&[u64::try_from(rows.len())?, u64::try_from(cols)?]);
            }
            Self::Frames { count, level } => write_frames(dataset, (*count, *level), spec)?,
        }
        Ok(())
    }
}

fn write_text(dataset: &mut DatasetBuilder, text: &str, form: TextForm) -> Result<(), Problem> {
    match form {
        TextForm::Fixed => {
            // A fixed-length type is at least one byte wide.
            let width = u32::try_from(text.len().max(1))?;
            dataset.with_strings_sized(&[text], width)?;
        }
        TextForm::BlankPadded => {
            let padded = format!("{text}        ");
            let kind = Datatype::String {
                size: u32::try_from(padded.len())?,
                padding: StringPadding::SpacePad,
                charset: CharacterSet::Utf8,
            };
            dataset.with_raw_data(kind, padded.into_bytes(), 1);
        }
        TextForm::Variable => {
            dataset.with_vlen_strings(&[text]);
        }
        TextForm::VariableScalar => {
            dataset.with_vlen_strings(&[text]).with_shape(&[]);
        }
    }
    Ok(())
}

fn write_frames(
    dataset: &mut DatasetBuilder,
    (count, level): (usize, u16),
    spec: &ScanSpec,
) -> Result<(), Problem> {
    let shape = [
        u64::try_from(count)?,
        u64::try_from(spec.rows)?,
        u64::try_from(spec.cols)?,
    ];
    let pixels = frames(count, level, spec);
    match spec.pixel_type {
        PixelType::U8 => {
            let pixels: Vec<u8> = pixels.iter().map(|pixel| pixel.to_be_bytes()[0]).collect();
            dataset.with_u8_data(&pixels)
        }
        PixelType::U16 => dataset.with_u16_data(&pixels),
        PixelType::F32 => {
            let pixels: Vec<f32> = pixels.iter().map(|pixel| f32::from(*pixel) / 65_536.0).collect();
            dataset.with_f32_data(&pixels)
        }
    };
    dataset.with_shape(&shape);
    if spec.gzip && !pixels.is_empty() {
        dataset.with_chunks(&[1, shape[1], shape[2]]).with_deflate(4);
    }
    Ok(())
}
