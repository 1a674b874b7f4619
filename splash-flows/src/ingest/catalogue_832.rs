//! What the catalogue wants to know of an 8.3.2 scan, and where the file says it.

use scan_h5::{Scan, ScanReader};
use scicat::ContactEmail;

/// The ingesting account's group: the beamline itself.
const BEAMLINE: &str = "8.3.2";
const UNKNOWN: &str = "Unknown";
const UNKNOWN_EMAIL: &str = "unknown@example.com";

/// The eight catalogue fields, mended where the file lacks one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Catalogue {
    pub(super) principal_investigator: String,
    pub(super) contact_email: String,
    pub(super) instrument: String,
    /// The name that the scan was taken under; the file's stem where the scan does not say.
    pub(super) name: Option<String>,
    pub(super) proposal: Option<String>,
    pub(super) beamline: Option<String>,
    /// One remark for each field that is missing or cannot be read.
    pub(super) issues: Vec<String>,
}

impl Catalogue {
    /// Reads the fields out of a scan. A field that is missing or unreadable becomes a remark.
    pub(super) fn read(scan: &Scan) -> Self {
        let mut issues = Vec::new();
        let mut text = |path: &str| match scan.string(path) {
            Ok(Some(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Ok(None) => {
                issues.push(format!("dataset not found {path}"));
                None
            }
            Err(error) => {
                issues.push(error.to_string());
                None
            }
        };
        let investigator = text("/measurement/sample/experiment/pi");
        let email = text("/measurement/sample/experimenter/email");
        let instrument = text("/measurement/instrument/instrument_name");
        let name = text("/measurement/sample/file_name");
        let proposal = text("/measurement/sample/experiment/proposal");
        let beamline = text("/measurement/sample/experiment/beamline");
        // The incumbent reads these two, uses neither, and reports them when they are missing.
        let _lead = text("/measurement/sample/experiment/experiment_lead");
        let _experimenter = text("/measurement/sample/experimenter/name");
        Self {
            principal_investigator: investigator.unwrap_or_else(|| UNKNOWN.to_owned()),
            contact_email: clean_email(email.as_deref().unwrap_or_default()),
            instrument: instrument.unwrap_or_else(|| UNKNOWN.to_owned()),
            name,
            proposal: proposal.filter(|proposal| proposal != "None"),
            beamline,
            issues,
        }
    }

    /// The group that owns the dataset: the proposal, else the beamline.
    pub(super) fn owner_group(&self) -> &str {
        self.proposal.as_deref().unwrap_or(BEAMLINE)
    }

    /// The groups that may read it.
    pub(super) fn access_groups(&self) -> Vec<String> {
        let Some(beamline) = &self.beamline else {
            return Vec::new();
        };
        let lower = beamline.to_lowercase();
        let group = match lower.trim_matches(['"', '\'', ' ', ',']) {
            "" => return Vec::new(),
            "bl832" => BEAMLINE,
            other => other,
        };
        let mut groups = vec![group.to_owned()];
        if group != BEAMLINE {
            groups.push(BEAMLINE.to_owned());
        }
        groups
    }
}

/// Words to find the scan by: lower case, split at everything but ASCII letters and digits.
pub(super) fn search_terms(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// An address that the catalogue accepts, or the placeholder: a bad address must not stop an ingest.
fn clean_email(text: &str) -> String {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','));
    let address: String = trimmed.chars().filter(|c| !c.is_whitespace()).collect();
    match ContactEmail::new(&address) {
        Ok(email) => email.to_string(),
        Err(_) => UNKNOWN_EMAIL.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(proposal: Option<&str>, beamline: Option<&str>) -> Catalogue {
        Catalogue {
            principal_investigator: "P".into(),
            contact_email: UNKNOWN_EMAIL.into(),
            instrument: "I".into(),
            name: None,
            proposal: proposal.map(Into::into),
            beamline: beamline.map(Into::into),
            issues: Vec::new(),
        }
    }

    #[test]
    fn access_follows_proposal_and_beamline() {
        let plain = catalogue(Some("ALS-11532"), Some("bl832"));
        assert_eq!(plain.owner_group(), "ALS-11532");
        assert_eq!(plain.access_groups(), ["8.3.2"]);
        assert_eq!(catalogue(None, None).owner_group(), "8.3.2");
        assert!(catalogue(None, None).access_groups().is_empty());
        assert_eq!(
            catalogue(None, Some("['7.3.3',")).access_groups(),
            ["['7.3.3", "8.3.2"]
        );
        assert_eq!(catalogue(None, Some(" 'BL832', ")).access_groups(), ["8.3.2"]);
    }

    #[test]
    fn an_address_that_the_catalogue_would_refuse_becomes_the_placeholder() {
        for (given, kept) in [
            ("user@example.org", "user@example.org"),
            (" 'user@example.org', ", "user@example.org"),
            ("user name@ example.org", "username@example.org"),
            ("NONE", UNKNOWN_EMAIL),
            ("", UNKNOWN_EMAIL),
            ("garbage", UNKNOWN_EMAIL),
            ("@", UNKNOWN_EMAIL),
            ("a@x.org,b@y.org", UNKNOWN_EMAIL),
        ] {
            assert_eq!(clean_email(given), kept, "{given:?}");
        }
    }

    #[test]
    fn search_terms_split_at_everything_but_ascii_letters_and_digits() {
        assert_eq!(
            search_terms("20231013_065251_MSB-Book1 é x"),
            ["20231013", "065251", "msb", "book1", "x"]
        );
    }
}
