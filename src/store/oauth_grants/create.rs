//! Creates a grant when a user consents, and records a denial.

use crate::domain::audit::Signed;
use crate::domain::session::{SessionRecord, expired_until};
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::{append, recorded};
use crate::store::oauth_consents;
use crate::store::oauth_grants::deletion_of_revoked;
use crate::store::required::required;
use crate::store::sessions::unchanged;
use crate::store::used_challenges::UsedChallenge;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A consent to be remembered.
#[derive(Debug)]
pub struct RememberedConsent<'a> {
    /// The host or private-use scheme that the user returns to.
    pub redirect_host: &'a str,
    /// The scopes that were remembered when the request was read; empty if there were none.
    pub remembered: &'a str,
    /// These, and the scopes of the grant.
    pub scope: &'a str,
}

/// The consent to a new grant.
#[derive(Debug)]
pub enum Consent<'a> {
    /// The user has just allowed the request. The consent is remembered.
    Given(RememberedConsent<'a>),
    /// The user has just allowed the request. The consent is not remembered.
    GivenOnce,
    /// The user was not asked, because a remembered consent covers the scopes. The user may remove it at any time, so the grant is
    /// created only if the consent still exists, and no consent is written.
    Remembered {
        /// The host or private-use scheme that the user returns to.
        redirect_host: &'a str,
        /// The scopes, as a JSON list.
        scopes: &'a str,
    },
}

/// A new grant.
#[derive(Debug)]
pub struct NewGrant<'a> {
    /// Random id.
    pub id: Uuid,
    /// The session of the user.
    pub session: &'a SessionRecord,
    /// The client.
    pub client: Uuid,
    /// The version of the client that was read.
    pub client_version: u32,
    /// The redirect URI to which the code is sent.
    pub redirect_uri: &'a str,
    /// The resource.
    pub resource: Option<&'a str>,
    /// The scopes.
    pub scope: &'a str,
    /// The code challenge.
    pub code_challenge: &'a str,
    /// `nonce`.
    pub nonce: Option<&'a str>,
    /// The methods of the authentication, as JSON.
    pub methods: &'a str,
    /// The current time.
    pub now: Timestamp,
    /// When the code expires.
    pub expires_at: Timestamp,
    /// When the grant reaches its maximum age.
    pub ends_at: Timestamp,
    /// The sealed request, which is marked as used; `None` if there was none.
    pub request: Option<&'a UsedChallenge>,
    /// The consent.
    pub consent: Consent<'a>,
    /// The entry.
    pub entry: &'a Signed,
    /// Written if grants beyond [`MAX_LIVE_GRANTS`] are revoked.
    pub evicted: &'a Signed,
}

/// Maximum number of live grants per user, as for sessions. A new grant revokes the least recently used ones beyond it.
pub const MAX_LIVE_GRANTS: u32 = 100;

/// Maximum number of grants that a new grant considers.
const MAX_CONSIDERED: u32 = 300;

const CREATE: &str = "
    INSERT INTO oauth_grants
      (client_id, client_version, id, user_id, session_id, redirect_uri, resource, scope, code_challenge, nonce, authenticated_at, amr,
       created_at, expires_at, ends_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
    WHERE EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = ?1 AND version = ?2 AND is_active = 1)";

/// Finds a row if [`CREATE`] is about to insert one.
const CREATES: &str =
    "SELECT 1 FROM oauth_clients WHERE id = ?1 AND version = ?2 AND is_active = 1";

/// Revokes the least recently used grants beyond the limit. Considers only the 300 that expire last, and revokes at most 200 of them, so
/// that a request reads and writes a bounded number of rows. A code that was not redeemed does not count, because another site can
/// begin authorizations, and must not end the grants of the user.
const EVICT: &str = "
    UPDATE oauth_grants SET revoked_at = ?2, expires_at = min(expires_at, ?6)
    WHERE id IN (
      SELECT candidate FROM (
        SELECT id AS candidate, last_used_at AS used_at,
               EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = client_id AND grants_from_version <= client_version)
               AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
                 SELECT 1 FROM sessions
                 WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2
                   AND sessions.token_expires_at > ?3)) AS is_live,
               redeemed_at IS NOT NULL AS is_redeemed
        FROM oauth_grants
        WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2
        ORDER BY expires_at DESC LIMIT ?4)
      WHERE is_live AND is_redeemed
      ORDER BY used_at DESC, candidate DESC LIMIT 200 OFFSET ?5)";

/// Finds a row if [`EVICT`] is about to change one.
const EVICTS: &str = "
    SELECT 1 FROM (
      SELECT EXISTS (SELECT 1 FROM oauth_clients WHERE oauth_clients.id = client_id AND grants_from_version <= client_version)
             AND (instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
               SELECT 1 FROM sessions
               WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2
                 AND sessions.token_expires_at > ?3)) AS is_live,
             redeemed_at IS NOT NULL AS is_redeemed
      FROM oauth_grants
      WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2
      ORDER BY expires_at DESC LIMIT ?4)
    WHERE is_live AND is_redeemed
    LIMIT 200 OFFSET ?5";

/// Marks grants of the user as revoked whose session has ended, so that [`EVICT`] does not read them again. It considers the same grants
/// as [`EVICT`]. Nothing is recorded, because they ended with their session.
const END: &str = "
    UPDATE oauth_grants SET revoked_at = ?2, expires_at = min(expires_at, ?5)
    WHERE id IN (
      SELECT candidate FROM (
        SELECT id AS candidate,
               instr(' ' || scope || ' ', ' offline_access ') > 0 OR EXISTS (
                 SELECT 1 FROM sessions
                 WHERE sessions.id = session_id AND sessions.revoked_at IS NULL AND sessions.ends_at > ?2
                   AND sessions.token_expires_at > ?3) AS is_live
        FROM oauth_grants
        WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2
        ORDER BY expires_at DESC LIMIT ?4)
      WHERE NOT is_live)";

impl NewGrant<'_> {
    /// The parameters of [`END`], [`EVICT`] and [`EVICTS`].
    fn considered(&self, sql: &'static str) -> Statement {
        Statement::new(sql)
            .text(self.session.user.id.to_string())
            .text(self.now.to_string())
            .text(expired_until(self.now).to_string())
            .number(MAX_CONSIDERED)
    }

    fn end(&self) -> Statement {
        self.considered(END).text(deletion_of_revoked(self.now))
    }

    fn evict(&self) -> Statement {
        let evict = |sql| {
            self.considered(sql)
                .number(MAX_LIVE_GRANTS.saturating_sub(1))
        };
        let write = evict(EVICT).text(deletion_of_revoked(self.now));
        recorded(write, || evict(EVICTS), [self.evicted])
    }
}

/// Creates a grant, and revokes the least recently used grants of the user beyond [`MAX_LIVE_GRANTS`]. Returns whether it has
/// revoked one.
///
/// # Errors
/// `Conflict` if the session, its user or the client was changed, the remembered consent was removed, or the request was used. After
/// any other [`StoreError`], it is unknown whether the grant was created.
pub async fn create(database: &Database, new: &NewGrant<'_>) -> Result<bool, StoreError> {
    let with_client = |sql| {
        Statement::new(sql)
            .text(new.client.to_string())
            .number(new.client_version)
    };
    let create = with_client(CREATE)
        .text(new.id.to_string())
        .text(new.session.user.id.to_string())
        .text(&new.session.id)
        .text(new.redirect_uri)
        .optional(new.resource)
        .text(new.scope)
        .text(new.code_challenge)
        .optional(new.nonce)
        .text(new.session.authenticated_at.to_string())
        .text(new.methods)
        .text(new.now.to_string())
        .text(new.expires_at.to_string())
        .text(new.ends_at.to_string());
    let create = recorded(create, || with_client(CREATES), [new.entry]);
    let mut statements = vec![
        unchanged(new.session, new.now).preceded_by(new.request.map(UsedChallenge::use_once)),
        required(create),
    ];
    match &new.consent {
        Consent::Given(consent) => statements.push(oauth_consents::remember(new, consent)),
        Consent::GivenOnce => {}
        Consent::Remembered {
            redirect_host,
            scopes,
        } => statements.push(oauth_consents::require(new, redirect_host, scopes)),
    }
    statements.push(new.end());
    statements.push(new.evict());
    let outcomes = database.all(statements).await?;
    Ok(outcomes.last().is_some_and(|evicted| evicted.changes > 0))
}

/// A request that the user denies.
#[derive(Debug)]
pub struct Denial<'a> {
    /// The sealed request, which is marked as used.
    pub request: &'a UsedChallenge,
    /// The entry.
    pub entry: &'a Signed,
}

/// Records a denial.
///
/// # Errors
/// `Conflict` if the request was used; any other [`StoreError`].
pub async fn deny(database: &Database, denial: &Denial<'_>) -> Result<(), StoreError> {
    let entry = append(denial.entry).preceded_by([denial.request.use_once()]);
    database.batch([entry]).await.map(drop)
}
