//! Faults: what is to go wrong, when, and the table that decides it request by request.

mod parse;
mod table;

use std::time::Duration;

pub use parse::FaultSpecError;
pub(crate) use table::Faults;

/// One fault: which requests or tasks it is aimed at, what happens to them, and how often.
///
/// Written as text, `TARGET:EFFECT[,key=value…]`; [`FaultSpec::help`] has the whole grammar.
///
/// ```
/// use service_sim::FaultSpec;
/// let fault: FaultSpec = "transfer.submit:status=503,retry-after=2,times=2".parse()?;
/// assert_eq!(fault.to_string(), "transfer.submit:status=503,retry-after=2,times=2");
/// # Ok::<(), service_sim::FaultSpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    text: String,
    aim: Aim,
    when: When,
}

/// What a fault acts on, with what it does there.
#[derive(Clone, Debug, PartialEq)]
enum Aim {
    Requests {
        operations: String,
        effect: RequestEffect,
    },
    Tasks {
        filter: TaskFilter,
        effect: TaskEffect,
    },
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestEffect {
    /// Answered with this status; nothing is acted on.
    Status {
        code: u16,
        retry_after: Option<Duration>,
    },
    /// Answered 502 with an HTML page; nothing is acted on.
    Html,
    /// The token is forgotten and the request answered 401.
    Unauthorized,
    /// The connection is cut; nothing is acted on.
    ResetBefore,
    /// Acted on, then the connection is cut.
    ResetAfter,
    /// Acted on; half of the reply's body is sent.
    Truncate,
    /// Acted on; the reply is kept until the name is released.
    Hold(String),
}

/// What happens to a transfer or delete task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskEffect {
    /// Ends FAILED with this fatal error code; nothing is copied or deleted.
    Fail { code: String },
    /// Stays ACTIVE with this nice_status until it is cancelled or its deadline passes.
    Stuck { nice_status: &'static str },
    /// Becomes INACTIVE, as with expired credentials.
    Inactive,
    /// Stays ACTIVE and well until the name is released, then goes on.
    Hold(String),
    /// Ends SUCCEEDED, but every file it copied has one byte changed at the destination.
    Corrupt,
}

/// Which tasks a fault is aimed at, by collection key; `None` for any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskFilter {
    pub(crate) source: Option<String>,
    pub(crate) destination: Option<String>,
}

/// How often a fault applies.
#[derive(Clone, Debug, Default, PartialEq)]
struct When {
    /// Only to this match, counted from 1.
    nth: Option<u64>,
    /// At most this often.
    times: Option<u64>,
    /// With this probability.
    rate: Option<f64>,
}

impl FaultSpec {
    /// The grammar of a fault, its effects and some examples, for people.
    pub fn help() -> &'static str {
        include_str!("help.txt")
    }
}

impl std::fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
