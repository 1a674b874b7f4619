//! What the Advanced Light Source knows about its endpoints beyond the incumbent's config.yml.

use std::sync::Arc;

use pipeline::site::{IngestRules, PruneRule, SiteRules};
use serde_json::{Value, json};
use settings::Section;

use crate::config::Config;
use crate::failure::Failure;
use crate::flows::bl832::{AlcfSettings, ReconSettings, StreamingSettings};

/// The rules of the Advanced Light Source. The incumbent's file has no keys that say these things, and it must work
/// unchanged.
pub static SITE_RULES: SiteRules = SiteRules {
    // Disks of the beamline itself: spot832.lbl.gov and data832.lbl.gov.
    on_site: &["spot832", "data832", "data832_raw", "data832_scratch"],
    prune_rules: &[
        by("spot832", "data832"),
        by("data832", "nersc832"),
        by("alcf832_raw", "data832_raw"),
        by("alcf832_scratch", "data832_scratch"),
        by("data832_scratch", "nersc832_alsdev_scratch"),
        by("nersc832_alsdev_pscratch_raw", "nersc832_alsdev_raw"),
        by("nersc832_alsdev_pscratch_scratch", "nersc832_alsdev_scratch"),
        by("data7012", "nersc7012"),
    ],
    derived: &[
        "data832_scratch",
        "alcf832_scratch",
        "nersc832_alsdev_scratch",
        "nersc832_alsdev_pscratch_scratch",
    ],
    raw_only: &[
        "data832_raw",
        "alcf832_raw",
        "nersc832_alsdev_raw",
        "nersc832_alsdev_pscratch_raw",
    ],
    // Raw scans of 8.3.2 have the same path everywhere, below `/global`; so have results.
    catalogued: &[
        ("spot832", "/global"),
        ("data832", "/global"),
        ("nersc832", "/global"),
        ("data832_raw", "/global/raw"),
        ("alcf832_raw", "/global/raw"),
        ("nersc832_alsdev_raw", "/global/raw"),
        ("nersc832_alsdev_pscratch_raw", "/global/raw"),
        ("data832_scratch", "/global/scratch"),
        ("alcf832_scratch", "/global/scratch"),
        ("nersc832_alsdev_scratch", "/global/scratch"),
        ("nersc832_alsdev_pscratch_scratch", "/global/scratch"),
        // Scans of 7.0.1.2 are known by their paths on data7012.
        ("data7012", ""),
        ("nersc7012", ""),
    ],
    ingest: &[IngestRules {
        // The incumbent's ingestors, of today and of before.
        names: &["als_832_dx_4", "orchestration.flows.bl832.ingest_tomo832"],
        rules: include_str!("rules/bl832.yml"),
    }],
    usual_variable,
    keys: &["alcf_recon", "nersc_recon", "nersc_streaming", "ghcr_images832"],
    settings: |top| Arc::new(Settings::read(top)),
};

/// What our flows read in config.yml beside what every pipeline reads.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) alcf_recon: AlcfSettings,
    pub(crate) nersc_recon: ReconSettings,
    pub(crate) nersc_streaming: StreamingSettings,
}

impl Settings {
    fn read(top: &Section<'_>) -> Self {
        Self {
            alcf_recon: AlcfSettings::read(top),
            nersc_recon: ReconSettings::read(top),
            nersc_streaming: StreamingSettings::read(top),
        }
    }
}

/// What our flows read in this configuration.
pub(crate) fn settings(config: &Config) -> Result<&Settings, Failure> {
    config.own().ok_or_else(|| {
        let text = "the configuration was read without the rules of this facility";
        Failure::new("preflight", "config", text)
    })
}

/// What the flows read of ALCF in this configuration.
pub fn alcf_settings(config: &Config) -> Option<&AlcfSettings> {
    settings(config).ok().map(|settings| &settings.alcf_recon)
}

const fn by(source: &'static str, check: &'static str) -> PruneRule {
    PruneRule { source, check }
}

/// What the incumbent's set-up script gives a new server.
fn usual_variable(name: &str) -> Option<Value> {
    match name {
        "bl832-settings" => Some(json!({
            "delete_spot832_files_after_days": 1,
            "delete_data832_files_after_days": 35,
        })),
        "pruning-config" => Some(json!({
            "max_wait_seconds": 120,
            "delete_alcf832_files_after_days": 1,
            "delete_data832_files_after_days": 14,
            "delete_nersc832_files_after_days": 7,
        })),
        "alcf-allocation-root-path" => Some(json!({ name: "/eagle/IRIBeta/als" })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_s_pairs_prove_and_only_in_their_direction() {
        assert!(SITE_RULES.prune_rule("spot832", "data832").is_some());
        assert!(SITE_RULES.prune_rule("data832", "nersc832").is_some());
        assert!(
            SITE_RULES.prune_rule("data832", "spot832").is_none(),
            "the source of a copy would prove it for ever"
        );
        assert!(SITE_RULES.prune_rule("spot832", "spot832").is_none());
        for one in SITE_RULES.prune_rules {
            assert!(
                SITE_RULES.prune_rule(one.check, one.source).is_none(),
                "two copies would prove each other away"
            );
        }
    }

    #[test]
    fn the_rules_for_the_catalogue_can_be_read() {
        for one in SITE_RULES.ingest {
            let rules = pipeline::config::builtin(one.rules).unwrap();
            assert!(rules.reads_hdf5(), "{:?}", one.names);
        }
    }

    #[test]
    fn a_copy_has_one_path_in_the_catalogue_wherever_it_lies() {
        let there = |key, relative| SITE_RULES.catalogued(key, relative);
        assert_eq!(
            there("data832", "/raw/f/x.h5").as_deref(),
            Some("/global/raw/f/x.h5")
        );
        assert_eq!(
            there("nersc832_alsdev_raw", "f/x.h5"),
            there("data832", "/raw/f/x.h5")
        );
        assert_eq!(there("data7012", "2023/x.cxi").as_deref(), Some("/2023/x.cxi"));
        assert_eq!(there("anything", "f/x.h5"), None);
        for (key, _) in SITE_RULES.catalogued {
            let path = there(key, "f/x").unwrap();
            assert_eq!(SITE_RULES.relative_on(key, &path), Some("f/x"), "{key}");
        }
        assert_eq!(SITE_RULES.relative_on("data832_raw", "/global/rawer/x.h5"), None);
    }

    #[test]
    fn raw_data_is_where_the_table_does_not_say_otherwise() {
        for raw in [
            "spot832",
            "data832",
            "data832_raw",
            "nersc832",
            "nersc832_alsdev_raw",
            "anything",
        ] {
            assert!(SITE_RULES.holds_raw(raw), "{raw}");
        }
        assert!(
            SITE_RULES
                .derived
                .iter()
                .all(|key| !SITE_RULES.holds_raw(key) && !SITE_RULES.raw_only.contains(key))
        );
    }
}
