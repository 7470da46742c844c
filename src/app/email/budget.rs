//! How many messages may be requested and sent per hour. Security notices have budgets of their own, so that requests that any client
//! can send do not suppress them.

use crate::app::App;
use crate::domain::names::Email;
use crate::store::email_requests::Budget;
use uuid::Uuid;

/// Requests for a forgotten password per hour and client site.
const REQUESTS_PER_SITE: u32 = 10;
/// Messages per hour and address that a request asked for.
const REQUESTED_PER_ADDRESS: u32 = 3;
/// Notices per hour and address about an address that is taken.
const TAKEN_PER_ADDRESS: u32 = 1;
/// Requested changes of address per hour and user. Each change sends a notice with a link that restores the earlier address. The notice
/// is never suppressed.
const CHANGES_PER_USER: u32 = 3;
/// Notices of one kind per hour and user. They follow a correct password, so only its holder can cause them.
const NOTICES_PER_USER: u32 = 10;

/// The keys of budgets that end with the id of a user begin with one of these words and a colon: `change` and the kinds of messages.
pub const BUDGETS_OF_USERS: &[&str] = &[
    "change",
    "account_locked",
    "address_changed",
    "address_replaced",
    "address_restored",
    "new_device",
    "password_changed",
    "password_set",
    "passkey_added",
    "passkey_removed",
    "passkey_cloned",
    "totp_added",
    "totp_removed",
    "recovery_codes_created",
    "recovery_code_used",
    "codes_locked",
    "factors_reset",
    "password_removed",
];

/// The requests for a forgotten password of a client site. The site is stored as a keyed hash.
pub fn of_site(app: &App, site: &str) -> Budget {
    Budget {
        key: format!("site:{}", app.audit_keys.name_key("site", site)),
        per_hour: REQUESTS_PER_SITE,
    }
}

/// The requested messages to an address, which is stored as a keyed hash.
pub fn requested(app: &App, email_key: &str) -> Budget {
    Budget {
        key: format!("address:{}", app.audit_keys.name_key("email", email_key)),
        per_hour: REQUESTED_PER_ADDRESS,
    }
}

/// The same budget for a name that no user has. The same row is written as for the name of a user.
pub fn of_unknown_name(name_key: &str) -> Budget {
    Budget {
        key: format!("address:{name_key}"),
        per_hour: REQUESTED_PER_ADDRESS,
    }
}

/// The notices to the user of an address that another user asked for.
pub fn address_taken(app: &App, email: &Email) -> Budget {
    Budget {
        key: format!("taken:{}", app.audit_keys.name_key("email", email.key())),
        per_hour: TAKEN_PER_ADDRESS,
    }
}

/// The changes of address that a user asks for.
pub fn changes(user: Uuid) -> Budget {
    Budget {
        key: format!("change:{user}"),
        per_hour: CHANGES_PER_USER,
    }
}

/// The notices of one kind to a user.
pub fn notices(kind: &'static str, user: Uuid) -> Budget {
    Budget {
        key: format!("{kind}:{user}"),
        per_hour: NOTICES_PER_USER,
    }
}
