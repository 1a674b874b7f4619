//! Client ids and private keys in files.

use sfapi::ErrorKind;
use sfapi::key_file::Credentials;
use sfapi::rest_core::{SecretString, Vars};

use crate::support::{CLIENT_ID, JWK, PKCS1, PKCS8, file};

fn message(result: Result<Credentials, sfapi::Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    error.to_string()
}

#[test]
fn every_form_of_a_key_is_read() {
    for (name, key) in [("jwk", JWK), ("pkcs1", PKCS1), ("pkcs8", PKCS8)] {
        let id = file(&format!("forms/{name}.id"), &format!("{CLIENT_ID}\n"), 0o644);
        let key = file(&format!("forms/{name}.key"), &format!("\n{key}\n"), 0o600);
        let credentials = Credentials::from_files(&id, &key).unwrap();
        assert_eq!(credentials.client_id(), CLIENT_ID, "{name}");
    }
    let pem = file("forms/key.pem", &format!("{CLIENT_ID}\n{PKCS1}"), 0o600);
    let json = file(
        "forms/key.json",
        &format!(r#"{{"client_id": "{CLIENT_ID}", "secret": {JWK}}}"#),
        0o400,
    );
    for path in [pem, json] {
        assert_eq!(Credentials::from_key_file(&path).unwrap().client_id(), CLIENT_ID);
    }
}

#[test]
fn a_wrong_key_is_named_and_never_quoted() {
    let secret = "c2VjcmV0LW51bWJlcg";
    let cases = [
        ("", "is empty"),
        ("no key at all c2VjcmV0LW51bWJlcg", "neither a JWK"),
        (
            &format!("{{\"kty\": \"RSA\", \"n\": \"{secret}\"}}"),
            "no RSA key",
        ),
        (
            &format!("{{\"kty\": \"EC\", \"n\": \"{secret}\", \"e\": \"AQAB\"}}"),
            "not `RSA`",
        ),
        (
            &format!("{{\"kty\": \"RSA\", \"n\": \"{secret}\", \"e\": \"AQAB\"}}"),
            "the public one",
        ),
        (&JWK.replace("\"d\": \"", "\"d\": \"!"), "base64url"),
        (&JWK.replace("\"kty\"", "\"p\": \"AQAB\", \"ktx\""), "no RSA key"),
        (include_str!("keys/public.pem"), "private one is needed"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "passphrase"),
    ];
    let id = file("wrong/id", CLIENT_ID, 0o600);
    for (n, (text, why)) in cases.iter().enumerate() {
        let path = file(&format!("wrong/{n}"), text, 0o600);
        let said = message(Credentials::from_files(&id, &path));
        assert!(
            said.contains(why) && said.contains(&format!("wrong/{n}")),
            "{said}"
        );
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn a_key_that_is_missing_or_that_others_can_read_is_refused() {
    let id = file("modes/id", CLIENT_ID, 0o644);
    let absent = id.with_file_name("absent");
    assert!(message(Credentials::from_files(&id, &absent)).contains("cannot be opened"));
    assert!(message(Credentials::from_files(&absent, &id)).contains("client id"));
    for mode in [0o640, 0o604, 0o602, 0o777] {
        let key = file("modes/key", PKCS1, mode);
        let said = message(Credentials::from_files(&id, &key));
        assert!(said.contains("chmod 600"), "{mode:o}: {said}");
        assert!(message(Credentials::from_key_file(&key)).contains("chmod 600"));
    }
    let folder = message(Credentials::from_files(&id, id.parent().unwrap()));
    assert!(folder.contains("is not a file"), "{folder}");
    let two = file("modes/two-words", "an id", 0o644);
    let key = file("modes/good", PKCS1, 0o600);
    assert!(message(Credentials::from_files(&two, &key)).contains("one word"));
}

#[test]
fn variables_lead_to_the_key() {
    let id = file("vars/id", CLIENT_ID, 0o644).display().to_string();
    let key = file("vars/key", JWK, 0o600).display().to_string();
    let home = file(
        "vars/home/.superfacility/mykey.pem",
        &format!("{CLIENT_ID}\n{PKCS1}"),
        0o600,
    );
    let home = home.parent().unwrap().parent().unwrap().display().to_string();
    let of = |pairs: &[(&str, &str)]| {
        let lookup = |name: &str| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Credentials::from_vars(Vars::new(&lookup))
    };
    for name in ["PATH_NERSC_CLIENT_ID", "PATH_NERSC_ID"] {
        assert_eq!(
            of(&[(name, &id), ("PATH_NERSC_PRI_KEY", &key)])
                .unwrap()
                .client_id(),
            CLIENT_ID
        );
    }
    of(&[("HOME", &home)]).unwrap();
    of(&[("HOME", &home), ("SFAPI_KEY", "myk")]).unwrap();
    assert!(message(of(&[("HOME", &home), ("SFAPI_KEY", "other")])).contains("begins so"));
    assert!(message(of(&[])).contains("PATH_NERSC_CLIENT_ID"));
    assert!(message(of(&[("PATH_NERSC_CLIENT_ID", &id)])).contains("PATH_NERSC_PRI_KEY is not set"));
    assert!(message(of(&[("PATH_NERSC_PRI_KEY", &key)])).contains("PATH_NERSC_CLIENT_ID is not set"));
    file("vars/home/.superfacility/second.pem", "x", 0o600);
    assert!(message(of(&[("HOME", &home)])).contains("2 key files"));
}

#[test]
fn debug_shows_no_key() {
    let credentials = Credentials::new(CLIENT_ID, &SecretString::from(PKCS1)).unwrap();
    let shown = format!("{credentials:?}");
    assert!(shown.contains(CLIENT_ID) && shown.len() < 120, "{shown}");
}
