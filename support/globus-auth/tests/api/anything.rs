//! Documents with anything anywhere: nothing panics, and nulls and unknown words are read.

use globus_auth::AuthorizationRequirements;
use globus_auth::model::{
    ClientInstance, Consent, Credential, Identity, IdentityProvider, Introspection, JwkSet,
    OpenIdConfiguration, Policy, Project, RegisteredClient, RegisteredScope, Revoked, UserInfo,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every way to put `other` into the place of one value of `document`, with the place.
fn with(document: &Value, other: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let keys: Vec<String> = match document {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    };
    for key in keys {
        let place = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let inner = document.pointer(&place).unwrap();
        let changed = [(String::new(), other.clone())]
            .into_iter()
            .chain(with(inner, other));
        for (below, value) in changed {
            let mut copy = document.clone();
            *copy.pointer_mut(&place).unwrap() = value;
            all.push((format!("{place}{below}"), copy));
        }
    }
    all
}

/// Reads the document with anything anywhere; a null may only be in the way at `required`.
fn check<T: DeserializeOwned>(document: &Value, required: &[&str]) {
    assert!(
        serde_json::from_value::<T>(document.clone()).is_ok(),
        "{document}"
    );
    for other in [
        json!(7),
        json!(-0.5),
        json!("x"),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!({"a": []}),
    ] {
        for (_, changed) in with(document, &other) {
            let _ = serde_json::from_value::<T>(changed);
        }
        let _ = serde_json::from_value::<T>(other);
    }
    for (place, changed) in with(document, &Value::Null) {
        let read = serde_json::from_value::<T>(changed).is_ok();
        assert_eq!(read, !required.contains(&place.as_str()), "null at {place}");
    }
}

#[test]
fn every_document_takes_nulls() {
    let identity = json!({"id": "i", "username": "u", "name": "n", "email": "e", "organization": "o",
        "identity_provider": "p", "identity_type": "login", "status": "new"});
    check::<Identity>(&identity, &["/id"]);
    check::<IdentityProvider>(
        &json!({"id": "p", "name": "n", "short_name": "s", "alternative_names": ["a"], "domains": ["d"]}),
        &["/id"],
    );
    check::<UserInfo>(
        &json!({"sub": "i", "name": "n", "email": "e", "identity_set": [{"sub": "i"}], "x": 1}),
        &["/sub"],
    );
    let project = json!({"id": "p", "display_name": "d", "contact_email": "c", "admin_ids": ["i"],
        "admin_group_ids": ["g"], "admins": {"identities": [identity], "groups": [{"id": "g", "name": "n"}]}});
    check::<Project>(
        &project,
        &["/id", "/admins/identities/0/id", "/admins/groups/0/id"],
    );
    let client = json!({"id": "c", "name": "n", "client_type": "new", "public_client": true, "visibility": "new",
        "project": "p", "parent_client": "q", "grant_types": ["g"], "redirect_uris": ["r"], "fqdns": ["f"], "scopes": ["s"],
        "required_idp": "i", "preselect_idp": "j", "links": {"privacy_policy": "p", "terms_and_conditions": "t"}});
    check::<RegisteredClient>(&client, &[]);
    let credential =
        json!({"id": "d", "name": "n", "client": "c", "created": "2023-10-21T22:46:15", "secret": "s"});
    check::<Credential>(&credential, &["/id"]);
    let instance = json!({"client": client, "included": {"client_credential": credential}});
    let required = [
        "/client",
        "/included",
        "/included/client_credential",
        "/included/client_credential/id",
    ];
    check::<ClientInstance>(&instance, &required);
    check::<Policy>(
        &json!({"id": "p", "project_id": "q", "high_assurance": true, "authentication_assurance_timeout": 35,
            "required_mfa": false, "domain_constraints_include": ["d"], "domain_constraints_exclude": []}),
        &[],
    );
    check::<RegisteredScope>(
        &json!({"id": "s", "scope_string": "x", "required_domains": ["d"], "advertised": true, "client": "c",
            "dependent_scopes": [{"scope": "t", "optional": true, "requires_refresh_token": false}]}),
        &["/id", "/dependent_scopes/0/scope"],
    );
    check::<Consent>(
        &json!({"id": 1, "client": "c", "scope": "s", "scope_name": "n", "dependency_path": [1], "status": "new",
            "created": "2022-09-21 17:10:14.270581+00:00", "last_used": "", "allows_refresh": true}),
        &["/id"],
    );
}

#[test]
fn what_oauth_tells_takes_nulls_too() {
    check::<Introspection>(
        &json!({"active": true, "scope": "s", "sub": "i", "aud": ["a"], "exp": 9_999_999_999_999_i64, "iat": "1",
            "nbf": 1, "identity_set": ["i"]}),
        &[],
    );
    check::<Revoked>(&json!({"active": false}), &[]);
    check::<OpenIdConfiguration>(
        &json!({"issuer": "i", "jwks_uri": "u", "scopes_supported": ["s"]}),
        &["/issuer"],
    );
    check::<JwkSet>(&json!({"keys": [{"kty": "RSA"}]}), &[]);
}

#[test]
fn requirements_are_read_from_anything() {
    let documents = [
        json!({"code": "ConsentRequired", "required_scopes": ["a"], "required_scope": "b", "message": "m"}),
        json!({"error": "dependent_consent_required", "errors": [{"unapproved_scopes": ["a"]}]}),
        json!({"error": {"authorization_parameters": {"session_required_policies": ["p"], "session_required_mfa": true,
            "session_message": "m", "prompt": "login", "required_scopes": ["a"]}}}),
    ];
    for document in documents {
        assert!(AuthorizationRequirements::from_document(&document).is_some());
        for other in [
            json!(null),
            json!(7),
            json!("x,["),
            json!([]),
            json!([[]]),
            json!({}),
            json!({"code": 1}),
        ] {
            for (_, changed) in with(&document, &other) {
                if let Some(read) = AuthorizationRequirements::from_document(&changed) {
                    let _ = read.scopes();
                }
            }
        }
    }
}
