//! The service's clients: their public keys, and a key pair of the simulator's own.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::error::SimError;

/// The simulator's own client. The Python client wants 13 characters.
const OWN_ID: &str = "simulated0001";

/// Who may ask for tokens.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// Public keys in DER, by client id.
    keys: HashMap<String, Vec<u8>>,
    /// Assertions that were taken: each is taken once.
    used: HashSet<String>,
}

impl Clients {
    /// The clients given, or one of the simulator's own, whose files the variables name.
    pub(super) fn open(given: &[(String, String)], folder: &Path) -> Result<(Self, Env), SimError> {
        let mut clients = Self::default();
        for (id, pem) in given {
            let key = from_pem(pem).ok_or_else(|| SimError::Key {
                client: id.clone(),
                why: "is no public key in PEM".to_owned(),
            })?;
            clients.keys.insert(id.clone(), key);
        }
        if !given.is_empty() {
            return Ok((clients, Vec::new()));
        }
        let (public, env) = own(folder)?;
        clients.keys.insert(OWN_ID.to_owned(), public);
        Ok((clients, env))
    }

    /// The client whose assertion this is, or why it is not taken.
    pub(super) fn check(
        &mut self,
        assertion: &str,
        audience: &str,
        now: i64,
    ) -> Result<String, &'static str> {
        let (signed, signature) = assertion.rsplit_once('.').ok_or("no JWT")?;
        let (head, claims) = signed.split_once('.').ok_or("no JWT")?;
        let (head, claims) = (part(head).ok_or("no JWT")?, part(claims).ok_or("no JWT")?);
        if head["alg"] != "RS256" {
            return Err("alg is not RS256");
        }
        let id = claims["iss"]
            .as_str()
            .filter(|id| claims["sub"] == **id)
            .ok_or("iss and sub differ")?;
        let key = self.keys.get(id).ok_or("unknown client")?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "no signature")?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| "wrong signature")?;
        let for_us = |aud: &Value| {
            aud == audience
                || aud
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one == audience))
        };
        if !for_us(&claims["aud"]) {
            return Err("wrong audience");
        }
        let (issued, end) = (
            claims["iat"].as_i64().ok_or("no iat")?,
            claims["exp"].as_i64().ok_or("no exp")?,
        );
        if end <= now || issued > now + 60 || end - issued > 3600 {
            return Err("expired, issued in the future, or good for more than an hour");
        }
        let jti = claims["jti"]
            .as_str()
            .filter(|jti| jti.len() >= 8)
            .ok_or("no jti")?;
        if !self.used.insert(format!("{id} {jti}")) {
            return Err("jti was used before");
        }
        Ok(id.to_owned())
    }
}

fn part(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn from_pem(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD.decode(body).ok().filter(|der| der.len() > 64)
}

fn to_pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Variables and what they are set to.
type Env = Vec<(String, String)>;

/// One pair serves all simulators of a process: making one takes a while.
static PAIR: OnceLock<Option<(Vec<u8>, Vec<u8>)>> = OnceLock::new();

/// Makes a key pair, and writes the private half as clients want it.
fn own(folder: &Path) -> Result<(Vec<u8>, Env), SimError> {
    let failed = |why: &str| SimError::Key {
        client: OWN_ID.to_owned(),
        why: why.to_owned(),
    };
    let made = PAIR.get_or_init(generate).as_ref();
    let (private, public) = made.ok_or_else(|| failed("cannot be made"))?;
    let jwk = jwk(private).ok_or_else(|| failed("cannot be written as a JWK"))?;
    let pem = to_pem("PRIVATE KEY", private);
    let write = |name: &str, text: &str| private_file(&folder.join(name), text);
    std::fs::create_dir_all(folder).map_err(|e| SimError::folder(folder, e))?;
    write("client_id", &format!("{OWN_ID}\n"))?;
    write("private.jwk.json", &jwk.to_string())?;
    write("key.pem", &format!("{OWN_ID}\n{pem}"))?;
    write(
        "key.json",
        &json!({ "client_id": OWN_ID, "secret": jwk }).to_string(),
    )?;
    let path = |name: &str| folder.join(name).display().to_string();
    let env = vec![
        ("PATH_NERSC_CLIENT_ID".to_owned(), path("client_id")),
        ("PATH_NERSC_PRI_KEY".to_owned(), path("private.jwk.json")),
        ("SFAPI_KEY".to_owned(), path("key.pem")),
    ];
    Ok((public.clone(), env))
}

/// A pair's private half (PKCS#8) and its public one, in DER.
fn generate() -> Option<(Vec<u8>, Vec<u8>)> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?;
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).ok()?;
    Some((private.as_ref().to_vec(), public.as_ref().to_vec()))
}

fn private_file(path: &Path, text: &str) -> Result<(), SimError> {
    let write = || {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        // The mode above is for a file that is new.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|e| SimError::folder(path, e))
}

/// The numbers of a PKCS#8 key as a JWK.
fn jwk(pkcs8: &[u8]) -> Option<Value> {
    let (outer, _) = element(pkcs8, 0x30)?;
    let (_version, rest) = element(outer, 0x02)?;
    let (_algorithm, rest) = element(rest, 0x30)?;
    let (octets, _) = element(rest, 0x04)?;
    let (mut rest, _) = element(octets, 0x30)?;
    let (_version, after) = element(rest, 0x02)?;
    rest = after;
    let mut jwk = Map::from_iter([("kty".to_owned(), json!("RSA"))]);
    for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let (number, after) = element(rest, 0x02)?;
        rest = after;
        let start = number.iter().position(|byte| *byte != 0).unwrap_or(0);
        jwk.insert(
            name.to_owned(),
            json!(URL_SAFE_NO_PAD.encode(number.get(start..)?)),
        );
    }
    Some(Value::Object(jwk))
}

/// The content of the element that DER begins with, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (
            bytes.iter().try_fold(0_usize, |sum, byte| {
                sum.checked_mul(256)?.checked_add(usize::from(*byte))
            })?,
            rest,
        )
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

    const AUDIENCE: &str = "http://127.0.0.1:1/c2id/token";
    const NOW: i64 = 1_800_000_000;

    fn signed(head: &Value, claims: &Value, key: &RsaKeyPair) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(head), part(claims));
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        )
        .unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn an_assertion_is_taken_once_and_only_if_all_of_it_is_right() {
        let (private, public) = generate().unwrap();
        let key = RsaKeyPair::from_pkcs8(&private).unwrap();
        let pem = to_pem("PUBLIC KEY", &public);
        let (mut clients, env) = Clients::open(&[("c".to_owned(), pem)], Path::new("/nowhere")).unwrap();
        assert!(env.is_empty());
        let head = json!({"typ": "JWT", "alg": "RS256"});
        let claims =
            json!({"iss": "c", "sub": "c", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 600, "jti": "12345678"});
        let good = signed(&head, &claims, &key);
        assert_eq!(clients.check(&good, AUDIENCE, NOW), Ok("c".to_owned()));
        assert_eq!(clients.check(&good, AUDIENCE, NOW), Err("jti was used before"));
        for (field, value, why) in [
            ("aud", json!("http://elsewhere/token"), "wrong audience"),
            ("sub", json!("d"), "iss and sub differ"),
            ("exp", json!(NOW), "expired"),
            ("exp", json!(NOW + 7200), "expired"),
            ("iat", json!(NOW + 120), "expired"),
            ("jti", json!(""), "no jti"),
        ] {
            let mut wrong = claims.clone();
            wrong[field] = value;
            let error = clients
                .check(&signed(&head, &wrong, &key), AUDIENCE, NOW)
                .unwrap_err();
            assert!(error.contains(why), "{field}: {error}");
        }
        let other = RsaKeyPair::from_pkcs8(&generate().unwrap().0).unwrap();
        assert_eq!(
            clients.check(&signed(&head, &claims, &other), AUDIENCE, NOW),
            Err("wrong signature")
        );
        let none = signed(&json!({"alg": "none"}), &claims, &key);
        assert_eq!(clients.check(&none, AUDIENCE, NOW), Err("alg is not RS256"));
        for text in ["", "a.b", "a.b.c"] {
            assert!(clients.check(text, AUDIENCE, NOW).is_err());
        }
        assert!(Clients::open(&[("c".to_owned(), "no key".to_owned())], Path::new("/nowhere")).is_err());
        assert!(jwk(&private).unwrap()["qi"].is_string() && jwk(&private[..100]).is_none());
    }
}
