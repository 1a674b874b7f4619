//! The proof that a second copy of a file stands elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::observe::Observation;

/// How long a proof may be acted on: a listing tells about the moment in which it was made.
const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);

/// A file (`subject`) of which a proved copy (`witness`) stands on another endpoint.
///
/// Only the verifier makes one, and only out of a delivery that the service confirmed and two listings
/// made just now; whoever deletes must hold one. It expires after five minutes.
#[derive(Debug, Clone, Serialize)]
pub struct VerifiedCopy {
    subject: Observation,
    witness: Observation,
    task_id: String,
    verified_at: DateTime<Utc>,
}

/// What is read back; apart from the type itself, so that nothing outside can make one out of JSON.
#[derive(Deserialize)]
struct Record {
    subject: Observation,
    witness: Observation,
    task_id: String,
    verified_at: DateTime<Utc>,
}

impl VerifiedCopy {
    pub(super) fn new(
        subject: Observation,
        witness: Observation,
        task_id: String,
        verified_at: DateTime<Utc>,
    ) -> Self {
        Self {
            subject,
            witness,
            task_id,
            verified_at,
        }
    }

    /// The proof that the verifier made in an earlier session, as the run store kept it. Its date is
    /// that session's: it tells what was proved then, and is too old to act on.
    pub(crate) fn recall(record: &serde_json::Value) -> Option<Self> {
        let Record {
            subject,
            witness,
            task_id,
            verified_at,
        } = Record::deserialize(record).ok()?;
        Some(Self::new(subject, witness, task_id, verified_at))
    }

    /// The file that the witness proves.
    pub fn subject(&self) -> &Observation {
        &self.subject
    }

    /// The copy that proves it.
    pub fn witness(&self) -> &Observation {
        &self.witness
    }

    /// The Globus task that delivered one from the other.
    pub fn task_id(&self) -> &str {
        &self.task_id
    }

    /// When the listings were made.
    pub fn verified_at(&self) -> DateTime<Utc> {
        self.verified_at
    }

    /// Whether the proof may still be acted on at `now`; a clock that went backwards ends it too.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let age = now - self.verified_at;
        age >= TimeDelta::zero() && age <= FRESH_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(endpoint: &str) -> Observation {
        Observation {
            endpoint: endpoint.into(),
            collection: "c".into(),
            path: "/x.h5".into(),
            size: 1,
            modified: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_proof_expires_and_is_not_believed_from_the_future() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let proof = VerifiedCopy::new(observation("a"), observation("b"), "t".into(), at);
        assert!(proof.is_fresh(at));
        assert!(proof.is_fresh(at + FRESH_FOR));
        assert!(!proof.is_fresh(at + FRESH_FOR + TimeDelta::seconds(1)));
        assert!(!proof.is_fresh(at - TimeDelta::seconds(1)));
    }
}
