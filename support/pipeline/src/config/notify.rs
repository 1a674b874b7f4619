//! `notify`: who is told of what went wrong.

use std::fmt;

use rest_core::SecretString;
use settings::{Section, Setting, UnsetVariable};

/// What somebody may be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Occasion {
    /// A run that is no prune ended, and not well.
    Failed,
    /// A prune deleted nothing.
    RefusedPrune,
    /// A prune is a day late.
    Overdue,
}

impl Occasion {
    const ALL: [Self; 3] = [Self::Failed, Self::RefusedPrune, Self::Overdue];

    /// Its name in config.yml and in what is sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::RefusedPrune => "refused_prune",
            Self::Overdue => "overdue",
        }
    }
}

/// `notify`: where it is posted, and what. The address is a secret: who knows it may post.
#[derive(Clone)]
pub struct Notify {
    webhook: Setting,
    on: Vec<Occasion>,
}

impl Notify {
    /// The address that is posted to.
    ///
    /// # Errors
    /// A variable that it names is not set.
    pub fn webhook(&self) -> Result<SecretString, UnsetVariable> {
        self.webhook.get().map(SecretString::from)
    }

    /// What is told.
    pub fn on(&self) -> &[Occasion] {
        &self.on
    }

    /// The section, if it is there and right. Without `on` everything is told.
    pub(super) fn read(top: &Section<'_>) -> Option<Self> {
        let section = top.section("notify");
        if section.keys().is_empty() {
            return None;
        }
        let problem = "must be failed, refused_prune or overdue";
        let on = section.list("on", problem, |text| {
            Occasion::ALL.into_iter().find(|one| one.name() == text)
        });
        Some(Self {
            webhook: section.required_secret("webhook"),
            on: on.unwrap_or_else(|| Occasion::ALL.to_vec()),
        })
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify")
            .field("on", &self.on)
            .finish_non_exhaustive()
    }
}
