//! `variables`.

use serde_json::Value;

use super::call::{act, call, fields, list, optional};
use crate::{Client, Variable};

impl Client {
    /// The variables that the server keeps.
    pub fn variables(&self) -> Variables {
        Variables { client: self.clone() }
    }

    /// The variable of this name.
    pub fn variable(&self, name: impl Into<String>) -> VariableHandle {
        VariableHandle {
            client: self.clone(),
            name: name.into(),
        }
    }
}

/// The variables that the server keeps. Made by [`Client::variables`].
#[derive(Clone, Debug)]
pub struct Variables {
    client: Client,
}

impl Variables {
    /// Creates a variable; one that is there already is not touched. A server of version 2 takes text only.
    pub fn create(&self, name: impl Into<String>, value: impl Into<Value>) -> CreateVariable {
        let mut create = CreateVariable::new(&self.client, &[]);
        create.call.set("name", name.into());
        create.call.set("value", value);
        create
    }

    /// Lists variables.
    pub fn list(&self) -> ListVariables {
        ListVariables::new(&self.client, &[])
    }

    /// Counts variables.
    pub fn count(&self) -> CountVariables {
        CountVariables::new(&self.client, &[])
    }
}

/// What can be asked of one variable. Made by [`Client::variable`].
#[derive(Clone, Debug)]
pub struct VariableHandle {
    client: Client,
    name: String,
}

impl VariableHandle {
    /// Reads it.
    pub fn get(&self) -> GetVariable {
        GetVariable::new(&self.client, &[("name", &self.name)])
    }

    /// Changes it.
    pub fn update(&self) -> UpdateVariable {
        UpdateVariable::new(&self.client, &[("name", &self.name)])
    }

    /// Deletes it.
    pub fn delete(&self) -> DeleteVariable {
        DeleteVariable::new(&self.client, &[("name", &self.name)])
    }
}

call! {
    /// Creates a variable. Made by [`Variables::create`].
    CreateVariable: "prefect.variable_create", POST "/variables/" -> Variable;
    /// The new variable; 409 if there is one of this name. Not repeated once it may have been acted on.
}

fields!(CreateVariable {
    /// Its tags.
    tags: texts;
});

call! {
    /// Reads a variable. Made by [`VariableHandle::get`].
    GetVariable: "prefect.variable_get", GET "/variables/name/{name}" -> Variable;
    /// The variable. Retried.
}
optional!(GetVariable -> Variable);

act! {
    /// Changes a variable. Made by [`VariableHandle::update`].
    UpdateVariable: "prefect.variable_update", PATCH(repeatable) "/variables/name/{name}";
    /// Changes it; 404 if there is none of this name. Retried.
}

fields!(UpdateVariable {
    /// Its value.
    value: json;
    /// Its tags, in place of those it has.
    tags: texts;
});

act! {
    /// Deletes a variable. Made by [`VariableHandle::delete`].
    DeleteVariable: "prefect.variable_delete", DELETE "/variables/name/{name}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists variables. Made by [`Variables::list`].
    ListVariables: "prefect.variable_list", "/variables/filter" -> Variable;
}

fields!(ListVariables {
    /// Only those with one of these names.
    names: texts["variables", "name", "any_"];
    /// Only those whose name contains this.
    name_like: text["variables", "name", "like_"];
    /// Only those with all of these tags.
    tags: texts["variables", "tags", "all_"];
    /// The order, such as `NAME_ASC`.
    sort: text;
});

call! {
    /// Counts variables. Made by [`Variables::count`].
    CountVariables: "prefect.variable_count", POST(repeatable) "/variables/count" -> u64;
    /// How many there are. Retried.
}
