//! Client ids and private keys in files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rest_core::private_key_jwt::SigningKey;
use rest_core::{ExposeSecret, SecretString, Vars};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Result};

/// More than any key takes, in bytes.
const LARGEST: u64 = 64 * 1024;
const FOLDER: &str = ".superfacility";

/// Who a client is: its id and its private key. `Debug` does not show the key.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(crate) client_id: String,
    pub(crate) key: SigningKey,
}

/// The JSON form of a key file.
#[derive(Deserialize)]
struct KeyDocument {
    client_id: String,
    secret: Box<RawValue>,
}

impl Credentials {
    /// An id as Iris shows it, and a private key: a JWK in JSON or a PEM (PKCS#1 or PKCS#8). Blanks and newlines
    /// around either are ignored.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), which quotes nothing of the key.
    pub fn new(client_id: &str, key: &SecretString) -> Result<Self> {
        let client_id = client_id.trim();
        if client_id.is_empty() || client_id.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::config("the client id is empty, or more than one word"));
        }
        let key = SigningKey::parse(key)?;
        Ok(Self {
            client_id: client_id.to_owned(),
            key,
        })
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// An id and a key in two files, as `PATH_NERSC_CLIENT_ID` and `PATH_NERSC_PRI_KEY` name them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the file, when one is missing or wrong, or when others
    /// than the owner may read the key.
    pub fn from_files(client_id: &Path, key: &Path) -> Result<Self> {
        let id = read(client_id, "client id", Mode::Any)?;
        let secret = read(key, "private key", Mode::OwnerOnly)?;
        Self::new(id.expose_secret(), &secret).map_err(|error| about(key, &error))
    }

    /// Both in one file, as Iris offers it for download: JSON (`{"client_id": …, "secret": <JWK>}`), or the id in the
    /// first line and a PEM below.
    ///
    /// # Errors
    /// As for [`from_files`](Self::from_files).
    pub fn from_key_file(path: &Path) -> Result<Self> {
        let text = read(path, "key file", Mode::OwnerOnly)?;
        Self::from_key_text(text.expose_secret()).map_err(|error| about(path, &error))
    }

    fn from_key_text(text: &str) -> Result<Self> {
        if text.trim_start().starts_with('{') {
            let document: KeyDocument = serde_json::from_str(text).map_err(|error| {
                let place = format!("line {}, column {}", error.line(), error.column());
                Error::config(format!(
                    "the key file is JSON without `client_id` and `secret` ({place})"
                ))
            })?;
            return Self::new(&document.client_id, &SecretString::from(document.secret.get()));
        }
        let (id, key) = text.trim_start().split_once('\n').ok_or_else(|| {
            Error::config("the key file has one line: it takes the client id, and below it the PEM")
        })?;
        if id.starts_with("-----") {
            return Err(Error::config(
                "the key file begins with the PEM; its first line must be the client id",
            ));
        }
        Self::new(id, &SecretString::from(key))
    }

    /// The credentials that the variables name: `PATH_NERSC_CLIENT_ID` (or `PATH_NERSC_ID`) with
    /// `PATH_NERSC_PRI_KEY`; else `SFAPI_KEY`, a key file's path or its name in `~/.superfacility`; else the only key
    /// file in that folder.
    ///
    /// # Errors
    /// As for [`from_files`](Self::from_files); also when nothing is named, or the folder holds several keys.
    pub fn from_vars(vars: Vars<'_>) -> Result<Self> {
        let id = vars.get(&["PATH_NERSC_CLIENT_ID", "PATH_NERSC_ID"]);
        let key = vars.get(&["PATH_NERSC_PRI_KEY"]);
        let folder = vars.get(&["HOME"]).map(|home| Path::new(&home).join(FOLDER));
        match (id, key) {
            (Some(id), Some(key)) => return Self::from_files(id.trim().as_ref(), key.trim().as_ref()),
            (Some(_), None) => {
                return Err(Error::config(
                    "PATH_NERSC_PRI_KEY is not set, PATH_NERSC_CLIENT_ID is",
                ));
            }
            (None, Some(_)) => {
                return Err(Error::config(
                    "PATH_NERSC_CLIENT_ID is not set, PATH_NERSC_PRI_KEY is",
                ));
            }
            (None, None) => {}
        }
        let wanted = vars.get(&["SFAPI_KEY"]);
        Self::from_key_file(&find(wanted.as_deref().map(str::trim), folder.as_deref())?)
    }
}

fn about(path: &Path, error: &Error) -> Error {
    Error::config(format!("{}: {error}", path.display()))
}

/// The key file: by its path, or by the beginning of its name in `folder`.
fn find(wanted: Option<&str>, folder: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = wanted.map(Path::new).filter(|path| path.exists()) {
        return Ok(path.to_owned());
    }
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut keys: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(wanted.unwrap_or_default()) && !name.starts_with('.')
        })
        .collect();
    keys.sort();
    match (keys.as_slice(), wanted) {
        ([only], _) => Ok(only.clone()),
        ([], Some(name)) => Err(Error::config(format!(
            "SFAPI_KEY: no file {name:?}, and none in ~/{FOLDER} begins so"
        ))),
        ([], None) => Err(Error::config(format!(
            "no Superfacility API key: set PATH_NERSC_CLIENT_ID and PATH_NERSC_PRI_KEY, or SFAPI_KEY, or put a key \
             file into ~/{FOLDER}"
        ))),
        (several, _) => Err(Error::config(format!(
            "{} key files in ~/{FOLDER} fit: name one by SFAPI_KEY",
            several.len()
        ))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Any,
    OwnerOnly,
}

fn read(path: &Path, what: &str, mode: Mode) -> Result<SecretString> {
    let problem = |why: String| Error::config(format!("the {what} {}: {why}", path.display()));
    let file = File::open(path).map_err(|error| problem(format!("cannot be opened: {error}")))?;
    let facts = file.metadata().map_err(|error| problem(error.to_string()))?;
    if !facts.is_file() {
        return Err(problem("is not a file".to_owned()));
    }
    if mode == Mode::OwnerOnly && others_may_use(&facts) {
        return Err(problem(
            "others may read or write it, so it may be known: `chmod 600` it, or make a new client in Iris"
                .to_owned(),
        ));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(problem("is too large".to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|_| problem("is not text".to_owned()))?;
    if text.trim().is_empty() {
        return Err(problem("is empty".to_owned()));
    }
    Ok(SecretString::from(text))
}

#[cfg(unix)]
fn others_may_use(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    facts.permissions().mode() & 0o077 != 0
}

/// Elsewhere files have no such mode.
#[cfg(not(unix))]
fn others_may_use(_facts: &std::fs::Metadata) -> bool {
    false
}
