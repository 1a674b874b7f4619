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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_leading_global_goes() {
        for (path, relative, folder, name, stem) in [
            ("/global/raw/f/x.h5", "/raw/f/x.h5", "f", "x.h5", "x"),
            (
                "/global/raw/global/x.h5",
                "/raw/global/x.h5",
                "global",
                "x.h5",
                "x",
            ),
            (
                "/global/global/global",
                "/global/global",
                "global",
                "global",
                "global",
            ),
            ("/global//raw///f//x.h5", "/raw/f/x.h5", "f", "x.h5", "x"),
            ("/global/x.tar.gz", "/x.tar.gz", "", "x.tar.gz", "x.tar"),
            ("/global/f/.h5", "/f/.h5", "f", ".h5", ".h5"),
            ("/global/f/x.", "/f/x.", "f", "x.", "x."),
            (
                "/global/a b/-$(id) 'q'\n\"ü\".h5",
                "/a b/-$(id) 'q'\n\"ü\".h5",
                "a b",
                "-$(id) 'q'\n\"ü\".h5",
                "-$(id) 'q'\n\"ü\"",
            ),
        ] {
            let scan = ScanPath::parse(path).unwrap();
            assert_eq!(
                (
                    scan.relative(),
                    scan.folder(),
                    scan.file_name(),
                    scan.stem(),
                    scan.original()
                ),
                (relative, folder, name, stem, path)
            );
            assert_eq!(scan.to_string(), path);
        }
    }

    #[test]
    fn refusals_say_what_and_how_it_should_look() {
        let long = format!("/global/{}", "x".repeat(MAX_BYTES));
        for (path, problem) in [
            ("", "is empty"),
            ("/global", "names no file"),
            ("/global/", "names no file"),
            ("/global//", "names no file"),
            ("/globalx/raw/x.h5", "does not begin"),
            ("global/raw/x.h5", "does not begin"),
            ("/raw/x.h5", "does not begin"),
            (" /global/raw/x.h5", "does not begin"),
            ("//global/raw/x.h5", "does not begin"),
            ("/GLOBAL/raw/x.h5", "does not begin"),
            ("/global/raw/", "ends with a slash"),
            ("/global/raw/../x.h5", "`..`"),
            ("/global/../x.h5", "`..`"),
            ("/global/raw/..", "`..`"),
            ("/global/./x.h5", "`..`"),
            ("/global/raw/x\0.h5", "NUL"),
            (long.as_str(), "longer"),
        ] {
            let message = ScanPath::parse(path).unwrap_err().to_string();
            assert!(
                message.contains(problem) && message.contains("/global/raw/<folder>"),
                "{message}"
            );
            assert!(message.len() < 500);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_taken_is_a_plain_path_below_global(path in "(/global)?(/([a-z.$' -]|\\PC|\n){0,6}){0,5}/?") {
            if let Ok(scan) = ScanPath::parse(&path) {
                let parts: Vec<_> = scan.relative()[1..].split('/').collect();
                proptest::prop_assert!(parts.iter().all(|part| !matches!(*part, "" | "." | "..")));
                let below: Vec<_> = path["/global/".len()..].split('/').filter(|part| !part.is_empty()).collect();
                proptest::prop_assert_eq!(&parts, &below);
                // The canonical form of a path names the same file.
                let again = ScanPath::parse(&format!("/global{}", scan.relative())).unwrap();
                proptest::prop_assert_eq!(again.relative(), scan.relative());
            }
        }
    }
}
