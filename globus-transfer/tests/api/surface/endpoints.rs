//! Collections, and who may do what on them; bookmarks.

use globus_transfer::model::{EntityType, Permissions, PrincipalType, SearchScope};

use super::{Row, day, row};
use crate::support::source;

pub(super) const ENDPOINTS: &[Row] = &[
    row(
        "add_endpoint_acl_rule",
        "POST /v0.10/endpoint/{endpoint_id}/access",
        "endpoint(id).access_rules().create(…)",
        |c| {
            let rules = c.endpoint(source()).access_rules();
            let rule = rules.create(&PrincipalType::Identity, "i-1", "/data/", &Permissions::ReadWrite);
            rule.notify_email("a@example.org")
                .notify_message("m")
                .expiration_date(day())
                .into_parts()
        },
    ),
    row(
        "add_endpoint_role",
        "POST /v0.10/endpoint/{endpoint_id}/role",
        "endpoint(id).roles().create(…)",
        |c| {
            c.endpoint(source())
                .roles()
                .create(&PrincipalType::Group, "g-1", "access_manager")
                .into_parts()
        },
    ),
    row(
        "create_shared_endpoint",
        "POST /v0.10/shared_endpoint",
        "create_shared_endpoint(host, path, name)",
        |c| {
            let share = c.create_shared_endpoint(&source(), "/data/", "Data");
            share
                .description("d")
                .public(false)
                .field("organization", "o")
                .into_parts()
        },
    ),
    row(
        "delete_endpoint",
        "DELETE /v0.10/endpoint/{endpoint_id}",
        "endpoint(id).delete()",
        |c| c.endpoint(source()).delete().into_parts(),
    ),
    row(
        "delete_endpoint_acl_rule",
        "DELETE /v0.10/endpoint/{endpoint_id}/access/{rule_id}",
        "endpoint(id).access_rules().delete(rule)",
        |c| c.endpoint(source()).access_rules().delete("r-1").into_parts(),
    ),
    row(
        "delete_endpoint_role",
        "DELETE /v0.10/endpoint/{endpoint_id}/role/{role_id}",
        "endpoint(id).roles().delete(role)",
        |c| c.endpoint(source()).roles().delete("r-1").into_parts(),
    ),
    row(
        "endpoint_acl_list",
        "GET /v0.10/endpoint/{endpoint_id}/access_list",
        "endpoint(id).access_rules().list()",
        |c| c.endpoint(source()).access_rules().list().into_parts(),
    ),
    row(
        "endpoint_role_list",
        "GET /v0.10/endpoint/{endpoint_id}/role_list",
        "endpoint(id).roles().list()",
        |c| c.endpoint(source()).roles().list().into_parts(),
    ),
    row(
        "endpoint_search",
        "GET /v0.10/endpoint_search",
        "search_endpoints()",
        |c| {
            c.search_endpoints()
                .text("beamline 832")
                .scope(&SearchScope::MyEndpoints)
                .owner("i-1")
                .host_endpoint(&source())
                .non_functional(false)
                .entity_type(&EntityType::GcsV5GuestCollection)
                .limit(1000)
                .offset(20)
                .into_parts()
        },
    ),
    row(
        "endpoint_server_list",
        "GET /v0.10/endpoint/{endpoint_id}/server_list",
        "endpoint(id).servers()",
        |c| c.endpoint(source()).servers().into_parts(),
    ),
    row(
        "get_endpoint",
        "GET /v0.10/endpoint/{endpoint_id}",
        "endpoint(id).get()",
        |c| c.endpoint(source()).get().into_parts(),
    ),
    row(
        "get_endpoint_acl_rule",
        "GET /v0.10/endpoint/{endpoint_id}/access/{rule_id}",
        "endpoint(id).access_rules().get(rule)",
        |c| c.endpoint(source()).access_rules().get("r-1").into_parts(),
    ),
    row(
        "get_endpoint_role",
        "GET /v0.10/endpoint/{endpoint_id}/role/{role_id}",
        "endpoint(id).roles().get(role)",
        |c| c.endpoint(source()).roles().get("r-1").into_parts(),
    ),
    row(
        "get_endpoint_server",
        "GET /v0.10/endpoint/{endpoint_id}/server/{server_id}",
        "endpoint(id).server(server)",
        |c| c.endpoint(source()).server("985").into_parts(),
    ),
    row(
        "get_shared_endpoint_list",
        "GET /v0.10/endpoint/{endpoint_id}/shared_endpoint_list",
        "endpoint(id).shared_endpoints()",
        |c| {
            c.endpoint(source())
                .shared_endpoints()
                .max_results(5000)
                .next_token("n1")
                .into_parts()
        },
    ),
    row(
        "my_effective_pause_rule_list",
        "GET /v0.10/endpoint/{endpoint_id}/my_effective_pause_rule_list",
        "endpoint(id).my_effective_pause_rules()",
        |c| c.endpoint(source()).my_effective_pause_rules().into_parts(),
    ),
    row(
        "my_shared_endpoint_list",
        "GET /v0.10/endpoint/{endpoint_id}/my_shared_endpoint_list",
        "endpoint(id).my_shared_endpoints()",
        |c| c.endpoint(source()).my_shared_endpoints().into_parts(),
    ),
    row(
        "set_subscription_admin_verified",
        "PUT /v0.10/endpoint/{collection_id}/subscription_admin_verified",
        "endpoint(id).set_subscription_admin_verified(yes)",
        |c| {
            c.endpoint(source())
                .set_subscription_admin_verified(true)
                .into_parts()
        },
    ),
    row(
        "set_subscription_id",
        "PUT /v0.10/endpoint/{collection_id}/subscription",
        "endpoint(id).set_subscription_id(id)",
        |c| {
            c.endpoint(source())
                .set_subscription_id(Some("DEFAULT"))
                .into_parts()
        },
    ),
    row(
        "update_endpoint",
        "PUT /v0.10/endpoint/{endpoint_id}",
        "endpoint(id).update()",
        |c| {
            let update = c
                .endpoint(source())
                .update()
                .display_name("Beamline")
                .public(true)
                .max_concurrency(4);
            update.field("description", serde_json::Value::Null).into_parts()
        },
    ),
    row(
        "update_endpoint_acl_rule",
        "PUT /v0.10/endpoint/{endpoint_id}/access/{rule_id}",
        "endpoint(id).access_rules().update(rule)",
        |c| {
            c.endpoint(source())
                .access_rules()
                .update("r-1")
                .permissions(&Permissions::Read)
                .into_parts()
        },
    ),
];

pub(super) const BOOKMARKS: &[Row] = &[
    row(
        "bookmark_list",
        "GET /v0.10/bookmark_list",
        "bookmarks().list()",
        |c| c.bookmarks().list().into_parts(),
    ),
    row(
        "create_bookmark",
        "POST /v0.10/bookmark",
        "bookmarks().create(name, endpoint, path)",
        |c| {
            c.bookmarks()
                .create("raw", &source(), "/raw/")
                .pinned(true)
                .into_parts()
        },
    ),
    row(
        "delete_bookmark",
        "DELETE /v0.10/bookmark/{bookmark_id}",
        "bookmarks().delete(id)",
        |c| c.bookmarks().delete("b-1").into_parts(),
    ),
    row(
        "get_bookmark",
        "GET /v0.10/bookmark/{bookmark_id}",
        "bookmarks().get(id)",
        |c| c.bookmarks().get("b-1").into_parts(),
    ),
    row(
        "update_bookmark",
        "PUT /v0.10/bookmark/{bookmark_id}",
        "bookmarks().update(id)",
        |c| c.bookmarks().update("b-1").name("new").into_parts(),
    ),
];
