//! Every method of the Python SDK's clients for Globus Auth that sends a request, and ours: the request of ours goes
//! where the SDK's goes, and the README has the table.

use std::sync::Arc;

use globus_auth::model::{ClientKind, ClientType, DependentScope, Visibility};
use globus_auth::{
    ApiClient, Client, ClientId, CredentialId, DEFAULT_BASE_URL, GroupId, IdentityId, IdentityProviderId,
    NativeClient, PolicyId, ProjectId, Result, ScopeId, scopes,
};
use rest_core::{RequestParts, StaticToken, Token, TokenProvider};

use crate::support::SECRET;

const VERIFIER: &str = "verifier-of-a-login-that-is-43-characters-and-more";
const REDIRECT: &str = "https://app.example/back";

/// The three clients, as they are after setting up.
pub(crate) struct Ours {
    pub(crate) confidential: Client,
    pub(crate) native: NativeClient,
    pub(crate) api: ApiClient,
}

/// One method of the SDK, where it sends to (of facts about globus-sdk 4.9), and ours.
pub(crate) struct Row {
    pub(crate) class: &'static str,
    pub(crate) method: &'static str,
    verb: &'static str,
    path: &'static str,
    ours: &'static str,
    pub(crate) parts: fn(&Ours) -> Result<RequestParts>,
}

impl Ours {
    fn new() -> Self {
        Self::at(DEFAULT_BASE_URL, Arc::new(StaticToken(Token::bearer("a-token")))).unwrap()
    }

    pub(crate) fn at(base: &str, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Ok(Self {
            confidential: Client::builder("the-client", SECRET).base_url(base).build()?,
            native: NativeClient::builder("the-native-client")
                .base_url(base)
                .build()?,
            api: ApiClient::new(base, tokens)?,
        })
    }
}

fn form() -> [(String, String); 1] {
    [("grant_type".to_owned(), "of another kind".to_owned())]
}

macro_rules! rows {
    ($( $class:ident $method:ident $verb:ident $path:literal = $ours:literal, $parts:expr; )+) => {
        vec![ $( Row {
            class: stringify!($class),
            method: stringify!($method),
            verb: stringify!($verb),
            path: $path,
            ours: $ours,
            parts: $parts,
        } ),+ ]
    };
}

fn tokens() -> Vec<Row> {
    rows! {
        ConfidentialAppAuthClient oauth2_client_credentials_tokens POST "/v2/oauth2/token" = "Client::client_credentials",
            |c| c.confidential.client_credentials([scopes::TRANSFER_ALL, "openid"]).into_parts();
        ConfidentialAppAuthClient oauth2_get_authorize_url GET "/v2/oauth2/authorize" = "Client::login",
            |c| Ok(c.confidential.login(REDIRECT, ["openid"]).state("s").begin()?.parts().clone());
        ConfidentialAppAuthClient oauth2_exchange_code_for_tokens POST "/v2/oauth2/token" = "PendingLogin::exchange, Client::exchange_code",
            |c| c.confidential.exchange_code("code-of-a-login", REDIRECT).into_parts();
        ConfidentialAppAuthClient oauth2_refresh_token POST "/v2/oauth2/token" = "Client::refresh",
            |c| c.confidential.refresh("refresh").into_parts();
        ConfidentialAppAuthClient oauth2_get_dependent_tokens POST "/v2/oauth2/token" = "Client::dependent_tokens",
            |c| c.confidential.dependent_tokens("token").scopes(["a", "b"]).refresh_tokens(true).into_parts();
        ConfidentialAppAuthClient oauth2_revoke_token POST "/v2/oauth2/token/revoke" = "Client::revoke",
            |c| c.confidential.revoke("token").into_parts();
        ConfidentialAppAuthClient oauth2_token POST "/v2/oauth2/token" = "Client::token",
            |c| c.confidential.token(form()).into_parts();
        ConfidentialAppAuthClient oauth2_token_introspect POST "/v2/oauth2/token/introspect" = "Client::introspect",
            |c| c.confidential.introspect("token").include("session_info").include("identity_set_detail").into_parts();
        ConfidentialAppAuthClient get_jwk GET "/jwk.json" = "Client::api, ApiClient::jwk",
            |c| c.confidential.api().jwk().into_parts();
        ConfidentialAppAuthClient get_openid_configuration GET "/.well-known/openid-configuration" = "Client::api, ApiClient::openid_configuration",
            |c| c.confidential.api().openid_configuration().into_parts();
        ConfidentialAppAuthClient create_child_client POST "/v2/api/clients" = "Client::create_child_client",
            |c| c.confidential.create_child_client("child", ClientKind::PublicClient(false)).into_parts();
        NativeAppAuthClient oauth2_get_authorize_url GET "/v2/oauth2/authorize" = "NativeClient::login",
            |c| Ok(c.native.login(["openid", scopes::TRANSFER_ALL]).state("s").verifier(VERIFIER).refresh_tokens(true)
                .prefill_named_grant("host").session_message("why").session_required_identities(["i", "j"])
                .session_required_single_domain(["lbl.gov", "als.gov"]).session_required_policies(["p", "q"])
                .session_required_mfa(true).prompt("login").begin()?.parts().clone());
        NativeAppAuthClient oauth2_exchange_code_for_tokens POST "/v2/oauth2/token" = "PendingLogin::exchange, NativeClient::exchange_code",
            |c| c.native.login(["openid"]).state("s").verifier(VERIFIER).begin()?.exchange(" code-of-a-login\n").into_parts();
        NativeAppAuthClient oauth2_refresh_token POST "/v2/oauth2/token" = "NativeClient::refresh",
            |c| c.native.refresh("refresh").into_parts();
        NativeAppAuthClient oauth2_revoke_token POST "/v2/oauth2/token/revoke" = "NativeClient::revoke",
            |c| c.native.revoke("token").into_parts();
        NativeAppAuthClient oauth2_token POST "/v2/oauth2/token" = "NativeClient::token",
            |c| c.native.token(form()).into_parts();
        NativeAppAuthClient get_jwk GET "/jwk.json" = "NativeClient::api, ApiClient::jwk",
            |c| c.native.api().jwk().into_parts();
        NativeAppAuthClient get_openid_configuration GET "/.well-known/openid-configuration" = "NativeClient::api, ApiClient::openid_configuration",
            |c| c.native.api().openid_configuration().into_parts();
        NativeAppAuthClient create_native_app_instance POST "/v2/api/clients" = "NativeClient::create_instance",
            |c| c.native.create_instance("here").into_parts();
    }
}

fn people() -> Vec<Row> {
    rows! {
        AuthClient userinfo GET "/v2/oauth2/userinfo" = "ApiClient::userinfo", |c| c.api.userinfo().into_parts();
        AuthClient get_jwk GET "/jwk.json" = "ApiClient::jwk", |c| c.api.jwk().into_parts();
        AuthClient get_openid_configuration GET "/.well-known/openid-configuration" = "ApiClient::openid_configuration",
            |c| c.api.openid_configuration().into_parts();
        AuthClient get_identities GET "/v2/api/identities" = "ApiClient::identities, ApiClient::identities_by_username",
            |c| c.api.identities_by_username(["a@lbl.gov", "b@lbl.gov"]).provision(true).into_parts();
        AuthClient get_identity_providers GET "/v2/api/identity_providers" = "ApiClient::identity_providers, ApiClient::identity_providers_by_domain",
            |c| c.api.identity_providers([IdentityProviderId::new("a"), IdentityProviderId::new("b")]).into_parts();
        AuthClient get_consents GET "/v2/api/identities/{identity_id}/consents" = "ApiClient::consents",
            |c| c.api.consents(IdentityId::new("i")).all(true).into_parts();
    }
}

fn projects() -> Vec<Row> {
    rows! {
        AuthClient get_projects GET "/v2/api/projects" = "ApiClient::projects", |c| c.api.projects().into_parts();
        AuthClient get_project GET "/v2/api/projects/{project_id}" = "ApiClient::project",
            |c| c.api.project(ProjectId::new("p")).into_parts();
        AuthClient create_project POST "/v2/api/projects" = "ApiClient::create_project",
            |c| c.api.create_project("name", "a@lbl.gov").admin_ids([IdentityId::new("i")]).admin_group_ids([GroupId::new("g")])
                .into_parts();
        AuthClient update_project PUT "/v2/api/projects/{project_id}" = "ApiClient::update_project",
            |c| c.api.update_project(ProjectId::new("p")).display_name("n").contact_email("e").admin_ids([IdentityId::new("i")])
                .admin_group_ids([GroupId::new("g")]).into_parts();
        AuthClient delete_project DELETE "/v2/api/projects/{project_id}" = "ApiClient::delete_project",
            |c| c.api.delete_project(ProjectId::new("p")).into_parts();
        AuthClient get_policies GET "/v2/api/policies" = "ApiClient::policies", |c| c.api.policies().into_parts();
        AuthClient get_policy GET "/v2/api/policies/{policy_id}" = "ApiClient::policy",
            |c| c.api.policy(PolicyId::new("p")).into_parts();
        AuthClient create_policy POST "/v2/api/policies" = "ApiClient::create_policy",
            |c| c.api.create_policy(ProjectId::new("p"), "name", "what").high_assurance(true).authentication_assurance_timeout(35)
                .required_mfa(false).domain_constraints_include(vec!["lbl.gov".to_owned()]).domain_constraints_exclude(None).into_parts();
        AuthClient update_policy PUT "/v2/api/policies/{policy_id}" = "ApiClient::update_policy",
            |c| c.api.update_policy(PolicyId::new("p")).project_id(ProjectId::new("q")).display_name("n").description("d")
                .domain_constraints_include(None).domain_constraints_exclude(vec![]).into_parts();
        AuthClient delete_policy DELETE "/v2/api/policies/{policy_id}" = "ApiClient::delete_policy",
            |c| c.api.delete_policy(PolicyId::new("p")).into_parts();
    }
}

fn clients() -> Vec<Row> {
    rows! {
        AuthClient get_clients GET "/v2/api/clients" = "ApiClient::clients", |c| c.api.clients().into_parts();
        AuthClient get_client GET "/v2/api/clients/{client_id}" = "ApiClient::client, ApiClient::client_by_fqdn",
            |c| c.api.client(ClientId::new("c")).into_parts();
        AuthClient create_client POST "/v2/api/clients" = "ApiClient::create_client",
            |c| c.api.create_client("name", ProjectId::new("p"), ClientKind::Type(ClientType::ConfidentialClient))
                .visibility(Visibility::Private).redirect_uris([REDIRECT]).required_idp(IdentityProviderId::new("i"))
                .preselect_idp(IdentityProviderId::new("j")).links("https://a.example", "https://b.example").into_parts();
        AuthClient update_client PUT "/v2/api/clients/{client_id}" = "ApiClient::update_client",
            |c| c.api.update_client(ClientId::new("c")).name("n").visibility(Visibility::Public).required_idp(None).into_parts();
        AuthClient delete_client DELETE "/v2/api/clients/{client_id}" = "ApiClient::delete_client",
            |c| c.api.delete_client(ClientId::new("c")).into_parts();
        AuthClient get_client_credentials GET "/v2/api/clients/{client_id}/credentials" = "ApiClient::client_credentials",
            |c| c.api.client_credentials(ClientId::new("c")).into_parts();
        AuthClient create_client_credential POST "/v2/api/clients/{client_id}/credentials" = "ApiClient::create_client_credential",
            |c| c.api.create_client_credential(ClientId::new("c"), "name").into_parts();
        AuthClient delete_client_credential DELETE "/v2/api/clients/{client_id}/credentials/{credential_id}" = "ApiClient::delete_client_credential",
            |c| c.api.delete_client_credential(ClientId::new("c"), CredentialId::new("d")).into_parts();
        AuthClient get_scopes GET "/v2/api/scopes" = "ApiClient::scopes, ApiClient::scopes_by_id, ApiClient::scopes_by_string",
            |c| c.api.scopes_by_string([scopes::TRANSFER_ALL, scopes::GROUPS_ALL]).into_parts();
        AuthClient get_scope GET "/v2/api/scopes/{scope_id}" = "ApiClient::scope",
            |c| c.api.scope(ScopeId::new("s")).into_parts();
        AuthClient create_scope POST "/v2/api/clients/{client_id}/scopes" = "ApiClient::create_scope",
            |c| c.api.create_scope(ClientId::new("c"), "name", "what", "manage").advertised(true).allows_refresh_token(false)
                .required_domains(["lbl.gov"])
                .dependent_scopes([DependentScope::new(ScopeId::new("s")).optional(true).requires_refresh_token(true)]).into_parts();
        AuthClient update_scope PUT "/v2/api/scopes/{scope_id}" = "ApiClient::update_scope",
            |c| c.api.update_scope(ScopeId::new("s")).name("n").description("d").scope_suffix("x").dependent_scopes([]).into_parts();
        AuthClient delete_scope DELETE "/v2/api/scopes/{scope_id}" = "ApiClient::delete_scope",
            |c| c.api.delete_scope(ScopeId::new("s")).into_parts();
    }
}

pub(crate) fn rows() -> Vec<Row> {
    [tokens(), people(), projects(), clients()]
        .into_iter()
        .flatten()
        .collect()
}

/// Rows of the SDK's clients that send a request: 29 of `AuthClient`, 11 of `ConfidentialAppAuthClient`, 8 of
/// `NativeAppAuthClient`. Each also has `oauth2_start_flow` where it logs people in, which sends nothing: `begin`.
#[test]
fn every_method_has_ours_and_goes_to_the_same_place() {
    let ours = Ours::new();
    let rows = rows();
    let count = |class: &str| rows.iter().filter(|row| row.class == class).count();
    let counts = ["AuthClient", "ConfidentialAppAuthClient", "NativeAppAuthClient"].map(count);
    assert_eq!(counts, [29, 11, 8]);
    for row in &rows {
        let parts = (row.parts)(&ours).unwrap();
        let theirs = format!("{}.{}", row.class, row.method);
        method_table::assert_same(&theirs, &format!("{} {}", row.verb, row.path), &parts);
        insta::assert_json_snapshot!(theirs, parts);
    }
}

#[test]
fn the_other_ways_to_look_up() {
    let api = Ours::new().api;
    let parts = [
        api.identities([IdentityId::new("a"), IdentityId::new("b")])
            .provision(true)
            .into_parts(),
        api.identities_by_username(["a@lbl.gov"]).into_parts(),
        api.identity_providers_by_domain(["lbl.gov", "als.gov"])
            .into_parts(),
        api.client_by_fqdn("als.lbl.gov").into_parts(),
        api.scopes().into_parts(),
        api.scopes_by_id([ScopeId::new("a"), ScopeId::new("b")])
            .into_parts(),
        api.consents(IdentityId::new("i")).into_parts(),
    ];
    let urls: Vec<String> = parts
        .into_iter()
        .map(|parts| parts.unwrap().url(api.rest().base_url()).unwrap().to_string())
        .collect();
    insta::assert_json_snapshot!(urls);
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    use method_table::{Line, table};

    let line = |row: Row| {
        let ours: Vec<String> = row.ours.split(", ").map(|name| format!("`{name}`")).collect();
        let theirs = format!("`{}.{}`", row.class, row.method);
        Line(theirs, format!("`{} {}`", row.verb, row.path), ours.join(", "))
    };
    let lines: Vec<Line> = rows().into_iter().map(line).collect();
    let table = table("globus-sdk 4.9", &lines);
    method_table::keep_readme(env!("CARGO_MANIFEST_DIR"), &table);
}
