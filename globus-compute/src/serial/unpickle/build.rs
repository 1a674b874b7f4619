//! From the machine's nodes to values of their own, within bounds: what is shared in the pickle is copied here.

use super::super::{Decoded, MAX_DEPTH, MAX_VALUES, Object, Undecodable, Value};
use super::node::{Id, Node, Nodes, ObjectNode};

/// The bytes of text that all values together may have.
const MAX_BYTES: usize = 24 << 20;

pub(super) fn build(nodes: &Nodes<'_>, root: Id) -> Decoded<Value> {
    Builder {
        nodes,
        values: 0,
        bytes: 0,
    }
    .value(root, 0)
}

struct Builder<'n, 'a> {
    nodes: &'n Nodes<'a>,
    values: usize,
    bytes: usize,
}

impl Builder<'_, '_> {
    fn value(&mut self, id: Id, depth: usize) -> Decoded<Value> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Undecodable::new(format!("more than {MAX_VALUES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(Undecodable::new(format!(
                "nested deeper than {MAX_DEPTH} levels, or a value that holds itself"
            )));
        }
        Ok(match self.nodes.get(id)? {
            Node::None => Value::None,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(number) => Value::Int(*number),
            Node::BigInt(digits) => Value::BigInt(self.text(digits)?),
            Node::Float(number) => Value::Float(*number),
            Node::Text(text) => Value::Text(self.text(text)?),
            Node::Bytes(bytes) => Value::Bytes(self.copy(bytes)?),
            Node::List(items) => Value::List(self.all(items, depth)?),
            Node::Tuple(items) => Value::Tuple(self.all(items, depth)?),
            Node::Set(items) => Value::Set(self.all(items, depth)?),
            Node::Dict(items) => Value::Dict(self.entries(items, depth)?),
            Node::Global(name) => Value::Object(Box::new(Object {
                class: self.text(name)?,
                args: Value::None,
                state: Value::None,
            })),
            Node::Object(object) => self.object(object, depth)?,
        })
    }

    fn count(&mut self, bytes: usize) -> Decoded<()> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(Undecodable::new(format!("more than {MAX_BYTES} bytes of text")));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Decoded<String> {
        self.count(text.len())?;
        Ok(text.to_owned())
    }

    fn copy(&mut self, bytes: &[u8]) -> Decoded<Vec<u8>> {
        self.count(bytes.len())?;
        Ok(bytes.to_vec())
    }

    fn all(&mut self, items: &[Id], depth: usize) -> Decoded<Vec<Value>> {
        items.iter().map(|item| self.value(*item, depth + 1)).collect()
    }

    fn entries(&mut self, items: &[Id], depth: usize) -> Decoded<Vec<(Value, Value)>> {
        let pair = |pair: &[Id]| match pair {
            [key, value] => Ok((self.value(*key, depth + 1)?, self.value(*value, depth + 1)?)),
            _ => Err(Undecodable::new("a key without its value")),
        };
        items.chunks(2).map(pair).collect()
    }

    fn object(&mut self, object: &ObjectNode, depth: usize) -> Decoded<Value> {
        let class = self.class(object.class, depth)?;
        let args = self.value(object.args, depth + 1)?;
        if object.state.is_none()
            && object.items.is_empty()
            && let Some(plain) = plain(&class, &args)
        {
            return Ok(plain);
        }
        let state = match object.state {
            Some(state) => self.value(state, depth + 1)?,
            None => Value::List(self.all(&object.items, depth)?),
        };
        let state = match state {
            Value::List(items) if items.is_empty() => Value::None,
            state => state,
        };
        Ok(Value::Object(Box::new(Object { class, args, state })))
    }

    /// The name of a builtin type, if that is what dill's helper would be called for.
    fn loaded_type(&self, object: &ObjectNode) -> Decoded<Option<String>> {
        let is_helper = matches!(self.nodes.get(object.class)?, Node::Global(name) if name == LOAD_TYPE);
        let Node::Tuple(args) = self.nodes.get(object.args)? else {
            return Ok(None);
        };
        match args.as_slice() {
            [name] if is_helper => Ok(match self.nodes.get(*name)? {
                Node::Text(name) => Some(name.to_string()),
                _ => None,
            }),
            _ => Ok(None),
        }
    }

    /// The name of what would be called. What a call would give is called by the name of that.
    fn class(&mut self, id: Id, depth: usize) -> Decoded<String> {
        match self.nodes.get(id)? {
            Node::Global(name) => self.text(name),
            Node::Object(object) if depth < MAX_DEPTH => match self.loaded_type(object)? {
                Some(name) => Ok(format!("builtins.{name}")),
                None => self.class(object.class, depth + 1),
            },
            _ => Err(Undecodable::new("a call of what is no class")),
        }
    }
}

/// The helper by which dill names builtin types.
const LOAD_TYPE: &str = "dill._dill._load_type";

/// Builtins that old protocols write as calls: they are values, and known without calling.
fn plain(class: &str, args: &Value) -> Option<Value> {
    let args = match args {
        Value::Tuple(args) => args.as_slice(),
        _ => return None,
    };
    match (class, args) {
        (
            "builtins.set" | "__builtin__.set" | "builtins.frozenset" | "__builtin__.frozenset",
            [Value::List(items)],
        ) => Some(Value::Set(items.clone())),
        ("builtins.bytearray" | "__builtin__.bytearray", [Value::Bytes(bytes)]) => {
            Some(Value::Bytes(bytes.clone()))
        }
        ("builtins.bytearray" | "__builtin__.bytearray" | "builtins.bytes" | "__builtin__.bytes", []) => {
            Some(Value::Bytes(Vec::new()))
        }
        ("_codecs.encode", [Value::Text(text), Value::Text(name)]) if name == "latin1" => {
            let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).ok());
            bytes.collect::<Option<Vec<u8>>>().map(Value::Bytes)
        }
        ("builtins.bytearray" | "__builtin__.bytearray", [Value::Text(text), Value::Text(name)])
            if name == "latin-1" =>
        {
            let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).ok());
            bytes.collect::<Option<Vec<u8>>>().map(Value::Bytes)
        }
        _ => None,
    }
}
