//! What waits, and what of it makes a task. No I/O.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::company::Company;
use super::item::QueueItem;
use super::load::{Load, Recorded};
use super::transfers::{Group, Running, WeakRunning};
use crate::api::SubmitTransfer;

/// The most that one task takes.
const MOST_ITEMS: usize = 1_000;
const MOST_BYTES: u64 = 1_000_000_000_000;

/// The settings that the items of a task have in common.
pub(super) struct Route {
    pub(super) options: SubmitTransfer,
    /// Equal for those whose items may share a task.
    key: String,
}

impl Route {
    pub(super) fn new(options: &SubmitTransfer) -> Self {
        let options = options.clone().skip_source_errors(true);
        Self {
            key: options.batch_key(),
            options,
        }
    }

    /// Where an item is written, as nothing else is.
    fn place<T>(&self, item: &QueueItem<T>) -> String {
        format!("{}:{}", self.options.destination(), item.destination_path)
    }
}

/// An item that waits, or is on its way.
pub(super) struct Entry<T> {
    pub(super) item: QueueItem<T>,
    pub(super) position: usize,
    pub(super) group: Arc<Group>,
    pub(super) route: Arc<Route>,
    /// How often another file ended its task.
    pub(super) rounds: u32,
    /// Only items of one part share a task: the halves of one that met fatal conditions.
    pub(super) part: u64,
}

pub(super) struct State<T> {
    room: usize,
    active: HashMap<u64, Active>,
    /// Where the active tasks write: no second one writes there at the same time.
    busy: HashSet<String>,
    last_task: u64,
    waiting: VecDeque<Entry<T>>,
    open: Vec<Open<T>>,
    last_part: u64,
}

/// A task that is active.
struct Active {
    /// Its route.
    key: Option<String>,
    places: Vec<String>,
}

/// A task that has no document yet: what fits joins it.
struct Open<T> {
    task: u64,
    entries: Vec<Entry<T>>,
    bytes: u64,
    running: WeakRunning,
    company: Arc<Company>,
}

impl<T> Open<T> {
    fn takes(&self, entry: &Entry<T>) -> bool {
        fits(&self.entries, self.bytes, entry)
    }
}

/// Whether an entry may share the task of these.
fn fits<T>(taken: &[Entry<T>], bytes: u64, entry: &Entry<T>) -> bool {
    taken.first().is_none_or(|first| {
        first.part == entry.part
            && first.route.key == entry.route.key
            && taken.len() < MOST_ITEMS
            && bytes.saturating_add(entry.item.bytes) <= MOST_BYTES
    })
}

/// Somebody whose items joined a task.
pub(super) struct Joined {
    pub(super) group: Arc<Group>,
    pub(super) running: Running,
    pub(super) company: Arc<Company>,
}

impl<T> State<T> {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            active: HashMap::new(),
            busy: HashSet::new(),
            last_task: 0,
            waiting: VecDeque::new(),
            open: Vec::new(),
            last_part: 0,
        }
    }

    pub(super) fn set_room(&mut self, room: usize) {
        self.room = room.max(1);
    }

    pub(super) fn active(&self) -> usize {
        self.active.len()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().filter(|entry| !entry.group.is_gone()).count()
    }

    /// Puts items of one group into the tasks that have no document yet, and the rest at the end of the queue.
    pub(super) fn push(&mut self, entries: impl IntoIterator<Item = Entry<T>>) -> Vec<Joined> {
        let mut joined = Vec::new();
        for entry in entries {
            if let Some(entry) = self.join_open(entry, &mut joined) {
                self.waiting.push_back(entry);
            }
        }
        joined
    }

    /// Gives the entry back if there is no task for it.
    fn join_open(&mut self, entry: Entry<T>, joined: &mut Vec<Joined>) -> Option<Entry<T>> {
        let Some(open) = self.open.iter_mut().find(|open| open.takes(&entry)) else {
            return Some(entry);
        };
        let place = entry.route.place(&entry.item);
        if self.busy.contains(&place) {
            return Some(entry);
        }
        if open.company.join(&entry.group) {
            // Whoever waits drives it; that nobody does any more is noticed in a moment.
            let Some(running) = open.running.upgrade() else {
                return Some(entry);
            };
            joined.push(Joined {
                group: Arc::clone(&entry.group),
                running,
                company: Arc::clone(&open.company),
            });
        }
        self.busy.insert(place.clone());
        if let Some(active) = self.active.get_mut(&open.task) {
            active.places.push(place);
        }
        open.bytes = open.bytes.saturating_add(entry.item.bytes);
        open.entries.push(entry);
        None
    }

    /// Puts items back, before all others. `apart`: in two parts, which share no task any more.
    pub(super) fn push_again(&mut self, entries: Vec<Entry<T>>, apart: bool) {
        let half = entries.len().div_ceil(2);
        for (n, mut entry) in entries.into_iter().enumerate().rev() {
            entry.rounds += 1;
            if apart {
                entry.part = self.last_part + if n < half { 1 } else { 2 };
            }
            self.waiting.push_front(entry);
        }
        if apart {
            self.last_part += 2;
        }
    }

    /// Drops what nobody waits for, once it is half of the queue.
    pub(super) fn tidy(&mut self) {
        if self.waiting() * 2 <= self.waiting.len() {
            self.waiting.retain(|entry| !entry.group.is_gone());
        }
    }

    /// The next task, if there is room for one and something to do; it counts as active from now on.
    pub(super) fn form(&mut self) -> Option<Load<T>> {
        if self.active.len() >= self.room {
            return None;
        }
        self.waiting.retain(|entry| !entry.group.is_gone());
        let mut taken: Vec<Entry<T>> = Vec::new();
        let (mut places, mut bytes) = (Vec::new(), 0_u64);
        let mut left = VecDeque::with_capacity(self.waiting.len());
        for entry in self.waiting.drain(..) {
            let place = entry.route.place(&entry.item);
            if fits(&taken, bytes, &entry) && self.busy.insert(place.clone()) {
                places.push(place);
                bytes = bytes.saturating_add(entry.item.bytes);
                taken.push(entry);
            } else {
                left.push_back(entry);
            }
        }
        self.waiting = left;
        (!taken.is_empty()).then(|| self.load(taken, places, None))
    }

    /// The task of a submission that was recorded before: it counts as active, whatever the room.
    pub(super) fn join(&mut self, entries: Vec<Entry<T>>, recorded: Recorded) -> Load<T> {
        let places = entries.iter().map(|entry| entry.route.place(&entry.item));
        let places = places.filter(|place| self.busy.insert(place.clone())).collect();
        self.load(entries, places, Some(recorded))
    }

    fn load(&mut self, entries: Vec<Entry<T>>, places: Vec<String>, recorded: Option<Recorded>) -> Load<T> {
        self.last_task += 1;
        let key = entries.first().map(|first| first.route.key.clone());
        self.active.insert(self.last_task, Active { key, places });
        Load {
            task: self.last_task,
            entries,
            recorded,
        }
    }

    /// Others may join the task until it is [closed](Self::close).
    pub(super) fn open(
        &mut self,
        (task, entries): (u64, Vec<Entry<T>>),
        running: WeakRunning,
        company: &Arc<Company>,
    ) {
        let each = entries.iter().map(|entry| entry.item.bytes);
        self.open.push(Open {
            task,
            bytes: each.fold(0, u64::saturating_add),
            entries,
            running,
            company: Arc::clone(company),
        });
    }

    /// How many items an open task has that still takes more, if others of its route are under way.
    pub(super) fn gathered(&self, task: u64) -> Option<usize> {
        let open = self.open.iter().find(|open| open.task == task)?;
        let key = &self.active.get(&task)?.key;
        let follows = self
            .active
            .iter()
            .any(|(other, active)| *other != task && active.key == *key);
        (follows && open.entries.len() < MOST_ITEMS && open.bytes < MOST_BYTES).then_some(open.entries.len())
    }

    /// The items of a task that nobody can join any more, without those that nobody awaits.
    pub(super) fn close(&mut self, task: u64) -> Vec<Entry<T>> {
        let Some(n) = self.open.iter().position(|open| open.task == task) else {
            return Vec::new();
        };
        let open = self.open.swap_remove(n);
        let (kept, gone): (Vec<_>, Vec<_>) =
            open.entries.into_iter().partition(|entry| !entry.group.is_gone());
        for entry in gone {
            let place = entry.route.place(&entry.item);
            self.busy.remove(&place);
            if let Some(active) = self.active.get_mut(&task) {
                active.places.retain(|other| *other != place);
            }
        }
        kept
    }

    /// A task ended, or nobody waits for it any more. Answers what it never took: nobody awaits that either.
    pub(super) fn ended(&mut self, task: u64) -> Vec<Entry<T>> {
        let ended = self.active.remove(&task);
        for place in ended.into_iter().flat_map(|ended| ended.places) {
            self.busy.remove(&place);
        }
        let open = self.open.iter().position(|open| open.task == task);
        open.map_or_else(Vec::new, |n| self.open.swap_remove(n).entries)
    }
}

#[cfg(test)]
mod tests;
