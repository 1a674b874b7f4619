//! The contact address, checked as the backend checks it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{Error, Result};

/// A contact that the backend accepts: one email address, or several parted by semicolons.
///
/// Blanks around the addresses are taken off. A comma list, which people often write, is refused here as there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContactEmail(String);

impl ContactEmail {
    /// Reads an address or a semicolon list of addresses.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if a part is not an email address. Nothing is sent.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let parts: Vec<&str> = text.as_ref().split(';').map(str::trim).collect();
        match parts.iter().find(|part| !is_email(part)) {
            None => Ok(Self(parts.join(";"))),
            Some(wrong) => Err(Error::config(format!(
                "contactEmail must be an email address or several parted by semicolons; {wrong:?} is none"
            ))),
        }
    }

    /// The text as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContactEmail {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl fmt::Display for ContactEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ContactEmail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Whether `text` is one plain address: no quoted local part, no address literal.
fn is_email(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(local, domain)| is_local(local) && is_domain(domain))
}

fn is_local(text: &str) -> bool {
    const MARKS: &str = "!#$%&'*+-/=?^_`{|}~";
    text.len() <= 64
        && text
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(|c| c.is_alphanumeric() || MARKS.contains(c)))
}

fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let well_formed = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // The last label is a name: two letters at least, no number.
    let top = labels.last().is_some_and(|last| {
        last.starts_with("xn--") || (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic))
    });
    text.len() <= 254 && labels.len() >= 2 && top && labels.iter().all(well_formed)
}

#[cfg(test)]
mod tests {
    use super::ContactEmail;

    #[test]
    fn one_address_or_a_semicolon_list() {
        for good in [
            "a@b.org",
            "first.last+tag@sub.lbl.gov",
            "a@b.org;c@d.org",
            "o'neil@x-y.co",
        ] {
            assert_eq!(ContactEmail::new(good).unwrap().as_str(), good);
        }
        assert_eq!(
            ContactEmail::new(" a@b.org ; c@d.org ").unwrap().as_str(),
            "a@b.org;c@d.org"
        );
    }

    #[test]
    fn what_the_backend_refuses_is_refused_here() {
        for bad in [
            "",
            "@",
            "garbage",
            "a@b",
            "a@b.org, c@d.org",
            "a@b.org,c@d.org",
            "a b@c.org",
            "a@b.org;",
            "a@@b.org",
            ".a@b.org",
            "a..b@c.org",
            "a@-b.org",
            "a@b.1",
            "a@[127.0.0.1]",
            "a@b..org",
            "a\n@b.org",
        ] {
            assert!(ContactEmail::new(bad).is_err(), "{bad:?}");
        }
    }
}
