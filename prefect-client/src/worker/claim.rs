//! How a run's state says whose it is.
//!
//! The message of the states Pending and Running names the worker; the server keeps it with the transition itself,
//! so that there is no moment in which a taken run has no owner.

const MARK: &str = "taken by worker ";
const TAKEN_OVER: &str = "the worker that ran this has died; taken over by worker ";

/// The message of a state of the run of this worker.
pub(crate) fn message(worker: &str) -> String {
    format!("{MARK}{worker}")
}

/// The worker that a message names.
pub(crate) fn owner(message: &str) -> Option<&str> {
    message.strip_prefix(MARK).filter(|name| !name.is_empty())
}

/// The message of the state Crashed by which this worker takes over.
pub(crate) fn takeover_message(worker: &str) -> String {
    format!("{TAKEN_OVER}{worker}")
}

/// The worker that took over, by the message of the state Crashed.
pub(crate) fn taken_over_by(message: &str) -> Option<&str> {
    message.strip_prefix(TAKEN_OVER).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_worker_and_no_other_does() {
        assert_eq!(owner(&message("host-1 [ab]")), Some("host-1 [ab]"));
        assert_eq!(taken_over_by(&takeover_message("w")), Some("w"));
        for other in [
            "",
            "Flow run infrastructure submitted",
            "taken by worker ",
            &takeover_message("w"),
        ] {
            assert_eq!(owner(other), None, "{other}");
        }
        assert_eq!(taken_over_by(&message("w")), None);
    }
}
