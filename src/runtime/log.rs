//! The log: one JSON line per event, with fixed codes and route names. Nothing that a client sent, and nothing that a store or
//! AWS answered, is logged.

use crate::crypto::password::Unusable;
use std::panic::Location;
use uuid::Uuid;
use worker::console_error;

/// A request failed for a reason on the service's side.
pub fn failure(route: &'static str, code: &'static str) {
    console_error!(r#"{{"event":"failure","route":"{route}","code":"{code}"}}"#);
}

/// A variable is invalid, with the form that is expected.
pub fn misconfigured(variable: &str, expected: &str) {
    console_error!(
        r#"{{"event":"misconfigured","variable":"{variable}","expected":"{expected}"}}"#
    );
}

/// A rate limiting binding is missing, so its routes are not limited.
pub fn no_rate_limit(binding: &'static str) {
    console_error!(r#"{{"event":"no_rate_limit","binding":"{binding}"}}"#);
}

/// A part of the cron event failed; the next event repeats it.
pub fn sweep_failed(table: &'static str) {
    console_error!(r#"{{"event":"sweep_failed","table":"{table}"}}"#);
}

/// The audit log, the tables of D1 or a user was altered; see `GET /api/auth/audit/verify`.
pub fn audit_broken(finding: &Finding<'_>) {
    match finding {
        Finding::Row { number, reason } => {
            console_error!(r#"{{"event":"audit_broken","reason":"{reason}","row":{number}}}"#);
        }
        Finding::Schema {
            kind,
            name,
            difference,
        } => {
            console_error!(
                r#"{{"event":"audit_broken","reason":"schema_changed","object":"{kind} {name}","difference":"{difference}"}}"#
            );
        }
        Finding::User { user, field } => {
            console_error!(
                r#"{{"event":"audit_broken","reason":"user_changed","user":"{user}","field":"{field}"}}"#
            );
        }
    }
}

/// A finding of the cron event.
#[derive(Debug)]
pub enum Finding<'a> {
    /// A row of the audit log fails verification.
    Row {
        /// `audit.number`.
        number: u32,
        /// A fixed word.
        reason: &'static str,
    },
    /// A table, index, trigger or view differs from the migrations.
    Schema {
        /// What it is.
        kind: &'a str,
        /// Its name, of letters, digits, `_` and `?` only.
        name: &'a str,
        /// A fixed word.
        difference: &'static str,
    },
    /// A user differs from the last audit entry about them.
    User {
        /// Their id.
        user: Uuid,
        /// A fixed word.
        field: &'static str,
    },
}

/// A stored password hash that no password can match: the user cannot sign in until a new password is set.
pub fn unusable_hash(fault: Unusable) {
    console_error!(r#"{{"event":"unusable_hash","reason":"{fault}"}}"#);
}

/// A panic: a bug. Only the place is logged, because the message may quote what a client sent.
pub fn panicked(place: Option<&Location<'_>>) {
    let (file, line) = place.map_or(("?", 0), |place| (place.file(), place.line()));
    console_error!(r#"{{"event":"panic","file":"{file}","line":{line}}}"#);
}
