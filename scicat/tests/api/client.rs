//! How a client is made.

use rest_core::ErrorKind;
use scicat::{Client, DEFAULT_BASE_URL};

fn from(vars: &[(&str, &str)]) -> scicat::Result<Client> {
    Client::from_vars(|name| {
        vars.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_variables_and_their_older_names() {
    from(&[("SCICAT_INGEST_USERNAME", "u"), ("SCICAT_INGEST_PASSWORD", "p")]).unwrap();
    from(&[
        ("SCICAT_INGEST_USER", "u"),
        ("SCICAT_INGEST_PASSWORD", "p"),
        ("SCICAT_API_URL", DEFAULT_BASE_URL),
    ])
    .unwrap();
}

#[test]
fn a_missing_variable_is_named() {
    let error = from(&[("SCICAT_INGEST_PASSWORD", "p"), ("SCICAT_INGEST_USERNAME", "")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .to_string()
            .contains("SCICAT_INGEST_USERNAME or SCICAT_INGEST_USER is not set"),
        "{error}"
    );
    let error = from(&[("SCICAT_INGEST_USERNAME", "u")]).unwrap_err();
    assert!(error.to_string().contains("SCICAT_INGEST_PASSWORD"), "{error}");
}

#[test]
fn plain_http_beyond_this_machine_needs_leave() {
    let vars = [
        ("SCICAT_INGEST_URL", "http://scicat.example.org/api/v3"),
        ("SCICAT_INGEST_USERNAME", "u"),
        ("SCICAT_INGEST_PASSWORD", "p"),
        ("ALLOW_HTTP_HOSTS", "other, scicat.example.org"),
    ];
    let error = from(&vars[..3]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("ALLOW_HTTP_HOSTS=scicat.example.org"),
        "{error}"
    );
    from(&vars).unwrap();
}

#[test]
fn a_client_is_shared_freely() {
    fn check<T: Clone + Send + Sync + std::fmt::Debug>() {}
    check::<Client>();
}
