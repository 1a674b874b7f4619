//! Decides, request by request and task by task, whether a fault applies.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Aim, FaultSpec, JobEffect, RequestEffect, TaskEffect, TaskFilter, When};
use crate::operations::glob;

/// The faults in force, with their counts.
#[derive(Debug)]
pub(crate) struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    armed: Vec<Armed>,
    random: fastrand::Rng,
}

#[derive(Debug)]
struct Armed {
    spec: FaultSpec,
    matched: u64,
    applied: u64,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            inner: Mutex::new(Inner {
                armed: Vec::new(),
                random: fastrand::Rng::with_seed(seed),
            }),
        }
    }

    pub(crate) fn add(&self, spec: FaultSpec) {
        self.lock().armed.push(Armed {
            spec,
            matched: 0,
            applied: 0,
        });
    }

    pub(crate) fn clear(&self) {
        self.lock().armed.clear();
    }

    /// The faults in force, as text.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.lock()
            .armed
            .iter()
            .map(|armed| armed.spec.to_string())
            .collect()
    }

    /// The effect on this request, with its text for the journal. The first fault that applies wins; the later
    /// ones still count the match. `can_be_stale` tells whether anything is known that was true before.
    pub(crate) fn on_request(
        &self,
        operation: &str,
        can_be_stale: impl Fn() -> bool,
    ) -> Option<(RequestEffect, String)> {
        self.decide(|spec| match &spec.aim {
            Aim::Requests { operations, effect }
                if glob(operations, operation) && (*effect != RequestEffect::Stale || can_be_stale()) =>
            {
                Some((effect.clone(), spec.effect_text().to_owned()))
            }
            _ => None,
        })
    }

    /// The effect on a new task that `is_for` says the filter is meant for. What spoils a delivery is for
    /// transfers only.
    pub(crate) fn on_task(
        &self,
        is_delete: bool,
        is_for: impl Fn(&TaskFilter) -> bool,
    ) -> Option<TaskEffect> {
        self.decide(|spec| match &spec.aim {
            Aim::Tasks { effect, .. } if is_delete && matches!(effect, TaskEffect::Spoilt(_)) => None,
            Aim::Tasks { filter, effect } if is_for(filter) => Some(effect.clone()),
            _ => None,
        })
    }

    /// The effect on a new Slurm job of this name.
    pub(crate) fn on_job(&self, name: &str) -> Option<JobEffect> {
        self.decide(|spec| match &spec.aim {
            Aim::Jobs { name: wanted, effect } if glob(wanted, name) => Some(effect.clone()),
            _ => None,
        })
    }

    fn decide<T>(&self, matches: impl Fn(&FaultSpec) -> Option<T>) -> Option<T> {
        let mut inner = self.lock();
        let Inner { armed, random } = &mut *inner;
        let mut chosen = None;
        for fault in armed {
            let Some(effect) = matches(&fault.spec) else {
                continue;
            };
            fault.matched += 1;
            if chosen.is_none() && fault.spec.when.applies(fault.matched, fault.applied, random) {
                fault.applied += 1;
                chosen = Some(effect);
            }
        }
        chosen
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl When {
    fn applies(&self, matched: u64, applied: u64, random: &mut fastrand::Rng) -> bool {
        self.nth.is_none_or(|nth| matched == nth)
            && self.times.is_none_or(|times| applied < times)
            && self.rate.is_none_or(|rate| random.f64() < rate)
    }
}

impl FaultSpec {
    /// The effect as written, without the target and the keys: `status=503`.
    fn effect_text(&self) -> &str {
        let effect = self.text.split_once(':').map_or("", |(_, effect)| effect);
        effect.split(',').next().unwrap_or(effect)
    }

    /// The name under which this fault holds something.
    pub(crate) fn hold_name(&self) -> Option<&str> {
        match &self.aim {
            Aim::Requests {
                effect:
                    RequestEffect::Hold(name) | RequestEffect::HoldBefore(name) | RequestEffect::Stall(name),
                ..
            }
            | Aim::Tasks {
                effect: TaskEffect::Hold(name),
                ..
            }
            | Aim::Jobs {
                effect: JobEffect::Hold(name),
                ..
            } => Some(name),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(specs: &[&str], seed: u64, requests: usize) -> Vec<Option<String>> {
        let faults = Faults::new(seed);
        for spec in specs {
            faults.add(spec.parse().unwrap());
        }
        (0..requests)
            .map(|_| faults.on_request("auth.token", || false).map(|(_, text)| text))
            .collect()
    }

    #[test]
    fn counts() {
        let s = |text: &str| Some(text.to_owned());
        assert_eq!(applied(&["auth.token:html,nth=2"], 0, 3), [None, s("html"), None]);
        assert_eq!(
            applied(&["auth.*:html,times=2"], 0, 3),
            [s("html"), s("html"), None]
        );
        assert_eq!(applied(&["auth.*:401"], 0, 2), [s("401"), None]);
        assert_eq!(
            applied(&["*:html,times=1", "*:status=503,retry-after=1,times=1"], 0, 3),
            [s("html"), s("status=503"), None]
        );
    }

    #[test]
    fn a_rate_repeats_with_its_seed() {
        let run = |seed| applied(&["auth.token:html,rate=0.2"], seed, 1000);
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let hits = run(1).iter().filter(|hit| hit.is_some()).count();
        assert!((150..250).contains(&hits), "{hits}");
    }
}
