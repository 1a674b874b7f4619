//! The verifier: the only place that makes a [`VerifiedCopy`] or a [`Lapsed`]. It reads, and never writes.

use chrono::TimeDelta;
use futures_util::future::try_join;

use super::compare::{unchanged, witnesses};
use super::delivery::{self, Recorded};
use super::extent::{Extent, Located};
use super::listing::list;
use super::observe::{Seen, observe, path_on};
use super::verified::{Lapsed, VerifiedCopy, Verify, Warrant};
use crate::failure::Failure;
use crate::session::{Session, Workplace};

/// Why something may be deleted.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Claim<'a> {
    /// A copy stands there.
    Copy {
        /// Where.
        witness: Located<'a>,
        /// What the two are compared by.
        by: Verify,
    },
    /// Its time is over, although it may be the last copy.
    Retention {
        /// How long ago it must have been written last.
        age: TimeDelta,
    },
}

/// Proves the claim for the file or folder `subject`, by listings made now.
///
/// By delivery: the delivery may have gone either way, and what the listings show must equal what was recorded
/// when it was confirmed, the subject exactly, each of its files on the witness. Two requests for a file; for a
/// folder one more for each folder below it, on both sides.
///
/// # Errors
/// Every doubt is one, with a code of its own: `no_delivery`, `delivered`, `same_file`, `source_missing`,
/// `source_not_a_file`, `source_changed`, `check_missing`, `check_not_a_file`, `check_empty`, `check_shorter`,
/// `check_longer`, `check_changed`, `too_young`, `too_large`. A folder's names the files that differ.
pub async fn verify(
    place: &Workplace,
    subject: Located<'_>,
    claim: Claim<'_>,
    step: &str,
) -> Result<Warrant, Failure> {
    let proved = prove(place, subject, subject.path, claim, step).await?;
    Ok(proved.warrant)
}

/// A proof, and what its listings told besides.
#[derive(Debug)]
pub(crate) struct Proved {
    pub(crate) warrant: Warrant,
    /// Whether the subject's storage says that it can rename.
    pub(crate) can_rename: bool,
}

/// As [`verify`], for a subject that was renamed and stands at `standing` now.
pub(crate) async fn prove(
    place: &Workplace,
    subject: Located<'_>,
    standing: &str,
    claim: Claim<'_>,
    step: &str,
) -> Result<Proved, Failure> {
    let now = Located {
        path: standing,
        ..subject
    };
    match claim {
        Claim::Retention { age } => lapsed(place, now, age, step)
            .await
            .map_err(|failure| failure.file(subject.path).hop(subject.endpoint.key())),
        Claim::Copy { witness, by } => {
            let hop = format!("{} <- {}", subject.endpoint.key(), witness.endpoint.key());
            copy_of(place, (subject, now), witness, by, step)
                .await
                .map_err(|failure| failure.file(subject.path).hop(hop))
        }
    }
}

/// The mover's form: proves by delivery that the destination holds a copy.
pub(super) async fn verify_delivery(
    place: &Workplace,
    subject: Located<'_>,
    witness: Located<'_>,
    step: &str,
) -> Result<VerifiedCopy, Failure> {
    let by = Verify::Delivery;
    match verify(place, subject, Claim::Copy { witness, by }, step).await? {
        Warrant::Copy(copy) => Ok(copy),
        Warrant::Retention(_) => Err(Failure::new(step, "no_delivery", "the claim was of a copy")),
    }
}

async fn copy_of(
    place: &Workplace,
    (subject, now): (Located<'_>, Located<'_>),
    witness: Located<'_>,
    by: Verify,
    step: &str,
) -> Result<Proved, Failure> {
    two_places(now, witness, step)?;
    let recorded = delivery::recorded(place, subject, witness, step).await?;
    let (source, copy) = try_join(
        look(place, now, "source", step),
        look(place, witness, "check", step),
    )
    .await?;
    let (source_is_folder, copy_is_folder) = (source.is_folder(), copy.is_folder());
    if source_is_folder != copy_is_folder {
        let (role, located) = match recorded.first() {
            Some(recorded) if recorded.subject.is_folder() != source_is_folder => ("source", now),
            _ => ("check", witness),
        };
        return Err(not_the_kind(role, located, step));
    }
    if by == Verify::Delivery && recorded.is_empty() {
        return Err(no_delivery(now, witness, step));
    }
    if by == Verify::Size && !recorded.is_empty() {
        let text = "a delivery between the two is on record: sizes alone prove less than it does";
        return Err(Failure::new(step, "delivered", text).remedy("verify by delivery"));
    }
    let (source, copy) = try_join(whole(place, source, now, step), whole(place, copy, witness, step)).await?;
    let task_id = match by {
        Verify::Delivery => Some(holds(&source, &copy.extent, &recorded, step)?.into()),
        Verify::Size => {
            super::compare::listed(&source.others, source.extent.path(), step)?;
            witnesses(&copy.extent, None, &source.extent, step)?;
            None
        }
    };
    let proof = VerifiedCopy::new(source.extent, copy.extent, (by, task_id), place.now());
    Ok(Proved {
        warrant: Warrant::Copy(proof),
        can_rename: source.can_rename,
    })
}

/// The task of the delivery that still holds; what is wrong with the first if none does.
fn holds(source: &Whole, copy: &Extent, recorded: &[Recorded], step: &str) -> Result<String, Failure> {
    let mut first = None;
    for one in recorded {
        let since = "it was delivered";
        let checked = unchanged(&source.extent, &source.others, &one.subject, since, step)
            .and_then(|()| witnesses(copy, Some(&one.witness), &source.extent, step));
        match checked {
            Ok(()) => return Ok(one.task_id.clone()),
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    Err(first.unwrap_or_else(|| Failure::new(step, "no_delivery", "no delivery is on record")))
}

/// Confirms a delivery that has just ended: the source unchanged since submission, every file of it on the other
/// side. Records it, so that later runs and prunes can prove it again. `kept` is what the task did not have to
/// copy, as it was when it was delivered.
pub(super) async fn confirm_delivery(
    run: &Session,
    (source, destination): (Located<'_>, Located<'_>),
    at_submission: &Extent,
    kept: Option<&Extent>,
    (task_id, step): (&str, &str),
) -> Result<VerifiedCopy, Failure> {
    let place = run.workplace();
    let (from, to) = try_join(
        look(place, source, MOVED, step),
        look(place, destination, "check", step),
    )
    .await?;
    for (role, seen, located) in [("source", &from, source), ("check", &to, destination)] {
        if seen.is_folder() != at_submission.is_folder() {
            return Err(not_the_kind(role, located, step));
        }
    }
    let (from, to) = try_join(
        whole(place, from, source, step),
        whole(place, to, destination, step),
    )
    .await?;
    // Links among the files are not copied; the prune of such a folder refuses, its move does not.
    unchanged(&from.extent, &[], at_submission, "it was submitted", step)?;
    witnesses(&to.extent, None, &from.extent, step)?;
    if let Some(kept) = kept {
        witnesses(&to.extent, Some(kept), kept, step)?;
    }
    let at = place.now();
    let sides = (&from.extent, &to.extent);
    delivery::record(place, sides, (run.run_id(), task_id), at, step).await?;
    let by = (Verify::Delivery, Some(task_id.into()));
    Ok(VerifiedCopy::new(from.extent, to.extent, by, at))
}

/// The two sides of a delivered file, if the source is as it was at submission and the copy has its size.
pub(super) fn confirmed(
    (source, from): (Located<'_>, Seen),
    (destination, to): (Located<'_>, Seen),
    at_submission: &Extent,
    step: &str,
) -> Result<(Extent, Extent), Failure> {
    let file = |at, seen, role: &str| match standing(seen, at, role, step)? {
        Standing::File(file) => Ok(file),
        Standing::Folder => Err(not_the_kind(
            if role == MOVED { "source" } else { role },
            at,
            step,
        )),
    };
    let (from, to) = (file(source, from, MOVED)?, file(destination, to, "check")?);
    unchanged(&from, &[], at_submission, "it was submitted", step)?;
    witnesses(&to, None, &from, step)?;
    Ok((from, to))
}

async fn lapsed(
    place: &Workplace,
    subject: Located<'_>,
    age: TimeDelta,
    step: &str,
) -> Result<Proved, Failure> {
    let seen = look(place, subject, "source", step).await?;
    let seen = whole(place, seen, subject, step).await?;
    super::compare::listed(&seen.others, seen.extent.path(), step)?;
    old_enough(&seen.extent, age, place, step)?;
    Ok(Proved {
        warrant: Warrant::Retention(Lapsed::new(seen.extent, age, place.now())),
        can_rename: seen.can_rename,
    })
}

/// Refuses what was written less than `age` ago. A time in the future is young: some clock is wrong.
pub(crate) fn old_enough(
    extent: &Extent,
    age: TimeDelta,
    place: &Workplace,
    step: &str,
) -> Result<(), Failure> {
    let Some(newest) = extent.newest().filter(|_| age > TimeDelta::zero()) else {
        return Ok(());
    };
    if place.now() - newest >= age {
        return Ok(());
    }
    Err(Failure::new(
        step,
        "too_young",
        format!(
            "{:?} on {} was written at {newest}, and must be {} hours old",
            extent.path(),
            extent.endpoint(),
            age.num_hours()
        ),
    ))
}

/// Something that stands, before a folder is listed.
#[derive(Debug)]
enum Standing {
    File(Extent),
    Folder,
}

impl Standing {
    fn is_folder(&self) -> bool {
        matches!(self, Self::Folder)
    }
}

/// The role of a source that was copied just now: a link's content is copied, its deletion would free nothing.
const MOVED: &str = "moved";

/// Looks at one side; `role` is `source`, `check` or [`MOVED`].
async fn look(place: &Workplace, at: Located<'_>, role: &str, step: &str) -> Result<Standing, Failure> {
    let seen = observe(place, at.endpoint, at.path, step).await?;
    standing(seen, at, role, step)
}

/// What was seen, if it can be what its role wants.
fn standing(seen: Seen, at: Located<'_>, role: &str, step: &str) -> Result<Standing, Failure> {
    match seen {
        Seen::File(file) => Ok(Standing::File(Extent::File(file))),
        Seen::Link(file) if role == MOVED => Ok(Standing::File(Extent::File(file))),
        Seen::Link(_) => Err(Failure::new(
            step,
            format!("{role}_not_a_file"),
            format!("on {} the path is a symbolic link", at.endpoint.key()),
        )),
        Seen::Folder => Ok(Standing::Folder),
        Seen::Missing if role == "check" => Err(Failure::new(
            step,
            "check_missing",
            format!("{} holds no copy", at.endpoint.key()),
        )),
        Seen::Missing => Err(Failure::new(
            step,
            "source_missing",
            format!("there is no such file or folder on {}", at.endpoint.key()),
        )),
        Seen::Other(kind) => Err(Failure::new(
            step,
            format!("{role}_not_a_file"),
            format!("on {} the path is a {kind}", at.endpoint.key()),
        )),
    }
}

/// One side with all its files.
struct Whole {
    extent: Extent,
    others: Vec<String>,
    can_rename: bool,
}

async fn whole(place: &Workplace, standing: Standing, at: Located<'_>, step: &str) -> Result<Whole, Failure> {
    match standing {
        Standing::File(extent) => Ok(Whole {
            extent,
            others: Vec::new(),
            can_rename: true,
        }),
        Standing::Folder => list(place, at, step).await.map(|listed| Whole {
            extent: Extent::Folder(listed.manifest),
            others: listed.others,
            can_rename: listed.can_rename,
        }),
    }
}

/// Two names of one file prove nothing: the same path below one collection or one host, or one within the other.
fn two_places(subject: Located<'_>, witness: Located<'_>, step: &str) -> Result<(), Failure> {
    let (a, b) = (subject.endpoint, witness.endpoint);
    let same_host = !a.uri().is_empty() && a.uri() == b.uri();
    let same_collection = a
        .uuid()
        .is_ok_and(|id| b.uuid().is_ok_and(|other| id.eq_ignore_ascii_case(other)));
    if !same_host && !same_collection {
        return Ok(());
    }
    let one = path_on(a, subject.path, step)? + "/";
    let other = path_on(b, witness.path, step)? + "/";
    if !one.starts_with(&other) && !other.starts_with(&one) {
        return Ok(());
    }
    Err(Failure::new(
        step,
        "same_file",
        format!(
            "{} and {} show the same files there: they cannot prove each other",
            a.key(),
            b.key()
        ),
    ))
}

fn not_the_kind(role: &str, at: Located<'_>, step: &str) -> Failure {
    Failure::new(
        step,
        format!("{role}_not_a_file"),
        format!(
            "on {} a file stands where the other side has a folder, or a folder where it has a file",
            at.endpoint.key()
        ),
    )
}

fn no_delivery(subject: Located<'_>, witness: Located<'_>, step: &str) -> Failure {
    Failure::new(
        step,
        "no_delivery",
        format!(
            "no delivery between {} and {} is on record, so nothing proves the copy",
            subject.endpoint.key(),
            witness.endpoint.key()
        ),
    )
    .remedy("run the move again: it proves a copy that already stands without copying it again")
}
