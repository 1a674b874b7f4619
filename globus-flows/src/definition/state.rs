//! States.

use serde_json::{Map, Value, json};

/// A state of any kind.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a state does nothing until it is part of a definition"]
pub struct State(Map<String, Value>);

impl State {
    fn of(kind: &str) -> Self {
        Self(Map::from_iter([("Type".to_owned(), kind.into())]))
    }

    /// A state that only moves values about.
    pub fn pass() -> Self {
        Self::of("Pass")
    }

    /// A state that waits for so many seconds.
    pub fn wait(seconds: u64) -> Self {
        Self::of("Wait").set("Seconds", seconds)
    }

    /// A state that ends the run as failed, with the name of an error and its cause.
    pub fn fail(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::of("Fail")
            .set("Error", error.into())
            .set("Cause", cause.into())
    }

    /// A state in the service's own words, for what this crate does not cover.
    pub fn raw(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// The state after this one.
    pub fn next(self, state: impl Into<String>) -> Self {
        self.set("Next", state.into())
    }

    /// The run ends with this one.
    pub fn end(self) -> Self {
        self.set("End", true)
    }

    /// What it is for.
    pub fn comment(self, comment: impl Into<String>) -> Self {
        self.set("Comment", comment.into())
    }

    /// Gives a parameter a value. A name that ends in `.$` takes its value from a path such as `$.input.name`, one that
    /// ends in `.=` from an expression.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let parameters = self.0.entry("Parameters").or_insert_with(|| json!({}));
        if let Some(parameters) = parameters.as_object_mut() {
            parameters.insert(name.into(), value.into());
        }
        self
    }

    /// Where its result is put: a path such as `$.Result`.
    pub fn result_path(self, path: impl Into<String>) -> Self {
        self.set("ResultPath", path.into())
    }

    fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// A state that calls an action provider. Made state by [`next`](Self::next) or [`end`](Self::end).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an action does nothing until it is part of a definition"]
pub struct Action(State);

impl Action {
    /// An action of the provider at this URL, such as [`COMPUTE_ACTION`](super::COMPUTE_ACTION).
    pub fn new(url: impl Into<String>) -> Self {
        Self(State::of("Action").set("ActionUrl", url.into()))
    }

    /// Gives a parameter a value; see [`State::parameter`].
    pub fn parameter(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self(self.0.parameter(name, value))
    }

    /// Where its result is put: a path such as `$.Result`.
    pub fn result_path(self, path: impl Into<String>) -> Self {
        Self(self.0.result_path(path))
    }

    /// How long it may take, in seconds. Then it fails, and what it began goes on.
    pub fn wait_time(self, seconds: u64) -> Self {
        Self(self.0.set("WaitTime", seconds))
    }

    /// In whose name it acts: `User`, or a role of the run.
    pub fn run_as(self, role: impl Into<String>) -> Self {
        Self(self.0.set("RunAs", role.into()))
    }

    /// Whether the run fails if the action does, even when it says so only in its result; default false.
    pub fn exception_on_action_failure(self, yes: bool) -> Self {
        Self(self.0.set("ExceptionOnActionFailure", yes))
    }

    /// Goes to another state if one of these errors occurs, with what is known about it at `result_path`. The error
    /// `States.ALL` stands for all; catches are tried in their order.
    pub fn catch<S: Into<String>>(
        mut self,
        errors: impl IntoIterator<Item = S>,
        result_path: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        let errors: Vec<String> = errors.into_iter().map(Into::into).collect();
        let catch = json!({"ErrorEquals": errors, "ResultPath": result_path.into(), "Next": next.into()});
        let catches = self.0.0.entry("Catch").or_insert_with(|| json!([]));
        if let Some(catches) = catches.as_array_mut() {
            catches.push(catch);
        }
        self
    }

    /// What it is for.
    pub fn comment(self, comment: impl Into<String>) -> Self {
        Self(self.0.comment(comment))
    }

    /// The state after this one.
    pub fn next(self, state: impl Into<String>) -> State {
        self.0.next(state)
    }

    /// The run ends with this one.
    pub fn end(self) -> State {
        self.0.end()
    }
}

impl From<Action> for State {
    fn from(action: Action) -> Self {
        action.0
    }
}

/// When a [`Choice`] is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Map<String, Value>);

impl Condition {
    /// The value at a path stands in this relation (`StringEquals`, `NumericGreaterThan`, `IsPresent`…) to a value.
    pub fn new(path: impl Into<String>, relation: impl Into<String>, value: impl Into<Value>) -> Self {
        let path: String = path.into();
        Self(Map::from_iter([
            ("Variable".to_owned(), path.into()),
            (relation.into(), value.into()),
        ]))
    }

    /// All of these.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self::joined("And", conditions)
    }

    /// One of these.
    pub fn any(conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self::joined("Or", conditions)
    }

    /// Not this.
    pub fn unless(condition: Condition) -> Self {
        Self(Map::from_iter([("Not".to_owned(), Value::Object(condition.0))]))
    }

    fn joined(word: &str, conditions: impl IntoIterator<Item = Condition>) -> Self {
        let all: Vec<Value> = conditions.into_iter().map(|each| Value::Object(each.0)).collect();
        Self(Map::from_iter([(word.to_owned(), all.into())]))
    }
}

/// A state that goes to one state or another.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a choice does nothing until it is part of a definition"]
pub struct Choice {
    rules: Vec<Value>,
    default: Option<String>,
}

impl Choice {
    /// A choice without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes to this state if the condition holds; rules are tried in their order.
    pub fn rule(mut self, condition: Condition, next: impl Into<String>) -> Self {
        let mut rule = condition.0;
        rule.insert("Next".to_owned(), next.into().into());
        self.rules.push(Value::Object(rule));
        self
    }

    /// Goes to this state if no rule holds. Without it the run fails then.
    pub fn otherwise(mut self, next: impl Into<String>) -> Self {
        self.default = Some(next.into());
        self
    }
}

impl From<Choice> for State {
    fn from(choice: Choice) -> Self {
        let state = State::of("Choice").set("Choices", choice.rules);
        match choice.default {
            Some(default) => state.set("Default", default),
            None => state,
        }
    }
}
