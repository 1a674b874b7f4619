//! Filter rules of a submission: which files and folders inside a recursive item are copied.

use serde::{Deserialize, Serialize};

use crate::operations::glob;

/// One rule, as in the submission document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Rule {
    #[serde(rename = "DATA_TYPE", default = "data_type")]
    data_type: String,
    method: Method,
    /// A glob for the name, without its folder.
    name: String,
    /// `None`: files and folders.
    #[serde(rename = "type")]
    kind: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    Include,
    Exclude,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    File,
    Dir,
}

fn data_type() -> String {
    "filter_rule".to_owned()
}

/// Whether something of this name is copied: the first rule that matches decides, and without one it is.
pub(crate) fn include(rules: &[Rule], name: &str, is_dir: bool) -> bool {
    let kind = if is_dir { Kind::Dir } else { Kind::File };
    let matches = |rule: &&Rule| rule.kind.is_none_or(|wanted| wanted == kind) && glob(&rule.name, name);
    rules
        .iter()
        .find(matches)
        .is_none_or(|rule| rule.method == Method::Include)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_match_decides() {
        let rules: Vec<Rule> = serde_json::from_str(
            r#"[{"method": "include", "name": "keep.tmp"}, {"method": "exclude", "name": "*.tmp", "type": "file"}]"#,
        )
        .unwrap();
        assert!(
            include(&rules, "keep.tmp", false)
                && include(&rules, "x.tmp", true)
                && include(&rules, "x", false)
        );
        assert!(!include(&rules, "x.tmp", false));
    }
}
