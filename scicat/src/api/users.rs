//! `users` and `auth`: accounts. Only API v3 has them.

use serde_json::{Map, Value};

use super::call::{call, command, fields, optional};
use crate::model::{UserIdentity, UserSettings};
use crate::{Client, User, UserId};

impl Client {
    /// The accounts.
    pub fn users(&self) -> UsersHandle {
        UsersHandle { client: self.clone() }
    }
}

/// What can be asked of the accounts. Made by [`Client::users`].
#[derive(Clone, Debug)]
pub struct UsersHandle {
    client: Client,
}

impl UsersHandle {
    /// Asks who we are, with our groups: `GET /v3/auth/whoami`.
    pub fn whoami(&self) -> WhoAmI {
        WhoAmI::new(&self.client, &[])
    }

    /// Reads our account: `GET /v3/users/my/self`.
    pub fn me(&self) -> GetMe {
        GetMe::new(&self.client, &[])
    }

    /// Reads what our own settings are: `GET /v3/users/my/settings`.
    pub fn my_settings(&self) -> GetMySettings {
        GetMySettings::new(&self.client, &[])
    }

    /// Reads who we are where we log in: `GET /v3/users/my/identity`.
    pub fn my_identity(&self) -> GetMyIdentity {
        GetMyIdentity::new(&self.client, &[])
    }

    /// Lists all accounts. Administrators only.
    pub fn list(&self) -> ListUsers {
        ListUsers::new(&self.client, &[])
    }

    /// Reads an account.
    pub fn get(&self, id: &UserId) -> GetUser {
        GetUser::new(&self.client, &[("id", id.as_str())])
    }

    /// Reads who an account is where it logs in.
    pub fn identity(&self, id: &UserId) -> GetUserIdentity {
        GetUserIdentity::new(&self.client, &[("id", id.as_str())])
    }

    /// Reads the settings of an account.
    pub fn settings(&self, id: &UserId) -> GetUserSettings {
        GetUserSettings::new(&self.client, &[("id", id.as_str())])
    }

    /// Changes the settings of an account.
    pub fn update_settings(&self, id: &UserId) -> UpdateUserSettings {
        let call = UpdateUserSettings::new(&self.client, &[("id", id.as_str())]).call;
        UpdateUserSettings {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Says whether an account may create datasets: `GET /v3/users/{id}/authorization/dataset/create`.
    pub fn may_create_datasets(&self, id: &UserId) -> MayCreateDatasets {
        MayCreateDatasets::new(&self.client, &[("id", id.as_str())])
    }

    /// Logs out. The backend forgets nothing by it: a token is good until it ends.
    pub fn logout(&self) -> Logout {
        Logout::new(&self.client, &[])
    }
}

call! {
    /// Asks who we are. Made by [`UsersHandle::whoami`].
    WhoAmI: "scicat.whoami", GET "/v3/auth/whoami" -> User;
    /// The account of our token. Retried. Unlike a list it is 401 for a token that has ended.
}

call! {
    /// Reads our account. Made by [`UsersHandle::me`].
    GetMe: "scicat.user_self", GET "/v3/users/my/self" -> User;
    /// The account. Retried.
}

call! {
    /// Reads our settings. Made by [`UsersHandle::my_settings`].
    GetMySettings: "scicat.user_my_settings", GET "/v3/users/my/settings" -> UserSettings;
    /// The settings. Retried.
}

call! {
    /// Reads who we are where we log in. Made by [`UsersHandle::my_identity`].
    GetMyIdentity: "scicat.user_my_identity", GET "/v3/users/my/identity" -> UserIdentity;
    /// The identity. Retried.
}

call! {
    /// Lists accounts. Made by [`UsersHandle::list`].
    ListUsers: "scicat.user_list", GET "/v3/users" -> Vec<User>;
    /// The accounts. Retried.
}

call! {
    /// Reads an account. Made by [`UsersHandle::get`].
    GetUser: "scicat.user_get", GET "/v3/users/{id}" -> User;
    /// The account. Retried.
}
optional!(GetUser -> User);

call! {
    /// Reads who an account is where it logs in. Made by [`UsersHandle::identity`].
    GetUserIdentity: "scicat.user_identity", GET "/v3/users/{id}/userIdentity" -> UserIdentity;
    /// The identity. Retried.
}

call! {
    /// Reads an account's settings. Made by [`UsersHandle::settings`].
    GetUserSettings: "scicat.user_settings_get", GET "/v3/users/{id}/settings" -> UserSettings;
    /// The settings. Retried.
}

call! {
    /// Changes an account's settings. Made by [`UsersHandle::update_settings`].
    UpdateUserSettings: "scicat.user_settings_update", PATCH "/v3/users/{id}/settings" -> UserSettings;
    /// The settings as they are then. Retried.
}

fields!(UpdateUserSettings {
    /// Sets how many datasets a page has.
    dataset_count "datasetCount": number;
    /// Sets how many jobs a page has.
    job_count "jobCount": number;
    /// Sets what the web pages keep.
    external_settings "externalSettings": object;
});

call! {
    /// Says whether an account may create datasets. Made by [`UsersHandle::may_create_datasets`].
    MayCreateDatasets: "scicat.user_may_create", GET "/v3/users/{id}/authorization/dataset/create" -> Value;
    /// The backend's answer as it stands. Retried.
}

command! {
    /// Logs out. Made by [`UsersHandle::logout`].
    Logout: "scicat.logout", POST "/v3/auth/logout";
    /// Logs out. Not repeated once it may have been acted on.
}
