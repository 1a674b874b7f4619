//! Settings as the Python tools read them: `.env` files, `$VARIABLES` in YAML, with places for messages.
//!
//! * [`dotenv::Environment`] is the process environment and a `.env` file together, as python-dotenv merges them.
//! * [`Document`] reads a YAML file, expands its texts as Python's `os.path.expandvars` does, and keeps every mistake
//!   with its line and column instead of ending at the first.
//! * [`Setting`] is one such text. A variable that is not set is an error where the text is used, and not before.
//!
//! ```
//! use settings::Document;
//! use settings::dotenv::Environment;
//!
//! let env = Environment::default().with_dotenv("DATA=/data")?;
//! let text = "root: ${DATA}/raw\nsite: $SITE\nstall: soon\n";
//! let document = Document::read(text, "config.yml", &env).map_err(|mistake| mistake.to_string())?;
//! let top = document.top();
//! assert_eq!(top.required("root").get()?, "/data/raw");
//! let error = top.required("site").get().unwrap_err().to_string();
//! assert!(error.starts_with("config.yml:2:7: site needs the variable SITE, which is not set"));
//! assert_eq!(top.duration("stall"), None);
//! assert_eq!(document.mistakes().map_or(0, |mistakes| mistakes.list().len()), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Messages name places, keys and variables, never a value: it may be a secret.

mod document;
pub mod dotenv;
mod duration;
mod expand;
mod mistake;
mod node;
mod section;
mod setting;
mod walltime;

pub use document::Document;
pub use duration::duration;
pub use mistake::{Mistake, Mistakes};
pub use section::Section;
pub use setting::{Place, Setting, UnsetVariable};
pub use walltime::{walltime, whole_minutes};
