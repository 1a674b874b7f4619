//! Task labels as the service accepts them.

use std::fmt;

/// The service's limit, in characters.
const MAX_CHARS: usize = 128;

/// A task's label, already within the service's rules: at most 128 characters, no line breaks or other
/// control characters, no blanks at either end.
///
/// A label is for people; a name that breaks the rules must not cost the transfer, so text is cut and
/// cleaned rather than refused.
///
/// ```
/// use globus_transfer::Label;
/// assert_eq!(Label::clean(" scan 17\nrun 3 ").as_str(), "scan 17 run 3");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Label(String);

impl Label {
    /// Makes any text a valid label: each run of control characters becomes one blank, outer blanks go, and
    /// what is longer than 128 characters is cut.
    pub fn clean(text: &str) -> Self {
        let mut cleaned = String::with_capacity(text.len().min(4 * MAX_CHARS));
        for part in text.split(char::is_control).filter(|part| !part.is_empty()) {
            if !cleaned.is_empty() {
                cleaned.push(' ');
            }
            cleaned.push_str(part);
        }
        let cut: String = cleaned.trim().chars().take(MAX_CHARS).collect();
        Self(cut.trim_end().to_owned())
    }

    /// A label that ends in `suffix` whole: when both do not fit, `text` is cut and not the suffix.
    ///
    /// For labels such as `<file stem> <run id>`, in which the run id is what one searches for.
    pub fn with_suffix(text: &str, suffix: &str) -> Self {
        let tail = Self::clean(suffix);
        let room = MAX_CHARS.saturating_sub(tail.0.chars().count() + 1);
        let head: String = Self::clean(text).0.chars().take(room).collect();
        Self::clean(&format!("{} {}", head.trim_end(), tail.0))
    }

    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left; an empty label is not sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::clean(text)
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::clean(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_become_one_blank() {
        assert_eq!(Label::clean("a\r\n\tb\0c").as_str(), "a b c");
        assert_eq!(Label::clean("\n \n").as_str(), "");
    }

    #[test]
    fn a_cut_never_splits_a_character_or_leaves_a_blank() {
        let text = format!("{} é", "é".repeat(127));
        assert_eq!(Label::clean(&text).as_str(), "é".repeat(127));
    }

    #[test]
    fn the_suffix_survives_a_long_text() {
        let label = Label::with_suffix(&"x".repeat(300), "run-7");
        assert!(label.as_str().ends_with("x run-7"));
        assert_eq!(label.as_str().chars().count(), 128);
        assert_eq!(Label::with_suffix("scan", "").as_str(), "scan");
    }

    proptest! {
        #[test]
        fn whatever_goes_in_the_rules_hold(text in "\\PC*|[\\x00-\\x7f]*", suffix in ".*") {
            for label in [Label::clean(&text), Label::with_suffix(&text, &suffix)] {
                let text = label.as_str();
                prop_assert!(text.chars().count() <= 128);
                prop_assert!(!text.contains(char::is_control));
                prop_assert_eq!(text, text.trim());
            }
        }
    }
}
