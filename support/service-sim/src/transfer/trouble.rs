//! What a job says of the errors that it meets.

use super::copy::Side;
use super::job::{Halt, Job};
use super::task::{Kind, Trouble};
use super::tree::PathError;

impl Job {
    /// The trouble that a fault feigns, about the first item.
    pub(crate) fn simulated_trouble(&self, code: &str) -> Trouble {
        let full = ["NO_SPACE_LEFT", "QUOTA_EXCEEDED"].contains(&code) && self.plan.kind == Kind::Transfer;
        let first = self.plan.items.first();
        let (side, path) = if full {
            (
                Side::Destination,
                first.map_or("", |item| item.destination.as_str()),
            )
        } else {
            (Side::Source, first.map_or("", |item| item.source.as_str()))
        };
        let description = code.to_lowercase().replace('_', " ");
        Trouble {
            code: code.to_owned(),
            details: self.details(side, path, &description),
            description,
        }
    }

    pub(crate) fn path_trouble(&self, side: Side, path: &str, error: &PathError) -> Halt {
        match error {
            PathError::Escapes => self.trouble(side, path, "PERMISSION_DENIED", "permission denied"),
            PathError::Invalid(why) => self.trouble(side, path, "INVALID_PATH_NAME", why),
            PathError::Io(e) => self.io_trouble(side, path, e),
        }
    }

    pub(crate) fn io_trouble(&self, side: Side, path: &str, error: &std::io::Error) -> Halt {
        use std::io::ErrorKind;
        let (code, description) = match error.kind() {
            ErrorKind::NotFound => ("FILE_NOT_FOUND", "file not found"),
            ErrorKind::PermissionDenied => ("PERMISSION_DENIED", "permission denied"),
            ErrorKind::IsADirectory => ("IS_A_DIRECTORY", "is a directory"),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => ("NOT_A_DIRECTORY", "not a directory"),
            ErrorKind::StorageFull => ("NO_SPACE_LEFT", "no space left"),
            ErrorKind::QuotaExceeded => ("QUOTA_EXCEEDED", "quota exceeded"),
            ErrorKind::InvalidFilename => ("INVALID_PATH_NAME", "invalid path name"),
            _ => ("ENDPOINT_ERROR", "endpoint error"),
        };
        self.trouble(side, path, code, description)
    }

    pub(crate) fn trouble(&self, side: Side, path: &str, code: &str, description: &str) -> Halt {
        let details = self.details(side, path, description);
        Halt::Trouble(
            side,
            Trouble {
                code: code.to_owned(),
                description: description.to_owned(),
                details,
            },
        )
    }

    pub(crate) fn details(&self, side: Side, path: &str, description: &str) -> String {
        let uuid = match (side, &self.plan.destination) {
            (Side::Destination, Some(uuid)) => uuid,
            _ => &self.plan.source,
        };
        let name = self
            .transfer
            .collection(uuid)
            .map_or("", |collection| collection.key());
        format!("Endpoint: {name} ({uuid})\nPath: {path}\nMessage: {description}")
    }
}
