//! How two sides differ, in words that name the files.

use chrono::{DateTime, Utc};

use super::extent::Extent;
use crate::failure::Failure;

/// How many files a message names; the rest is a number.
const NAMED: usize = 10;

/// One file that is not as it should be.
struct Difference<'a> {
    path: &'a str,
    code: &'static str,
    what: String,
}

/// Refuses a source that is not exactly what was recorded: the same files, sizes and times, and nothing else.
/// `others` is what stands among them and is no file.
pub(crate) fn unchanged(
    now: &Extent,
    others: &[String],
    then: &Extent,
    since: &str,
    step: &str,
) -> Result<(), Failure> {
    let (present, recorded) = (now.contents(), then.contents());
    let mut found = Vec::new();
    for (path, then) in &recorded {
        let what = match present.get(path) {
            None => "is missing".to_owned(),
            Some(now) if now == then => continue,
            Some(now) => format!("{}, then {}", seen(now), seen(then)),
        };
        found.push(difference(path, "source_changed", what));
    }
    let extra = present
        .keys()
        .copied()
        .filter(|path| !recorded.contains_key(path));
    for path in extra.chain(others.iter().map(String::as_str)) {
        found.push(difference(path, "source_changed", "is new".to_owned()));
    }
    refuse(&found, now, &format!("not as {since}"), step)
}

/// Refuses a copy that lacks a file of the subject, holds it with another size, or holds one that is not as it
/// was when it was delivered. What else lies among them does no harm.
pub(crate) fn witnesses(
    copy: &Extent,
    delivered: Option<&Extent>,
    subject: &Extent,
    step: &str,
) -> Result<(), Failure> {
    let present = copy.contents();
    let delivered = delivered.map(Extent::contents);
    let mut found = Vec::new();
    for (path, file) in subject.contents() {
        let Some(now) = present.get(path) else {
            found.push(difference(path, "check_missing", "is missing".to_owned()));
            continue;
        };
        if now.0 != file.0 {
            let code = match now.0 {
                0 => "check_empty",
                size if size < file.0 => "check_shorter",
                _ => "check_longer",
            };
            found.push(difference(
                path,
                code,
                format!("has {} bytes, not {}", now.0, file.0),
            ));
        } else if let Some(delivered) = &delivered
            && delivered.get(path) != Some(now)
        {
            let then = delivered.get(path).map_or("nothing".to_owned(), seen);
            let what = format!("{}, then {then}", seen(now));
            found.push(difference(path, "check_changed", what));
        }
    }
    refuse(&found, copy, "no proof of the other", step)
}

fn difference<'a>(path: &'a str, code: &'static str, what: String) -> Difference<'a> {
    Difference { path, code, what }
}

fn seen((size, modified): &(u64, DateTime<Utc>)) -> String {
    format!("{size} bytes of {modified}")
}

/// The failure that names the differing files; the code is the worst one's: what is missing comes first.
fn refuse(found: &[Difference<'_>], side: &Extent, verdict: &str, step: &str) -> Result<(), Failure> {
    let worst = found
        .iter()
        .find(|one| one.code == "check_missing")
        .or(found.first());
    let Some(worst) = worst else {
        return Ok(());
    };
    let (path, key) = (side.path(), side.endpoint());
    let text = if side.is_folder() {
        let mut named: Vec<String> = found
            .iter()
            .take(NAMED)
            .map(|one| format!("{:?} {}", one.path, one.what))
            .collect();
        if found.len() > NAMED {
            named.push(format!("and {} more", found.len() - NAMED));
        }
        let count = found.len();
        format!(
            "the folder {path:?} on {key} is {verdict}; {count} of its files differ: {}",
            named.join(", ")
        )
    } else {
        format!("the file {path:?} on {key} is {verdict}: {}", worst.what)
    };
    Err(Failure::new(step, worst.code, text))
}

/// Refuses what is neither file nor folder in a folder that is about to be taken for plain files.
pub(crate) fn listed(others: &[String], path: &str, step: &str) -> Result<(), Failure> {
    let Some(first) = others.first() else {
        return Ok(());
    };
    let count = others.len();
    Err(Failure::new(
        step,
        "source_changed",
        format!("{path:?} holds {count} links or devices, which no copy has, such as {first:?}"),
    ))
}
