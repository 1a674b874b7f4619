//! `proposals`. Only API v3 has them.

use serde_json::Map;

use super::call::{call, command, fields, optional};
use super::datasets::Count;
use super::find::{Find, FullQuery, Place};
use super::sub_attachments::SubAttachmentsHandle;
use crate::{Client, Dataset, Proposal, ProposalId, Validity};

impl Client {
    /// The proposals.
    pub fn proposals(&self) -> ProposalsHandle {
        ProposalsHandle { client: self.clone() }
    }
}

/// What can be asked of the proposals. Made by [`Client::proposals`].
#[derive(Clone, Debug)]
pub struct ProposalsHandle {
    client: Client,
}

impl ProposalsHandle {
    /// Creates a proposal: its identifier, the group that owns it, its title and the proposer's email address, which
    /// the backend wants of all.
    pub fn create(
        &self,
        id: &ProposalId,
        owner_group: impl Into<String>,
        title: impl Into<String>,
        email: impl Into<String>,
    ) -> CreateProposal {
        let mut create = CreateProposal::new(&self.client, &[]);
        create.call.set("proposalId", id.as_str());
        create.call.set("ownerGroup", owner_group.into());
        create.call.set("title", title.into());
        create.call.set("email", email.into());
        create
    }

    /// Says whether the backend would take a proposal: `POST /v3/proposals/isValid`.
    pub fn is_valid(&self, proposal: &Map<String, serde_json::Value>) -> IsValidProposal {
        let call = IsValidProposal::new(&self.client, &[]).call;
        IsValidProposal {
            call: call.body(proposal).with(|parts| parts.idempotent(true)),
        }
    }

    /// Reads a proposal.
    pub fn get(&self, id: &ProposalId) -> GetProposal {
        GetProposal::new(&self.client, &[("id", id.as_str())])
    }

    /// Changes a proposal.
    pub fn update(&self, id: &ProposalId) -> UpdateProposal {
        let call = UpdateProposal::new(&self.client, &[("id", id.as_str())]).call;
        UpdateProposal {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Deletes a proposal.
    pub fn delete(&self, id: &ProposalId) -> DeleteProposal {
        DeleteProposal::new(&self.client, &[("id", id.as_str())])
    }

    /// Finds proposals: `GET /v3/proposals?filters=…`.
    pub fn find(&self) -> Find<Proposal> {
        let place = Place {
            key: "filters",
            ..Place::v3("scicat.proposal_find", "/v3/proposals")
        };
        Find::new(&self.client, place, "createdAt")
    }

    /// Searches proposals: `GET /v3/proposals/fullquery`.
    pub fn full_query(&self) -> FullQuery<Proposal> {
        let place = Place::v3("scicat.proposal_full_query", "/v3/proposals/fullquery");
        FullQuery::new(&self.client, place, "createdAt")
    }

    /// Counts the proposals that the account may see.
    pub fn count(&self) -> CountProposals {
        CountProposals::new(&self.client, &[])
    }

    /// Reads the datasets of a proposal.
    pub fn datasets(&self, id: &ProposalId) -> ListProposalDatasets {
        ListProposalDatasets::new(&self.client, &[("id", id.as_str())])
    }

    /// The attachments of a proposal.
    pub fn attachments(&self, id: &ProposalId) -> SubAttachmentsHandle {
        SubAttachmentsHandle::of_proposal(&self.client, id)
    }
}

call! {
    /// Creates a proposal. Made by [`ProposalsHandle::create`].
    CreateProposal: "scicat.proposal_create", POST "/v3/proposals" -> Proposal;
    /// The new proposal. Not repeated once it may have been acted on. It is 409 if there is one of this identifier.
}

fields!(CreateProposal {
    /// Sets what it is about.
    abstract_text "abstract": text;
    /// Sets the proposer's first name.
    firstname "firstname": text;
    /// Sets the proposer's last name.
    lastname "lastname": text;
    /// Sets the principal investigator's email address.
    pi_email "pi_email": text;
    /// Sets the principal investigator's first name.
    pi_firstname "pi_firstname": text;
    /// Sets the principal investigator's last name.
    pi_lastname "pi_lastname": text;
    /// Sets when it begins.
    start_time "startTime": date;
    /// Sets when it ends.
    end_time "endTime": date;
    /// Sets what kind of proposal it is.
    kind "type": text;
    /// Sets the groups that may read it.
    access_groups "accessGroups": texts;
    /// Sets the instruments it may use.
    instrument_ids "instrumentIds": texts;
    /// Sets whatever else is to be written down.
    metadata "metadata": object;
});

call! {
    /// Checks a proposal. Made by [`ProposalsHandle::is_valid`].
    IsValidProposal: "scicat.proposal_is_valid", POST "/v3/proposals/isValid" -> Validity;
    /// What the backend says of it. Nothing is stored. Retried.
}

call! {
    /// Reads a proposal. Made by [`ProposalsHandle::get`].
    GetProposal: "scicat.proposal_get", GET "/v3/proposals/{id}" -> Proposal;
    /// The proposal. Retried.
}
optional!(GetProposal -> Proposal);

call! {
    /// Changes a proposal. Made by [`ProposalsHandle::update`].
    UpdateProposal: "scicat.proposal_update", PATCH "/v3/proposals/{id}" -> Proposal;
    /// The proposal as it is then. Retried.
}

fields!(UpdateProposal {
    /// Sets the title.
    title "title": text;
    /// Sets what it is about.
    abstract_text "abstract": text;
    /// Sets the proposer's email address.
    email "email": text;
    /// Sets when it begins.
    start_time "startTime": date;
    /// Sets when it ends.
    end_time "endTime": date;
    /// Sets the groups that may read it.
    access_groups "accessGroups": texts;
    /// Sets whatever else is to be written down, in place of what was.
    metadata "metadata": object;
});

command! {
    /// Deletes a proposal. Made by [`ProposalsHandle::delete`].
    DeleteProposal: "scicat.proposal_delete", DELETE "/v3/proposals/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

call! {
    /// Counts proposals. Made by [`ProposalsHandle::count`].
    CountProposals: "scicat.proposal_count", GET "/v3/proposals/count" -> Count;
    /// How many. Retried.
}

call! {
    /// Lists the datasets of a proposal. Made by [`ProposalsHandle::datasets`].
    ListProposalDatasets: "scicat.proposal_datasets", GET "/v3/proposals/{id}/datasets" -> Vec<Dataset>;
    /// The datasets. Retried.
}
