//! What a job left behind to be looked at.

use crate::api::Files;
use crate::slurm::OutputPaths;

/// The last lines of a job's output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tails {
    /// Of its standard output.
    pub stdout: Option<String>,
    /// Of its errors; none if they went into the same file.
    pub stderr: Option<String>,
}

impl Tails {
    /// Reads the ends of the files, at most so many bytes of each, whole lines of them. What cannot be read is left
    /// out: evidence that is lacking must not hide what it is about. One request a file, retried.
    pub async fn read(files: &Files, paths: &OutputPaths, at_most: usize) -> Self {
        let stdout = tail(files, paths.stdout.as_deref(), at_most).await;
        let separate = paths
            .stderr
            .as_deref()
            .filter(|path| Some(*path) != paths.stdout.as_deref());
        let stderr = tail(files, separate, at_most).await;
        Self { stdout, stderr }
    }

    /// Both, for people: each under its name, or nothing.
    pub fn shown(&self) -> String {
        let parts = [("stdout", &self.stdout), ("stderr", &self.stderr)];
        let parts: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.as_deref()?.trim_end())))
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name} ends with:\n{text}"))
            .collect();
        parts.join("\n")
    }
}

async fn tail(files: &Files, path: Option<&str>, at_most: usize) -> Option<String> {
    let path = path?;
    match files.download(path).send_opt().await {
        Ok(bytes) => Some(end_of(&bytes?, at_most)),
        Err(error) => {
            tracing::warn!(path, %error, "the job's output could not be read");
            None
        }
    }
}

/// The last bytes as text, from the beginning of a line on if there is one.
fn end_of(bytes: &[u8], at_most: usize) -> String {
    let start = bytes.len().saturating_sub(at_most);
    let end = bytes.get(start..).unwrap_or_default();
    let text = String::from_utf8_lossy(end);
    match text.split_once('\n') {
        Some((_, lines)) if start > 0 && !lines.is_empty() => lines.to_owned(),
        _ => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_whole_lines() {
        assert_eq!(end_of(b"one\ntwo\nthree\n", 8), "three\n");
        assert_eq!(end_of(b"one\ntwo\n", 100), "one\ntwo\n");
        assert_eq!(end_of(b"onelongline", 4), "line");
        assert_eq!(end_of(b"", 4), "");
        assert_eq!(end_of("a\nü".as_bytes(), 1), "\u{fffd}");
    }
}
