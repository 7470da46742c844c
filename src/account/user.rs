//! A person, as the record and the API have them.

use super::role::Role;
use super::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One person: the eleven fields of the API, in its order, and nothing that it does not show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct User {
    /// Never changes, never reused.
    pub id: Uuid,
    /// Canonical for password users; as the identity source gives it otherwise.
    pub username: String,
    /// As given.
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// Where the person works.
    pub organization: Option<String>,
    /// The AWS region that the person works in.
    pub aws_region: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// False ends every session and refuses every sign-in.
    pub is_active: bool,
    /// When the row was made.
    pub created_at: Timestamp,
    /// Last change of profile, role, status or password.
    pub updated_at: Timestamp,
    /// Last sign-in.
    pub last_login: Option<Timestamp>,
}
