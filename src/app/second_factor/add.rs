//! Adds a factor to the user of a session. The first factor comes with recovery codes.

use super::enrol;
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::store::factors::{self, FactorWrites, NewFactor, Shown};

/// Adds a factor, and tells the user. Returns the recovery codes, if it is the first factor.
///
/// # Errors
/// `Store`, `Runtime`. `Store(Conflict)` if the session has ended, or if the factor cannot be added any more. Nothing is written
/// then.
pub async fn in_session(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SessionRecord,
    added: NewFactor,
) -> Result<Option<Vec<Secret>>, AppError> {
    let (user, (kind, event)) = (&session.user, recorded(&added));
    let (codes, kinds) = if session.has_factor {
        (Vec::new(), vec![kind])
    } else {
        let codes = enrol::recovery_codes()?;
        (codes, vec![kind, Kind::RecoveryCodesCreated])
    };
    let signed = |kind| {
        let entry = client.entry(context, kind)?;
        Ok(context.sign(entry.in_own_session(session)))
    };
    let entries: Result<Vec<_>, AppError> = kinds.into_iter().map(signed).collect();
    let writes = FactorWrites {
        shown: &Shown::Added(added),
        recovery_codes: &enrol::hashes(&codes, user.id),
        entries: &entries?,
    };
    factors::add(context.app.database, session, &writes, context.now()).await?;
    notices::factor(context, client, user, event);
    Ok((!codes.is_empty()).then(|| enrol::shown(&codes)))
}

/// How the audit log and the message to the user name the addition of a factor.
pub(super) fn recorded(added: &NewFactor) -> (Kind, FactorEvent) {
    match added {
        NewFactor::Passkey(_) => (Kind::PasskeyAdded, FactorEvent::PasskeyAdded),
        NewFactor::Totp(_) => (Kind::TotpAdded, FactorEvent::TotpAdded),
    }
}
