//! A scan as the catalogue will know it.

use scan_h5::{Scan, ScanReader};
use scicat::{
    ApiVersion, Client, ContactEmail, DatasetPid, NewAttachment, NewDataset, NewOrigDatablock, NewRawDataset,
    RequiredFields, ScientificMetadata, UpsertError, Upserted,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::issue::{Issue, Issues};
use crate::metadata::{Fields, scientific};
use crate::rules::{Rules, ThumbnailRule};
use crate::source::Source;
use crate::text::{Access, UNKNOWN_EMAIL, contact_email, search_terms};
use crate::thumbnail::Thumbnail;
use crate::{Error, Result};

const UNKNOWN: &str = "Unknown";

/// Everything that the catalogue is to be told of a scan, before anything is sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Record {
    /// The dataset. It has no size: the catalogue adds up those of the datablocks.
    pub dataset: NewRawDataset,
    /// Its files.
    pub datablock: NewOrigDatablock,
    /// The picture of its first frame, and the caption.
    pub thumbnail: Option<(Thumbnail, String)>,
    /// Who owns it and who may read it.
    pub access: Access,
    /// The files that it was made of.
    pub source: Source,
    /// The name of the dataset.
    pub name: String,
    /// What the scan lacks, each once.
    pub issues: Vec<Issue>,
}

impl Record {
    /// Reads a scan by a beamline's rules; the longer side of the thumbnail is at most `side` pixels, 0 for the frame's
    /// own size. Blocks on the disk.
    ///
    /// What can be done without becomes an issue. The metadata is read from the first file of the source.
    ///
    /// # Errors
    /// [`Error::Scan`] for a file that is no HDF5 or is damaged in its frames, [`Error::NoFrames`] and
    /// [`Error::Changed`] for one that is not complete. Nothing was sent, so a scan that is not complete leaves nothing
    /// behind in the catalogue.
    pub fn read(rules: &Rules, source: Source, side: usize) -> Result<Self> {
        let mut issues = Issues::default();
        let first = source.files().first().filter(|_| rules.reads_hdf5());
        let scan = first.map(|file| Scan::open(&file.local)).transpose()?;
        let fields = Fields::read(rules, scan.as_ref(), &mut issues);
        let metadata = scan.as_ref().map(|scan| scientific(rules, scan, &mut issues));
        let thumbnail = match (&rules.thumbnail, &scan, first) {
            (Some(rule), Some(scan), Some(file)) => {
                thumbnail(rule, scan, side, &mut issues)?.map_err(|at| Error::NoFrames {
                    file: file.local.clone(),
                    at,
                })?
            }
            _ => None,
        };
        source.unchanged()?;
        Self::new(rules, source, (fields, metadata), thumbnail, issues)
    }

    fn new(
        rules: &Rules,
        source: Source,
        (fields, metadata): (Fields, Option<ScientificMetadata>),
        thumbnail: Option<(Thumbnail, String)>,
        mut issues: Issues,
    ) -> Result<Self> {
        let access = Access::of(
            &rules.group,
            &rules.aliases,
            fields.beamline.as_deref(),
            fields.proposal.as_deref(),
        );
        let proposal = fields
            .proposal
            .as_ref()
            .filter(|_| access.owner_group != rules.group);
        let name = fields
            .dataset_name
            .as_deref()
            .unwrap_or_else(|| source.stem())
            .to_owned();
        let investigator = fields.principal_investigator.as_deref().unwrap_or(UNKNOWN);
        let instrument = fields.instrument.as_deref().unwrap_or(UNKNOWN);
        let terms = search_terms(&name);
        let mut dataset = NewRawDataset::new(RequiredFields {
            owner: investigator.to_owned(),
            owner_group: access.owner_group.clone(),
            contact_email: email(fields.contact_email.as_deref(), &mut issues)?,
            source_folder: source.folder().to_owned(),
            dataset_name: name.clone(),
            creation_time: source.modified(),
            principal_investigator: investigator.to_owned(),
            creation_location: instrument.to_owned(),
        })
        .instrument_id(instrument)
        .description(terms.join(" "))
        .sample_id(terms.join(" "))
        .keywords(terms)
        .access_groups(&access.access_groups);
        if let Some(format) = &rules.data_format {
            dataset = dataset.data_format(format);
        }
        if let Some(proposal) = proposal {
            dataset = dataset.proposal_id(proposal);
        }
        if let Some(metadata) = metadata {
            dataset = dataset.scientific_metadata(metadata);
        }
        let datablock = source
            .files()
            .iter()
            .fold(NewOrigDatablock::new(), |block, file| {
                block.file(&file.path, file.size, file.modified)
            });
        Ok(Self {
            dataset,
            datablock,
            thumbnail,
            access,
            source,
            name,
            issues: issues.into_list(),
        })
    }
}

/// What is sent to the catalogue for a record: a body each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bodies {
    /// The dataset.
    pub dataset: Value,
    /// Its files.
    pub origdatablock: Value,
    /// Its picture.
    pub attachment: Option<Value>,
}

impl Record {
    /// The picture as it is attached.
    pub fn attachment(&self) -> Option<NewAttachment> {
        let (thumbnail, caption) = self.thumbnail.as_ref()?;
        let attachment = NewAttachment::new(
            thumbnail.png.clone(),
            "image/png",
            caption,
            &self.access.owner_group,
        );
        Some(attachment.access_groups(&self.access.access_groups))
    }

    /// The bodies as they are sent. That of v4's picture names the dataset, and has no name before there is one.
    pub fn bodies(&self, version: ApiVersion) -> Bodies {
        let nobody = DatasetPid::new("");
        Bodies {
            dataset: NewDataset::from(self.dataset.clone()).to_json(version),
            origdatablock: json!(self.datablock),
            attachment: self.attachment().map(|picture| picture.to_json(&nobody, version)),
        }
    }

    /// Sees to it that the dataset stands in the catalogue once, with its files and its picture: see
    /// [`Upsert`](scicat::api::Upsert).
    ///
    /// # Errors
    /// Says at which step, the catalogue's answer, and what to do. What was made until then stays, and the next attempt
    /// goes on from there.
    pub async fn send(&self, client: &Client) -> Result<Upserted, UpsertError> {
        let upsert = client
            .datasets()
            .upsert(self.dataset.clone())
            .files(self.datablock.clone());
        match self.attachment() {
            Some(picture) => upsert.attachment(picture).send().await,
            None => upsert.send().await,
        }
    }
}

/// An address that is none is said so, and does not stop the ingest. What people write for none is none.
fn email(text: Option<&str>, issues: &mut Issues) -> Result<ContactEmail> {
    let given = text.unwrap_or_default();
    if let Some(email) = contact_email(given) {
        return Ok(email);
    }
    if !given.is_empty() && !given.eq_ignore_ascii_case("none") {
        issues.add(Issue::warning(format!("contact {given:?} is no email address")));
    }
    Ok(ContactEmail::new(UNKNOWN_EMAIL)?)
}

/// The picture of the first frame. A frame that is too large, or no image, is an issue; without frames, or with damaged
/// ones, the scan is not one yet.
fn thumbnail(
    rule: &ThumbnailRule,
    scan: &impl ScanReader,
    side: usize,
    issues: &mut Issues,
) -> Result<Result<Option<(Thumbnail, String)>, String>> {
    let made = match scan.frame(&rule.frames, 0) {
        Ok(Some(frame)) => Thumbnail::of(&frame, side),
        Ok(None) | Err(scan_h5::Error::OutOfRange { .. }) => return Ok(Err(rule.frames.clone())),
        Err(
            error @ (scan_h5::Error::TooLarge { .. }
            | scan_h5::Error::WrongShape { .. }
            | scan_h5::Error::WrongType { .. }),
        ) => Err(Error::Picture(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    match made {
        Ok(thumbnail) => Ok(Ok(Some((thumbnail, rule.caption.clone())))),
        Err(error) => {
            issues.add(Issue::error(error));
            Ok(Ok(None))
        }
    }
}
