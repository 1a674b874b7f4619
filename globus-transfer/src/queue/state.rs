//! What waits, and what of it makes a task. No I/O.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::item::QueueItem;
use super::load::{Load, Recorded};
use super::transfers::Group;
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
    active: usize,
    waiting: VecDeque<Entry<T>>,
    /// Where the active tasks write: no second one writes there at the same time.
    busy: HashSet<String>,
    last_part: u64,
}

impl<T> State<T> {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            active: 0,
            waiting: VecDeque::new(),
            busy: HashSet::new(),
            last_part: 0,
        }
    }

    pub(super) fn set_room(&mut self, room: usize) {
        self.room = room.max(1);
    }

    pub(super) fn active(&self) -> usize {
        self.active
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().filter(|entry| !entry.group.is_gone()).count()
    }

    /// Puts items at the end of the queue.
    pub(super) fn push(&mut self, entries: impl IntoIterator<Item = Entry<T>>) {
        self.waiting.extend(entries);
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
        if self.active >= self.room {
            return None;
        }
        self.waiting.retain(|entry| !entry.group.is_gone());
        let mut taken: Vec<Entry<T>> = Vec::new();
        let (mut places, mut bytes) = (Vec::new(), 0_u64);
        let mut left = VecDeque::with_capacity(self.waiting.len());
        for entry in self.waiting.drain(..) {
            let fits = taken.first().is_none_or(|first| {
                first.part == entry.part
                    && first.route.key == entry.route.key
                    && taken.len() < MOST_ITEMS
                    && bytes.saturating_add(entry.item.bytes) <= MOST_BYTES
            });
            let place = entry.route.place(&entry.item);
            if fits && self.busy.insert(place.clone()) {
                places.push(place);
                bytes = bytes.saturating_add(entry.item.bytes);
                taken.push(entry);
            } else {
                left.push_back(entry);
            }
        }
        self.waiting = left;
        if taken.is_empty() {
            return None;
        }
        self.active += 1;
        Some(Load {
            entries: taken,
            places,
            recorded: None,
        })
    }

    /// The task of a submission that was recorded before: it counts as active, whatever the room.
    pub(super) fn join(&mut self, entries: Vec<Entry<T>>, recorded: Recorded) -> Load<T> {
        self.active += 1;
        let places = entries.iter().map(|entry| entry.route.place(&entry.item));
        let places = places.filter(|place| self.busy.insert(place.clone())).collect();
        Load {
            entries,
            places,
            recorded: Some(recorded),
        }
    }

    /// A task ended, or nobody waits for it any more.
    pub(super) fn ended(&mut self, places: &[String]) {
        self.active -= 1;
        for place in places {
            self.busy.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rest_core::{StaticToken, Token};

    use super::*;
    use crate::{Client, EndpointId};

    fn route(destination: &str, verify: bool, label: &str) -> Arc<Route> {
        let tokens = Arc::new(StaticToken(Token::bearer("t")));
        let client = Client::new("https://transfer.example.org/", tokens).unwrap();
        let id = |end: &str| EndpointId::parse(&format!("11111111-aaaa-4bbb-8ccc-00000000000{end}")).unwrap();
        let options = client.submit_transfer(id("0"), id(destination));
        Arc::new(Route::new(&options.verify_checksum(verify).label(label)))
    }

    fn entries(route: &Arc<Route>, group: &Arc<Group>, files: &[(&str, u64)]) -> Vec<Entry<()>> {
        let entry = |(position, (name, bytes)): (usize, &(&str, u64))| Entry {
            item: QueueItem::new(format!("/from/{name}"), format!("/to/{name}"), *bytes),
            position,
            group: Arc::clone(group),
            route: Arc::clone(route),
            rounds: 0,
            part: 0,
        };
        files.iter().enumerate().map(entry).collect()
    }

    fn names(load: Option<Load<()>>) -> Vec<String> {
        let entries = load.map(|load| load.entries).unwrap_or_default();
        let name = |entry: &Entry<()>| entry.item.destination_path.trim_start_matches("/to/").to_owned();
        entries.iter().map(name).collect()
    }

    #[test]
    fn what_differs_in_route_or_options_never_shares_a_task_and_labels_do_not_matter() {
        let group = Group::idle();
        let mut state = State::new(9);
        for (route, name) in [
            (route("1", true, "a"), "one"),
            (route("2", true, "a"), "two"),
            (route("1", false, "a"), "three"),
            (route("1", true, "b"), "four"),
        ] {
            state.push(entries(&route, &group, &[(name, 1)]));
        }
        assert_eq!(names(state.form()), ["one", "four"]);
        assert_eq!(names(state.form()), ["two"]);
        assert_eq!(names(state.form()), ["three"]);
        assert!(state.form().is_none());
    }

    #[test]
    fn a_task_is_full_at_a_thousand_items_or_a_terabyte_and_a_larger_item_goes_alone() {
        let (group, route) = (Group::idle(), route("1", true, ""));
        let mut state = State::new(9);
        let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
        let files: Vec<(&str, u64)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        state.push(entries(&route, &group, &files));
        assert_eq!(names(state.form()).len(), 1000);
        assert_eq!(names(state.form()), ["1000"]);

        let tera = 1_000_000_000_000;
        let files = [
            ("a", tera),
            ("b", 1),
            ("huge", 3 * tera),
            ("c", tera - 1),
            ("d", u64::MAX),
            ("e", 1),
        ];
        state.push(entries(&route, &group, &files));
        assert_eq!(names(state.form()), ["a"]);
        assert_eq!(names(state.form()), ["b", "c"]);
        assert_eq!(names(state.form()), ["huge"]);
        assert_eq!(names(state.form()), ["d"]);
        assert_eq!(names(state.form()), ["e"]);
    }

    #[test]
    fn no_two_tasks_write_one_file_at_a_time() {
        let (group, route) = (Group::idle(), route("1", true, ""));
        let mut state = State::new(3);
        state.push(entries(&route, &group, &[("x", 1), ("x", 1), ("y", 1)]));
        let first = state.form().unwrap();
        assert_eq!(first.places.len(), 2);
        assert!(state.form().is_none(), "there is room, but x is being written");
        state.ended(&first.places);
        assert_eq!(names(state.form()), ["x"]);
    }

    #[test]
    fn without_room_nothing_goes_and_what_nobody_awaits_never_does() {
        let route = route("1", true, "");
        let (here, gone) = (Group::idle(), Group::idle());
        let mut state = State::new(1);
        state.push(entries(&route, &here, &[("a", 1)]));
        let first = state.form().unwrap();
        state.push(entries(&route, &gone, &[("b", 1), ("c", 1)]));
        state.push(entries(&route, &here, &[("d", 1)]));
        assert!(state.form().is_none());
        gone.leave();
        state.tidy();
        assert_eq!((state.waiting(), state.waiting.len()), (1, 1));
        state.ended(&first.places);
        assert_eq!(names(state.form()), ["d"]);
    }

    #[test]
    fn what_is_queued_again_comes_first_and_halves_stay_apart() {
        let (group, route) = (Group::idle(), route("1", true, ""));
        let mut state = State::new(9);
        state.push(entries(&route, &group, &[("later", 1)]));
        let again = entries(&route, &group, &[("a", 1), ("b", 1), ("c", 1)]);
        state.push_again(again, true);
        assert_eq!(names(state.form()), ["a", "b"]);
        assert_eq!(names(state.form()), ["c"]);
        assert_eq!(names(state.form()), ["later"]);
    }
}
