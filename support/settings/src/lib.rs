//! Settings as the Python tools read them: `.env` files, `$VARIABLES` in YAML, with places for messages.
//!
//! * [`dotenv::Environment`] is the process environment and a `.env` file together, as python-dotenv merges them.
//! * [`Yaml`] reads a YAML file and expands its texts as Python's `os.path.expandvars` does.
//! * [`Setting`] is one such text. A variable that is not set is an error where the text is used, and not before.
//!
//! ```
//! use settings::dotenv::Environment;
//! use settings::{Text, Yaml};
//!
//! #[derive(serde::Deserialize)]
//! struct File {
//!     root: Text,
//!     site: Text,
//! }
//!
//! let env = Environment::default().with_dotenv("DATA=/data")?;
//! let yaml = Yaml::new("config.yml", &env);
//! let file: File = yaml.read("root: ${DATA}/raw\nsite: $SITE\n")?;
//! assert_eq!(yaml.setting("root", &file.root).get()?, "/data/raw");
//! let site = yaml.setting("site", &file.site);
//! let error = site.get().unwrap_err().to_string();
//! assert!(error.starts_with("config.yml:2:7: site needs the variable SITE, which is not set"));
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
mod yaml;

pub use document::Document;
pub use mistake::{Mistake, Mistakes};
pub use section::Section;
pub use setting::{Place, Setting, UnsetVariable};
pub use yaml::{Text, Yaml, YamlError};
