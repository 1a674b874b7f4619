//! What the service's errors tell, and how its replies within replies are read.

use rest_core::{ResponseFacts, ServiceError, parse_common_error};

use crate::{Error, ErrorKind, Result};

/// Texts of the service and of Slurm behind it, and what we call them.
const CODES: &[(&str, &str)] = &[
    ("No such file or directory", "NO_SUCH_FILE"),
    ("Permission denied", "PERMISSION_DENIED"),
    ("Job not found", "JOB_NOT_FOUND"),
    ("Invalid job id", "JOB_NOT_FOUND"),
    ("Invalid qos", "INVALID_QOS"),
    ("Invalid account", "INVALID_ACCOUNT"),
    ("Invalid feature", "INVALID_CONSTRAINT"),
    ("time limit", "TIME_LIMIT"),
    ("unrecognized option", "INVALID_OPTION"),
    ("invalid option", "INVALID_OPTION"),
];

/// A code for a text of the service, which gives none itself: `NO_SUCH_FILE`, `PERMISSION_DENIED`, `JOB_NOT_FOUND`,
/// `INVALID_QOS`, `INVALID_ACCOUNT`, `INVALID_CONSTRAINT`, `INVALID_OPTION`, `TIME_LIMIT`, else `ERROR`.
pub fn code_of(text: &str) -> &'static str {
    let lower = text.to_lowercase();
    CODES
        .iter()
        .find(|(part, _)| lower.contains(&part.to_lowercase()))
        .map_or("ERROR", |(_, code)| code)
}

/// What errors of this service tell beyond the HTTP status.
pub trait ErrorExt {
    /// The path does not exist.
    fn is_no_such_file(&self) -> bool;

    /// Neither the queue nor the accounting knows the job; so it is with a job that was submitted a moment ago.
    fn is_job_not_found(&self) -> bool;

    /// The request may have been acted on, and only looking tells.
    fn is_in_doubt(&self) -> bool;
}

impl ErrorExt for Error {
    fn is_no_such_file(&self) -> bool {
        self.service_code() == Some("NO_SUCH_FILE")
    }

    fn is_job_not_found(&self) -> bool {
        self.service_code() == Some("JOB_NOT_FOUND")
    }

    fn is_in_doubt(&self) -> bool {
        self.was_sent() == rest_core::Sent::Maybe
    }
}

/// The error that a reply of status 200 holds.
pub(crate) fn refused(operation: &'static str, text: Option<&str>) -> Error {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let text = text.unwrap_or("the service says ERROR and nothing else");
    Error::operation_failed(operation, code_of(text), text)
}

/// A failed request that changes something, told apart by whether it may have been acted on: a gateway that gave up
/// (5xx) or an answer that cannot be read leaves that open.
pub(crate) fn doubt(operation: &'static str, error: Error) -> Error {
    let open = error.kind() == ErrorKind::Decode || matches!(error.status(), Some(408 | 500..=599));
    if !open {
        return error;
    }
    Error::in_doubt(operation, "the service may or may not have acted on it").with_source(error)
}

/// Reads `{detail}` and the like.
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let mut error = parse_common_error(facts);
    if facts.status == 429 {
        // It was not acted on.
        error.transient = Some(true);
    }
    error
}

/// Reads the token endpoint's refusals, and says what to do about a client that is not taken.
pub(crate) fn parse_token(facts: &ResponseFacts<'_>) -> ServiceError {
    let mut error = parse_common_error(facts);
    let refused = matches!(
        error.code.as_deref(),
        Some("invalid_client" | "unauthorized_client" | "invalid_grant")
    );
    if refused || facts.status == 401 {
        let said = error
            .message
            .take()
            .unwrap_or_else(|| "the client is not taken".to_owned());
        error.message = Some(format!(
            "{said}; the client has expired or the key is not its own: in Iris (https://iris.nersc.gov), Profile, \
             Superfacility API Clients, look when it expires and make a new one"
        ));
    }
    error
}

/// A value that is not in the service's own answer.
pub(crate) fn malformed(operation: &'static str, what: impl Into<String>) -> Error {
    Error::decode(operation, what)
}

/// A path on a machine: absolute, and such that a URL can carry it.
pub(crate) fn check_path(path: &str) -> Result<()> {
    let problem = |what: &str| Err(Error::config(format!("path {path:?} {what}")));
    if !path.starts_with('/') {
        return problem("is not absolute");
    }
    if path.contains('\0') {
        return problem("contains a NUL character");
    }
    if path.split('/').any(|part| matches!(part, "." | "..")) {
        return problem("contains `.` or `..`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn token_error(status: u16, body: &str) -> ServiceError {
        let headers = HeaderMap::new();
        parse_token(&ResponseFacts {
            status,
            headers: &headers,
            body: body.as_bytes(),
        })
    }

    #[test]
    fn a_client_that_is_not_taken_leads_to_iris() {
        for (status, body) in [
            (401, r#"{"error":"invalid_client","error_description":"expired"}"#),
            (400, r#"{"error":"invalid_client"}"#),
            (401, "nope"),
        ] {
            let message = token_error(status, body).message.unwrap();
            assert!(message.contains("Iris"), "{message}");
        }
        assert_eq!(
            token_error(400, r#"{"error":"invalid_request","error_description":"x"}"#)
                .message
                .unwrap(),
            "x"
        );
    }

    #[test]
    fn texts_have_codes() {
        assert_eq!(
            code_of("sbatch: error: Batch job submission failed: Invalid qos specification"),
            "INVALID_QOS"
        );
        assert_eq!(
            code_of("ls: cannot access 'x': No such file or directory"),
            "NO_SUCH_FILE"
        );
        assert_eq!(code_of("Job not found: 7"), "JOB_NOT_FOUND");
        assert_eq!(
            code_of("slurm_load_jobs error: Invalid job id specified"),
            "JOB_NOT_FOUND"
        );
        assert_eq!(code_of("?"), "ERROR");
    }

    #[test]
    fn paths_that_cannot_be_meant_are_refused() {
        for path in ["", "a/b", "/a/../b", "/a/.", "/a\0"] {
            assert!(check_path(path).is_err(), "{path:?}");
        }
        for path in ["/", "/a b/ü#?%", "/a/..b"] {
            check_path(path).unwrap();
        }
    }
}
