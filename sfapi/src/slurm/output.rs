//! Where a job writes.

use crate::JobId;

/// The files that a job writes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputPaths {
    /// Its standard output.
    pub stdout: Option<String>,
    /// Its errors; the same as `stdout` unless the script says otherwise.
    pub stderr: Option<String>,
}

impl OutputPaths {
    /// The patterns of `--output` and `--error` filled in for a job: `%j` and `%A` its id, `%x` its name, `%u` its
    /// user, `%%` a percent sign. A pattern with anything else is given up on, as is one that is not absolute.
    pub fn of(output: Option<&str>, error: Option<&str>, id: &JobId, name: &str, user: Option<&str>) -> Self {
        let fill = |pattern: &str| filled(pattern, id.as_str(), name, user);
        let stdout = output.and_then(fill);
        let stderr = match error {
            Some(pattern) => fill(pattern),
            None => stdout.clone(),
        };
        Self { stdout, stderr }
    }
}

fn filled(pattern: &str, id: &str, name: &str, user: Option<&str>) -> Option<String> {
    if !pattern.starts_with('/') {
        return None;
    }
    let mut out = String::with_capacity(pattern.len() + name.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'j' | 'A' => out.push_str(id),
            'x' => out.push_str(name),
            'u' => out.push_str(user?),
            '%' => out.push('%'),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_filled_in() {
        let id = JobId::new("17");
        let of = |output, error| OutputPaths::of(output, error, &id, "tomo", None);
        assert_eq!(
            of(Some("/l/%x_%j.out"), Some("/l/%%%A")).stdout.as_deref(),
            Some("/l/tomo_17.out")
        );
        assert_eq!(
            of(Some("/l/%x_%j.out"), Some("/l/%%%A")).stderr.as_deref(),
            Some("/l/%17")
        );
        assert_eq!(of(Some("/l/%j"), None).stderr.as_deref(), Some("/l/17"));
        for pattern in ["rel/%j", "/l/%N", "/l/%u", "/l/%"] {
            assert_eq!(of(Some(pattern), None), OutputPaths::default(), "{pattern}");
        }
    }
}
