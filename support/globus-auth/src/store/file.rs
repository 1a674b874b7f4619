//! Tokens in a file that only its owner can read.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rest_core::ExposeSecret;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{TokenStore, key};
use crate::{Error, IssuedToken, Result};

/// How the file is written; others are refused.
const VERSION: u32 = 1;
/// More than any number of tokens takes, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Keeps tokens in a JSON file with mode 0600.
///
/// - A file that its group or others may read or write is refused, not repaired: its tokens may be known.
/// - Each change is written to another file, brought to disk and put in place of the old one, so that a reader sees
///   the old tokens or the new ones.
/// - Processes that change the file take turns (`flock` on `.<name>.lock` beside it), so that none undoes what
///   another saved.
///
/// A folder that is missing is made with mode 0700. The file is not encrypted: whoever is its owner can read it.
#[derive(Clone, Debug)]
pub struct FileStore {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    tokens: BTreeMap<String, Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

impl FileStore {
    /// Tokens in the file `path`, which need not exist. Nothing is read or written yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` where it may wait for the disk.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(|source| Error::config("the token store broke off").with_source(source))?
    }

    fn problem(&self, what: &str) -> Error {
        Error::config(format!("the token file {} {what}", self.path.display()))
    }

    fn io(&self, what: &str) -> impl FnOnce(io::Error) -> Error {
        let error = self.problem(what);
        |source| error.with_source(source)
    }

    fn read(&self) -> Result<BTreeMap<String, Kept>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.io("cannot be opened")(error)),
        };
        let about = file.metadata().map_err(self.io("cannot be looked at"))?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(self.problem(
                "can be read or written by others: its tokens may be known; revoke them, delete it and log in again, \
                 or `chmod 600` it if you know better",
            ));
        }
        let mut text = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut text)
            .map_err(self.io("cannot be read"))?;
        if text.len() as u64 > LARGEST {
            return Err(self.problem("is too large for a file of tokens"));
        }
        self.decode(&text)
    }

    fn decode(&self, text: &[u8]) -> Result<BTreeMap<String, Kept>> {
        // serde's own words would quote what stands there.
        let document: Document = serde_json::from_slice(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            self.problem(&format!(
                "is not one of ours ({place}): delete it and log in again"
            ))
        })?;
        if document.version != VERSION {
            let version = document.version;
            return Err(self.problem(&format!("is of version {version}, not {VERSION}")));
        }
        Ok(document.tokens)
    }

    /// The folder of the file; made if it is missing.
    fn folder(&self) -> Result<&Path> {
        let folder = match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(self.io("has no folder, and none can be made"))?;
        Ok(folder)
    }

    /// Changes the tokens while no other process does.
    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, Kept>) -> T) -> Result<T> {
        let folder = self.folder()?;
        let _lock = self.lock(folder)?;
        let mut tokens = self.read()?;
        let result = change(&mut tokens);
        self.replace(folder, tokens)?;
        Ok(result)
    }

    /// Waits for the lock, which the file's end gives up.
    fn lock(&self, folder: &Path) -> Result<File> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(format!(".{name}.lock")))
            .map_err(self.io("cannot be locked"))?;
        flock(&lock, FlockOperation::LockExclusive)
            .map_err(|errno| self.io("cannot be locked")(errno.into()))?;
        Ok(lock)
    }

    fn replace(&self, folder: &Path, tokens: BTreeMap<String, Kept>) -> Result<()> {
        let version = VERSION;
        let text = serde_json::to_vec_pretty(&Document { version, tokens })
            .map_err(|_| self.problem("cannot be written as JSON"))?;
        let write = || -> io::Result<()> {
            // Made with mode 0600, and gone if anything fails.
            let mut file = tempfile::Builder::new().prefix(".tokens-").tempfile_in(folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(self.io("cannot be written"))
    }
}

#[async_trait]
impl TokenStore for FileStore {
    async fn load_all(&self) -> Result<Vec<IssuedToken>> {
        let kept = self.blocking(Self::read).await?;
        Ok(kept
            .into_iter()
            .map(|(server, kept)| kept.into_token(server))
            .collect())
    }

    async fn save(&self, tokens: &[IssuedToken]) -> Result<()> {
        let tokens = tokens
            .iter()
            .map(|token| Ok((key(token)?.to_owned(), Kept::new(token))));
        let tokens = tokens.collect::<Result<Vec<_>>>()?;
        self.blocking(move |store| store.change(|kept| kept.extend(tokens)))
            .await
    }

    async fn remove(&self, resource_server: &str) -> Result<bool> {
        let server = resource_server.to_owned();
        self.blocking(move |store| {
            if !store.read()?.contains_key(&server) {
                return Ok(false);
            }
            store.change(|kept| kept.remove(&server).is_some())
        })
        .await
    }
}

impl Kept {
    fn new(token: &IssuedToken) -> Self {
        let text = |secret: &rest_core::SecretString| secret.expose_secret().to_owned();
        Self {
            access_token: text(&token.access_token),
            refresh_token: token.refresh_token.as_ref().map(text),
            id_token: token.id_token.as_ref().map(text),
            scopes: token.scopes.clone(),
            expires_at: token.expires_at,
        }
    }

    fn into_token(self, server: String) -> IssuedToken {
        IssuedToken {
            scopes: self.scopes,
            expires_at: self.expires_at,
            refresh_token: self.refresh_token.map(Into::into),
            id_token: self.id_token.map(Into::into),
            ..IssuedToken::new(server, self.access_token)
        }
    }
}
