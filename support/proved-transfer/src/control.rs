//! Export control: which paths may not leave the site.
//!
//! It is a fact about a path, kept for ever in the run store: of the path itself and of everything below it. Patterns in
//! the configuration add to it, and what they match is recorded when a run first sees it, so that a pattern that is taken
//! away later lets nothing go.

use std::fmt;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use run_store::ControlledPath;

use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::session::Workplace;

const STEP: &str = "export_control";

/// A pattern of paths: `*` and `?` stand for characters of one name, `**` for any number of folders, `[a-z]` and `{a,b}`
/// for a choice, `\` takes the next character as it is.
///
/// One with a slash begins at the top, with or without `/global` before it; one without is a name at any depth. It covers
/// what it matches and everything below.
#[derive(Clone)]
pub struct PathPattern {
    text: String,
    matcher: GlobMatcher,
}

impl PathPattern {
    /// Reads a pattern; nothing if it cannot be meant (empty, `..`, a `**` that is only part of a name, a bracket that is
    /// not closed).
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let is_wrong = |part: &&str| matches!(*part, "." | "..") || (*part != "**" && part.contains("**"));
        if parts.is_empty() || text.contains('\0') || text.trim() != text || parts.iter().any(is_wrong) {
            return None;
        }
        let glob = match parts[..] {
            _ if !text.contains('/') => format!("/**/{text}"),
            ["global"] => "/**".to_owned(),
            _ => format!("/{}", parts.join("/")),
        };
        let glob = GlobBuilder::new(&glob)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .ok()?;
        Some(Self {
            text: text.to_owned(),
            matcher: glob.compile_matcher(),
        })
    }

    /// Whether it covers `path`, or a folder above it.
    pub fn covers(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        (1..=parts.len()).any(|depth| {
            let path = format!("/{}", parts[..depth].join("/"));
            self.matcher.is_match(&path) || self.matcher.is_match(format!("/global{path}"))
        })
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for PathPattern {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What the configuration says of export control. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ExportControl(Arc<Rules>);

#[derive(Debug, Default)]
struct Rules {
    patterns: Vec<PathPattern>,
    endpoints: Vec<StorageEndpoint>,
}

impl ExportControl {
    /// What `patterns` cover is controlled. `endpoints` are all there are: by them one file is known under every name
    /// that it has.
    pub fn new(
        patterns: impl IntoIterator<Item = PathPattern>,
        endpoints: impl IntoIterator<Item = StorageEndpoint>,
    ) -> Self {
        Self(Arc::new(Rules {
            patterns: patterns.into_iter().collect(),
            endpoints: endpoints.into_iter().collect(),
        }))
    }

    /// The patterns of the configuration.
    pub fn patterns(&self) -> &[PathPattern] {
        &self.0.patterns
    }

    /// The pattern that covers a path below the facility's data (`/raw/folder/scan.h5`), if one does.
    pub fn pattern(&self, path: &str) -> Option<&PathPattern> {
        self.0.patterns.iter().find(|pattern| pattern.covers(path))
    }

    /// Every name of the file `path` on `endpoint`: relative to the root of each endpoint of the same collection or host
    /// that it lies below, the longest first. `f/x.h5` on `data832_raw` is also `/raw/f/x.h5` on `data832`, which is the
    /// name that the scan was moved by.
    fn names(&self, endpoint: &StorageEndpoint, path: &str) -> Vec<String> {
        let mut names = vec![format!("/{}", path.trim_start_matches('/'))];
        if let Ok(absolute) = endpoint.join(path) {
            let near = self.0.endpoints.iter().filter(|other| is_near(endpoint, other));
            let roots = near.filter_map(|other| other.root().ok());
            names.extend(roots.filter_map(|root| {
                let rest = absolute.strip_prefix(&root)?;
                rest.starts_with('/').then(|| rest.to_owned())
            }));
        }
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        names
    }
}

/// Whether a path may mean the same on both: one collection, or collections of one host.
fn is_near(one: &StorageEndpoint, other: &StorageEndpoint) -> bool {
    let same_collection = matches!((one.uuid(), other.uuid()), (Ok(a), Ok(b)) if a.eq_ignore_ascii_case(b));
    same_collection || (!one.uri().is_empty() && one.uri() == other.uri())
}

impl Workplace {
    /// The record that forbids `path` on `endpoint` to leave the site, if there is one. What a pattern of the
    /// configuration covers is recorded first, for ever.
    ///
    /// # Errors
    /// The run store cannot be used.
    pub async fn controlled(
        &self,
        endpoint: &StorageEndpoint,
        path: &str,
        run_id: Option<&str>,
    ) -> Result<Option<ControlledPath>, Failure> {
        let failed = |error: run_store::Error| Failure::store(STEP, &error);
        let names = self.export_control.names(endpoint, path);
        for name in &names {
            if let Some(record) = self.store.controlled(name).await.map_err(failed)? {
                return Ok(Some(record));
            }
        }
        for name in &names {
            if let Some(pattern) = self.export_control.pattern(name) {
                let reason = format!("export_control: {pattern} in the configuration");
                self.control(endpoint, path, &reason, run_id).await?;
                return self.store.controlled(name).await.map_err(failed);
            }
        }
        Ok(None)
    }

    /// As [`Workplace::controlled`], for the files of a folder that is about to be copied: whether a pattern of the
    /// configuration covers one of them, by its path below `folder`. (What is on record below it forbids the folder
    /// itself.)
    ///
    /// # Errors
    /// The run store cannot be used.
    pub async fn controlled_among<'a>(
        &self,
        endpoint: &StorageEndpoint,
        folder: &str,
        files: impl IntoIterator<Item = &'a str>,
        run_id: Option<&str>,
    ) -> Result<Option<ControlledPath>, Failure> {
        let covered = files.into_iter().find_map(|file| {
            let path = format!("{folder}/{file}");
            let names = self.export_control.names(endpoint, &path);
            let is_covered = names
                .iter()
                .any(|name| self.export_control.pattern(name).is_some());
            is_covered.then_some(path)
        });
        match covered {
            Some(path) => self.controlled(endpoint, &path, run_id).await,
            None => Ok(None),
        }
    }

    /// Records that `path` on `endpoint`, and everything below it, may not leave the site.
    ///
    /// # Errors
    /// The run store cannot be used.
    pub async fn control(
        &self,
        endpoint: &StorageEndpoint,
        path: &str,
        reason: &str,
        run_id: Option<&str>,
    ) -> Result<(), Failure> {
        let names = self.export_control.names(endpoint, path);
        let longest = names.first().map_or(path, String::as_str);
        self.store
            .control_path(longest, reason, run_id)
            .await
            .map_err(|error| Failure::store(STEP, &error))
    }
}

/// The refusal to let a controlled path go to `endpoint`.
pub fn off_site(step: &str, record: &ControlledPath, endpoint: &StorageEndpoint) -> Failure {
    let text = format!(
        "export control keeps {} on site ({}, since {}), and {} is not on site",
        record.path,
        record.reason,
        record.since.format("%Y-%m-%d"),
        endpoint.key()
    );
    Failure::new(step, "export_control", text)
        .remedy("if that is no longer so: splash-flows export-control lift PATH --reason WHY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_matches_and_everything_below() {
        for (pattern, covered, free) in [
            (
                "/raw/secret/**",
                &["/raw/secret/x.h5", "/raw/secret/a/b/x.h5", "raw/secret/x"][..],
                &["/raw/secrets/x.h5", "/raw/x.h5", "/scratch/raw/secret/x.h5"][..],
            ),
            (
                "/raw/secret",
                &["/raw/secret", "/raw/secret/x.h5", "//raw//secret//x.h5"],
                &["/raw/secret.h5"],
            ),
            (
                "/raw/*/x.h5",
                &["/raw/a/x.h5", "/raw/a b/x.h5", "/raw/\n/x.h5"],
                &["/raw/x.h5", "/raw/a/b/x.h5"],
            ),
            (
                "*_ec_*.h5",
                &[
                    "/raw/f/1_ec_2.h5",
                    "/1_ec_2.h5",
                    "/raw/_ec_.h5/below",
                    "/raw/a\n_ec_ü.h5",
                ],
                &["/raw/1_ec/2.h5", "/raw/x.h5"],
            ),
            (
                "/raw/**/ec/*",
                &["/raw/ec/x", "/raw/a/b/ec/x", "/raw/a/ec/x/y"],
                &["/raw/ecx/x", "/ec/x", "/raw/ec"],
            ),
            (
                "/global/raw/ec?/**",
                &["/raw/ec1/x.h5", "/global/raw/ec1/x.h5"],
                &["/raw/ec12/x.h5", "/raw/ec/x.h5"],
            ),
            (
                "/raw/{a,b}[0-9]",
                &["/raw/a1/x", "/raw/b9"],
                &["/raw/c1/x", "/raw/ax"],
            ),
            ("**", &["/x", "/raw/f/x.h5"], &[]),
            ("/global/", &["/x", "/raw/f/x.h5"], &[]),
            ("g*", &["/g/x", "/raw/global/x.h5"], &["/raw/f/x.h5"]),
            ("/raw/a\\*b", &["/raw/a*b/x"], &["/raw/axb/x"]),
        ] {
            let read = PathPattern::parse(pattern).unwrap_or_else(|| panic!("{pattern} is refused"));
            assert_eq!(read.to_string(), pattern);
            for path in covered {
                assert!(read.covers(path), "{pattern} does not cover {path:?}");
            }
            for path in free {
                assert!(!read.covers(path), "{pattern} covers {path:?}");
            }
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_meant_is_refused() {
        for pattern in [
            "",
            "/",
            "//",
            " x",
            "x ",
            "/raw/../x",
            "./x",
            "/raw/a**",
            "**x",
            "/raw/[a",
            "/raw/{a",
            "a\0",
        ] {
            assert!(PathPattern::parse(pattern).is_none(), "{pattern:?}");
        }
    }

    #[test]
    fn a_file_is_known_by_all_its_names_the_longest_first() {
        let endpoint = StorageEndpoint::new;
        let (data, nersc) = (
            "75b478b2-37af-46df-bfbd-71ed692c6506",
            "df82346e-9a15-11ea-b3c4-0ae144191ee3",
        );
        let alsdev = "d40248e6-d874-4f7b-badd-2c06c16f1a58";
        let raw = endpoint("data832_raw", data, "", "/data/raw");
        let everything = ExportControl::new(
            [],
            [
                endpoint("data832", data, "", "/data/"),
                raw.clone(),
                endpoint("nersc832", nersc, "nersc.gov", "/cfs/8.3.2"),
                endpoint("nersc832_raw", alsdev, "nersc.gov", "/cfs/8.3.2/raw"),
                endpoint("broken", "TBD", "", "relative"),
            ],
        );
        assert_eq!(everything.names(&raw, "f/x.h5"), ["/raw/f/x.h5", "/f/x.h5"]);
        let nersc_raw = everything.0.endpoints[3].clone();
        assert_eq!(
            everything.names(&nersc_raw, "/f/x.h5"),
            ["/raw/f/x.h5", "/f/x.h5"]
        );
        assert_eq!(
            everything.names(&everything.0.endpoints[0], "raw/f/x.h5"),
            ["/raw/f/x.h5", "/f/x.h5"]
        );
        assert_eq!(everything.names(&everything.0.endpoints[4], "../x"), ["/../x"]);
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_and_no_path_make_it_panic(
            pattern in r"([a*?{}\[\],!\\/.-]|\PC){0,12}",
            path in r"([a/.]|\PC|\n){0,20}",
        ) {
            if let Some(read) = PathPattern::parse(&pattern) {
                let _ = read.covers(&path);
            }
        }

        #[test]
        fn a_plain_path_covers_itself_and_what_is_below(path in "(/[a-z0-9 ]{0,4}[a-z0-9]){1,4}", below in "(/[a-z*]{1,5}){0,3}") {
            let read = PathPattern::parse(&path).unwrap();
            let (inside, global) = (format!("{path}{below}"), format!("/global{path}"));
            proptest::prop_assert!(read.covers(&inside));
            // Written with /global before it, it means the same.
            proptest::prop_assert!(PathPattern::parse(&global).unwrap().covers(&path));
            let beside = format!("{path}x");
            proptest::prop_assert!(!read.covers(&beside));
        }
    }
}
