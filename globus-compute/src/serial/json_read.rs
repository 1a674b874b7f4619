//! JSON as Python writes it: with `NaN`, `Infinity` and whole numbers of any length.

use super::{Decoded, MAX_DEPTH, MAX_VALUES, Undecodable, Value};

/// Longer numbers Python itself does not print.
const MAX_DIGITS: usize = 4300;

/// Reads one JSON document.
pub(super) fn read(text: &str) -> Decoded<Value> {
    let mut reader = Reader {
        text,
        at: 0,
        values: 0,
    };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.problem("more text after the value"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn problem(&self, what: &str) -> Undecodable {
        Undecodable::new(format!("not JSON at byte {}: {what}", self.at))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect(&mut self, word: &str) -> Decoded<()> {
        if self.take(word) {
            Ok(())
        } else {
            Err(self.problem(&format!("expected `{word}`")))
        }
    }

    fn value(&mut self, depth: usize) -> Decoded<Value> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Undecodable::new(format!("more than {MAX_VALUES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(Undecodable::new(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.blanks();
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.dict(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.problem("it ends too early")),
        }
    }

    fn word(&mut self) -> Decoded<Value> {
        let words = [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ];
        for (word, value) in words {
            if self.take(word) {
                return Ok(value);
            }
        }
        Err(self.problem("expected a value"))
    }

    fn list(&mut self, depth: usize) -> Decoded<Value> {
        self.expect("[")?;
        self.blanks();
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take("]") {
                return Ok(Value::List(items));
            }
            self.expect(",")?;
        }
    }

    fn dict(&mut self, depth: usize) -> Decoded<Value> {
        self.expect("{")?;
        self.blanks();
        let mut entries = Vec::new();
        if self.take("}") {
            return Ok(Value::Dict(entries));
        }
        loop {
            self.blanks();
            let key = Value::Text(self.string()?);
            self.blanks();
            self.expect(":")?;
            entries.push((key, self.value(depth + 1)?));
            self.blanks();
            if self.take("}") {
                return Ok(Value::Dict(entries));
            }
            self.expect(",")?;
        }
    }

    fn number(&mut self) -> Decoded<Value> {
        if self.take("-Infinity") {
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let rest = self.rest();
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        let number = rest.get(..length).unwrap_or_default();
        let value = if number.contains(['.', 'e', 'E']) {
            // serde_json knows what a number is, the standard library reads it to the last digit.
            let is_number = serde_json::from_str::<f64>(number).is_ok();
            number.parse().ok().filter(|_| is_number).map(Value::Float)
        } else {
            whole(number)
        };
        let value = value.ok_or_else(|| self.problem("a number that is none"))?;
        self.at += length;
        Ok(value)
    }

    fn string(&mut self) -> Decoded<String> {
        self.expect("\"")?;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let plain = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')
                .ok_or_else(|| self.problem("a text without end"))?;
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            if self.take("\"") {
                return Ok(out);
            }
            self.expect("\\")?;
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Decoded<char> {
        let Some(byte) = self.peek() else {
            return Err(self.problem("a text without end"));
        };
        let character = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.problem("an unknown escape")),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode(&mut self) -> Decoded<char> {
        let first = self.unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.take("\\") {
            units.push(self.unit()?);
        }
        match char::decode_utf16(units)
            .collect::<Result<Vec<char>, _>>()
            .as_deref()
        {
            Ok([character]) => Ok(*character),
            _ => Err(self.problem("half a character (a lone surrogate), which is no text")),
        }
    }

    fn unit(&mut self) -> Decoded<u16> {
        self.expect("u")?;
        let digits = self
            .rest()
            .get(..4)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.problem("expected four hexadecimal digits"))?;
        self.at += 4;
        Ok(unit)
    }
}

fn whole(number: &str) -> Option<Value> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let plain =
        !digits.is_empty() && digits.len() <= MAX_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some(match number.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::BigInt(number.to_owned()),
    })
}
