//! `/utilities/ls` and `/utilities/download`: looking at files. Small ones only; Globus moves the rest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use rest_core::RequestParts;

use super::{RunCommand, UploadFile};
use crate::error::{ErrorExt as _, check_path, malformed, refused};
use crate::model::{Directory, Download, FileEntry};
use crate::{Client, Machine, Result};

/// What can be done with the files of a machine. Made by [`Client::files`].
#[derive(Clone, Debug)]
pub struct Files {
    pub(super) client: Client,
    pub(super) machine: Machine,
}

impl Files {
    pub(crate) fn new(client: Client, machine: Machine) -> Self {
        Self { client, machine }
    }

    /// Lists a folder, or shows a file.
    pub fn ls(&self, path: impl Into<String>) -> ListFolder {
        ListFolder {
            files: self.clone(),
            path: path.into(),
        }
    }

    /// Reads a file.
    pub fn download(&self, path: impl Into<String>) -> DownloadFile {
        DownloadFile {
            files: self.clone(),
            path: path.into(),
            binary: true,
        }
    }

    /// Writes a file, in place of one that is there.
    pub fn upload(&self, path: impl Into<String>, bytes: impl Into<Bytes>) -> UploadFile {
        UploadFile::new(self.clone(), path.into(), bytes.into())
    }

    /// Runs a command on a login node: a program with its arguments, without a shell.
    pub fn run<S: Into<String>>(&self, command: impl IntoIterator<Item = S>) -> RunCommand {
        RunCommand::new(self.clone(), command.into_iter().map(Into::into).collect())
    }

    /// A request about a path. The path is absolute, so that the URL holds `//`.
    pub(super) fn parts(
        &self,
        operation: &'static str,
        method: Method,
        template: &'static str,
        path: &str,
    ) -> Result<RequestParts> {
        check_path(path).map_err(|error| error.with_operation(operation))?;
        Ok(RequestParts::new(operation, method, template)
            .path_param("machine", self.machine.as_str())
            .path_tail("path", path))
    }
}

/// Lists a folder. Made by [`Files::ls`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct ListFolder {
    files: Files,
    path: String,
}

impl ListFolder {
    /// `GET /utilities/ls/{machine}/{path}`, without sending it.
    ///
    /// # Errors
    /// `Config` for a path that is not absolute, or has NUL, `.` or `..`.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let template = "/utilities/ls/{machine}/{path}";
        self.files.parts("sfapi.ls", Method::GET, template, &self.path)
    }

    /// What is in the folder, without `.` and `..`; for a file the file itself, under its whole path. Retried.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the machine's words, see
    /// [`is_no_such_file`](crate::ErrorExt::is_no_such_file).
    pub async fn send(&self) -> Result<Vec<FileEntry>> {
        let reply: Directory = self.files.client.request(self.into_parts()?).await?;
        if reply.status.eq_ignore_ascii_case("error") {
            return Err(refused("sfapi.ls", reply.error.as_deref()));
        }
        let mut entries = reply.entries.unwrap_or_default();
        entries.retain(|entry| !matches!(entry.name.as_deref(), Some("." | "..")));
        Ok(entries)
    }

    /// As [`send`](Self::send), with `None` if there is no such path.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for a path that does not exist.
    pub async fn send_opt(&self) -> Result<Option<Vec<FileEntry>>> {
        absent(self.send().await)
    }
}

/// Reads a file. Made by [`Files::download`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct DownloadFile {
    files: Files,
    path: String,
    binary: bool,
}

impl DownloadFile {
    /// Asks for text as text, not in base64: a third less on the wire, and bytes that are no text are lost.
    pub fn text(mut self) -> Self {
        self.binary = false;
        self
    }

    /// `GET /utilities/download/{machine}/{path}`, without sending it.
    ///
    /// # Errors
    /// `Config` for a path that is not absolute, or has NUL, `.` or `..`.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let template = "/utilities/download/{machine}/{path}";
        let parts = self
            .files
            .parts("sfapi.download", Method::GET, template, &self.path)?;
        Ok(parts.query("binary", self.binary.to_string()))
    }

    /// The file's bytes. Retried.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the machine's words, see
    /// [`is_no_such_file`](crate::ErrorExt::is_no_such_file).
    pub async fn send(&self) -> Result<Bytes> {
        let reply: Download = self.files.client.request(self.into_parts()?).await?;
        if reply.status.eq_ignore_ascii_case("error") {
            return Err(refused("sfapi.download", reply.error.as_deref()));
        }
        let text = reply.file.unwrap_or_default();
        if !reply.is_binary.unwrap_or(self.binary) {
            return Ok(Bytes::from(text));
        }
        let bytes = STANDARD.decode(text.trim().as_bytes());
        bytes
            .map(Bytes::from)
            .map_err(|source| malformed("sfapi.download", "the file is not in base64").with_source(source))
    }

    /// As [`send`](Self::send), with `None` if there is no such file.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for a file that does not exist.
    pub async fn send_opt(&self) -> Result<Option<Bytes>> {
        absent(self.send().await)
    }
}

fn absent<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_no_such_file() => Ok(None),
        Err(error) => Err(error),
    }
}
