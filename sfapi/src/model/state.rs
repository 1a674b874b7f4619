//! States of Slurm jobs.

rest_core::open_enum! {
    /// The state of a job, as Slurm names it.
    pub enum JobState {
        /// Ended: the nodes did not start.
        BootFail = "BOOT_FAIL",
        /// Ended: called off.
        Cancelled = "CANCELLED",
        /// Ended well: exit code 0 on all nodes.
        Completed = "COMPLETED",
        /// Has its nodes, which are made ready.
        Configuring = "CONFIGURING",
        /// About to end.
        Completing = "COMPLETING",
        /// Ended: its deadline came.
        Deadline = "DEADLINE",
        /// Ended with another exit code than 0.
        Failed = "FAILED",
        /// Could not be started on its nodes; it will be queued again.
        LaunchFailed = "LAUNCH_FAILED",
        /// Ended: a node failed.
        NodeFail = "NODE_FAIL",
        /// Ended: it took more memory than it may.
        OutOfMemory = "OUT_OF_MEMORY",
        /// Waiting for its turn.
        Pending = "PENDING",
        /// Ended for another job's sake. If it is queued again, the queue shows it again.
        Preempted = "PREEMPTED",
        /// Waiting for a node to be powered on.
        PowerUpNode = "POWER_UP_NODE",
        /// Its nodes could not be made ready; it will be queued again.
        ReconfigFail = "RECONFIG_FAIL",
        /// Queued again by a federation.
        RequeueFed = "REQUEUE_FED",
        /// Queued again, and held.
        RequeueHold = "REQUEUE_HOLD",
        /// Queued again.
        Requeued = "REQUEUED",
        /// Held while its reservation is deleted.
        ResvDelHold = "RESV_DEL_HOLD",
        /// Changing its size.
        Resizing = "RESIZING",
        /// Ended here: another cluster of the federation runs it.
        Revoked = "REVOKED",
        /// Running.
        Running = "RUNNING",
        /// Being sent a signal.
        Signaling = "SIGNALING",
        /// Queued again in a special state, and held.
        SpecialExit = "SPECIAL_EXIT",
        /// Copying its results away.
        StageOut = "STAGE_OUT",
        /// Stopped by a signal; keeps its nodes.
        Stopped = "STOPPED",
        /// Suspended; its nodes are others'.
        Suspended = "SUSPENDED",
        /// Ended: its time was up.
        Timeout = "TIMEOUT",
    }
}

impl JobState {
    /// Reads what Slurm writes: `CANCELLED by 1000` is CANCELLED, and a `+` at a cut end is dropped.
    pub fn read(text: &str) -> Self {
        let word = text.split_whitespace().next().unwrap_or_default();
        Self::from(word.trim_end_matches('+').to_uppercase().as_str())
    }

    /// Whether the job has come to its end. Not so for values that this version does not know.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::BootFail
                | Self::Cancelled
                | Self::Completed
                | Self::Deadline
                | Self::Failed
                | Self::NodeFail
                | Self::OutOfMemory
                | Self::Preempted
                | Self::Revoked
                | Self::Timeout
        )
    }

    /// Whether the job has not begun yet.
    pub fn is_waiting(&self) -> bool {
        matches!(
            self,
            Self::Pending
                | Self::Configuring
                | Self::PowerUpNode
                | Self::RequeueFed
                | Self::RequeueHold
                | Self::Requeued
                | Self::ResvDelHold
                | Self::SpecialExit
                | Self::LaunchFailed
                | Self::ReconfigFail
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states that end a job and that sfapi_client 0.6 waits on for ever.
    #[test]
    fn every_end_is_an_end() {
        for text in ["BOOT_FAIL", "DEADLINE", "NODE_FAIL", "REVOKED"] {
            assert!(JobState::read(text).is_terminal(), "{text}");
        }
    }

    #[test]
    fn states_are_read_as_slurm_writes_them() {
        assert_eq!(JobState::read("CANCELLED by 1000"), JobState::Cancelled);
        assert_eq!(JobState::read("CANCELLED+"), JobState::Cancelled);
        assert_eq!(JobState::read("completed"), JobState::Completed);
        let later = JobState::read("HIBERNATING");
        assert_eq!(later, JobState::Unknown("HIBERNATING".to_owned()));
        assert!(!later.is_terminal() && !later.is_waiting());
    }

    #[test]
    fn no_state_both_waits_and_has_ended() {
        for state in JobState::KNOWN.iter().map(|text| JobState::read(text)) {
            assert!(!(state.is_terminal() && state.is_waiting()), "{state}");
            assert_eq!(JobState::read(state.as_str()), state);
        }
    }
}
