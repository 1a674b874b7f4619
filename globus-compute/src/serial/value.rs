//! Python's values, as far as they can be told without Python.

use std::fmt;

/// A value as Python has it.
///
/// Whole numbers are unbounded there; what an `i128` cannot hold is kept in decimal digits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A whole number that is too large for [`Int`](Self::Int), in decimal digits.
    BigInt(String),
    /// A floating-point number; may be infinite or not a number.
    Float(f64),
    /// Text.
    Text(String),
    /// `bytes` or `bytearray`.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A set or frozenset, in the order in which it came.
    Set(Vec<Value>),
    /// A dictionary, in the order in which it came.
    Dict(Vec<(Value, Value)>),
    /// Anything else: an object of some class, which is not built.
    Object(Box<Object>),
}

/// An object as a pickle describes it. Nothing of it is ever carried out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// The class or function that would be called, with its module: `subprocess.CompletedProcess`.
    pub class: String,
    /// What it would be called with.
    pub args: Value,
    /// The state that would be set afterwards; [`Value::None`] without one.
    pub state: Value,
}

impl Value {
    /// The entry of a dictionary, or the attribute of an object whose state is one, by its name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Dict(entries) => entries
                .iter()
                .find(|(known, _)| matches!(known, Self::Text(text) if text == key))
                .map(|(_, value)| value),
            Self::Object(object) => object.state.get(key),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// What Python calls its type.
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::BigInt(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Object(object) => &object.class,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object of class {}", self.class)
    }
}
