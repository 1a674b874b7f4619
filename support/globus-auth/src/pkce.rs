//! Proof Key for Code Exchange (RFC 7636): a login's own secret, so that a code that others saw is worth nothing.

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use rest_core::{ExposeSecret, SecretString};

use crate::{Error, Result};

/// A verifier of 43 characters, 256 bits by chance.
pub(crate) fn new_verifier() -> SecretString {
    let (_, verifier) = PkceCodeChallenge::new_random_sha256();
    verifier.into_secret().into()
}

/// A text by chance, by which the answer to a login is known: 128 bits.
pub(crate) fn new_state() -> String {
    CsrfToken::new_random().into_secret()
}

/// The S256 challenge of a verifier.
///
/// # Errors
/// `Config` unless the verifier has 43 to 128 characters out of letters, digits, `-`, `.`, `_` and `~`.
pub(crate) fn challenge(verifier: &SecretString) -> Result<String> {
    let text = verifier.expose_secret();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if !(43..=128).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err(Error::config(
            "a PKCE verifier has 43 to 128 characters out of letters, digits, `-`, `.`, `_` and `~`",
        ));
    }
    let verifier = PkceCodeVerifier::new(text.to_owned());
    Ok(PkceCodeChallenge::from_code_verifier_sha256(&verifier)
        .as_str()
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            challenge(&verifier).unwrap(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_verifier_has_43_to_128_plain_characters() {
        for (length, good) in [(42, false), (43, true), (128, true), (129, false)] {
            assert_eq!(challenge(&"v".repeat(length).into()).is_ok(), good, "{length}");
        }
        for sign in ["+", "/", "=", " ", "ä"] {
            assert!(
                challenge(&format!("{}{sign}", "v".repeat(60)).into()).is_err(),
                "{sign}"
            );
        }
        let one = new_verifier();
        assert!(challenge(&one).is_ok());
        assert_ne!(one.expose_secret(), new_verifier().expose_secret());
        assert_ne!(new_state(), new_state());
    }
}
