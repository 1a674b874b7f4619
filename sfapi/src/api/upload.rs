//! `PUT /utilities/upload/{machine}/{path}`: writing a small file.

use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;
use http::Method;
use rest_core::RequestParts;

use super::Files;
use crate::Result;
use crate::error::refused;
use crate::model::UploadReply;

/// Writes a file. Made by [`Files::upload`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UploadFile {
    files: Files,
    path: String,
    bytes: Bytes,
}

impl UploadFile {
    pub(super) fn new(files: Files, path: String, bytes: Bytes) -> Self {
        Self { files, path, bytes }
    }

    /// The request, without sending it: a form of one part named `file`.
    ///
    /// # Errors
    /// `Config` for a path that is not absolute, or has NUL, `.` or `..`.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let template = "/utilities/upload/{machine}/{path}";
        let parts = self
            .files
            .parts("sfapi.upload", Method::PUT, template, &self.path)?;
        let boundary = boundary(&self.bytes);
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            escaped(name)
        )
        .into_bytes();
        body.extend_from_slice(&self.bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        Ok(parts.bytes(format!("multipart/form-data; boundary={boundary}"), body))
    }

    /// Writes the file. Retried: written twice is written once.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the machine's words.
    pub async fn send(&self) -> Result<()> {
        let reply: UploadReply = self.files.client.request(self.into_parts()?).await?;
        if reply.status.eq_ignore_ascii_case("error") {
            return Err(refused("sfapi.upload", reply.error.as_deref()));
        }
        Ok(())
    }
}

/// A line that does not occur in the bytes; the same for the same bytes.
fn boundary(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let mut number = hasher.finish();
    loop {
        let line = format!("sfapi-part-{number:016x}");
        let occurs = bytes.windows(line.len()).any(|window| window == line.as_bytes());
        if !occurs {
            return line;
        }
        number = number.wrapping_add(1);
    }
}

/// As browsers write names in such a form.
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_that_occurs_is_not_taken() {
        let bytes = boundary(b"x").into_bytes();
        let taken = boundary(&bytes);
        assert!(
            !bytes
                .windows(taken.len())
                .any(|window| window == taken.as_bytes())
        );
    }
}
