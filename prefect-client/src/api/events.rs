//! `events`, over HTTP. The websockets are behind the feature `events`.

use chrono::{DateTime, Utc};
use rest_core::{Page, PageToken, Pager};
use serde_json::Value;

use super::call::{act, builder, call, fields};
use crate::model::{Event, EventPage, NewEvent};
use crate::{Client, RequestParts, Result};

impl Client {
    /// The events. Server version 3.
    pub fn events(&self) -> Events {
        Events { client: self.clone() }
    }
}

/// The events. Made by [`Client::events`].
#[derive(Clone, Debug)]
pub struct Events {
    pub(crate) client: Client,
}

impl Events {
    /// Tells the server of events.
    pub fn emit(&self, events: impl IntoIterator<Item = NewEvent>) -> EmitEvents {
        let mut emit = EmitEvents::new(&self.client, &[]);
        let events: Result<Vec<Value>, _> = events.into_iter().map(serde_json::to_value).collect();
        match events {
            Ok(events) => emit.call.body(Value::Array(events)),
            Err(problem) => emit.call.refuse(format!("an event cannot be written: {problem}")),
        }
        emit
    }

    /// Lists events that occurred in this time.
    pub fn list(&self, since: DateTime<Utc>, until: DateTime<Utc>) -> ListEvents {
        let mut list = ListEvents::new(&self.client, &[]);
        let occurred = &["filter", "occurred"];
        list.call.set_in(occurred, "since", super::call::time_text(since));
        list.call.set_in(occurred, "until", super::call::time_text(until));
        list
    }
}

act! {
    /// Tells the server of events. Made by [`Events::emit`].
    EmitEvents: "prefect.event_emit", POST(repeatable) "/events";
    /// Tells it. Retried: each event has an identifier by which the server knows it again.
}

builder! {
    /// Lists events, the latest first. Made by [`Events::list`].
    ListEvents: "prefect.event_list", POST(repeatable) "/events/filter";
}

fields!(ListEvents {
    /// Only those with one of these names.
    names: texts["filter", "event", "name"];
    /// Only those whose name begins with one of these.
    prefixes: texts["filter", "event", "prefix"];
    /// Only those about one of these resources, such as `prefect.flow-run.<id>`.
    resources: texts["filter", "resource", "id"];
    /// How many a page has; 50 unless said.
    limit: number;
});

call! {
    /// Reads a further page of events, which the server named.
    NextEvents: "prefect.event_next", GET "/events/filter/next" -> EventPage;
    /// The page. Retried.
}

impl ListEvents {
    /// One page. Retried.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Page<Event>> {
        let page: EventPage = self.call.client.request(self.into_parts()?).await?;
        Ok(page.page())
    }

    /// All pages, as a stream, a list, or from where another pager stopped.
    pub fn pager(&self) -> Pager<Event> {
        let first = self.clone();
        Pager::new("prefect.event_list", move |token| {
            let list = first.clone();
            Box::pin(async move {
                match token {
                    None => list.send().await,
                    Some(token) => list.further(&token)?.send().await.map(EventPage::page),
                }
            })
        })
    }

    fn further(&self, token: &PageToken) -> Result<NextEvents> {
        let mut next = NextEvents::new(&self.call.client, &[]);
        match token {
            PageToken::Marker(mark) => next.call.ask("page-token", mark),
            token => next
                .call
                .refuse(format!("{token:?} does not belong to this list")),
        }
        next.into_parts().map(|_: RequestParts| next)
    }
}

rest_core::paged!(ListEvents, Event);
