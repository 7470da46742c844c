//! Records requests that a signed-in user or an OAuth client may not make.

use super::client_info::ClientInfo;
use super::error::AppError;
use super::{App, RequestContext};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::runtime::clock;
use uuid::Uuid;

/// The user or OAuth client that sends a request, kept for the entry about a refusal.
pub struct KnownCaller {
    app: &'static App,
    client: ClientInfo,
    actor: Uuid,
    session: Option<String>,
}

impl KnownCaller {
    /// The user of this session.
    #[must_use]
    pub fn new(context: &RequestContext, client: ClientInfo, session: &SessionRecord) -> Self {
        Self {
            app: context.app,
            client,
            actor: session.user.id,
            session: Some(session.id.clone()),
        }
    }

    /// This OAuth client.
    #[must_use]
    pub fn oauth_client(context: &RequestContext, client: ClientInfo, id: Uuid) -> Self {
        Self {
            app: context.app,
            client,
            actor: id,
            session: None,
        }
    }

    /// Writes the audit entry about a refused request, unless the caller has exceeded the limit for such entries. `detail` is an
    /// error code and the name of a route. `subject` is the user that the request was about.
    ///
    /// # Errors
    /// `Store`, `Runtime`.
    pub async fn record_denied(
        &self,
        detail: String,
        subject: Option<Uuid>,
    ) -> Result<(), AppError> {
        let entry = self.client.entry_at(clock::now(), Kind::AccessDenied)?;
        let entry = entry.by(self.actor).about(subject).detail(detail);
        let entry = match &self.session {
            Some(session) => entry.of_session(session),
            None => entry,
        };
        let (entry, now) = (self.app.audit_keys.sign(entry), clock::now_ms());
        let actor = self.actor.to_string();
        Ok(self.app.throttle.record_denied(&actor, now, &entry).await?)
    }
}
