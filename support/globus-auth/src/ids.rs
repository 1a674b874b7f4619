//! Identifiers, each a type of its own so that they cannot be mistaken for one another. All are UUIDs, as the service
//! gave them.

rest_core::newtype_id! {
    /// The id of an identity: a person's account with one organisation, or a client.
    pub struct IdentityId;
}

rest_core::newtype_id! {
    /// The id of a client.
    pub struct ClientId;
}

rest_core::newtype_id! {
    /// The id of a client's credential, which is not secret; its value is.
    pub struct CredentialId;
}

rest_core::newtype_id! {
    /// The id of a project.
    pub struct ProjectId;
}

rest_core::newtype_id! {
    /// The id of an authentication policy.
    pub struct PolicyId;
}

rest_core::newtype_id! {
    /// The id of a scope, which is not its text.
    pub struct ScopeId;
}

rest_core::newtype_id! {
    /// The id of an identity provider: an organisation that people log in with.
    pub struct IdentityProviderId;
}

rest_core::newtype_id! {
    /// The id of a group of Globus Groups.
    pub struct GroupId;
}
