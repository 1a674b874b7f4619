//! Many files over one hop with few tasks, each proved by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join;
use futures_util::stream::{self, FuturesUnordered, StreamExt};
use globus_transfer::Transfers;
use run_store::Slot;

use super::extent::Extent;
use super::hop::{Hop, Item, key};
use super::judge::{Judged, Settled, Tasks};
use super::mover::{self, STEP};
use super::queues::queue;
use super::ride::{Ride, end_attempts};
use super::source;
use super::verified::VerifiedCopy;
use crate::failure::Failure;
use crate::progress::Event;
use crate::session::Session;

/// Files of the queue, and whose they are by their position.
type Carried = (Transfers<Arc<Ride>>, Vec<Option<(usize, Arc<Ride>)>>);

/// Files that are looked at one by one at a time: those that were delivered before.
pub(super) const AT_ONCE: usize = 100;

pub(super) type Proved = Result<VerifiedCopy, Failure>;
/// What became of a file, by its place in the call.
pub(super) type End = (usize, Proved);

/// Copies files over one hop with few tasks, and proves each copy by itself; the answers are in the order of the
/// items.
///
/// As [`copy`](super::copy) for each of them, but that they share tasks, listings and transactions: up to 1,000 files
/// or 1 TB a task, and the failure of one fails no other. `known` is what listings of the source showed a moment ago,
/// by item, where the caller has it. A record that keeps no batches gives each file a task of its own.
pub async fn copy_all(
    run: &Session,
    items: &[Item<'_>],
    hop: Hop<'_>,
    known: &[Option<&Extent>],
) -> Vec<Proved> {
    let call = Call { run, items, hop };
    let mut many = Many {
        call,
        ends: items.iter().map(|_| None).collect(),
        again: BTreeMap::new(),
    };
    let known: Vec<Option<&Extent>> = (0..items.len())
        .map(|n| known.get(n).copied().flatten())
        .collect();
    if run.workplace().store().keeps_batches() {
        // Boxed as any future: its own type would stand in the type of every flow.
        many.batched((0..items.len()).collect(), &known).boxed().await;
    } else {
        let ends = call.singly((0..items.len()).collect(), &known).boxed().await;
        many.take(ends);
    }
    many.ends()
}

/// One file through the queue that all runs of the process share.
pub(super) async fn copy_shared(
    run: &Session,
    item: Item<'_>,
    hop: Hop<'_>,
    known: Option<&Extent>,
) -> Proved {
    let mut ends = Box::pin(copy_all(run, &[item], hop, &[known])).await;
    ends.pop()
        .unwrap_or_else(|| Err(Failure::new(STEP, "lost", "the copy has no end")))
}

/// Files of one call.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) run: &'a Session,
    pub(super) items: &'a [Item<'a>],
    pub(super) hop: Hop<'a>,
}

impl Call<'_> {
    /// A task for each.
    async fn singly(self, which: Vec<usize>, known: &[Option<&Extent>]) -> Vec<End> {
        let Self { run, items, hop } = self;
        let each = stream::iter(which).map(|n| async move {
            let copied = Box::pin(async {
                let effect = run.effect(STEP, &key(hop, items[n])).await?;
                mover::go_on(run, items[n], hop, known[n], effect).await
            });
            (n, copied.await)
        });
        each.buffer_unordered(AT_ONCE).collect().await
    }
}

/// What became of the files of a call, as far as it is known.
struct Many<'a> {
    call: Call<'a>,
    ends: Vec<Option<Proved>>,
    /// The next attempts of those whose last one was taken back.
    again: BTreeMap<usize, Slot>,
}

impl Many<'_> {
    fn ends(self) -> Vec<Proved> {
        let lost = || Err(Failure::new(STEP, "lost", "the copy has no end"));
        let Call { items, hop, .. } = self.call;
        let named = self.ends.into_iter().zip(items).map(|(end, item)| {
            let end = end.unwrap_or_else(lost);
            end.map_err(|failure| failure.file(item.path).hop(hop))
        });
        named.collect()
    }

    fn take(&mut self, ends: impl IntoIterator<Item = End>) {
        for (n, end) in ends {
            if let Ok(proof) = &end {
                self.call.run.say(&Event::Verified {
                    hop: self.call.hop.to_string(),
                    bytes: proof.witness().size(),
                });
            }
            if let Some(place) = self.ends.get_mut(n) {
                *place = Some(end);
            }
        }
    }

    fn fail_all(&mut self, which: impl IntoIterator<Item = usize>, failure: &Failure) {
        self.take(which.into_iter().map(|n| (n, Err(failure.clone()))));
    }

    /// Rounds, until nothing is under way in other runs: what is, is waited for and looked at again.
    async fn batched(&mut self, mut which: Vec<usize>, known: &[Option<&Extent>]) {
        let Call { run, items, hop } = self.call;
        let mut known = known.to_vec();
        while !which.is_empty() {
            let elsewhere = match self.round(which.clone(), &known).await {
                Ok(elsewhere) => elsewhere,
                Err(failure) => {
                    let open: Vec<usize> = which.into_iter().filter(|n| self.ends[*n].is_none()).collect();
                    return self.fail_all(open, &failure);
                }
            };
            for n in &elsewhere {
                if let Err(failure) = run.wait_for_other(STEP, &key(hop, items[*n])).await {
                    self.take([(*n, Err(failure))]);
                }
                known[*n] = None;
            }
            which = elsewhere
                .into_iter()
                .filter(|n| self.ends[*n].is_none())
                .collect();
        }
    }

    /// Everything once; answers what another run is at.
    async fn round(&mut self, which: Vec<usize>, known: &[Option<&Extent>]) -> Result<Vec<usize>, Failure> {
        let call = self.call;
        let (which, refused) = call.that_may_go(which).await;
        self.take(refused);
        let mut todo = call.sort(which, &mut self.again).await?;
        self.take(todo.ends);
        let options = call.options()?;
        let shared = call.run.workplace().service.shared.clone();
        let queue = shared.unwrap_or_else(|| queue(call.run.workplace()));
        let mut carried = Vec::new();
        for (id, rides) in todo.batches {
            match call.resumed(&queue, &options, &id, &rides).await {
                Ok(transfers) => carried.push((transfers, rides.into_iter().map(Some).collect())),
                // It would overwrite what was delivered since: each of its files is looked at anew.
                Err(failure) if failure.code == source::CHANGED => {
                    let marks = rides.iter().map(|(_, ride)| ride);
                    let ended = end_attempts(marks, &failure).await;
                    ended.map_err(|error| Failure::store(STEP, &error))?;
                    let anew = rides
                        .iter()
                        .filter_map(|(n, ride)| Some((*n, ride.taken_back()?, false)));
                    todo.fresh.extend(anew);
                }
                Err(failure) => self.fail_all(rides.into_iter().map(|(n, _)| n), &failure),
            }
        }
        let (rides, ends) = call.rides(todo.fresh, known).await?;
        self.take(ends);
        if !rides.is_empty() {
            let items = rides.iter().map(|(n, ride)| call.queued(*n, ride));
            let items: Vec<_> = items.collect::<Result<_, _>>()?;
            let rides = rides.into_iter().map(Some).collect();
            carried.push((queue.transfer_all(&options, items), rides));
        }
        // What has a task of its own keeps nobody waiting.
        let (lone, elsewhere) = join(call.singly(todo.lone, known), self.carry(carried)).await;
        self.take(lone);
        elsewhere
    }

    /// Waits for all, task by task; answers what another run is at. While the files of one task are proved the others
    /// are still waited for: other runs may lean on this wait.
    async fn carry(&mut self, carried: Vec<Carried>) -> Result<Vec<usize>, Failure> {
        let call = self.call;
        let tasks = Arc::new(Tasks::default());
        let total = carried.iter().flat_map(|(_, rides)| rides.iter().flatten());
        let total = total.map(|(_, ride)| ride.bytes()).sum();
        let each = carried.into_iter().map(|(transfers, mut rides)| {
            let told = tasks.told(call.run, call.hop, total, transfers);
            told.map(move |settled| {
                let of = settled.into_iter().filter_map(|one| {
                    let (n, ride) = rides.get_mut(one.position)?.take()?;
                    Some((n, ride, one.result))
                });
                of.collect::<Vec<Settled>>()
            })
        });
        let mut settled = stream::select_all(each).fuse();
        let mut judging = FuturesUnordered::new();
        let mut elsewhere = Vec::new();
        loop {
            let next = async {
                tokio::select! {
                    Some(settled) = settled.next() => Some(Next::Settled(settled)),
                    Some(judged) = judging.next() => Some(Next::Judged(judged)),
                    else => None,
                }
            };
            match call.run.holding(STEP, next).await? {
                Some(Next::Settled(settled)) => judging.push(call.judge(settled, &tasks)),
                Some(Next::Judged(judged)) => {
                    self.take(judged.ends);
                    self.again.extend(judged.again);
                    elsewhere.extend(judged.elsewhere);
                }
                None => return Ok(elsewhere),
            }
        }
    }
}

/// What happens next in a call.
enum Next {
    Settled(Vec<Settled>),
    Judged(Judged),
}
