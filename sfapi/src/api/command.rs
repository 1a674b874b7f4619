//! `POST /utilities/command/{machine}`: running a command on a login node.

use http::Method;
use rest_core::RequestParts;

use super::Files;
use super::tasks::{begin, result_of};
use crate::error::refused;
use crate::model::CommandResult;
use crate::{Error, Result, TaskId};

const OPERATION: &str = "sfapi.run_command";

/// Runs a command. Made by [`Files::run`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RunCommand {
    files: Files,
    words: Vec<String>,
}

impl RunCommand {
    pub(super) fn new(files: Files, words: Vec<String>) -> Self {
        Self { files, words }
    }

    /// The request, without sending it. The words are quoted as for a shell: the service splits them so, and starts
    /// the first without one.
    ///
    /// # Errors
    /// `Config` when there is no word, or one has a NUL.
    pub fn into_parts(&self) -> Result<RequestParts> {
        if self.words.is_empty() {
            return Err(Error::config("no command is given").with_operation(OPERATION));
        }
        let line = shlex::try_join(self.words.iter().map(String::as_str))
            .map_err(|_| Error::config("the command contains a NUL character").with_operation(OPERATION))?;
        Ok(
            RequestParts::new(OPERATION, Method::POST, "/utilities/command/{machine}")
                .path_param("machine", self.files.machine.as_str())
                .form(vec![("executable".to_owned(), line)]),
        )
    }

    /// Sends the request alone, and gives the task that runs the command. Never sent again once it may have been
    /// acted on.
    ///
    /// # Errors
    /// Those of any request; [`Sent::Maybe`](crate::Sent::Maybe) means that it may have run.
    pub async fn start(&self) -> Result<TaskId> {
        begin(&self.files.client, self.into_parts()?).await
    }

    /// Runs the command and waits for its end, whatever its exit code. Never sent again once it may have been acted
    /// on.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn output(&self) -> Result<CommandResult> {
        let task = self.start().await?;
        let result = result_of(&self.files.client, OPERATION, &task).await?;
        serde_json::from_value(result).map_err(|source| {
            Error::in_doubt(OPERATION, "the task's result cannot be read").with_source(source)
        })
    }

    /// What the command wrote, if it ended well.
    ///
    /// # Errors
    /// As for [`start`](Self::start); `OperationFailed` with what it wrote as errors, when it ended with another exit
    /// code than 0 or the service says `error`.
    pub async fn send(&self) -> Result<String> {
        let result = self.output().await?;
        let failed = result.exit_code.is_some_and(|code| code != 0)
            || result
                .status
                .as_deref()
                .is_some_and(|status| status.eq_ignore_ascii_case("error"));
        if failed {
            let said = result.error.filter(|text| !text.is_empty()).or(result.output);
            return Err(refused(OPERATION, said.as_deref()));
        }
        Ok(result.output.unwrap_or_default())
    }
}
