//! What submissions of both kinds have in common.

/// The settings that a transfer and a deletion share, and sending. The builder has `client`, `options` and
/// `document()`.
macro_rules! submission_setters {
    ($name:ident, $endpoint:literal) => {
        impl $name {
            /// The task's label; cut and cleaned to the service's rules.
            pub fn label(mut self, label: impl Into<crate::Label>) -> Self {
                let label = label.into();
                self.options.label = (!label.is_empty()).then(|| label.to_string());
                self
            }

            /// When the service shall give up. Left unset, a deletion has 24 hours, and of a transfer the service
            /// moves the deadline along with progress.
            pub fn deadline(mut self, deadline: chrono::DateTime<chrono::Utc>) -> Self {
                let text = deadline.to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
                self.options.deadline = Some(text);
                self
            }

            /// Whether the service sends mail about the task: on success, on failure, and when it becomes inactive.
            pub fn notifications(self, notify: bool) -> Self {
                self.notify_on_succeeded(notify)
                    .notify_on_failed(notify)
                    .notify_on_inactive(notify)
            }

            /// Whether the service sends mail when the task has succeeded.
            pub fn notify_on_succeeded(mut self, notify: bool) -> Self {
                self.options.notify_on_succeeded = Some(notify);
                self
            }

            /// Whether the service sends mail when the task has failed.
            pub fn notify_on_failed(mut self, notify: bool) -> Self {
                self.options.notify_on_failed = Some(notify);
                self
            }

            /// Whether the service sends mail when the task has become inactive.
            pub fn notify_on_inactive(mut self, notify: bool) -> Self {
                self.options.notify_on_inactive = Some(notify);
                self
            }

            #[doc = concat!(
                "Fetches a submission id and submits: `GET /v0.10/submission_id`, `", $endpoint, "`. Both are retried."
            )]
            ///
            /// Who must survive a crash in between takes [`document`](Self::document) instead, records it, and sends
            /// it with [`Client::submit`](crate::Client::submit).
            ///
            /// # Errors
            /// Those of [`document`](Self::document) and of any request.
            pub async fn send(&self) -> crate::Result<crate::SubmitResult> {
                // What is wrong with the document is said before anything is sent.
                self.document(&crate::SubmissionId::new("unsent"))?;
                let id = self.client.submission_id().send().await?;
                self.client.submit(&self.document(&id)?).send().await
            }

            /// As [`send`](Self::send), and waits for the task to end. While the user has as many pending tasks as the
            /// service allows, it waits for room first. Dropping the future stops the wait, but not the task.
            ///
            /// # Errors
            /// Those of [`send`](Self::send) as [`WaitError::Service`](crate::WaitError::Service), and those of
            /// [`TaskWatcher::wait`](crate::TaskWatcher::wait).
            pub async fn submit_and_wait(
                &self,
                watcher: &crate::TaskWatcher,
            ) -> Result<crate::Task, crate::WaitError> {
                self.document(&crate::SubmissionId::new("unsent"))?;
                let id = self.client.submission_id().send().await?;
                let submitted = self.client.submit(&self.document(&id)?).send_when_room().await?;
                watcher.wait(submitted.task_id).await
            }
        }
    };
}
pub(crate) use submission_setters;
