//! Tunnels and stream access points.

use globus_transfer::model::{StreamAccessPointId, TunnelId, TunnelState};

use super::{Row, row, submission};

pub(super) const TUNNELS: &[Row] = &[
    row(
        "create_tunnel",
        "POST /v2/tunnels",
        "tunnels().create(initiator, listener)",
        |c| {
            let [from, to] = ["a-1", "a-2"].map(StreamAccessPointId::new);
            let tunnel = c.tunnels().create(&from, &to).submission_id(&submission());
            tunnel
                .label("scan 17")
                .lifetime_mins(60)
                .restartable(true)
                .into_parts()
        },
    ),
    row(
        "delete_tunnel",
        "DELETE /v2/tunnels/{tunnel_id}",
        "tunnels().delete(id)",
        |c| c.tunnels().delete(&TunnelId::new("u-1")).into_parts(),
    ),
    row(
        "get_stream_access_point",
        "GET /v2/stream_access_points/{stream_ap_id}",
        "stream_access_point(id)",
        |c| {
            c.stream_access_point(&StreamAccessPointId::new("a-1"))
                .into_parts()
        },
    ),
    row(
        "get_tunnel",
        "GET /v2/tunnels/{tunnel_id}",
        "tunnels().get(id)",
        |c| c.tunnels().get(&TunnelId::new("u-1")).into_parts(),
    ),
    row(
        "get_tunnel_events",
        "GET /v2/tunnels/{tunnel_id}/events",
        "tunnels().events(id)",
        |c| c.tunnels().events(&TunnelId::new("u-1")).into_parts(),
    ),
    row("list_tunnels", "GET /v2/tunnels", "tunnels().list()", |c| {
        c.tunnels().list().into_parts()
    }),
    row(
        "update_tunnel",
        "PATCH /v2/tunnels/{tunnel_id}",
        "tunnels().update(id)",
        |c| {
            let update = c
                .tunnels()
                .update(&TunnelId::new("u-1"))
                .state(&TunnelState::Stopping);
            update
                .listener("10.0.0.1", 5000)
                .initiator("10.0.0.2", 5001)
                .into_parts()
        },
    ),
];
