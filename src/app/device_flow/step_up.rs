//! Records the approval of a device flow as a step-up in a session of the same user.

use super::flow::{Completion, DeviceOutcome, FlowRequest};
use super::user::DeviceUser;
use crate::app::denial::Denial;
use crate::app::error::AppError;
use crate::app::federated_sign_in::profile;
use crate::app::sign_in::AttemptedAccount;
use crate::app::step_up::{self, Authentication, SentSession};
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::domain::sign_in_method::SignInMethod;
use crate::store::federated_users;

/// Records a step-up in this session.
pub struct StepUp(pub SentSession);

impl Completion for StepUp {
    /// The session as it is now; `None` if the session or its user was changed meanwhile.
    type Output = Option<SessionRecord>;

    const IS_REPEATABLE: bool = false;

    /// A step-up is done once: a repeated request could otherwise get the next cookie without an approval.
    async fn earlier(
        &self,
        _: &FlowRequest,
    ) -> Result<Option<DeviceOutcome<Self::Output>>, AppError> {
        Ok(None)
    }

    async fn complete(
        &self,
        request: &FlowRequest,
        user: DeviceUser,
    ) -> Result<DeviceOutcome<Self::Output>, AppError> {
        let context = &request.context;
        let profile = profile(&user.aws_user, user.role);
        let known = federated_users::find(context.app.database, &profile).await?;
        if known.is_none_or(|known| known.user.id != self.0.record.user.id) {
            let denial = Denial::OtherUser;
            self.deny(request, denial, AttemptedAccount::Unidentified)
                .await?;
            return Ok(DeviceOutcome::Denied(denial));
        }
        let authentication = Authentication::by(SignInMethod::AwsDevice.as_str());
        let stepped_up =
            step_up::record(context, &request.client, &self.0, &authentication).await?;
        Ok(DeviceOutcome::Done(stepped_up))
    }

    /// The number of such entries per network is limited.
    async fn deny(
        &self,
        request: &FlowRequest,
        denial: Denial,
        _: AttemptedAccount,
    ) -> Result<(), AppError> {
        let (context, client) = (&request.context, &request.client);
        let entry = client.entry(context, Kind::StepUpFailed)?;
        let entry = entry.in_own_session(&self.0.record);
        let method = SignInMethod::AwsDevice.as_str();
        let entry = entry.detail(format!("{method}: {}", denial.code()));
        context.record_refused(client, entry).await
    }
}
