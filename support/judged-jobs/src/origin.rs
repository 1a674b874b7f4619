//! What a job's name tells of who submitted it.

/// The run and the step that a job is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin<'n> {
    /// What it is about.
    pub about: &'n str,
    /// The step.
    pub step: &'n str,
    /// The run's id, as far as the name holds it.
    pub run_id: &'n str,
    /// The attempt, from 1.
    pub attempt: u32,
}

impl<'n> Origin<'n> {
    /// Reads a job's name as [`run_job`](crate::run_job) makes it, `<about>.<step>.<run id>.<attempt>`, of one of these
    /// steps. Nothing for any other name.
    pub fn of(name: &'n str, steps: &[&str]) -> Option<Self> {
        let (head, attempt) = name.rsplit_once('.')?;
        let attempt = attempt.parse().ok().filter(|attempt| *attempt > 0)?;
        let at = |step: &str| {
            let word = format!(".{step}.");
            Some((head.rfind(&word)?, word.len()))
        };
        let (place, length) = steps.iter().filter_map(|step| at(step)).max()?;
        let (about, rest) = head.split_at_checked(place)?;
        let (step, run_id) = rest.split_at_checked(length)?;
        (!run_id.is_empty()).then(|| Self {
            about,
            step: step.trim_matches('.'),
            run_id,
            attempt,
        })
    }
}

#[cfg(test)]
mod tests {
    use sfapi::slurm::job_name;

    use super::*;

    #[test]
    fn a_name_of_ours_tells_run_and_step_and_another_s_nothing() {
        let steps = ["reconstruct", "stream"];
        let name = job_name("tomo_recon_f_x.h5", "reconstruct", "R-1.b.2");
        let origin = Origin::of(&name, &steps).unwrap();
        assert_eq!((origin.about, origin.step), ("tomo_recon_f_x.h5", "reconstruct"));
        assert_eq!((origin.run_id, origin.attempt), ("R-1.b", 2));
        for other in [
            "interactive",
            "a.reconstruct.R.0",
            "a.reconstruct.R",
            "a.reconstruct..1",
            "a.other.R.1",
            "",
        ] {
            assert_eq!(Origin::of(other, &steps), None, "{other:?}");
        }
    }
}
