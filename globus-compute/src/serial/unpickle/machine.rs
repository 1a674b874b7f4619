//! The stack machine.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::{Decoded, MAX_VALUES, Undecodable};
use super::node::{Id, Node, Nodes, ObjectNode};
use super::text;

/// As often as something may be put on the stack.
const MAX_STEPS: usize = 4 * MAX_VALUES;
/// The newest protocol there is.
const NEWEST_PROTOCOL: u8 = 5;

/// Carries a pickle out; gives the nodes and which of them is the result.
pub(super) fn run(bytes: &[u8]) -> Decoded<(Nodes<'_>, Id)> {
    let mut machine = Machine {
        bytes,
        at: 0,
        nodes: Nodes::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        steps: 0,
    };
    loop {
        let at = machine.at;
        match machine.step() {
            Ok(None) => {}
            Ok(Some(result)) => return Ok((machine.nodes, result)),
            Err(error) => {
                let reason = error.reason();
                return Err(Undecodable::new(format!("pickle, byte {at}: {reason}")));
            }
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Nodes<'a>,
    stack: Vec<Id>,
    /// Where on the stack the open marks are.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
    steps: usize,
}

impl<'a> Machine<'a> {
    fn take(&mut self, length: usize) -> Decoded<&'a [u8]> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| {
            let left = self.bytes.len().saturating_sub(self.at);
            Undecodable::new(format!("{length} bytes are announced, but only {left} are left"))
        })?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Decoded<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Decoded<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// As many bytes as the number in front says, which has one, four or eight bytes itself.
    fn sized(&mut self, width: usize) -> Decoded<&'a [u8]> {
        let length = match width {
            1 => u64::from(self.byte()?),
            4 => u64::from(self.u32()?),
            _ => u64::from_le_bytes(self.array()?),
        };
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// The text up to the end of the line.
    fn line(&mut self) -> Decoded<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n');
        let length = length.ok_or_else(|| Undecodable::new("a line without end"))?;
        let line = self.take(length)?;
        self.at += 1;
        Ok(line)
    }

    fn number_line(&mut self) -> Decoded<u32> {
        text::ascii(self.line()?)?
            .parse()
            .map_err(|_| Undecodable::new("a number that is none"))
    }

    fn push_id(&mut self, id: Id) -> Decoded<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Undecodable::new("it goes on and on"));
        }
        self.stack.push(id);
        Ok(())
    }

    fn push(&mut self, node: Node<'a>) -> Decoded<()> {
        let id = self.nodes.add(node)?;
        self.push_id(id)
    }

    fn pop(&mut self) -> Decoded<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(empty());
        }
        self.stack.pop().ok_or_else(empty)
    }

    fn top(&self) -> Decoded<Id> {
        self.stack.last().copied().ok_or_else(empty)
    }

    /// What was put on the stack since the last mark.
    fn since_mark(&mut self) -> Decoded<Vec<Id>> {
        let mark = self.marks.pop().ok_or_else(|| Undecodable::new("no mark"))?;
        if mark > self.stack.len() {
            return Err(empty());
        }
        Ok(self.stack.split_off(mark))
    }

    /// One instruction; the result at the end.
    fn step(&mut self) -> Decoded<Option<Id>> {
        let opcode = self.byte()?;
        match opcode {
            b'.' => {
                let result = self.pop()?;
                return if self.stack.is_empty() && self.at == self.bytes.len() {
                    Ok(Some(result))
                } else {
                    Err(Undecodable::new("more after the end"))
                };
            }
            0x80 => {
                let protocol = self.byte()?;
                if protocol > NEWEST_PROTOCOL {
                    return Err(Undecodable::new(format!("protocol {protocol} is unknown")));
                }
            }
            0x95 => {
                let length = u64::from_le_bytes(self.array()?);
                let left = self.bytes.len().saturating_sub(self.at);
                if usize::try_from(length).map_or(true, |length| length > left) {
                    return Err(Undecodable::new(format!(
                        "a frame of {length} bytes is announced, but only {left} are left"
                    )));
                }
            }
            b'(' => self.marks.push(self.stack.len()),
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.since_mark()?;
            }
            b'2' => self.push_id(self.top()?)?,
            b'N' | 0x88 | 0x89 | b'I' | b'J' | b'K' | b'M' | b'L' | 0x8a | 0x8b | b'F' | b'G' => {
                let node = self.scalar(opcode)?;
                self.push(node)?;
            }
            b'X' | b'V' | 0x8c | 0x8d | b'B' | b'C' | 0x8e | 0x96 => {
                let node = self.string(opcode)?;
                self.push(node)?;
            }
            b'p' | b'q' | b'r' | 0x94 => self.remember(opcode)?,
            b'g' | b'h' | b'j' => self.recall(opcode)?,
            b'c' | 0x93 => {
                let name = self.global(opcode)?;
                self.push(Node::Global(name))?;
            }
            b'R' | 0x81 | 0x92 | b'i' | b'o' | b'b' => self.object(opcode)?,
            _ => self.container(opcode)?,
        }
        Ok(None)
    }

    fn scalar(&mut self, opcode: u8) -> Decoded<Node<'a>> {
        Ok(match opcode {
            b'N' => Node::None,
            0x88 => Node::Bool(true),
            0x89 => Node::Bool(false),
            b'J' => Node::Int(i32::from_le_bytes(self.array()?).into()),
            b'K' => Node::Int(self.byte()?.into()),
            b'M' => Node::Int(u16::from_le_bytes(self.array()?).into()),
            b'I' => match self.line()? {
                b"00" => Node::Bool(false),
                b"01" => Node::Bool(true),
                digits => text::decimal(digits)?,
            },
            b'L' => {
                let digits = self.line()?;
                text::decimal(digits.strip_suffix(b"L").unwrap_or(digits))?
            }
            0x8a => text::little_endian(self.sized(1)?)?,
            0x8b => text::little_endian(self.sized(4)?)?,
            b'F' => Node::Float(text::float(self.line()?)?),
            _ => Node::Float(f64::from_be_bytes(self.array()?)),
        })
    }

    fn string(&mut self, opcode: u8) -> Decoded<Node<'a>> {
        Ok(match opcode {
            b'X' => Node::Text(text::utf8(self.sized(4)?)?),
            0x8c => Node::Text(text::utf8(self.sized(1)?)?),
            0x8d => Node::Text(text::utf8(self.sized(8)?)?),
            b'V' => Node::Text(text::raw_unicode_escape(self.line()?)?),
            b'C' => Node::Bytes(Cow::Borrowed(self.sized(1)?)),
            b'B' => Node::Bytes(Cow::Borrowed(self.sized(4)?)),
            _ => Node::Bytes(Cow::Borrowed(self.sized(8)?)),
        })
    }

    fn remember(&mut self, opcode: u8) -> Decoded<()> {
        let key = match opcode {
            b'p' => self.number_line()?,
            b'q' => self.byte()?.into(),
            b'r' => self.u32()?,
            _ => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
        };
        let id = self.top()?;
        if self.memo.len() >= MAX_VALUES {
            return Err(Undecodable::new(format!(
                "more than {MAX_VALUES} values to remember"
            )));
        }
        self.memo.insert(key, id);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Decoded<()> {
        let key = match opcode {
            b'g' => self.number_line()?,
            b'h' => self.byte()?.into(),
            _ => self.u32()?,
        };
        let id = self.memo.get(&key).copied();
        self.push_id(id.ok_or_else(|| Undecodable::new("a value that was never remembered"))?)
    }

    fn global(&mut self, opcode: u8) -> Decoded<String> {
        if opcode == b'c' {
            return self.global_lines();
        }
        let (name, module) = (self.pop()?, self.pop()?);
        match (self.nodes.get(module)?, self.nodes.get(name)?) {
            (Node::Text(module), Node::Text(name)) => Ok(format!("{module}.{name}")),
            _ => Err(Undecodable::new("the name of a class is no text")),
        }
    }

    fn global_lines(&mut self) -> Decoded<String> {
        let (module, name) = (text::utf8(self.line()?)?, text::utf8(self.line()?)?);
        Ok(format!("{module}.{name}"))
    }

    /// What would call or change an object is only noted.
    fn object(&mut self, opcode: u8) -> Decoded<()> {
        let (class, args) = match opcode {
            b'b' => {
                let state = self.pop()?;
                return self.set_state(state);
            }
            b'i' => {
                let name = self.global_lines()?;
                let args = self.since_mark()?;
                (
                    self.nodes.add(Node::Global(name))?,
                    self.nodes.add(Node::Tuple(args))?,
                )
            }
            b'o' => {
                let mut parts = self.since_mark()?.into_iter();
                let class = parts.next().ok_or_else(empty)?;
                (class, self.nodes.add(Node::Tuple(parts.collect()))?)
            }
            0x92 => {
                let (named, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                (class, self.nodes.add(Node::Tuple(vec![args, named]))?)
            }
            _ => {
                let (args, class) = (self.pop()?, self.pop()?);
                (class, args)
            }
        };
        self.push(Node::Object(Box::new(ObjectNode {
            class,
            args,
            state: None,
            items: Vec::new(),
        })))
    }

    fn set_state(&mut self, state: Id) -> Decoded<()> {
        let object = self.top()?;
        match self.nodes.get_mut(object)? {
            Node::Object(object) => object.state = Some(state),
            _ => return Err(Undecodable::new("a state for what is no object")),
        }
        Ok(())
    }

    fn container(&mut self, opcode: u8) -> Decoded<()> {
        let node = match opcode {
            b']' => Node::List(Vec::new()),
            b'}' => Node::Dict(Vec::new()),
            b')' => Node::Tuple(Vec::new()),
            0x8f => Node::Set(Vec::new()),
            b'l' => Node::List(self.since_mark()?),
            b't' => Node::Tuple(self.since_mark()?),
            b'd' => Node::Dict(pairs(self.since_mark()?)?),
            0x91 => Node::Set(self.since_mark()?),
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0x84..opcode {
                    items.push(self.pop()?);
                }
                items.reverse();
                Node::Tuple(items)
            }
            b'a' | b's' | b'e' | b'u' | 0x90 => return self.add_items(opcode),
            b'S' | b'T' | b'U' => return Err(Undecodable::new("text of Python 2")),
            b'P' | b'Q' => return Err(Undecodable::new("a reference to something outside")),
            0x82..=0x84 => return Err(Undecodable::new("a registered extension")),
            0x97 | 0x98 => return Err(Undecodable::new("a buffer outside of the pickle")),
            other => return Err(Undecodable::new(format!("unknown instruction {other:#04x}"))),
        };
        self.push(node)
    }

    fn add_items(&mut self, opcode: u8) -> Decoded<()> {
        let mut items = match opcode {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.since_mark()?,
        };
        if matches!(opcode, b's' | b'u') {
            items = pairs(items)?;
        }
        let place = self.top()?;
        match (opcode, self.nodes.get_mut(place)?) {
            (b'a' | b'e', Node::List(all)) | (b's' | b'u', Node::Dict(all)) | (0x90, Node::Set(all)) => {
                all.append(&mut items);
            }
            (_, Node::Object(object)) => object.items.append(&mut items),
            _ => return Err(Undecodable::new("items for what takes none")),
        }
        Ok(())
    }
}

fn empty() -> Undecodable {
    Undecodable::new("the stack is empty")
}

fn pairs(items: Vec<Id>) -> Decoded<Vec<Id>> {
    if items.len().is_multiple_of(2) {
        Ok(items)
    } else {
        Err(Undecodable::new("a key without its value"))
    }
}
