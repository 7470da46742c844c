//! The part of the response that shows which variables are set and what is bound.

use crate::config::{SECTIONS, Variable};
use serde::Serialize;

/// A variable or a secret.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of a response"
)]
pub struct VariableStatus {
    /// Its name.
    pub name: &'static str,
    /// Whether it is a secret.
    pub is_secret: bool,
    /// Whether the service does not work without it.
    pub is_required: bool,
    /// Whether it has a value.
    pub is_set: bool,
    /// Whether its previous value can be kept beside it, in the variable with `_PREVIOUS` at its end or in another `OAUTH_KEY_`, so that
    /// a rotation interrupts nothing.
    pub rotates: bool,
}

/// A binding.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BindingStatus {
    /// Its name.
    pub name: &'static str,
    /// Whether it is bound.
    pub is_set: bool,
}

/// The bindings.
pub(super) fn bindings(bound: &[(&'static str, bool)]) -> Vec<BindingStatus> {
    let binding = |(name, is_set): &(&'static str, bool)| BindingStatus {
        name,
        is_set: *is_set,
    };
    bound.iter().map(binding).collect()
}

/// All variables, and whether they are among these.
pub(super) fn variables(set: &[&'static str]) -> Vec<VariableStatus> {
    let all = || SECTIONS.iter().flat_map(|(_, variables)| variables.iter());
    let rotates = |name: &str| {
        let is_previous = |other: &str| other.strip_suffix("_PREVIOUS") == Some(name);
        name.starts_with("OAUTH_KEY_") || all().any(|other| is_previous(other.name))
    };
    let status = |variable: &&'static Variable| VariableStatus {
        name: variable.name,
        is_secret: variable.is_secret,
        is_required: variable.is_required(),
        is_set: set.contains(&variable.name),
        rotates: rotates(variable.name),
    };
    all().map(status).collect()
}
