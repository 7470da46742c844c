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
use crate::store::factors::{FactorWrites, VerifiedFactor};

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
            let writes = FactorWrites {
                used: Some(&VerifiedFactor::Passkey(valid.0.clone())),
                added: None,
                recovery_codes: &[],
                entries: &[],
            };
            let authentication = Authentication {
                factor: Some(&writes),
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
        let entry = entry.by(user.id).about(user.id).of_session(id);
        context
            .record(entry.detail(format!("step-up: passkey: {reason}")))
            .await?;
    }
    Ok(CodeStepUp::Wrong)
}
