//! What the machine has on its stack: values that refer to each other by number, so that sharing costs nothing.

use std::borrow::Cow;

use super::super::{Decoded, MAX_VALUES, Undecodable};

/// The number of a node.
pub(super) type Id = u32;

#[derive(Debug)]
pub(super) enum Node<'a> {
    None,
    Bool(bool),
    Int(i128),
    BigInt(String),
    Float(f64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    /// Keys and values in turn.
    Dict(Vec<Id>),
    /// A class or function by its module and name.
    Global(String),
    Object(Box<ObjectNode>),
}

/// What a pickle would call, and what it would do with the result.
#[derive(Debug)]
pub(super) struct ObjectNode {
    pub(super) class: Id,
    pub(super) args: Id,
    pub(super) state: Option<Id>,
    /// Items or entries that would be added.
    pub(super) items: Vec<Id>,
}

/// All nodes; there are never more than [`MAX_VALUES`].
#[derive(Debug, Default)]
pub(super) struct Nodes<'a>(Vec<Node<'a>>);

impl<'a> Nodes<'a> {
    pub(super) fn add(&mut self, node: Node<'a>) -> Decoded<Id> {
        if self.0.len() >= MAX_VALUES {
            return Err(Undecodable::new(format!("more than {MAX_VALUES} values")));
        }
        let id = Id::try_from(self.0.len()).map_err(|_| Undecodable::new("too many values"))?;
        self.0.push(node);
        Ok(id)
    }

    pub(super) fn get(&self, id: Id) -> Decoded<&Node<'a>> {
        self.0
            .get(id as usize)
            .ok_or_else(|| Undecodable::new("a value that is not there"))
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Decoded<&mut Node<'a>> {
        self.0
            .get_mut(id as usize)
            .ok_or_else(|| Undecodable::new("a value that is not there"))
    }
}
