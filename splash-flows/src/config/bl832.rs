//! What beamline 8.3.2 knows about its endpoints beyond the incumbent's config.yml.

/// The endpoints that are disks of the beamline itself (spot832.lbl.gov and data832.lbl.gov). Export-controlled data may
/// stay on these and go nowhere else. The incumbent's file has no key that says so, and it must work unchanged; where
/// `on_site` is written for one of them, that counts.
pub(super) const ON_SITE: [&str; 4] = ["spot832", "data832", "data832_raw", "data832_scratch"];
