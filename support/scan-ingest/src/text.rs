//! Texts as instruments write them, made into what a catalogue takes.

use scicat::ContactEmail;

/// The contact of a dataset whose own one is missing or is no address.
pub const UNKNOWN_EMAIL: &str = "unknown@example.com";

/// Words to find a dataset by: split at everything but ASCII letters and digits, in lower case.
///
/// ```
/// assert_eq!(scan_ingest::search_terms("20231013_MSB-Book1 é"), ["20231013", "msb", "book1"]);
/// ```
pub fn search_terms(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// An address that the catalogue takes, out of what people type: quotes, commas and blanks around it and blanks within
/// it go. `None` if it is none then, or several with commas between them; several with semicolons are one contact.
pub fn contact_email(text: &str) -> Option<ContactEmail> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','));
    let address: String = trimmed.chars().filter(|c| !c.is_whitespace()).collect();
    ContactEmail::new(&address).ok()
}

/// Who owns a dataset and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The group that owns it.
    pub owner_group: String,
    /// The groups that may read it besides.
    pub access_groups: Vec<String>,
}

impl Access {
    /// The proposal owns its data; what has none (or `None`, as some software writes) belongs to `group`, the
    /// beamline's own. The beamline that the scan names may read it, and so may `group`; a name among `aliases` is
    /// `group` under another name. Without a beamline nobody else may.
    pub fn of(group: &str, aliases: &[String], beamline: Option<&str>, proposal: Option<&str>) -> Self {
        let proposal = proposal
            .map(str::trim)
            .filter(|text| !text.is_empty() && *text != "None");
        let lower = beamline.unwrap_or_default().to_lowercase();
        let named = lower.trim_matches(['"', '\'', ' ', ',']);
        let named = if aliases.iter().any(|alias| alias == named) {
            group
        } else {
            named
        };
        let mut access_groups = Vec::new();
        if !named.is_empty() {
            access_groups.push(named.to_owned());
            if named != group {
                access_groups.push(group.to_owned());
            }
        }
        Self {
            owner_group: proposal.unwrap_or(group).to_owned(),
            access_groups,
        }
    }
}
