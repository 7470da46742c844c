//! Erases a user.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::email::BUDGETS_OF_USERS;
use crate::app::error::AppError;
use crate::domain::administration::{Action, Actor, Refusal};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::store::users::erase::{self, Erasure};
use uuid::Uuid;

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// The user is erased.
    Done,
    /// There is no such user.
    NotFound,
    /// The administrator may not do that.
    Refused(Refusal),
    /// The user has another version.
    Changed,
}

/// Erases a user if the administrator may do that. `version` is the version that the administrator has seen; `None` for any.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: &RequestContext,
    client: &ClientInfo,
    administrator: &SessionRecord,
    user: Uuid,
    version: Option<u32>,
) -> Result<Erased, AppError> {
    let actor = Actor {
        id: administrator.user.id,
        role: administrator.user.role,
    };
    let database = context.app.database;
    let Some(found) = erase::find(database, user).await? else {
        return Ok(Erased::NotFound);
    };
    if let Err(refusal) = actor.may(Action::Erase, found.target) {
        return Ok(Erased::Refused(refusal));
    }
    if version.is_some_and(|version| version != found.version) {
        return Ok(Erased::Changed);
    }
    let entry = client.entry(context, Kind::UserErased)?;
    let entry = entry.by(actor.id).about(user).of_session(&administrator.id);
    let entry = context.sign(entry);
    let erasure = Erasure {
        user,
        version,
        actor,
        entry: &entry,
    };
    let cache = &context.app.session_cache;
    let cached_since = context.received_at.minus(cache.lifetime_seconds());
    match erase::erase(database, &erasure, cached_since, BUDGETS_OF_USERS).await? {
        Some(sessions) => {
            cache.erase(&sessions).await;
            Ok(Erased::Done)
        }
        // Another request was faster.
        None if erase::find(database, user).await?.is_none() => Ok(Erased::NotFound),
        None if version.is_some() => Ok(Erased::Changed),
        None => Ok(Erased::Refused(Refusal::NotPermitted)),
    }
}
