//! A request's body.

use bytes::Bytes;

/// The body of a request, kept whole so that every attempt sends the same bytes.
#[derive(Clone)]
pub(crate) enum Body {
    Empty,
    Json(Bytes),
    Form(Vec<(String, String)>),
    Text(&'static str, Bytes),
    Bytes(String, Bytes),
}

impl Body {
    /// The bytes that go on the wire; cheap for JSON and text, which are shared between attempts.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::Json(bytes) | Self::Text(_, bytes) | Self::Bytes(_, bytes) => bytes.clone(),
            Self::Form(fields) => {
                let mut out = url::form_urlencoded::Serializer::new(String::new());
                out.extend_pairs(fields);
                Bytes::from(out.finish())
            }
        }
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json"),
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Text(content_type, _) => Some(content_type),
            Self::Bytes(content_type, _) => Some(content_type),
        }
    }
}
