//! Tunnels and stream access points: version 2 of the API, whose documents are JSON:API.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{builder, call};
use super::paging::{LinkedList, list};
use crate::model::{
    Deleted, Enveloped, StreamAccessPoint, StreamAccessPointId, Tunnel, TunnelEvent, TunnelId, TunnelState,
};
use crate::{Client, Label, Result, SubmissionId};

/// Declares the builder of a request whose answer holds one document.
macro_rules! envelope {
    (
        $(#[$doc:meta])*
        $name:ident: $operation:literal, $method:ident $path:literal -> $answer:ty;
        $(#[$sent:meta])*
    ) => {
        builder! {
            $(#[$doc])*
            $name: $operation, $method $path;
        }

        impl $name {
            $(#[$sent])*
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> Result<$answer> {
                let answer: Enveloped<$answer> = self.call.client.request(self.into_parts()?).await?;
                Ok(answer.data)
            }
        }
    };
}

impl Client {
    /// The caller's tunnels: streams of data between two access points.
    pub fn tunnels(&self) -> Tunnels {
        Tunnels { client: self.clone() }
    }

    /// Lists the stream access points that the caller may use.
    pub fn stream_access_points(&self) -> ListStreamAccessPoints {
        ListStreamAccessPoints::new(self, &[])
    }

    /// Reads a stream access point.
    pub fn stream_access_point(&self, id: &StreamAccessPointId) -> GetStreamAccessPoint {
        GetStreamAccessPoint::new(self, &[("stream_ap_id", id.as_str())])
    }
}

/// The caller's tunnels. Made by [`Client::tunnels`].
#[derive(Clone, Debug)]
pub struct Tunnels {
    client: Client,
}

impl Tunnels {
    /// Lists the tunnels.
    pub fn list(&self) -> ListTunnels {
        ListTunnels::new(&self.client, &[])
    }

    /// Makes a tunnel from the access point that connects to the one that listens, under a submission id made
    /// here: sent twice, it is one tunnel.
    pub fn create(&self, initiator: &StreamAccessPointId, listener: &StreamAccessPointId) -> CreateTunnel {
        let end = |id: &StreamAccessPointId| json!({"data": {"type": "StreamAccessPoint", "id": id}});
        let body = json!({"data": {
            "type": "Tunnel",
            "relationships": {"initiator": end(initiator), "listener": end(listener)},
            "attributes": {"submission_id": Uuid::new_v4().to_string()},
        }});
        let mut create = CreateTunnel::new(&self.client, &[]);
        create.call = create.call.body(body).idempotent();
        create
    }

    /// Reads a tunnel.
    pub fn get(&self, id: &TunnelId) -> GetTunnel {
        GetTunnel::new(&self.client, &[("tunnel_id", id.as_str())])
    }

    /// Changes a tunnel: what its ends are, or that it shall stop.
    pub fn update(&self, id: &TunnelId) -> UpdateTunnel {
        let body = json!({"data": {"type": "Tunnel", "attributes": {}}});
        let mut update = UpdateTunnel::new(&self.client, &[("tunnel_id", id.as_str())]);
        update.call = update.call.body(body).idempotent();
        update
    }

    /// Deletes a tunnel.
    pub fn delete(&self, id: &TunnelId) -> DeleteTunnel {
        DeleteTunnel::new(&self.client, &[("tunnel_id", id.as_str())])
    }

    /// Lists what happened to a tunnel.
    pub fn events(&self, id: &TunnelId) -> ListTunnelEvents {
        ListTunnelEvents::new(&self.client, &[("tunnel_id", id.as_str())])
    }
}

list! {
    /// Lists tunnels. Made by [`Tunnels::list`].
    ListTunnels: "globus_transfer.list_tunnels", "/v2/tunnels" -> LinkedList<Tunnel>;
}

list! {
    /// Lists a tunnel's events. Made by [`Tunnels::events`].
    ListTunnelEvents: "globus_transfer.get_tunnel_events", "/v2/tunnels/{tunnel_id}/events" -> LinkedList<TunnelEvent>;
}

list! {
    /// Lists stream access points. Made by [`Client::stream_access_points`].
    ListStreamAccessPoints: "globus_transfer.list_stream_access_points",
        "/v2/stream_access_points" -> LinkedList<StreamAccessPoint>;
}

envelope! {
    /// Makes a tunnel. Made by [`Tunnels::create`].
    CreateTunnel: "globus_transfer.create_tunnel", POST "/v2/tunnels" -> Tunnel;
    /// The tunnel. Retried: its submission id makes that safe.
}

envelope! {
    /// Reads a tunnel. Made by [`Tunnels::get`].
    GetTunnel: "globus_transfer.get_tunnel", GET "/v2/tunnels/{tunnel_id}" -> Tunnel;
    /// The tunnel. Retried.
}

envelope! {
    /// Changes a tunnel; only what is set here. Made by [`Tunnels::update`].
    UpdateTunnel: "globus_transfer.update_tunnel", PATCH "/v2/tunnels/{tunnel_id}" -> Tunnel;
    /// The tunnel as it is then. Retried: twice the same change is one.
}

call! {
    /// Deletes a tunnel. Made by [`Tunnels::delete`].
    DeleteTunnel: "globus_transfer.delete_tunnel", DELETE "/v2/tunnels/{tunnel_id}" -> Deleted;
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

envelope! {
    /// Reads a stream access point. Made by [`Client::stream_access_point`].
    GetStreamAccessPoint: "globus_transfer.get_stream_access_point",
        GET "/v2/stream_access_points/{stream_ap_id}" -> StreamAccessPoint;
    /// The access point. Retried.
}

/// Declares setters of what a tunnel says of itself.
macro_rules! attributes {
    ($($name:ident)+) => {
        $( impl $name {
            /// Its label; cut and cleaned to the service's rules.
            pub fn label(self, label: impl Into<Label>) -> Self {
                self.attribute("label", label.into().to_string())
            }

            /// How long it lasts, in minutes.
            pub fn lifetime_mins(self, minutes: u64) -> Self {
                self.attribute("lifetime_mins", minutes)
            }

            /// Whether it can be started again.
            pub fn restartable(self, restartable: bool) -> Self {
                self.attribute("restartable", restartable)
            }

            /// Sets any other attribute, in the service's own name; null takes a value away.
            pub fn attribute(mut self, name: &str, value: impl Into<Value>) -> Self {
                self.call.set_in(&["data", "attributes"], name, value);
                self
            }
        } )+
    };
}
attributes!(CreateTunnel UpdateTunnel);

impl CreateTunnel {
    /// The id under which it is made at most once, in place of one made here: for callers who record it.
    pub fn submission_id(self, id: &SubmissionId) -> Self {
        self.attribute("submission_id", id.as_str())
    }
}

impl UpdateTunnel {
    /// The state it shall go to; [`TunnelState::Stopping`] ends it.
    pub fn state(self, state: &TunnelState) -> Self {
        self.attribute("state", state.as_str())
    }

    /// Where the listening side is reached.
    pub fn listener(self, ip_address: impl Into<String>, port: u16) -> Self {
        self.attribute("listener_ip_address", ip_address.into())
            .attribute("listener_port", port)
    }

    /// Where the side that connects is reached.
    pub fn initiator(self, ip_address: impl Into<String>, port: u16) -> Self {
        self.attribute("initiator_ip_address", ip_address.into())
            .attribute("initiator_port", port)
    }
}
