//! The proofs that something may go: a second copy stands elsewhere, or its time is over.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::extent::Extent;
use super::name::Name;

/// How long a proof may be acted on: a listing tells about the moment in which it was made.
const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);

fn is_fresh(verified_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let age = now - verified_at;
    age >= TimeDelta::zero() && age <= FRESH_FOR
}

/// What a copy was compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verify {
    /// A delivery that the service confirmed with checksums, and listings that show both sides unchanged since.
    #[default]
    Delivery,
    /// Listings of both sides alone: the same names and sizes. For data that we did not deliver.
    Size,
}

/// A file or folder (`subject`) of which a proved copy (`witness`) stands on another endpoint.
///
/// Only the verifier makes one, out of listings made just now; whoever deletes must hold one. It expires after
/// five minutes. Nothing outside can make one, not even out of JSON:
///
/// ```compile_fail
/// fn forged(json: &str) -> proved_transfer::copy::VerifiedCopy {
///     serde_json::from_str(json).unwrap()
/// }
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct VerifiedCopy {
    subject: Extent,
    witness: Extent,
    verified_by: Verify,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<Name>,
    verified_at: DateTime<Utc>,
}

/// What is read back; apart from the type itself, so that nothing outside can make one out of JSON.
#[derive(Deserialize)]
struct Record {
    subject: Extent,
    witness: Extent,
    #[serde(default)]
    verified_by: Verify,
    task_id: Option<Name>,
    verified_at: DateTime<Utc>,
}

impl VerifiedCopy {
    pub(super) fn new(
        subject: Extent,
        witness: Extent,
        (verified_by, task_id): (Verify, Option<Name>),
        verified_at: DateTime<Utc>,
    ) -> Self {
        Self {
            subject,
            witness,
            verified_by,
            task_id,
            verified_at,
        }
    }

    /// The proof that the verifier made in an earlier session, as the run store kept it. Its date is
    /// that session's: it tells what was proved then, and is too old to act on.
    pub(super) fn recall(record: &serde_json::Value) -> Option<Self> {
        let read = Record::deserialize(record).ok()?;
        Some(Self::new(
            read.subject,
            read.witness,
            (read.verified_by, read.task_id),
            read.verified_at,
        ))
    }

    /// What the witness proves.
    pub fn subject(&self) -> &Extent {
        &self.subject
    }

    /// The copy that proves it.
    pub fn witness(&self) -> &Extent {
        &self.witness
    }

    /// What the two were compared by.
    pub fn verified_by(&self) -> Verify {
        self.verified_by
    }

    /// The Globus task that delivered one from the other; none if the proof is by size.
    pub fn task_id(&self) -> Option<&str> {
        self.task_id.as_deref()
    }

    /// When the listings were made.
    pub fn verified_at(&self) -> DateTime<Utc> {
        self.verified_at
    }

    /// Whether the proof may still be acted on at `now`; a clock that went backwards ends it too.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        is_fresh(self.verified_at, now)
    }
}

/// A file or folder that a retention rule lets go although it may be the last copy: it is older than the rule's
/// age. Only the verifier makes one, out of a listing made just now. It expires after five minutes.
#[derive(Debug, Clone, Serialize)]
pub struct Lapsed {
    subject: Extent,
    retention_days: f64,
    verified_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct LapsedRecord {
    subject: Extent,
    retention_days: f64,
    verified_at: DateTime<Utc>,
}

impl Lapsed {
    pub(super) fn new(subject: Extent, retention: TimeDelta, verified_at: DateTime<Utc>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "days, for people to read")]
        let retention_days = retention.num_seconds() as f64 / 86_400.0;
        Self {
            subject,
            retention_days,
            verified_at,
        }
    }
}

/// What the deleter demands: the proof of a copy elsewhere, or that a retention rule's age is over.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Warrant {
    /// A copy stands elsewhere.
    Copy(VerifiedCopy),
    /// Its time is over.
    Retention(Lapsed),
}

impl Warrant {
    /// What may go.
    pub fn subject(&self) -> &Extent {
        match self {
            Self::Copy(copy) => &copy.subject,
            Self::Retention(lapsed) => &lapsed.subject,
        }
    }

    /// Whether it may still be acted on at `now`.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Copy(copy) => copy.is_fresh(now),
            Self::Retention(lapsed) => is_fresh(lapsed.verified_at, now),
        }
    }

    /// As the run store kept it; too old to act on, as [`VerifiedCopy`]'s.
    pub(crate) fn recall(record: &serde_json::Value) -> Option<Self> {
        if record.get("witness").is_some() {
            return VerifiedCopy::recall(record).map(Self::Copy);
        }
        let read = LapsedRecord::deserialize(record).ok()?;
        Some(Self::Retention(Lapsed {
            subject: read.subject,
            retention_days: read.retention_days,
            verified_at: read.verified_at,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::observe::Observation;
    use super::*;

    fn observation(endpoint: &str) -> Extent {
        Extent::File(Observation {
            endpoint: endpoint.into(),
            collection: "c".into(),
            path: "/x.h5".into(),
            size: 1,
            modified: DateTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn a_proof_expires_and_is_not_believed_from_the_future() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let by = (Verify::Delivery, Some("t".into()));
        let proof = VerifiedCopy::new(observation("a"), observation("b"), by, at);
        assert!(proof.is_fresh(at));
        assert!(proof.is_fresh(at + FRESH_FOR));
        assert!(!proof.is_fresh(at + FRESH_FOR + TimeDelta::seconds(1)));
        assert!(!proof.is_fresh(at - TimeDelta::seconds(1)));
    }

    #[test]
    fn what_the_store_kept_is_read_back_with_its_own_date() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let by = (Verify::Size, None);
        let proof = Warrant::Copy(VerifiedCopy::new(observation("a"), observation("b"), by, at));
        let lapsed = Warrant::Retention(Lapsed::new(observation("a"), TimeDelta::days(30), at));
        for warrant in [proof, lapsed] {
            let kept = serde_json::to_value(&warrant).unwrap();
            let read = Warrant::recall(&kept).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), kept);
            assert!(read.is_fresh(at) && !read.is_fresh(at + TimeDelta::days(1)));
        }
    }
}
