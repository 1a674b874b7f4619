//! Values into Rust's types, through serde.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::{Undecodable, Value};

impl de::Error for Undecodable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl IntoDeserializer<'_, Undecodable> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Undecodable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undecodable> {
        match self {
            Self::None => visitor.visit_unit(),
            Self::Bool(truth) => visitor.visit_bool(truth),
            Self::Int(number) => {
                if let Ok(number) = i64::try_from(number) {
                    visitor.visit_i64(number)
                } else if let Ok(number) = u64::try_from(number) {
                    visitor.visit_u64(number)
                } else {
                    visitor.visit_i128(number)
                }
            }
            Self::BigInt(digits) => Err(de::Error::custom(format_args!(
                "the number {digits} is too large"
            ))),
            Self::Float(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_string(text),
            Self::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => {
                let mut items = SeqDeserializer::new(items.into_iter());
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Self::Dict(entries) => {
                let mut entries = MapDeserializer::new(entries.into_iter());
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }
            Self::Object(object) => Err(de::Error::custom(format_args!(
                "the result is an {object}, which has no meaning here; let the function return plain values"
            ))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undecodable> {
        match self {
            Self::None => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Undecodable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Undecodable> {
        match self {
            Self::Text(variant) => {
                let variant: de::value::StringDeserializer<Undecodable> = variant.into_deserializer();
                visitor.visit_enum(variant)
            }
            Self::Dict(entries) if entries.len() == 1 => {
                let entries = MapDeserializer::new(entries.into_iter());
                visitor.visit_enum(de::value::MapAccessDeserializer::new(entries))
            }
            other => Err(de::Error::custom(format_args!(
                "expected the name of a variant, not {}",
                other.type_name()
            ))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
