//! Functions run once in effect on a simulated endpoint that really runs them, whatever happens to requests, tasks and
//! the process that waits; and only commands that ended well are believed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod ends;
mod fence;
mod once;
