//! Steps up a session with a passkey.

use super::authenticate::{self, Checked};
use super::ceremony::{self, Use};
use super::sign_in::SentPasskey;
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::error::AppError;
use crate::app::step_up::{Authentication, CodeStepUp, SentSession, record};
use crate::domain::audit::Kind;
use crate::domain::factor::Factor;
use crate::store::factors::{FactorWrites, Shown, VerifiedFactor};

/// Checks a passkey of the user of a session, and records the step-up.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn with_passkey(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SentSession,
    sent: &SentPasskey,
) -> Result<CodeStepUp, AppError> {
    let (id, user) = (&session.record.id, &session.record.user);
    let challenge = ceremony::challenge(context, Use::StepUp(id), &sent.state);
    let (Some(challenge), Some(response)) = (challenge, &sent.response) else {
        return Ok(CodeStepUp::Wrong);
    };
    let checked = authenticate::check(context, response, &challenge, Some(user.id)).await?;
    let (reason, refused) = match &checked {
        Checked::Valid(valid) => {
            let shown = Shown::Used(VerifiedFactor::Passkey(valid.used.clone()));
            let authentication = Authentication {
                factor: Some(&FactorWrites::of(&shown)),
                ..Authentication::by(Factor::Passkey.as_str())
            };
            let recorded = record(context, client, session, &authentication).await?;
            return Ok(recorded.map_or(CodeStepUp::SessionEnded, |record| {
                CodeStepUp::Done(Box::new(record))
            }));
        }
        Checked::Unknown => ("unknown".to_owned(), None),
        Checked::Refused(refusal, owner) => (refusal.to_string(), Some((*refusal, &**owner))),
    };
    if authenticate::spend(context, client, &challenge, refused).await? {
        let entry = client.entry(context, Kind::FactorFailed)?;
        let entry = entry.in_own_session(&session.record);
        let entry = entry.detail(format!("step-up: passkey: {reason}"));
        context.record_refused(client, entry).await?;
    }
    Ok(CodeStepUp::Wrong)
}
