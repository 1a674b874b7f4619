//! The scan that a reconstruction is of.

use std::fmt;

use crate::failure::Failure;

/// The longest path taken, in bytes: Linux's own limit.
const MAX_BYTES: usize = 4096;
const STEP: &str = "preflight";

/// A raw scan by its folder and name, which are the same below every raw and scratch endpoint of beamline 8.3.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconScan {
    folder: String,
    stem: String,
}

impl ReconScan {
    /// Reads a flow's `file_path`: `/global/raw/<folder>/<scan>.h5`, `/raw/…`, a path below one of `roots`, or the same
    /// from the folder on. A scan that lies deeper than one folder is taken only where `nested` says so: the site's
    /// scripts were written for one.
    ///
    /// # Errors
    /// It is not such a path, or has a NUL, a control character, a `.` or `..` part, or a part that begins with a dash.
    pub fn parse(path: &str, roots: &[&str], nested: bool) -> Result<Self, Failure> {
        let refused = |problem: &str| {
            let shown: String = path.chars().take(200).collect();
            let text =
                format!("file_path {shown:?} {problem}; it should look like /global/raw/<folder>/<scan>.h5");
            Failure::new(STEP, "path", text)
        };
        if path.len() > MAX_BYTES {
            return Err(refused("is longer than 4096 bytes"));
        }
        if path.chars().any(char::is_control) {
            return Err(refused("has a control character"));
        }
        let parts: Vec<&str> = below(path, roots)
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        if parts
            .iter()
            .any(|part| matches!(*part, "." | "..") || part.starts_with('-'))
        {
            return Err(refused("has a part `.`, `..` or one that begins with a dash"));
        }
        let stem = parts.last().and_then(|name| name.strip_suffix(".h5"));
        let Some((stem, folders)) = stem
            .filter(|stem| !stem.is_empty())
            .zip(parts.split_last().map(|(_, folders)| folders))
        else {
            return Err(refused("names no .h5 file"));
        };
        match folders.len() {
            0 => Err(refused("lies in no folder")),
            2.. if !nested => Err(refused("lies deeper than one folder")
                .remedy("set nested_folders: true under nersc_recon or alcf_recon in config.yml if the site's scripts take such folders")),
            _ => Ok(Self {
                folder: folders.join("/"),
                stem: stem.to_owned(),
            }),
        }
    }

    /// The folder, with a slash in it only where nested folders are allowed.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The file's name without `.h5`.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// `<folder>/<stem>.h5`, below a raw endpoint.
    pub fn raw(&self) -> String {
        format!("{}/{}.h5", self.folder, self.stem)
    }

    /// `<folder>/rec<stem>`, below a scratch endpoint: the slices.
    pub fn slices(&self) -> String {
        format!("{}/rec{}", self.folder, self.stem)
    }

    /// `<folder>/rec<stem>.zarr`, below a scratch endpoint: the multi-resolution volume.
    pub fn volume(&self) -> String {
        format!("{}/rec{}.zarr", self.folder, self.stem)
    }
}

impl fmt::Display for ReconScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.h5", self.folder, self.stem)
    }
}

/// The path from the folder on: without the longest of the roots and the usual beginnings that it has.
fn below<'p>(path: &'p str, roots: &[&str]) -> &'p str {
    let usual = ["/global/raw", "/raw"];
    let known = roots.iter().map(|root| root.trim_end_matches('/')).chain(usual);
    known
        .filter(|root| !root.is_empty())
        .filter_map(|root| path.strip_prefix(root).filter(|rest| rest.starts_with('/')))
        .min_by_key(|rest| rest.len())
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOTS: [&str; 2] = ["/global/cfs/cdirs/als/data_mover/8.3.2/raw", "/"];

    fn parse(path: &str) -> Result<ReconScan, Failure> {
        ReconScan::parse(path, &ROOTS, false)
    }

    #[test]
    fn all_ways_to_write_a_scan_mean_the_same() {
        for path in [
            "/global/raw/f/x.h5",
            "/raw/f/x.h5",
            "/f/x.h5",
            "f/x.h5",
            "//f//x.h5",
            "/global/cfs/cdirs/als/data_mover/8.3.2/raw/f/x.h5",
        ] {
            let scan = parse(path).unwrap();
            assert_eq!((scan.folder(), scan.stem()), ("f", "x"), "{path}");
        }
        let scan = parse("f/a b.c.h5").unwrap();
        assert_eq!(scan.raw(), "f/a b.c.h5");
        assert_eq!(
            (scan.slices(), scan.volume()),
            ("f/reca b.c".into(), "f/reca b.c.zarr".into())
        );
    }

    #[test]
    fn what_no_script_could_be_given_is_refused() {
        for path in [
            "",
            "x.h5",
            "/raw/x.h5",
            "/global/raw",
            "f/x",
            "f/.h5",
            "f/x.H5",
            "f/../x.h5",
            "f/x\n.h5",
            "f/\0.h5",
            "-f/x.h5",
            "f/-x.h5",
            "f/g/x.h5",
            "/global/f/x.h5",
        ] {
            assert_eq!(parse(path).unwrap_err().code, "path", "{path:?}");
        }
        assert!(parse(&format!("f/{}.h5", "x".repeat(5000))).is_err());
    }

    #[test]
    fn nested_folders_are_taken_where_they_are_allowed() {
        let scan = ReconScan::parse("/raw/f/g/x.h5", &ROOTS, true).unwrap();
        assert_eq!(scan.folder(), "f/g");
        let refusal = serde_json::json!(parse("/raw/f/g/x.h5").unwrap_err());
        assert!(refusal["remedy"].as_str().unwrap().contains("nested_folders"));
    }
}
