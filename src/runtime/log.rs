//! The log: one JSON line per event, with fixed codes and route names. It never contains text from clients, stores or AWS.

use crate::crypto::password::Unusable;
use std::panic::Location;
use uuid::Uuid;
use worker::console_error;

/// A request failed for a reason on the service's side.
pub fn failure(route: &'static str, code: &'static str) {
    console_error!(r#"{{"event":"failure","route":"{route}","code":"{code}"}}"#);
}

/// A variable is invalid. `expected` is the form that it must have.
pub fn misconfigured(variable: &str, expected: &str) {
    console_error!(
        r#"{{"event":"misconfigured","variable":"{variable}","expected":"{expected}"}}"#
    );
}

/// A rate limiting binding is missing, so its routes are not limited.
pub fn no_rate_limit(binding: &'static str) {
    console_error!(r#"{{"event":"no_rate_limit","binding":"{binding}"}}"#);
}

/// `EMAIL_FROM` is set but the binding is missing, so no message is sent.
pub fn no_email(binding: &'static str) {
    console_error!(r#"{{"event":"no_email","binding":"{binding}"}}"#);
}

/// `AUDIT_RETENTION_DAYS` is set but the bucket is missing, so no entry is archived.
pub fn no_archive(binding: &'static str) {
    console_error!(r#"{{"event":"no_archive","binding":"{binding}"}}"#);
}

/// A message of this kind was not sent.
pub fn email_failed(kind: &'static str, code: &'static str) {
    console_error!(r#"{{"event":"email_failed","kind":"{kind}","code":"{code}"}}"#);
}

/// Entries of the audit log were not sent to `AUDIT_WEBHOOK_URL`; the next cron event sends them again.
pub fn webhook_failed(code: &'static str) {
    console_error!(r#"{{"event":"webhook_failed","code":"{code}"}}"#);
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
        /// The [`ViolationKind`](crate::domain::audit::ViolationKind), as a fixed word.
        reason: &'static str,
    },
    /// A table, index, trigger or view differs from the migrations.
    Schema {
        /// Type of the object: `table`, `index`, `trigger` or `view`.
        kind: &'a str,
        /// Its name. It contains only letters, digits, `_` and `?`.
        name: &'a str,
        /// The difference, as a fixed word.
        difference: &'static str,
    },
    /// A user differs from the last audit entry about them.
    User {
        /// Id of the user.
        user: Uuid,
        /// The field that differs, as a fixed word.
        field: &'static str,
    },
}

/// A stored password hash cannot be verified. Its user cannot sign in until a new password is set.
pub fn unusable_hash(fault: Unusable) {
    console_error!(r#"{{"event":"unusable_hash","reason":"{fault}"}}"#);
}

/// A panic, which is a bug. Only its location is logged, because the message may quote data of a client.
pub fn panicked(location: Option<&Location<'_>>) {
    let (file, line) = location.map_or(("?", 0), |location| (location.file(), location.line()));
    console_error!(r#"{{"event":"panic","file":"{file}","line":{line}}}"#);
}
