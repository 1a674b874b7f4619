//! Blocks: documents with a schema, some of them secret.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BlockDocumentId, BlockSchemaId, BlockTypeId};

/// A type of blocks. Its identifier, name and slug are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockType {
    /// The identifier.
    pub id: BlockTypeId,
    /// The name.
    pub name: String,
    /// The name as it stands in addresses.
    pub slug: String,
    /// Free text.
    pub description: Option<String>,
    /// Whether it is the server's own.
    pub is_protected: Option<bool>,
}

/// A schema of a type's blocks. Only its identifier is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockSchema {
    /// The identifier.
    pub id: BlockSchemaId,
    /// The sum over the fields, by which the server knows it again.
    pub checksum: Option<String>,
    /// The fields, a JSON schema.
    pub fields: Option<Value>,
    /// The type.
    pub block_type_id: Option<BlockTypeId>,
    /// What a block of it can do.
    pub capabilities: Option<Vec<String>>,
    /// Its version.
    pub version: Option<String>,
}

/// A block. Only its identifier is certain to be there. Its data, which may be secret, is not in `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockDocument {
    /// The identifier.
    pub id: BlockDocumentId,
    /// The name.
    pub name: Option<String>,
    /// What it holds; secrets are `********` unless they were asked for.
    pub data: Option<Map<String, Value>>,
    /// The type.
    pub block_type_id: Option<BlockTypeId>,
    /// The schema.
    pub block_schema_id: Option<BlockSchemaId>,
    /// The name of the type.
    pub block_type_name: Option<String>,
}

impl fmt::Debug for BlockDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockDocument")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("block_type_name", &self.block_type_name)
            .finish_non_exhaustive()
    }
}
