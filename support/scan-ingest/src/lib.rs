#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod derived;
mod error;
mod issue;
mod metadata;
mod record;
mod rules;
mod source;
mod text;
mod thumbnail;

pub use derived::Derivation;
pub use error::{Error, Result};
pub use issue::{Issue, Severity};
pub use record::{Bodies, Record};
pub use rules::{Entry, Field, Rules, ThumbnailRule};
pub use source::{Source, SourceFile};
pub use text::{Access, UNKNOWN_EMAIL, contact_email, search_terms};
pub use thumbnail::{Thumbnail, grey};
