//! Records requests that a signed-in user may not make.

use super::client_info::ClientInfo;
use super::error::AppError;
use super::{App, RequestContext};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::runtime::clock;
use uuid::Uuid;

/// The signed-in user of a request, kept for the entry about a refusal.
pub struct SignedInCaller {
    app: &'static App,
    client: ClientInfo,
    user: Uuid,
    session: String,
}

impl SignedInCaller {
    /// The user of this session.
    #[must_use]
    pub fn new(context: &RequestContext, client: ClientInfo, session: &SessionRecord) -> Self {
        Self {
            app: context.app,
            client,
            user: session.user.id,
            session: session.id.clone(),
        }
    }

    /// Writes the audit entry about a refused request, unless the user has exceeded the limit for such entries. `detail` is an error
    /// code and the name of a route. `subject` is the user that the request was about.
    ///
    /// # Errors
    /// `Store`, `Runtime`.
    pub async fn record_denied(
        &self,
        detail: String,
        subject: Option<Uuid>,
    ) -> Result<(), AppError> {
        let entry = self.client.entry_at(clock::now(), Kind::AccessDenied)?;
        let entry = entry.by(self.user).about(subject).of_session(&self.session);
        let entry = self.app.audit_keys.sign(entry.detail(detail));
        let user = self.user.to_string();
        let now = clock::now_ms();
        Ok(self.app.throttle.record_denied(&user, now, &entry).await?)
    }
}
