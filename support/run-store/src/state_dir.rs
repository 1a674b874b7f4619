//! Where the state of a user's runs stands when nobody says otherwise.

use std::path::PathBuf;

use crate::{Error, Result};

/// `$XDG_STATE_HOME/splash-flows`, or `$HOME/.local/state/splash-flows`.
///
/// `lookup` gives the value of an environment variable. As the XDG specification says, a path that is not
/// absolute is ignored.
///
/// # Errors
/// [`Error::NoStateDir`] when neither variable is of use.
pub fn default_state_dir(lookup: impl Fn(&str) -> Option<String>) -> Result<PathBuf> {
    let absolute = |name: &str| lookup(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("splash-flows"))
        .ok_or(Error::NoStateDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(vars: &[(&str, &str)]) -> Option<PathBuf> {
        let find = |name: &str| {
            vars.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, v)| (*v).to_owned())
        };
        default_state_dir(find).ok()
    }

    #[test]
    fn xdg_comes_before_home() {
        assert_eq!(
            dir(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]),
            Some("/s/splash-flows".into())
        );
        assert_eq!(
            dir(&[("HOME", "/h")]),
            Some("/h/.local/state/splash-flows".into())
        );
    }

    #[test]
    fn empty_and_relative_values_are_ignored() {
        assert_eq!(
            dir(&[("XDG_STATE_HOME", ""), ("HOME", "/h")]),
            Some("/h/.local/state/splash-flows".into())
        );
        assert_eq!(dir(&[("XDG_STATE_HOME", "state")]), None);
        assert_eq!(dir(&[]), None);
    }
}
