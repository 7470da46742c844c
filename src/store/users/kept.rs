//! Reads the stored data of a user, without the row in `users` and the audit entries. Secrets are stored as hashes only, which are not
//! read.

use super::kept_factors::{self, KeptFactors};
use super::kept_grants::{self, KeptGrants};
use crate::domain::audit::Signed;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::runtime::row::Row;
use crate::store::audit::append;
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Maximum number of sessions, which is ten times the number of live ones that a user may have.
const MAX_SESSIONS: u32 = 1_000;

/// A session.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptSession {
    /// Id of the session.
    pub id: String,
    /// Time of the sign-in.
    pub created_at: Timestamp,
    /// Time of the last refresh or step-up, or of the sign-in if there was none.
    pub refreshed_at: Timestamp,
    /// Time of the last use, to within one hour; null if it was not used after the last refresh.
    pub last_used_at: Option<Timestamp>,
    /// Time at which the user last authenticated after the sign-in; null if there was none.
    pub authenticated_at: Option<Timestamp>,
    /// Time at which the session reaches its maximum age.
    pub ends_at: Timestamp,
    /// Time at which it was revoked; null if it was not.
    pub revoked_at: Option<Timestamp>,
    /// Whether it is used with a cookie.
    pub is_cookie: bool,
    /// The method of the sign-in.
    pub method: Option<String>,
    /// The second factor of the sign-in; null if there was none.
    pub factor: Option<String>,
    /// Time at which the user last authenticated with a second factor in the session; null if there was none.
    pub factor_at: Option<Timestamp>,
    /// The beginning of the `User-Agent` header of the sign-in.
    pub device: Option<String>,
    /// The client address of the sign-in.
    pub address: Option<String>,
    /// The country of that address.
    pub country: Option<String>,
    /// The beginning of the `User-Agent` header of the last refresh or step-up.
    pub refresh_device: Option<String>,
    /// The client address of the last refresh or step-up.
    pub refresh_address: Option<String>,
    /// The country of that address.
    pub refresh_country: Option<String>,
}

/// A one-time link, without its secret.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptLink {
    /// `set_password`; `confirm` or `revert` for a link that changes the address.
    pub purpose: String,
    /// The address that it was sent to, or that it sets; null if it was shown.
    pub email: Option<String>,
    /// Time of its creation.
    pub created_at: Timestamp,
    /// Time at which it expires.
    pub expires_at: Timestamp,
}

/// A counter.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptCounter {
    /// The key; `docs/reference/data-retention.md` lists the keys.
    pub key: String,
    /// The count: failures in a row, or 1 for a message.
    pub count: u32,
    /// Time of the message, or the time at which the counter is removed; null if it is not removed by itself.
    pub at: Option<Timestamp>,
}

/// The stored data of a user.
#[derive(Debug)]
pub struct Kept {
    /// The id that the identity source gives the user.
    pub subject: Option<String>,
    /// Sessions, live ones first.
    pub sessions: Vec<KeptSession>,
    /// Links.
    pub links: Vec<KeptLink>,
    /// Second factors.
    pub factors: KeptFactors,
    /// Grants and consents of the user for OAuth clients.
    pub oauth: KeptGrants,
    /// Counters.
    pub counters: Vec<KeptCounter>,
}

const SUBJECT: &str = "SELECT subject FROM users WHERE id = ?1";

/// In the order of the index `sessions_live`.
const SESSIONS: &str = "
    SELECT id, created_at, rotated_at, last_used_at, authenticated_at, ends_at, revoked_at, is_cookie, method, factor, factor_at,
           device, address, country, refresh_device, refresh_address, refresh_country
    FROM sessions WHERE user_id = ?1 LIMIT ?2";

const LINKS: &str = "
    SELECT 'set_password' AS purpose, sent_to AS email, created_at, expires_at FROM password_links WHERE user_id = ?1
    UNION ALL
    SELECT purpose, email, created_at, expires_at FROM email_links WHERE user_id = ?1";

const ATTEMPTS: &str = "
    SELECT key, failures, ends_at AS at FROM sign_in_attempts
    WHERE key = 'account:' || ?1 OR (key > 'device:' || ?1 || ':' AND key < 'device:' || ?1 || ';')
       OR key IN (SELECT 'session:' || id FROM sessions WHERE user_id = ?1)";

const CODES: &str =
    "SELECT 'codes' AS key, failures, NULL AS at FROM factor_attempts WHERE user_id = ?1";

const MESSAGES: &str = "
    SELECT key, 1 AS failures, at FROM email_requests
    WHERE key IN (SELECT value || ':' || ?1 FROM json_each(?2))";

/// Reads the stored data of a user, and writes the entry of the export. `budgets` are the prefixes of the keys in `email_requests` that
/// end with the id.
///
/// # Errors
/// Any [`StoreError`].
pub async fn kept(
    database: &Database,
    user: Uuid,
    budgets: &[&str],
    entry: &Signed,
) -> Result<Kept, StoreError> {
    // Cannot fail: only strings are serialized.
    let budgets = serde_json::to_string(budgets).unwrap_or_default();
    let of_user = |sql| Statement::new(sql).text(user.to_string());
    let [one, two, three, four] = kept_factors::statements(user);
    let [grants, consents] = kept_grants::statements(user);
    let [
        subject,
        sessions,
        links,
        attempts,
        codes,
        messages,
        one,
        two,
        three,
        four,
        grants,
        consents,
        _,
    ] = database
        .batch([
            of_user(SUBJECT),
            of_user(SESSIONS).number(MAX_SESSIONS),
            of_user(LINKS),
            of_user(ATTEMPTS),
            of_user(CODES),
            of_user(MESSAGES).text(budgets),
            one,
            two,
            three,
            four,
            grants,
            consents,
            append(entry),
        ])
        .await?;
    let mut counters = attempts.rows(counter)?;
    counters.extend(codes.rows(counter)?);
    counters.extend(messages.rows(counter)?);
    Ok(Kept {
        subject: subject.first(|row| row.optional("subject"))?.flatten(),
        sessions: sessions.rows(session)?,
        links: links.rows(link)?,
        factors: kept_factors::read([&one, &two, &three, &four])?,
        oauth: kept_grants::read([&grants, &consents])?,
        counters,
    })
}

fn session(row: &mut Row) -> Result<KeptSession, StoreError> {
    Ok(KeptSession {
        id: row.text("id")?,
        created_at: row.moment("created_at")?,
        refreshed_at: row.moment("rotated_at")?,
        last_used_at: row.optional_moment("last_used_at")?,
        authenticated_at: row.optional_moment("authenticated_at")?,
        ends_at: row.moment("ends_at")?,
        revoked_at: row.optional_moment("revoked_at")?,
        is_cookie: row.count("is_cookie")? == 1,
        method: row.optional("method")?,
        factor: row.optional("factor")?,
        factor_at: row.optional_moment("factor_at")?,
        device: row.optional("device")?,
        address: row.optional("address")?,
        country: row.optional("country")?,
        refresh_device: row.optional("refresh_device")?,
        refresh_address: row.optional("refresh_address")?,
        refresh_country: row.optional("refresh_country")?,
    })
}

fn link(row: &mut Row) -> Result<KeptLink, StoreError> {
    Ok(KeptLink {
        purpose: row.text("purpose")?,
        email: row.optional("email")?,
        created_at: row.moment("created_at")?,
        expires_at: row.moment("expires_at")?,
    })
}

fn counter(row: &mut Row) -> Result<KeptCounter, StoreError> {
    Ok(KeptCounter {
        key: row.text("key")?,
        count: row.count("failures")?,
        at: row.optional_moment("at")?,
    })
}
