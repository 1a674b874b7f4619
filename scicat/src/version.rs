//! The two versions of the backend's API.

use std::fmt;

/// A version of the backend's API. One backend serves both.
///
/// Datasets, original datablocks, attachments and jobs have both; everything else is asked of v3 in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiVersion {
    /// `/api/v3`: what pyscicat and most ingestors speak.
    #[default]
    V3,
    /// `/api/v4`: one shape for all datasets, merge patches, updates that are refused after somebody else's.
    V4,
}

impl ApiVersion {
    /// The segment that names it in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::V4 => "v4",
        }
    }

    /// The root of a base URL, without the version that may stand at its end.
    pub(crate) fn of_url(url: &str) -> (&str, Option<Self>) {
        let url = url.trim().trim_end_matches('/');
        for version in [Self::V3, Self::V4] {
            let root = url.strip_suffix(version.as_str());
            if let Some(root) = root.and_then(|root| root.strip_suffix('/')) {
                return (root, Some(version));
            }
        }
        (url, None)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn the_version_is_read_off_the_url() {
        for (url, root, version) in [
            ("http://a/api/v3", "http://a/api", Some(ApiVersion::V3)),
            (" http://a/api/v4// ", "http://a/api", Some(ApiVersion::V4)),
            ("http://a/api/", "http://a/api", None),
            ("http://a/apiv3", "http://a/apiv3", None),
            ("", "", None),
        ] {
            assert_eq!(ApiVersion::of_url(url), (root, version), "{url}");
        }
    }
}
