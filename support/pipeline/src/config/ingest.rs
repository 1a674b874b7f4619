//! What the catalogue is told: the keys `ingest` and `validate`.

use std::collections::BTreeMap;
use std::sync::Arc;

use scan_ingest::Rules;
use settings::dotenv::Environment;
use settings::{Document, Section};

use crate::site::SiteRules;

/// The top keys that are read here.
pub(super) const KEYS: [&str; 2] = ["ingest", "validate"];
/// The longer side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: usize = 1024;
/// Larger than any frame.
const MOST_PIXELS: u64 = 65_535;

/// How much of a scan is looked at before it is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Validate {
    /// Nothing: the file is moved as it is.
    #[default]
    Off,
    /// Whether it is HDF5, and has all the bytes that its head says it has.
    Header,
    /// The same, and whether every frame is written and can be decoded. Reads the whole file.
    Frames,
}

/// What the catalogue is told of scans.
#[derive(Debug, Clone)]
pub struct Ingest {
    pub(super) thumbnail_side: usize,
    pub(super) validate: Validate,
    pub(super) rules: BTreeMap<String, Arc<Rules>>,
}

impl Ingest {
    /// `ingest.thumbnail_side`: the longer side of a thumbnail in pixels (1024 by default); 0 is the frame's own size.
    pub fn thumbnail_side(&self) -> usize {
        self.thumbnail_side
    }

    /// `validate`: `off` (the default), `header` or `frames`.
    pub fn validate(&self) -> Validate {
        self.validate
    }

    /// The rules of a name: those of `ingest.rules`, else the facility's own.
    pub fn rules(&self, name: &str) -> Option<&Arc<Rules>> {
        self.rules.get(name)
    }

    /// Every name that has rules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().map(String::as_str)
    }

    pub(super) fn read(top: &Section<'_>, site: &SiteRules) -> Self {
        let section = top.section("ingest");
        let pixels = section.count("thumbnail_side");
        if pixels.is_some_and(|pixels| pixels > MOST_PIXELS) {
            section.mistake("thumbnail_side", "must be at most 65535");
        }
        let problem = "must be `off`, `header` (the file is whole) or `frames` (and every frame can be read)";
        let validate = top.parsed("validate", problem, |text| match text {
            // A tool that writes YAML anew may have taken `off` for a truth value.
            "off" | "false" | "no" => Some(Validate::Off),
            "header" => Some(Validate::Header),
            "frames" => Some(Validate::Frames),
            _ => None,
        });
        let mut rules = facility_rules(site);
        let own = section.section("rules");
        for name in own.keys() {
            match Rules::parse(&own.value(name).unwrap_or_default()) {
                Ok(read) => {
                    rules.insert(name.to_owned(), Arc::new(read));
                }
                Err(error) => own.mistake(name, &format!("are no rules: {error}")),
            }
        }
        Self {
            thumbnail_side: pixels.map_or(THUMBNAIL_SIDE, |pixels| {
                usize::try_from(pixels.min(MOST_PIXELS)).unwrap_or(THUMBNAIL_SIDE)
            }),
            validate: validate.unwrap_or_default(),
            rules,
        }
    }
}

/// The facility's own rules; a test of the facility reads them all.
fn facility_rules(site: &SiteRules) -> BTreeMap<String, Arc<Rules>> {
    let mut rules = BTreeMap::new();
    for one in site.ingest {
        let Ok(read) = builtin(one.rules) else { continue };
        let read = Arc::new(read);
        rules.extend(
            one.names
                .iter()
                .map(|name| ((*name).to_owned(), Arc::clone(&read))),
        );
    }
    rules
}

/// Reads rules that are written as they would be in config.yml.
///
/// # Errors
/// What is wrong with them.
pub fn builtin(text: &str) -> Result<Rules, String> {
    let environment = Environment::from_vars(Vec::<(String, String)>::new());
    let text = format!("rules:\n{}", indented(text));
    let document = Document::read(&text, "the facility's rules", &environment);
    let document = document.map_err(|mistake| mistake.to_string())?;
    let value = document.top().value("rules").unwrap_or_default();
    Rules::parse(&value).map_err(|error| error.to_string())
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}
