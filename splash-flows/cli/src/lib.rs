//! What the command and the examples share: parameters from the command line, live progress, logs, a run's
//! end in words.

pub mod check;
pub mod deploy;
pub mod live;
pub mod logging;
pub mod parameters;
pub mod secrets;
pub mod serve;
pub mod settings_of;
pub mod who;
pub mod words;
