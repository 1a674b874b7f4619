//! `v2/concurrency_limits`: slots that runs anywhere share.

use std::time::Duration;

use serde_json::json;

use super::call::{act, call, fields, list, optional};
use crate::model::{ConcurrencyLimit, SlotLease, SlotsOf};
use crate::{Client, FlowRunId, LeaseId};

impl Client {
    /// The global concurrency limits.
    pub fn concurrency_limits(&self) -> ConcurrencyLimits {
        ConcurrencyLimits { client: self.clone() }
    }

    /// The global concurrency limit of this name.
    pub fn concurrency_limit(&self, name: impl Into<String>) -> ConcurrencyLimitHandle {
        ConcurrencyLimitHandle {
            client: self.clone(),
            name: name.into(),
        }
    }
}

/// The global concurrency limits. Made by [`Client::concurrency_limits`].
#[derive(Clone, Debug)]
pub struct ConcurrencyLimits {
    client: Client,
}

impl ConcurrencyLimits {
    /// Creates a limit of so many slots.
    pub fn create(&self, name: impl Into<String>, slots: u64) -> CreateConcurrencyLimit {
        let mut create = CreateConcurrencyLimit::new(&self.client, &[]);
        create.call.set("name", name.into());
        create.call.set("limit", slots);
        create
    }

    /// Lists limits.
    pub fn list(&self) -> ListConcurrencyLimits {
        ListConcurrencyLimits::new(&self.client, &[])
    }

    /// Takes so many slots of each of these limits, for good: they come back by [`give_back`](Self::give_back) only.
    pub fn take<T: ToString>(&self, names: impl IntoIterator<Item = T>, slots: u64) -> TakeSlots {
        let mut take = TakeSlots::new(&self.client, &[]);
        take.call.set("names", texts(names));
        take.call.set("slots", slots);
        take
    }

    /// Gives slots back.
    pub fn give_back<T: ToString>(&self, names: impl IntoIterator<Item = T>, slots: u64) -> GiveBackSlots {
        let mut give = GiveBackSlots::new(&self.client, &[]);
        give.call.set("names", texts(names));
        give.call.set("slots", slots);
        give
    }

    /// Takes so many slots of each of these limits, for a time: unless the lease is renewed they come back by
    /// themselves. The server allows 60 s to a day. Server version 3.4.
    pub fn lease<T: ToString>(
        &self,
        names: impl IntoIterator<Item = T>,
        slots: u64,
        time: Duration,
    ) -> LeaseSlots {
        let mut lease = LeaseSlots::new(&self.client, &[]);
        lease.call.set("names", texts(names));
        lease.call.set("slots", slots);
        lease.call.set("lease_duration", time.as_secs_f64());
        lease
    }

    /// Renews a lease, counted from now.
    pub fn renew(&self, lease: &LeaseId, time: Duration) -> RenewLease {
        let mut renew = RenewLease::new(&self.client, &[("lease_id", lease.as_ref())]);
        renew.call.set("lease_duration", time.as_secs_f64());
        renew
    }

    /// Ends a lease: its slots come back.
    pub fn release(&self, lease: &LeaseId) -> ReleaseLease {
        let mut release = ReleaseLease::new(&self.client, &[]);
        release.call.set("lease_id", lease.as_str());
        release
    }
}

fn texts<T: ToString>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    names.into_iter().map(|name| name.to_string()).collect()
}

/// What can be asked of one limit. Made by [`Client::concurrency_limit`].
#[derive(Clone, Debug)]
pub struct ConcurrencyLimitHandle {
    client: Client,
    name: String,
}

impl ConcurrencyLimitHandle {
    /// Reads it.
    pub fn get(&self) -> GetConcurrencyLimit {
        GetConcurrencyLimit::new(&self.client, &[("name", &self.name)])
    }

    /// Changes it.
    pub fn update(&self) -> UpdateConcurrencyLimit {
        UpdateConcurrencyLimit::new(&self.client, &[("name", &self.name)])
    }

    /// Deletes it.
    pub fn delete(&self) -> DeleteConcurrencyLimit {
        DeleteConcurrencyLimit::new(&self.client, &[("name", &self.name)])
    }
}

call! {
    /// Creates a limit. Made by [`ConcurrencyLimits::create`].
    CreateConcurrencyLimit: "prefect.concurrency_limit_create",
        POST "/v2/concurrency_limits/" -> ConcurrencyLimit;
    /// The new limit; 409 if there is one of this name. Not repeated once it may have been acted on.
}

call! {
    /// Reads a limit. Made by [`ConcurrencyLimitHandle::get`].
    GetConcurrencyLimit: "prefect.concurrency_limit_get",
        GET "/v2/concurrency_limits/{name}" -> ConcurrencyLimit;
    /// The limit. Retried.
}
optional!(GetConcurrencyLimit -> ConcurrencyLimit);

act! {
    /// Changes a limit. Made by [`ConcurrencyLimitHandle::update`].
    UpdateConcurrencyLimit: "prefect.concurrency_limit_update",
        PATCH(repeatable) "/v2/concurrency_limits/{name}";
    /// Changes it. Retried.
}

fields!(CreateConcurrencyLimit {
    /// Whether it is enforced.
    active: flag;
    /// How many slots come back by themselves each second, which makes it a rate limit.
    slot_decay_per_second: real;
});

fields!(UpdateConcurrencyLimit {
    /// How many slots it has.
    limit: number;
    /// Whether it is enforced.
    active: flag;
    /// How many slots come back by themselves each second, which makes it a rate limit.
    slot_decay_per_second: real;
});

act! {
    /// Deletes a limit. Made by [`ConcurrencyLimitHandle::delete`].
    DeleteConcurrencyLimit: "prefect.concurrency_limit_delete", DELETE "/v2/concurrency_limits/{name}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists limits. Made by [`ConcurrencyLimits::list`].
    ListConcurrencyLimits: "prefect.concurrency_limit_list", "/v2/concurrency_limits/filter" -> ConcurrencyLimit;
}

call! {
    /// Takes slots for good. Made by [`ConcurrencyLimits::take`].
    TakeSlots: "prefect.concurrency_take", POST "/v2/concurrency_limits/increment" -> Vec<SlotsOf>;
    /// The limits that slots were taken of: those that do not exist are left out. 423 with `Retry-After` while there
    /// are too few slots. Not repeated once it may have been acted on.
}

fields!(TakeSlots {
    /// `concurrency`, or `rate_limit` for limits whose slots come back by themselves.
    mode: text;
});

act! {
    /// Gives slots back. Made by [`ConcurrencyLimits::give_back`].
    GiveBackSlots: "prefect.concurrency_give_back", POST "/v2/concurrency_limits/decrement";
    /// Gives them back. Not repeated once it may have been acted on.
}

fields!(GiveBackSlots {
    /// How long they were held, in seconds, by which the server tells others how long to wait.
    occupancy_seconds: real;
});

call! {
    /// Takes slots for a time. Made by [`ConcurrencyLimits::lease`].
    LeaseSlots: "prefect.concurrency_lease", POST "/v2/concurrency_limits/increment-with-lease" -> SlotLease;
    /// The lease, and the limits that it covers: those that do not exist are left out. 423 with `Retry-After` while
    /// there are too few slots. Not repeated once it may have been acted on; what is not heard of comes back.
}

impl LeaseSlots {
    /// Says which flow run holds the slots.
    pub fn held_by(mut self, flow_run: &FlowRunId) -> Self {
        self.call
            .set("holder", json!({ "type": "flow_run", "id": flow_run.as_str() }));
        self
    }
}

fields!(LeaseSlots {
    /// `concurrency`, or `rate_limit` for limits whose slots come back by themselves.
    mode: text;
});

act! {
    /// Renews a lease. Made by [`ConcurrencyLimits::renew`].
    RenewLease: "prefect.concurrency_renew", POST(repeatable) "/v2/concurrency_limits/leases/{lease_id}/renew";
    /// Renews it; 410 if it is over. Retried.
}

act! {
    /// Ends a lease. Made by [`ConcurrencyLimits::release`].
    ReleaseLease: "prefect.concurrency_release",
        POST(repeatable) "/v2/concurrency_limits/decrement-with-lease";
    /// Ends it. Retried.
}
