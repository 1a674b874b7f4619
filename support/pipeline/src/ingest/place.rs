//! Where this machine sees a file that a flow was told of, and how the catalogue names it.

use std::path::PathBuf;

use crate::config::Config;
use crate::dotenv::Environment;
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;

use super::STEP;

/// A file or folder to be catalogued.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Its path as the flow was given it, and as the catalogue will know it.
    pub path: &'a str,
    /// Its path below the root of `endpoints`.
    pub relative: &'a str,
    /// The endpoints that hold it; one with a `local_path` can be read here.
    pub endpoints: Vec<&'a StorageEndpoint>,
}

impl<'a> Subject<'a> {
    /// Something that is on no endpoint.
    pub fn new(path: &'a str) -> Self {
        Self {
            path,
            relative: path,
            endpoints: Vec::new(),
        }
    }

    /// Its path on this machine: below the `local_path` of the first of its endpoints where it can be read, else below
    /// the incumbent's base folders, else as the flow was given it.
    ///
    /// # Errors
    /// It can be read nowhere; the failure names every path tried and the keys to set.
    pub fn local(&self, config: &Config, environment: &Environment) -> Result<PathBuf, Failure> {
        let mut tried = Vec::new();
        for path in self.candidates(environment)? {
            match std::fs::File::open(&path) {
                Ok(_) => return Ok(path),
                Err(error) => tried.push(format!("{}: {error}", path.display())),
            }
        }
        let text = format!("the scan cannot be read on this machine ({})", tried.join("; "));
        let keys: Vec<String> = self
            .endpoints
            .iter()
            .map(|endpoint| format!("globus.globus_endpoints.{}.local_path", endpoint.key()))
            .collect();
        let remedy = if keys.is_empty() {
            "set SCICAT_INGEST_BASE_FOLDER to the folder that the path begins in".to_owned()
        } else {
            format!("set {} in {}", keys.join(" or "), config.file())
        };
        Err(Failure::new(STEP, "unreadable", text)
            .file(self.path)
            .remedy(remedy))
    }

    fn candidates(&self, environment: &Environment) -> Result<Vec<PathBuf>, Failure> {
        let mut paths = Vec::new();
        for endpoint in &self.endpoints {
            let local = endpoint
                .local(self.relative)
                .map_err(|error| Failure::new(STEP, "config", error.to_string()))?;
            paths.extend(local);
        }
        for name in ["SCICAT_INGEST_INTERNAL_BASE_FOLDER", "SCICAT_INGEST_BASE_FOLDER"] {
            if let Some(base) = set(environment, name) {
                paths.push(PathBuf::from(base).join(self.path.trim_start_matches('/')));
            }
        }
        paths.push(PathBuf::from(self.path));
        Ok(paths)
    }

    /// Its path as the catalogue's list of files has it: with `INGEST_SOURCE_ROOT_PATH` at its beginning replaced by
    /// `INGEST_STORAGE_ROOT_PATH`, where both are set; only there, and only once.
    pub fn catalogued(&self, environment: &Environment) -> String {
        let source = set(environment, "INGEST_SOURCE_ROOT_PATH").map(|root| root.trim_end_matches('/'));
        let storage = set(environment, "INGEST_STORAGE_ROOT_PATH").map(|root| root.trim_end_matches('/'));
        if let (Some(source), Some(storage)) = (source, storage)
            && let Some(rest) = self.path.strip_prefix(source)
            && rest.starts_with('/')
        {
            return format!("{storage}{rest}");
        }
        self.path.to_owned()
    }
}

fn set<'e>(environment: &'e Environment, name: &str) -> Option<&'e str> {
    environment.get(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogued(path: &str, source: &str, storage: &str) -> String {
        let names = ["INGEST_SOURCE_ROOT_PATH", "INGEST_STORAGE_ROOT_PATH"];
        let values = names
            .map(str::to_owned)
            .into_iter()
            .zip([source.to_owned(), storage.to_owned()]);
        Subject::new(path).catalogued(&Environment::from_vars(values))
    }

    #[test]
    fn only_the_beginning_of_a_path_is_replaced_and_only_as_whole_folders() {
        assert_eq!(
            catalogued("/data/raw/data/raw/x.h5", "/data/raw", "/store"),
            "/store/data/raw/x.h5"
        );
        assert_eq!(
            catalogued("/data/raw/x.h5", "/data/raw/", "/store/"),
            "/store/raw/x.h5".replace("/raw", "")
        );
        assert_eq!(
            catalogued("/data/rawer/x.h5", "/data/raw", "/store"),
            "/data/rawer/x.h5"
        );
        assert_eq!(
            catalogued("/a/data/raw/x.h5", "/data/raw", "/store"),
            "/a/data/raw/x.h5"
        );
        assert_eq!(catalogued("/data/raw/x.h5", "/data/raw", ""), "/data/raw/x.h5");
        assert_eq!(catalogued("/data/raw/x.h5", "", "/store"), "/data/raw/x.h5");
        assert_eq!(catalogued("/data/x.h5", "/", "/store"), "/store/data/x.h5");
    }

    #[test]
    fn base_folders_come_before_the_path_itself() {
        let environment = Environment::from_vars([
            ("SCICAT_INGEST_BASE_FOLDER".to_owned(), "/base".to_owned()),
            (
                "SCICAT_INGEST_INTERNAL_BASE_FOLDER".to_owned(),
                "/inner".to_owned(),
            ),
        ]);
        let paths = Subject::new("/global/raw/x.h5").candidates(&environment).unwrap();
        assert_eq!(
            paths
                .iter()
                .map(|path| path.to_string_lossy())
                .collect::<Vec<_>>(),
            [
                "/inner/global/raw/x.h5",
                "/base/global/raw/x.h5",
                "/global/raw/x.h5"
            ]
        );
    }
}
