//! Attachments: small pictures and files that stand with a dataset.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{ApiVersion, AttachmentId, DatasetPid, Error, Result};

/// Bytes of a known type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The media type, such as `image/png`.
    pub media_type: String,
    /// The bytes themselves.
    pub bytes: Bytes,
}

impl Content {
    /// Reads a data URL, as the catalogue stores them.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] saying what is wrong with it.
    pub fn from_data_url(url: &str) -> Result<Self> {
        let wrong = |what: &str| Error::config(format!("the attachment is no data URL: {what}"));
        let rest = url
            .strip_prefix("data:")
            .ok_or_else(|| wrong("it does not begin with `data:`"))?;
        let (head, data) = rest.split_once(',').ok_or_else(|| wrong("it has no comma"))?;
        let data = data.trim();
        let (media_type, bytes) = match head.strip_suffix(";base64") {
            Some(media_type) => {
                let bytes = STANDARD
                    .decode(data)
                    .map_err(|error| wrong("its base64 cannot be read").with_source(error))?;
                (media_type, bytes)
            }
            None => (head, data.as_bytes().to_vec()),
        };
        let media_type = if media_type.is_empty() {
            "text/plain"
        } else {
            media_type
        };
        Ok(Self {
            media_type: media_type.to_owned(),
            bytes: bytes.into(),
        })
    }

    fn to_data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, STANDARD.encode(&self.bytes))
    }
}

/// An attachment to be created: bytes, their type, and a caption.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    content: Content,
    caption: String,
    owner_group: String,
    access_groups: Vec<String>,
    published: bool,
    id: Option<AttachmentId>,
}

impl NewAttachment {
    /// An attachment of these bytes, such as a PNG (`image/png`), owned by a group, usually that of its dataset.
    pub fn new(
        bytes: impl Into<Bytes>,
        media_type: impl Into<String>,
        caption: impl Into<String>,
        owner_group: impl Into<String>,
    ) -> Self {
        Self {
            content: Content {
                media_type: media_type.into(),
                bytes: bytes.into(),
            },
            caption: caption.into(),
            owner_group: owner_group.into(),
            access_groups: Vec::new(),
            published: false,
            id: None,
        }
    }

    /// Sets the groups that may see it besides the owner's.
    #[must_use]
    pub fn access_groups<T: Into<String>>(mut self, groups: impl IntoIterator<Item = T>) -> Self {
        self.access_groups = groups.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether everyone may see it. API v3 takes no such word: there it follows the dataset.
    #[must_use]
    pub fn published(mut self, published: bool) -> Self {
        self.published = published;
        self
    }

    /// Sets its identifier, which else the backend makes.
    #[must_use]
    pub fn id(mut self, id: AttachmentId) -> Self {
        self.id = Some(id);
        self
    }

    /// The caption.
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// Checks what the backend would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if it has no bytes, no media type, caption or owner's group.
    pub fn check(&self) -> Result<()> {
        let is_type = |text: &str| {
            text.split_once('/').is_some_and(|(kind, rest)| {
                let plain = |c: char| c.is_ascii_graphic() && !",;\"".contains(c);
                !kind.is_empty() && !rest.is_empty() && kind.chars().chain(rest.chars()).all(plain)
            })
        };
        let wrong = if self.content.bytes.is_empty() {
            "bytes"
        } else if !is_type(&self.content.media_type) {
            "a media type such as image/png"
        } else if self.caption.trim().is_empty() {
            "a caption that is not blank"
        } else if self.owner_group.trim().is_empty() {
            "an ownerGroup that is not blank"
        } else {
            return Ok(());
        };
        Err(Error::config(format!("an attachment needs {wrong}")))
    }

    /// The document as a version of the API takes it. In v3 the path says whose it is, in v4 the document.
    pub fn to_json(&self, dataset: &DatasetPid, version: ApiVersion) -> Value {
        let mut body = json!({
            "thumbnail": self.content.to_data_url(),
            "caption": self.caption,
            "ownerGroup": self.owner_group,
            "accessGroups": self.access_groups,
        });
        if version == ApiVersion::V4 {
            body["isPublished"] = json!(self.published);
            body["relationships"] = json!([{ "targetId": dataset, "targetType": "dataset" }]);
        }
        if let Some(id) = &self.id {
            let key = match version {
                ApiVersion::V3 => "id",
                ApiVersion::V4 => "aid",
            };
            body[key] = json!(id);
        }
        body
    }
}

/// An attachment as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attachment {
    /// Its identifier in v3.
    #[serde(default)]
    pub id: Option<AttachmentId>,
    /// Its identifier in v4.
    #[serde(default)]
    pub aid: Option<AttachmentId>,
    /// The dataset it belongs to, in v3.
    #[serde(default)]
    pub dataset_id: Option<DatasetPid>,
    /// What it belongs to, in v4.
    #[serde(default)]
    pub relationships: Option<Vec<AttachmentTarget>>,
    /// The content as a data URL; [`content`](Self::content) reads it.
    #[serde(default)]
    pub thumbnail: Option<String>,
    /// The caption.
    #[serde(default)]
    pub caption: Option<String>,
    /// The group that owns it.
    #[serde(default)]
    pub owner_group: Option<String>,
    /// The groups that may see it.
    #[serde(default)]
    pub access_groups: Option<Vec<String>>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}

/// What an attachment belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AttachmentTarget {
    /// The identifier of the dataset, sample or proposal.
    pub target_id: Option<String>,
    /// `dataset`, `sample` or `proposal`.
    pub target_type: Option<String>,
    /// In which way.
    pub relation_type: Option<String>,
}

impl Attachment {
    /// Its identifier, whatever the version.
    pub fn identifier(&self) -> Option<&AttachmentId> {
        self.aid.as_ref().or(self.id.as_ref())
    }

    /// Its bytes and their type, if it has any.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if what is stored is no data URL.
    pub fn content(&self) -> Result<Option<Content>> {
        self.thumbnail.as_deref().map(Content::from_data_url).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_way_through_a_data_url() {
        let picture = NewAttachment::new(vec![0_u8, 159, 146, 150], "image/png", "raw image", "g");
        picture.check().unwrap();
        let sent = picture.to_json(&DatasetPid::new("a/b"), ApiVersion::V3);
        assert_eq!(sent["thumbnail"], "data:image/png;base64,AJ+Slg==");
        let read = Content::from_data_url(sent["thumbnail"].as_str().unwrap()).unwrap();
        assert_eq!(read, picture.content);
        let plain = Content::from_data_url("data:,x").unwrap();
        assert_eq!(
            (plain.media_type.as_str(), &plain.bytes[..]),
            ("text/plain", &b"x"[..])
        );
        for bad in [
            "",
            "x",
            "data:",
            "data:image/png;base64",
            "data:image/png;base64,*",
        ] {
            assert!(Content::from_data_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        for (bytes, kind, caption, group) in [
            (&b""[..], "image/png", "c", "g"),
            (b"x", "png", "c", "g"),
            (b"x", "image/png;x=1", "c", "g"),
            (b"x", "image/png", " ", "g"),
            (b"x", "image/png", "c", ""),
        ] {
            let attachment = NewAttachment::new(bytes.to_vec(), kind, caption, group);
            assert!(attachment.check().is_err(), "{kind} {caption} {group}");
        }
    }
}
