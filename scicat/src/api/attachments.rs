//! `datasets/{pid}/attachments`, in v4 `attachments`: pictures and small files of a dataset.

use serde::Deserialize;
use serde_json::json;

use super::call::{Call, builder, call, command, fields, versioned};
use super::find::{Find, Place};
use crate::{
    ApiVersion, Attachment, AttachmentId, Client, Content, DatasetPid, Error, Filter, NewAttachment,
    RequestParts, Result,
};

impl Client {
    /// The attachments of one dataset.
    pub fn attachments(&self, pid: DatasetPid) -> AttachmentsHandle {
        AttachmentsHandle {
            client: self.clone(),
            pid,
        }
    }

    /// Finds attachments of everything: `GET /v4/attachments?filter=…`. Only API v4 has it; it is asked there in
    /// either case.
    pub fn find_attachments(&self) -> Find<Attachment> {
        let place = Place {
            version: ApiVersion::V4,
            ..Place::v3("scicat.attachment_find", "/v4/attachments")
        };
        Find::new(self, place, "createdAt")
    }
}

/// What can be asked of one dataset's attachments. Made by [`Client::attachments`].
#[derive(Clone, Debug)]
pub struct AttachmentsHandle {
    client: Client,
    pid: DatasetPid,
}

impl AttachmentsHandle {
    /// Creates an attachment: `POST /v3/datasets/{pid}/attachments` or `POST /v4/attachments`.
    pub fn create(&self, attachment: &NewAttachment) -> CreateAttachment {
        let mut create = CreateAttachment::new(&self.client, &[("pid", self.pid.as_str())]);
        create.call = create
            .call
            .body(&attachment.to_json(&self.pid, self.client.version()));
        if let Err(error) = attachment.check() {
            create.call.refuse(crate::error::message(&error));
        }
        create
    }

    /// Lists the dataset's attachments, with their bytes.
    pub fn list(&self) -> ListAttachments {
        let list = ListAttachments::new(&self.client, &[("pid", self.pid.as_str())]);
        if self.client.version() == ApiVersion::V3 {
            return list;
        }
        let only = Filter::new()
            .is("relationships.targetId", self.pid.as_str())
            .is("relationships.targetType", "dataset");
        let filter = json!({
            "where": only.to_json(ApiVersion::V4), "limits": {"skip": 0, "limit": MAX_ATTACHMENTS},
        });
        ListAttachments {
            call: list.call.with(|parts| parts.query("filter", filter.to_string())),
        }
    }

    /// Changes an attachment: `PUT /v3/datasets/{pid}/attachments/{id}` or `PATCH /v4/attachments/{id}`.
    pub fn update(&self, id: &AttachmentId) -> UpdateAttachment {
        let params = [("pid", self.pid.as_str()), ("id", id.as_str())];
        let method = match self.client.version() {
            ApiVersion::V3 => http::Method::PUT,
            ApiVersion::V4 => http::Method::PATCH,
        };
        let path = versioned!(
            self.client,
            "/v3/datasets/{pid}/attachments/{id}",
            "/v4/attachments/{id}"
        );
        let call = Call::new(&self.client, "scicat.attachment_update", method, path, &params);
        UpdateAttachment {
            call: call.with(|parts| parts.idempotent(true)),
        }
    }

    /// Deletes an attachment.
    pub fn delete(&self, id: &AttachmentId) -> DeleteAttachment {
        DeleteAttachment::new(&self.client, &[("pid", self.pid.as_str()), ("id", id.as_str())])
    }

    /// Reads the first picture: `GET /v3/datasets/{pid}/thumbnail`.
    pub fn thumbnail(&self) -> GetThumbnail {
        GetThumbnail::new(&self.client, &[("pid", self.pid.as_str())])
    }
}

/// More than any dataset has: v4 gives ten unless it is told.
const MAX_ATTACHMENTS: u64 = 10_000;

call! {
    /// Creates an attachment. Made by [`AttachmentsHandle::create`].
    CreateAttachment: "scicat.attachment_create",
        POST "/v3/datasets/{pid}/attachments" | "/v4/attachments" -> Attachment;
    /// The new attachment. Not repeated once it may have been acted on: look with [`AttachmentsHandle::list`] first.
    ///
    /// A refused field is status 400 and is named by [`violations`](crate::violations); it is 413 or 500 if it is
    /// larger than the site's server takes.
}

call! {
    /// Lists attachments. Made by [`AttachmentsHandle::list`].
    ListAttachments: "scicat.attachment_list",
        GET "/v3/datasets/{pid}/attachments" | "/v4/attachments" -> Vec<Attachment>;
    /// The attachments. Retried.
}

/// Changes an attachment. Made by [`AttachmentsHandle::update`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateAttachment {
    call: Call,
}

impl UpdateAttachment {
    /// `PUT /v3/datasets/{pid}/attachments/{id}` or `PATCH /v4/attachments/{id}`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value that was set cannot be sent.
    pub fn into_parts(&self) -> Result<RequestParts> {
        self.call.parts()
    }

    /// The attachment as it is then. Retried.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Attachment> {
        self.call.client.request(self.into_parts()?).await
    }
}

fields!(UpdateAttachment {
    /// Sets the caption.
    caption "caption": text;
    /// Sets the group that owns it, which v3 wants named with every change.
    owner_group "ownerGroup": text;
    /// Sets the groups that may see it.
    access_groups "accessGroups": texts;
});

command! {
    /// Deletes an attachment. Made by [`AttachmentsHandle::delete`].
    DeleteAttachment: "scicat.attachment_delete",
        DELETE "/v3/datasets/{pid}/attachments/{id}" | "/v4/attachments/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

builder! {
    /// Reads a dataset's first picture. Made by [`AttachmentsHandle::thumbnail`].
    GetThumbnail: "scicat.dataset_thumbnail", GET "/v3/datasets/{pid}/thumbnail";
}

#[derive(Deserialize)]
struct Thumbnail {
    #[serde(default)]
    thumbnail: Option<String>,
}

impl GetThumbnail {
    /// The picture's bytes and type; `None` if the dataset has none. Retried.
    ///
    /// # Errors
    /// Those of any request; [`ErrorKind::Decode`](crate::ErrorKind::Decode) if what is stored is no data URL.
    pub async fn send(&self) -> Result<Option<Content>> {
        let found: Option<Thumbnail> = self.call.client.request_opt(self.into_parts()?).await?;
        let url = found.and_then(|found| found.thumbnail);
        url.filter(|url| !url.is_empty())
            .map(|url| {
                Content::from_data_url(&url)
                    .map_err(|error| Error::decode(self.call.operation(), crate::error::message(&error)))
            })
            .transpose()
    }
}
