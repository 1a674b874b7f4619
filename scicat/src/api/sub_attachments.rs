//! Attachments of samples and proposals. Only API v3 has their routes.

use http::Method;

use super::call::Call;
use crate::{
    ApiVersion, Attachment, AttachmentId, Client, DatasetPid, NewAttachment, ProposalId, RequestParts,
    Result, SampleId,
};

/// The attachments of a sample or proposal. Made by [`SamplesHandle::attachments`](super::SamplesHandle::attachments)
/// and [`ProposalsHandle::attachments`](super::ProposalsHandle::attachments).
#[derive(Clone, Debug)]
pub struct SubAttachmentsHandle {
    client: Client,
    routes: &'static Routes,
    id: String,
}

#[derive(Debug)]
struct Routes {
    create: &'static str,
    list: &'static str,
    delete: &'static str,
    all: &'static str,
    one: &'static str,
}

const SAMPLE: Routes = Routes {
    create: "scicat.sample_attachment_create",
    list: "scicat.sample_attachment_list",
    delete: "scicat.sample_attachment_delete",
    all: "/v3/samples/{id}/attachments",
    one: "/v3/samples/{id}/attachments/{attachment}",
};
const PROPOSAL: Routes = Routes {
    create: "scicat.proposal_attachment_create",
    list: "scicat.proposal_attachment_list",
    delete: "scicat.proposal_attachment_delete",
    all: "/v3/proposals/{id}/attachments",
    one: "/v3/proposals/{id}/attachments/{attachment}",
};

impl SubAttachmentsHandle {
    pub(super) fn of_sample(client: &Client, id: &SampleId) -> Self {
        Self {
            client: client.clone(),
            routes: &SAMPLE,
            id: id.to_string(),
        }
    }

    pub(super) fn of_proposal(client: &Client, id: &ProposalId) -> Self {
        Self {
            client: client.clone(),
            routes: &PROPOSAL,
            id: id.to_string(),
        }
    }

    /// Creates an attachment.
    pub fn create(&self, attachment: &NewAttachment) -> CreateSubAttachment {
        let params = [("id", self.id.as_str())];
        // The path says whose it is.
        let body = attachment.to_json(&DatasetPid::new(""), ApiVersion::V3);
        let call = Call::new(
            &self.client,
            self.routes.create,
            Method::POST,
            self.routes.all,
            &params,
        );
        let mut call = call.body(&body);
        if let Err(error) = attachment.check() {
            call.refuse(crate::error::message(&error));
        }
        CreateSubAttachment { call }
    }

    /// Lists the attachments.
    pub fn list(&self) -> ListSubAttachments {
        let params = [("id", self.id.as_str())];
        let call = Call::new(
            &self.client,
            self.routes.list,
            Method::GET,
            self.routes.all,
            &params,
        );
        ListSubAttachments { call }
    }

    /// Deletes an attachment.
    pub fn delete(&self, id: &AttachmentId) -> DeleteSubAttachment {
        let params = [("id", self.id.as_str()), ("attachment", id.as_str())];
        let call = Call::new(
            &self.client,
            self.routes.delete,
            Method::DELETE,
            self.routes.one,
            &params,
        );
        DeleteSubAttachment { call }
    }
}

macro_rules! request {
    ($(#[$doc:meta])* $name:ident, $method:ident -> $answer:ty; $(#[$sent:meta])*) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct $name {
            call: Call,
        }

        impl $name {
            /// The request, without sending it.
            ///
            /// # Errors
            /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value that was set cannot be sent.
            pub fn into_parts(&self) -> Result<RequestParts> {
                self.call.parts()
            }

            $(#[$sent])*
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> Result<$answer> {
                self.call.client.$method(self.into_parts()?).await
            }
        }
    };
}

request! {
    /// Creates an attachment. Made by [`SubAttachmentsHandle::create`].
    CreateSubAttachment, request -> Attachment;
    /// The new attachment. Not repeated once it may have been acted on.
}

request! {
    /// Lists attachments. Made by [`SubAttachmentsHandle::list`].
    ListSubAttachments, request -> Vec<Attachment>;
    /// The attachments. Retried.
}

request! {
    /// Deletes an attachment. Made by [`SubAttachmentsHandle::delete`].
    DeleteSubAttachment, request_empty -> ();
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
