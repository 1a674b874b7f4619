//! The path that a beamline's trigger hands to a flow.

use std::fmt;

/// The longest path taken, in bytes: Linux's own limit.
const MAX_BYTES: usize = 4096;

/// A `file_path` parameter is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("file_path {path:?} {problem}; it should look like /global/raw/<folder>/<scan>.h5")]
pub struct ScanPathError {
    /// The path given, its beginning if it is very long.
    pub path: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// A scan below `/global`, where beamline 8.3.2's control computers see the data. The part after it is the same on
/// every endpoint of the beamline. Only the leading `/global` goes: `/global/raw/global/x.h5` is `/raw/global/x.h5`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScanPath {
    original: String,
    relative: String,
}

impl ScanPath {
    /// Checks a flow's `file_path`. Repeated slashes count as one; everything else in a name is data.
    ///
    /// # Errors
    /// It is not a file below `/global/`, is longer than 4096 bytes, or has a NUL, a `.` or `..` part.
    pub fn parse(path: &str) -> Result<Self, ScanPathError> {
        match relative(path) {
            Ok(relative) => Ok(Self {
                original: path.to_owned(),
                relative,
            }),
            Err(problem) => Err(ScanPathError {
                path: path.chars().take(200).collect(),
                problem,
            }),
        }
    }

    /// The path as given.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The part after `/global`, with its slash: `/raw/<folder>/<scan>.h5`.
    pub fn relative(&self) -> &str {
        &self.relative
    }

    /// The last part: `<scan>.h5`.
    pub fn file_name(&self) -> &str {
        self.split().1
    }

    /// The file's name without its last extension, as Python's `Path.stem`.
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => stem,
            _ => name,
        }
    }

    /// The name of the folder that the file lies in; empty if it lies directly below `/global`.
    pub fn folder(&self) -> &str {
        self.split().0.rsplit('/').next().unwrap_or_default()
    }

    fn split(&self) -> (&str, &str) {
        self.relative.rsplit_once('/').unwrap_or(("", &self.relative))
    }
}

impl fmt::Display for ScanPath {
    /// The path as given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.original)
    }
}

fn relative(path: &str) -> Result<String, &'static str> {
    let rest = match path.strip_prefix("/global") {
        _ if path.is_empty() => return Err("is empty"),
        _ if path.len() > MAX_BYTES => return Err("is longer than 4096 bytes"),
        _ if path.contains('\0') => return Err("has a NUL character"),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => return Err("does not begin with /global/"),
    };
    let parts: Vec<_> = rest.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err("names no file below /global");
    }
    if rest.ends_with('/') {
        return Err("ends with a slash: it must name a file, not a folder");
    }
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err("has a `.` or `..` part");
    }
    Ok(parts.iter().flat_map(|part| ["/", part]).collect())
}
