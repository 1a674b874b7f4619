//! The journal of effects against a model: whatever the order of intents, outcomes, crashes and takeovers, a
//! step stands as the model says, and only the latest holder of a run can change it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use run_store::{Effect, Error, Opened, Run, RunStore, Slot, SqliteStore};
use serde_json::{Value, json};

use super::short_lease;

const RUN: &str = "r";
const STEPS: [(&str, &str); 4] = [("copy", "a>b"), ("copy", "b>c"), ("catalogue", "a>b"), ("", "")];

/// What happens next. The numbers choose a step, a document, a former holder.
#[derive(Debug, Clone)]
enum Event {
    Look(Index),
    Intend(Index, Vec<u8>),
    Note(Index, u8),
    Settle(Index, bool, u8),
    /// The process ends in order, or is killed and keeps its handles in the test's hand.
    Reopen {
        killed: bool,
    },
    Finish(bool),
    /// A handle of a former holder is used.
    Ghost(Index),
    /// A slot that was taken earlier in this session is settled again.
    Again(Index),
}

fn event() -> impl Strategy<Value = Event> {
    let step = any::<Index>;
    prop_oneof![
        2 => step().prop_map(Event::Look),
        5 => (step(), prop::collection::vec(any::<u8>(), 0..9)).prop_map(|(at, document)| Event::Intend(at, document)),
        3 => (step(), any::<u8>()).prop_map(|(at, value)| Event::Note(at, value)),
        4 => (step(), any::<bool>(), any::<u8>()).prop_map(|(at, ok, value)| Event::Settle(at, ok, value)),
        3 => any::<bool>().prop_map(|killed| Event::Reopen { killed }),
        1 => any::<bool>().prop_map(Event::Finish),
        2 => step().prop_map(Event::Ghost),
        1 => step().prop_map(Event::Again),
    ]
}

/// How the model has a step.
#[derive(Debug, Clone, PartialEq)]
enum Stands {
    Pending {
        document: Vec<u8>,
        receipt: Option<Value>,
    },
    Done(Value),
    Failed {
        outcome: Value,
        session: u32,
    },
}

/// The store under test beside its model.
struct Bench {
    folder: tempfile::TempDir,
    store: SqliteStore,
    run: Option<Run>,
    /// Runs, and slots of theirs, whose processes are dead for the store.
    ghosts: Vec<(Run, Vec<Slot>)>,
    /// Slots of this session that were not used up.
    spare: Vec<(usize, u32, Slot)>,
    session: u32,
    steps: BTreeMap<usize, (u32, Stands)>,
    finished: Option<Value>,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = short_lease(folder.path());
        let Opened::Fresh(run) = store.open(RUN, "move", "hash").await.unwrap() else {
            panic!("not fresh")
        };
        Self {
            folder,
            store,
            run: Some(run),
            ghosts: Vec::new(),
            spare: Vec::new(),
            session: 1,
            steps: BTreeMap::new(),
            finished: None,
        }
    }

    async fn apply(&mut self, event: Event) {
        match event {
            Event::Look(at) => drop(self.look(at.index(STEPS.len())).await),
            Event::Intend(at, document) => self.intend(at.index(STEPS.len()), document).await,
            Event::Note(at, value) => self.note(at.index(STEPS.len()), json!(value)).await,
            Event::Settle(at, ok, value) => self.settle(at.index(STEPS.len()), ok, json!(value)).await,
            Event::Reopen { killed } => self.reopen(killed).await,
            Event::Finish(ok) => self.finish(ok).await,
            Event::Ghost(which) => self.ghost(which).await,
            Event::Again(which) => self.again(which).await,
        }
    }

    /// Asks how a step stands and compares; the slot to go on from, unless there is none.
    async fn look(&self, at: usize) -> Option<Slot> {
        let run = self.run.as_ref()?;
        let (step, key) = STEPS[at];
        let effect = run.effect(step, key).await;
        match (effect, self.steps.get(&at)) {
            (Ok(Effect::New(slot)), None) => {
                assert_eq!(slot.attempt(), 1);
                Some(slot)
            }
            (Ok(Effect::Pending(slot, intent)), Some((attempt, Stands::Pending { document, receipt }))) => {
                assert_eq!((slot.attempt(), intent.attempt), (*attempt, *attempt));
                assert_eq!((&intent.document, &intent.receipt), (document, receipt));
                assert_eq!(intent.facts, json!({ "bytes": document.len() }));
                Some(slot)
            }
            (Ok(Effect::Done(outcome)), Some((_, Stands::Done(expected)))) => {
                assert_eq!(&outcome, expected);
                None
            }
            (
                Ok(Effect::Failed { outcome, slot }),
                Some((
                    attempt,
                    Stands::Failed {
                        outcome: expected,
                        session,
                    },
                )),
            ) => {
                assert_ne!(
                    *session, self.session,
                    "a failure of this session is not tried again in it"
                );
                assert_eq!((&outcome, slot.attempt()), (expected, attempt + 1));
                Some(slot)
            }
            (
                Err(Error::FailedNow { outcome, .. }),
                Some((
                    _,
                    Stands::Failed {
                        outcome: expected,
                        session,
                    },
                )),
            ) => {
                assert_eq!((*session, &outcome), (self.session, expected));
                None
            }
            (found, expected) => panic!("the store has {found:?}, the model {expected:?}"),
        }
    }

    async fn intend(&mut self, at: usize, document: Vec<u8>) {
        let Some(slot) = self.look(at).await else { return };
        let attempt = slot.attempt();
        let facts = json!({ "bytes": document.len() });
        let intended = slot.intend(&document, &facts).await;
        if let Some((_, Stands::Pending { .. })) = self.steps.get(&at) {
            assert!(
                matches!(intended, Err(Error::AlreadyIntended { .. })),
                "{intended:?}"
            );
            return;
        }
        self.spare.push((at, attempt, intended.unwrap()));
        let receipt = None;
        self.steps
            .insert(at, (attempt, Stands::Pending { document, receipt }));
    }

    async fn note(&mut self, at: usize, value: Value) {
        let Some(slot) = self.look(at).await else { return };
        let noted = slot.note(&value).await;
        match self.steps.get_mut(&at) {
            Some((_, Stands::Pending { receipt, .. })) => {
                noted.unwrap();
                *receipt = Some(value);
            }
            _ => assert!(matches!(noted, Err(Error::NotPending { .. })), "{noted:?}"),
        }
    }

    async fn settle(&mut self, at: usize, ok: bool, outcome: Value) {
        let Some(slot) = self.look(at).await else { return };
        let attempt = slot.attempt();
        let session = self.session;
        let stands = if ok {
            slot.done(&outcome).await.unwrap();
            Stands::Done(outcome)
        } else {
            slot.failed(&outcome).await.unwrap();
            Stands::Failed { outcome, session }
        };
        self.steps.insert(at, (attempt, stands));
    }

    /// A slot whose attempt is settled settles nothing; one that is pending still may.
    async fn again(&mut self, which: Index) {
        if self.spare.is_empty() || self.run.is_none() {
            return;
        }
        let (at, attempt, slot) = self.spare.swap_remove(which.index(self.spare.len()));
        let outcome = json!("again");
        let settled = slot.done(&outcome).await;
        match self.steps.get_mut(&at) {
            Some((latest, stands @ Stands::Pending { .. })) if *latest == attempt => {
                settled.unwrap();
                *stands = Stands::Done(outcome);
            }
            _ => assert!(matches!(settled, Err(Error::NotPending { .. })), "{settled:?}"),
        }
    }

    async fn reopen(&mut self, killed: bool) {
        let slots = self.spare.drain(..).map(|(_, _, slot)| slot).collect();
        if let Some(run) = self.run.take() {
            if killed {
                self.ghosts.push((run, slots));
            } else {
                drop((run, slots));
            }
        }
        self.store = short_lease(self.folder.path());
        match self.store.open(RUN, "move", "hash").await.unwrap() {
            Opened::Resumed(run) => {
                assert_eq!(self.finished, None);
                self.session += 1;
                assert_eq!(run.opened(), self.session);
                self.run = Some(run);
            }
            Opened::Finished(report) => assert_eq!(Some(report), self.finished),
            Opened::Fresh(_) => panic!("the run was forgotten"),
        }
    }

    async fn finish(&mut self, ok: bool) {
        let Some(run) = self.run.take() else { return };
        let report = json!({ "ok": ok, "session": self.session });
        run.finish(&report, ok).await.unwrap();
        assert!(matches!(run.renew().await, Err(Error::RunEnded { .. })));
        for (_, _, slot) in self.spare.drain(..) {
            assert!(matches!(slot.note(&json!(1)).await, Err(Error::RunEnded { .. })));
        }
        self.finished = ok.then_some(report);
        if !ok {
            self.reopen(false).await;
        }
    }

    /// Whoever lost the run can neither read what stands nor change it.
    async fn ghost(&mut self, which: Index) {
        if self.ghosts.is_empty() {
            return;
        }
        let which = which.index(self.ghosts.len());
        let (run, slots) = &mut self.ghosts[which];
        // A finished run, too, is somebody else's for one that held it before the last.
        assert!(matches!(run.renew().await, Err(Error::LeaseLost { .. })));
        assert!(matches!(
            run.effect("copy", "a>b").await,
            Err(Error::LeaseLost { .. })
        ));
        assert!(matches!(
            run.finish(&json!("ghost"), true).await,
            Err(Error::LeaseLost { .. })
        ));
        if let Some(slot) = slots.pop() {
            assert!(matches!(
                slot.note(&json!("ghost")).await,
                Err(Error::LeaseLost { .. })
            ));
            assert!(matches!(
                slot.done(&json!("ghost")).await,
                Err(Error::LeaseLost { .. })
            ));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Every event is a few writes to disk: a tenth of the usual number.
        cases: ProptestConfig::default().cases.div_ceil(10),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_step_stands_as_the_model_says(events in prop::collection::vec(event(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::new().await;
            for event in events {
                bench.apply(event).await;
            }
            bench.reopen(true).await;
            for at in 0..STEPS.len() {
                drop(bench.look(at).await);
            }
        });
    }
}
