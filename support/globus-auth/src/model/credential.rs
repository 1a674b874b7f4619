//! Credentials of clients.

use chrono::{DateTime, Utc};
use rest_core::SecretString;
use serde::{Deserialize, Serialize};

use super::lenient;
use crate::{ClientId, CredentialId};

/// A secret by which a client proves itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The client that it belongs to.
    #[serde(default)]
    pub client: Option<ClientId>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::date")]
    pub created: Option<DateTime<Utc>>,
    /// The secret itself, told when it is made and never again. It is not written when this is.
    #[serde(default, deserialize_with = "lenient::secret", skip_serializing)]
    pub secret: Option<SecretString>,
}
