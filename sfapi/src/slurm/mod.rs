//! Job scripts: typed, every value quoted.
//!
//! ```
//! use std::time::Duration;
//! use sfapi::slurm::{Command, Container, Script};
//!
//! let container = Container::podman_hpc("registry.example.org/recon:1.4")
//!     .volume("/pscratch/sd/a/alsdev/data", "/data")
//!     .command(Command::new("python").arg("recon.py").arg("scan 17.h5"));
//! let script = Script::new("recon-17")
//!     .qos("regular").account("als").constraint("cpu").nodes(1).cpus_per_task(64)
//!     .time(Duration::from_secs(900)).exclusive()
//!     .output("/pscratch/sd/a/alsdev/logs/%x_%j.out")
//!     .command(Command::new("mkdir").arg("-p").arg("/pscratch/sd/a/alsdev/data/$(id)"))
//!     .command(Command::new("srun").words(container.line()?));
//! let text = script.text()?;
//! assert!(text.contains("mkdir -p '/pscratch/sd/a/alsdev/data/$(id)'\n"));
//! assert!(text.contains("python recon.py 'scan 17.h5'"));
//! # Ok::<(), sfapi::Error>(())
//! ```
//!
//! A value is one argument, whatever it holds: blanks, quotes, `$(…)`, `;`, `*`. NUL and newline cannot be passed on
//! safely and are refused. A value that begins with a dash is one argument too, which its program may take for an
//! option: put `--` or a folder before it.

mod command;
mod container;
mod fence;
mod output;
mod script;
mod time;

pub use command::{Command, quote};
pub use container::Container;
pub use fence::Fence;
pub use output::OutputPaths;
pub use script::{Script, job_name};
pub use time::{check_time, format_time, longest_time, parse_time};
