//! `block_types`, `block_schemas`, `block_documents`.

use rest_core::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::call::{act, call, fields, list, optional};
use crate::model::{BlockDocument, BlockSchema, BlockType};
use crate::{BlockDocumentId, BlockSchemaId, BlockTypeId, Client, Result};

/// The type of blocks that hold one secret.
const SECRET: &str = "secret";

impl Client {
    /// Blocks: documents with a schema, some of them secret.
    pub fn blocks(&self) -> Blocks {
        Blocks { client: self.clone() }
    }
}

/// Blocks: documents with a schema. Made by [`Client::blocks`].
#[derive(Clone, Debug)]
pub struct Blocks {
    client: Client,
}

impl Blocks {
    /// Reads a type by its slug, such as `secret`. A server of version 3 has no `json` and `string`, 2 has.
    pub fn type_by_slug(&self, slug: impl AsRef<str>) -> GetBlockType {
        GetBlockType::new(&self.client, &[("slug", slug.as_ref())])
    }

    /// Creates a type.
    pub fn create_type(&self, name: impl Into<String>, slug: impl Into<String>) -> CreateBlockType {
        let mut create = CreateBlockType::new(&self.client, &[]);
        create.call.set("name", name.into());
        create.call.set("slug", slug.into());
        create
    }

    /// Lists types.
    pub fn types(&self) -> ListBlockTypes {
        ListBlockTypes::new(&self.client, &[])
    }

    /// Deletes a type, its schemas and its documents.
    pub fn delete_type(&self, id: &BlockTypeId) -> DeleteBlockType {
        DeleteBlockType::new(&self.client, &[("id", id.as_ref())])
    }

    /// Creates a schema of a type; the same fields again give the schema that is there.
    pub fn create_schema(&self, of: &BlockTypeId, fields: impl Into<Value>) -> CreateBlockSchema {
        let mut create = CreateBlockSchema::new(&self.client, &[]);
        create.call.set("block_type_id", of.as_str());
        create.call.set("fields", fields);
        create
    }

    /// Lists schemas, the latest first.
    pub fn schemas(&self) -> ListBlockSchemas {
        ListBlockSchemas::new(&self.client, &[])
    }

    /// Creates a document of a type, by one of its schemas.
    pub fn create(
        &self,
        name: impl Into<String>,
        data: impl Into<Value>,
        of: &BlockTypeId,
        schema: &BlockSchemaId,
    ) -> CreateBlock {
        let mut create = CreateBlock::new(&self.client, &[]);
        create.call.set("name", name.into());
        create.call.set("data", data);
        create.call.set("block_type_id", of.as_str());
        create.call.set("block_schema_id", schema.as_str());
        create
    }

    /// Reads a document by its type's slug and its name.
    pub fn by_name(&self, slug: impl AsRef<str>, name: impl AsRef<str>) -> GetBlockByName {
        GetBlockByName::new(&self.client, &[("slug", slug.as_ref()), ("name", name.as_ref())])
    }

    /// Lists documents.
    pub fn list(&self) -> ListBlocks {
        ListBlocks::new(&self.client, &[])
    }

    /// Changes a document.
    pub fn update(&self, id: &BlockDocumentId) -> UpdateBlock {
        UpdateBlock::new(&self.client, &[("id", id.as_ref())])
    }

    /// Deletes a document.
    pub fn delete(&self, id: &BlockDocumentId) -> DeleteBlock {
        DeleteBlock::new(&self.client, &[("id", id.as_ref())])
    }

    /// Reads the value of a Secret block; `None` if there is none of this name. A value that is no text comes as its
    /// JSON. Retried.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn secret(&self, name: impl AsRef<str>) -> Result<Option<SecretString>> {
        let block = self.by_name(SECRET, name).include_secrets().send_opt().await?;
        Ok(block.and_then(|mut block| {
            let value = block.data.as_mut()?.get_mut("value")?.take();
            Some(match value {
                Value::String(text) => text.into(),
                value => value.to_string().into(),
            })
        }))
    }

    /// Creates a Secret block, or changes the one of this name.
    ///
    /// # Errors
    /// Those of any request; 404 if the server has no type for secrets. The parts that follow one another are
    /// retried, the creation only while it cannot have been acted on.
    pub async fn set_secret(&self, name: impl AsRef<str>, value: &SecretString) -> Result<BlockDocumentId> {
        let name = name.as_ref();
        let data = json!({ "value": value.expose_secret() });
        if let Some(block) = self.by_name(SECRET, name).send_opt().await? {
            self.update(&block.id).data(data).send().await?;
            return Ok(block.id);
        }
        let of = self.type_by_slug(SECRET).send().await?;
        let schemas = self.schemas().type_ids([&of.id]).limit(1).send().await?;
        let Some(schema) = schemas.items.into_iter().next() else {
            return Err(crate::Error::decode(
                "prefect.block_schema_list",
                "the server has no schema for secrets",
            ));
        };
        Ok(self.create(name, data, &of.id, &schema.id).send().await?.id)
    }
}

call! {
    /// Reads a block type. Made by [`Blocks::type_by_slug`].
    GetBlockType: "prefect.block_type_get", GET "/block_types/slug/{slug}" -> BlockType;
    /// The type. Retried.
}
optional!(GetBlockType -> BlockType);

call! {
    /// Creates a block type. Made by [`Blocks::create_type`].
    CreateBlockType: "prefect.block_type_create", POST "/block_types/" -> BlockType;
    /// The new type; 409 if there is one. Not repeated once it may have been acted on.
}

fields!(CreateBlockType {
    /// Free text.
    description: text;
    /// Where it is documented.
    documentation_url: text;
});

act! {
    /// Deletes a block type. Made by [`Blocks::delete_type`].
    DeleteBlockType: "prefect.block_type_delete", DELETE "/block_types/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists block types. Made by [`Blocks::types`].
    ListBlockTypes: "prefect.block_type_list", "/block_types/filter" -> BlockType;
}

call! {
    /// Creates a block schema. Made by [`Blocks::create_schema`].
    CreateBlockSchema: "prefect.block_schema_create", POST(repeatable) "/block_schemas/" -> BlockSchema;
    /// The schema, new or there before. Retried.
}

fields!(CreateBlockSchema {
    /// What a block of it can do.
    capabilities: texts;
    /// Its version.
    version: text;
});

list! {
    /// Lists block schemas. Made by [`Blocks::schemas`].
    ListBlockSchemas: "prefect.block_schema_list", "/block_schemas/filter" -> BlockSchema;
}

fields!(ListBlockSchemas {
    /// Only those of these types.
    type_ids: texts["block_schemas", "block_type_id", "any_"];
});

call! {
    /// Creates a block document. Made by [`Blocks::create`].
    CreateBlock: "prefect.block_create", POST "/block_documents/" -> BlockDocument;
    /// The new document, its secrets masked; 409 if there is one of this name. Not repeated once it may have been
    /// acted on.
}

call! {
    /// Reads a block document. Made by [`Blocks::by_name`].
    GetBlockByName: "prefect.block_get_by_name",
        GET "/block_types/slug/{slug}/block_documents/name/{name}" -> BlockDocument;
    /// The document, its secrets masked unless asked for. Retried.
}
optional!(GetBlockByName -> BlockDocument);

impl GetBlockByName {
    /// Asks for its secrets too. They are not in the `Debug` of the document.
    pub fn include_secrets(mut self) -> Self {
        self.call.ask("include_secrets", "true");
        self
    }
}

list! {
    /// Lists block documents, their secrets masked. Made by [`Blocks::list`].
    ListBlocks: "prefect.block_list", "/block_documents/filter" -> BlockDocument;
}

fields!(ListBlocks {
    /// Only those of types with these slugs.
    type_slugs: texts["block_types", "slug", "any_"];
    /// Only those with one of these names.
    names: texts["block_documents", "name", "any_"];
});

act! {
    /// Changes a block document. Made by [`Blocks::update`].
    UpdateBlock: "prefect.block_update", PATCH(repeatable) "/block_documents/{id}";
    /// Changes it. Retried.
}

fields!(UpdateBlock {
    /// What it holds; fields that are left out stay.
    data: json;
    /// Whether fields that are left out stay; otherwise they go.
    merge_existing_data: flag;
});

act! {
    /// Deletes a block document. Made by [`Blocks::delete`].
    DeleteBlock: "prefect.block_delete", DELETE "/block_documents/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
