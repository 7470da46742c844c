//! Second factors: sign-ins that wait for one, the check of codes, and the factors of a signed-in user.

pub mod add;
pub mod codes;
pub mod enrol;
pub mod manage;
pub mod pending;
pub mod verify;

use super::context::RequestContext;
use crate::config::MfaPolicy;
use crate::domain::factor::{EnrollableFactor, Rules};
use crate::domain::role::Role;

/// The rules for a user of this role.
#[must_use]
pub fn rules(context: &RequestContext, role: Role) -> Rules {
    let factors = &context.app.config.factors;
    Rules {
        is_demanded: MfaPolicy::demands(factors.policy, role),
        is_aws_trusted: factors.is_aws_trusted,
    }
}

/// The factors that can be added.
#[must_use]
pub fn enrollable(context: &RequestContext) -> Vec<EnrollableFactor> {
    let mut factors = vec![EnrollableFactor::Passkey];
    if context.app.factor_keys.is_some() {
        factors.push(EnrollableFactor::Totp);
    }
    factors
}
