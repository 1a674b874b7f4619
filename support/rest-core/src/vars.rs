//! Settings from variables, for the `from_vars` of client crates.

use std::fmt;

use crate::error::{Error, Result};
use crate::http_rule::{ALLOW_HTTP_HOSTS, parse_http_hosts};

/// Variables looked up by name, in the environment or wherever the function looks. An empty one counts as unset.
#[derive(Clone, Copy)]
pub struct Vars<'a>(&'a dyn Fn(&str) -> Option<String>);

/// Without values, which may be secret.
impl fmt::Debug for Vars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vars").finish_non_exhaustive()
    }
}

impl<'a> Vars<'a> {
    /// The variables that `lookup` finds.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(lookup)
    }

    /// The first of `names` that is set: the present name, then older ones.
    pub fn get(&self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| (self.0)(name).filter(|value| !value.trim().is_empty()))
    }

    /// As [`Vars::get`], for what a client cannot do without.
    ///
    /// # Errors
    /// `Config`, naming the variables, if none is set.
    pub fn require(&self, names: &[&str]) -> Result<String> {
        self.get(names)
            .ok_or_else(|| Error::config(format!("{} is not set", names.join(" or "))))
    }

    /// The hosts in `ALLOW_HTTP_HOSTS`, a comma-separated list such as `prefect,prefect_server:4200`: secrets may go
    /// there over plain `http://`.
    pub fn http_hosts(&self) -> Vec<String> {
        self.get(&[ALLOW_HTTP_HOSTS])
            .map(|list| parse_http_hosts(&list))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            "NEW" => " ",
            "OLD" => "old",
            "ALLOW_HTTP_HOSTS" => " Prefect, ,prefect_server:4200,",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn an_empty_variable_is_unset_and_an_older_name_serves() {
        let vars = Vars::new(&lookup);
        assert_eq!(vars.get(&["NEW"]), None);
        assert_eq!(vars.require(&["NEW", "OLD"]).unwrap(), "old");
        let error = vars.require(&["NEW", "NEWER"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("NEW or NEWER is not set"), "{error}");
    }

    #[test]
    fn hosts_are_listed_with_commas() {
        assert_eq!(
            Vars::new(&lookup).http_hosts(),
            ["prefect", "prefect_server:4200"]
        );
        assert!(Vars::new(&|_| None).http_hosts().is_empty());
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Vars::new(&lookup)), "Vars { .. }");
    }
}
