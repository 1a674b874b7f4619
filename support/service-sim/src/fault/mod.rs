//! Faults: what is to go wrong, when, and the table that decides it request by request.

mod effects;
mod parse;
mod table;

use std::time::Duration;

use crate::routes::Odd;

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
    /// Slurm jobs whose name fits.
    Jobs {
        name: String,
        effect: JobEffect,
    },
}

/// What happens to a Slurm job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobEffect {
    /// Ends in this state, with this exit code and signal; its script is not run.
    End { state: &'static str, exit: (i32, i32) },
    /// Stays PENDING until the name is released.
    Hold(String),
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
    /// Read, and acted on when the name is released, unless the client is gone by then.
    HoldBefore(String),
    /// Acted on; the second half of the reply's body is kept until the name is released.
    Stall(String),
    /// Acted on; the reply comes this much later.
    Latency(Duration),
    /// Acted on twice, as when a network delivers twice; the second reply is sent.
    Duplicate,
    /// Acted on, but what was true before is replied.
    Stale,
    /// Acted on; the times in the reply are moved by so many seconds.
    Skew(i64),
    /// Answered as the service seldom does.
    Odd(Odd),
}

/// What happens to a transfer or delete task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskEffect {
    /// Ends FAILED with this fatal error code; nothing is copied or deleted.
    Fail { code: String },
    /// Stays ACTIVE with this nice_status until it is cancelled or its deadline passes.
    Stuck { nice_status: &'static str },
    /// Stays ACTIVE and well, and keeps its place, but no byte moves.
    Stall,
    /// Becomes INACTIVE, as with expired credentials.
    Inactive,
    /// Stays ACTIVE and well until the name is released, then goes on.
    Hold(String),
    /// Its deadline passes: ends FAILED with EXPIRED.
    Expire,
    /// Goes on, but what it delivers is spoilt.
    Spoilt(Spoil),
}

/// What is wrong with a task that looks as if all were well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spoil {
    /// Every file it copied has one byte changed at the destination.
    Corrupt,
    /// Every file it copied is cut to half its length at the destination.
    Truncate,
    /// The first file is left out, as one of `skipped_errors`, whether that was asked for or not.
    Skip,
    /// Copies so many bytes a second.
    Slow(u64),
    /// The files it delivers have modification times so many seconds off.
    Skew(i64),
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
