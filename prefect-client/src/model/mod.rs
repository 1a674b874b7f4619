//! The documents that come back from the server.

pub(crate) mod deployment;
pub(crate) mod flow_run;
pub(crate) mod variable;
