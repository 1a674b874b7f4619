//! `instruments`. Only API v3 has them.

use serde_json::{Map, json};

use super::call::{call, command, fields, optional};
use super::datasets::Count;
use super::find::{Find, Place};
use crate::{ApiVersion, Client, Filter, Instrument, InstrumentId};

impl Client {
    /// The instruments.
    pub fn instruments(&self) -> InstrumentsHandle {
        InstrumentsHandle { client: self.clone() }
    }
}

/// What can be asked of the instruments. Made by [`Client::instruments`]. Only administrators may write.
#[derive(Clone, Debug)]
pub struct InstrumentsHandle {
    client: Client,
}

impl InstrumentsHandle {
    /// Creates an instrument: the name that no other one has, and the name by which people know it.
    pub fn create(&self, unique_name: impl Into<String>, name: impl Into<String>) -> CreateInstrument {
        let mut create = CreateInstrument::new(&self.client, &[]);
        create.call.set("uniqueName", unique_name.into());
        create.call.set("name", name.into());
        create
    }

    /// Reads an instrument.
    pub fn get(&self, id: &InstrumentId) -> GetInstrument {
        GetInstrument::new(&self.client, &[("id", id.as_str())])
    }

    /// Finds the first instrument that a filter lets through: `GET /v3/instruments/findOne`.
    pub fn find_one(&self, filter: &Filter) -> FindOneInstrument {
        let call = FindOneInstrument::new(&self.client, &[]).call;
        let filter = json!({ "where": filter.to_json(ApiVersion::V3) }).to_string();
        FindOneInstrument {
            call: call.with(|parts| parts.query("filter", filter)),
        }
    }

    /// Changes an instrument.
    pub fn update(&self, id: &InstrumentId) -> UpdateInstrument {
        let call = UpdateInstrument::new(&self.client, &[("id", id.as_str())]).call;
        UpdateInstrument {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Deletes an instrument.
    pub fn delete(&self, id: &InstrumentId) -> DeleteInstrument {
        DeleteInstrument::new(&self.client, &[("id", id.as_str())])
    }

    /// Finds instruments: `GET /v3/instruments?filter=…`.
    pub fn find(&self) -> Find<Instrument> {
        Find::new(
            &self.client,
            Place::v3("scicat.instrument_find", "/v3/instruments"),
            "uniqueName",
        )
    }

    /// Counts the instruments.
    pub fn count(&self) -> CountInstruments {
        CountInstruments::new(&self.client, &[])
    }
}

call! {
    /// Creates an instrument. Made by [`InstrumentsHandle::create`].
    CreateInstrument: "scicat.instrument_create", POST "/v3/instruments" -> Instrument;
    /// The new instrument. Not repeated once it may have been acted on.
}

fields!(CreateInstrument {
    /// Sets whatever is to be written down of it.
    custom_metadata "customMetadata": object;
});

call! {
    /// Reads an instrument. Made by [`InstrumentsHandle::get`].
    GetInstrument: "scicat.instrument_get", GET "/v3/instruments/{id}" -> Instrument;
    /// The instrument. Retried.
}
optional!(GetInstrument -> Instrument);

call! {
    /// Finds an instrument. Made by [`InstrumentsHandle::find_one`].
    FindOneInstrument: "scicat.instrument_find_one", GET "/v3/instruments/findOne" -> Instrument;
    /// The first instrument. Retried.
}
optional!(FindOneInstrument -> Instrument);

call! {
    /// Changes an instrument. Made by [`InstrumentsHandle::update`].
    UpdateInstrument: "scicat.instrument_update", PATCH "/v3/instruments/{id}" -> Instrument;
    /// The instrument as it is then. Retried.
}

fields!(UpdateInstrument {
    /// Sets the name by which people know it.
    name "name": text;
    /// Sets whatever is to be written down of it, in place of what was.
    custom_metadata "customMetadata": object;
});

command! {
    /// Deletes an instrument. Made by [`InstrumentsHandle::delete`].
    DeleteInstrument: "scicat.instrument_delete", DELETE "/v3/instruments/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

call! {
    /// Counts instruments. Made by [`InstrumentsHandle::count`].
    CountInstruments: "scicat.instrument_count", GET "/v3/instruments/count" -> Count;
    /// How many. Retried.
}
