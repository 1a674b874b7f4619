//! Rust's values into Python's, through serde.

use std::fmt;

use serde::ser::{self, Serialize, SerializeMap, SerializeSeq, SerializeStruct};

use super::Value;

/// Why a value cannot be an argument, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAValue(String);

impl NotAValue {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for NotAValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAValue {}

impl ser::Error for NotAValue {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The value as Python would have it: structs and maps as dictionaries, sequences and tuples as lists, `None` and `()` as
/// `None`, variants as their names or as a dictionary of one entry.
///
/// # Errors
/// [`NotAValue`] if the type refuses to be serialized.
pub fn to_value(value: &(impl Serialize + ?Sized)) -> Result<Value, NotAValue> {
    value.serialize(ToValue)
}

#[derive(Clone, Copy)]
struct ToValue;

type Made = Result<Value, NotAValue>;

/// `{variant: value}`.
fn tagged(variant: &str, value: Value) -> Value {
    Value::Dict(vec![(Value::Text(variant.to_owned()), value)])
}

macro_rules! whole {
    ($($name:ident: $kind:ty;)+) => { $(
        fn $name(self, number: $kind) -> Made {
            Ok(Value::Int(number.into()))
        }
    )+ };
}

impl ser::Serializer for ToValue {
    type Ok = Value;
    type Error = NotAValue;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    whole! {
        serialize_i8: i8; serialize_i16: i16; serialize_i32: i32; serialize_i64: i64; serialize_i128: i128;
        serialize_u8: u8; serialize_u16: u16; serialize_u32: u32; serialize_u64: u64;
    }

    fn serialize_u128(self, number: u128) -> Made {
        Ok(match i128::try_from(number) {
            Ok(number) => Value::Int(number),
            Err(_) => Value::BigInt(number.to_string()),
        })
    }

    fn serialize_bool(self, truth: bool) -> Made {
        Ok(Value::Bool(truth))
    }

    fn serialize_f32(self, number: f32) -> Made {
        Ok(Value::Float(number.into()))
    }

    fn serialize_f64(self, number: f64) -> Made {
        Ok(Value::Float(number))
    }

    fn serialize_char(self, character: char) -> Made {
        Ok(Value::Text(character.to_string()))
    }

    fn serialize_str(self, text: &str) -> Made {
        Ok(Value::Text(text.to_owned()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Made {
        Ok(Value::Bytes(bytes.to_vec()))
    }

    fn serialize_none(self) -> Made {
        Ok(Value::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made {
        Ok(Value::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Made {
        Ok(Value::None)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Made {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, NotAValue> {
        Ok(Items::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, NotAValue> {
        Ok(Items::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, NotAValue> {
        Ok(Items::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items, NotAValue> {
        Ok(Items {
            items: Vec::new(),
            variant: Some(variant),
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, NotAValue> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, NotAValue> {
        Ok(Entries::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries, NotAValue> {
        Ok(Entries {
            variant: Some(variant),
            ..Entries::default()
        })
    }
}

/// A list being made.
#[derive(Default)]
struct Items {
    items: Vec<Value>,
    variant: Option<&'static str>,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
        self.items.push(value.serialize(ToValue)?);
        Ok(())
    }

    fn whole(self) -> Value {
        let list = Value::List(self.items);
        match self.variant {
            Some(variant) => tagged(variant, list),
            None => list,
        }
    }
}

macro_rules! items {
    ($($kind:ident $push:ident;)+) => { $(
        impl ser::$kind for Items {
            type Ok = Value;
            type Error = NotAValue;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
                self.push(value)
            }

            fn end(self) -> Made {
                Ok(self.whole())
            }
        }
    )+ };
}
items! {
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl SerializeSeq for Items {
    type Ok = Value;
    type Error = NotAValue;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
        self.push(value)
    }

    fn end(self) -> Made {
        Ok(self.whole())
    }
}

/// A dictionary being made.
#[derive(Default)]
struct Entries {
    all: Vec<(Value, Value)>,
    key: Option<Value>,
    variant: Option<&'static str>,
}

impl Entries {
    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), NotAValue> {
        let key = Value::Text(key.to_owned());
        self.all.push((key, value.serialize(ToValue)?));
        Ok(())
    }

    fn whole(self) -> Value {
        let dict = Value::Dict(self.all);
        match self.variant {
            Some(variant) => tagged(variant, dict),
            None => dict,
        }
    }
}

impl SerializeMap for Entries {
    type Ok = Value;
    type Error = NotAValue;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotAValue> {
        self.key = Some(key.serialize(ToValue)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAValue> {
        let key = self.key.take().unwrap_or(Value::None);
        self.all.push((key, value.serialize(ToValue)?));
        Ok(())
    }

    fn end(self) -> Made {
        Ok(self.whole())
    }
}

impl SerializeStruct for Entries {
    type Ok = Value;
    type Error = NotAValue;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NotAValue> {
        self.field(key, value)
    }

    fn end(self) -> Made {
        Ok(self.whole())
    }
}

impl ser::SerializeStructVariant for Entries {
    type Ok = Value;
    type Error = NotAValue;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NotAValue> {
        self.field(key, value)
    }

    fn end(self) -> Made {
        Ok(self.whole())
    }
}
