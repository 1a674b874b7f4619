//! What waits and what makes a task.

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
    assert_eq!(first.entries.len(), 2);
    assert!(state.form().is_none(), "there is room, but x is being written");
    state.ended(first.task);
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
    state.ended(first.task);
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
