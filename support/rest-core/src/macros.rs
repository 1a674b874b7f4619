//! Macros for wire types: statuses that may grow, and ids.

/// Declares a status or kind as a service writes it, open for values that this version does not know.
///
/// Reading never fails: an unknown value becomes `Unknown` with its text and is written back as it came.
///
/// ```
/// rest_core::open_enum! {
///     /// How a task stands.
///     pub enum TaskStatus {
///         /// It runs.
///         Active = "ACTIVE",
///         /// It ended well.
///         Succeeded = "SUCCEEDED",
///     }
/// }
/// let status: TaskStatus = serde_json::from_str("\"PAUSED\"")?;
/// assert_eq!(status, TaskStatus::Unknown("PAUSED".to_owned()));
/// assert_eq!(serde_json::to_string(&status)?, "\"PAUSED\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A value that this version does not know, as it came.
            Unknown(String),
        }

        impl $name {
            /// The values that this version knows, as the service writes them.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The value as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )+
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl ::std::convert::From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::__private::any_text(deserializer).map(Self::from)
            }
        }
    };
}

/// Declares an id: text that only means something to the service that gave it.
///
/// Read from JSON strings and integers, written as a string. [`FromStr`](std::str::FromStr), for what people type,
/// refuses an empty id and control characters.
///
/// ```
/// rest_core::newtype_id! {
///     /// The id of a task.
///     pub struct TaskId;
/// }
/// let id: TaskId = "9a1b".parse()?;
/// assert_eq!(id.as_str(), "9a1b");
/// assert!("".parse::<TaskId>().is_err());
/// # Ok::<(), rest_core::Error>(())
/// ```
#[macro_export]
macro_rules! newtype_id {
    ( $(#[$meta:meta])* $vis:vis struct $name:ident; ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(String);

        impl $name {
            /// The id as the service gave it; not checked.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as an owned text.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::__private::check_id(stringify!($name), text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::__private::id_text(deserializer).map(Self)
            }
        }
    };
}

/// Declares an id that is a UUID: kept in lower case, and refused if it is anything else, so that a placeholder such as
/// `TBD` reaches no request.
///
/// ```
/// rest_core::uuid_id! {
///     /// The id of a shelf.
///     pub struct ShelfId;
/// }
/// let id = ShelfId::parse(" 01234567-89AB-cdef-0123-456789abcdef")?;
/// assert_eq!(id.as_str(), "01234567-89ab-cdef-0123-456789abcdef");
/// assert!(ShelfId::parse("TBD").is_err());
/// # Ok::<(), rest_core::Error>(())
/// ```
#[macro_export]
macro_rules! uuid_id {
    ( $(#[$meta:meta])* $vis:vis struct $name:ident; ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(String);

        impl $name {
            /// Reads a UUID in its hyphenated form, in either case; blanks around it are dropped.
            ///
            /// # Errors
            /// [`ErrorKind::Config`](rest_core::ErrorKind::Config) when the text is anything else; the message quotes
            /// it.
            pub fn parse(text: &str) -> ::std::result::Result<Self, $crate::Error> {
                $crate::__private::check_uuid(stringify!($name), text).map(Self)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = $crate::__private::id_text(deserializer)?;
                Self::parse(&text).map_err($crate::__private::serde::de::Error::custom)
            }
        }
    };
}
