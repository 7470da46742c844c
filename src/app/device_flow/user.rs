//! Identifies the user of a device flow and their role: the calls that `/token` makes to AWS after it has received the access
//! token.

use crate::app::RequestContext;
use crate::app::denial::Denial;
use crate::app::error::{AppError, NOT_CONFIGURED};
use crate::aws::error::AwsError;
use crate::aws::identity::{self, AwsUser, NotAnSsoPrincipal};
use crate::aws::role_map::RoleMap;
use crate::aws::sso_portal::Assignment;
use crate::crypto::secret::Secret;
use crate::domain::role::Role;

/// The user who has approved a device flow.
#[derive(Debug)]
pub struct DeviceUser {
    /// The identity.
    pub aws_user: AwsUser,
    /// The role that this sign-in sets; `None` keeps the stored one.
    pub role: Option<Role>,
}

/// Why the sign-in is refused or failed.
#[derive(Debug)]
pub enum NoUser {
    /// AWS failed, or this service is not configured.
    Failed(AppError),
    /// The sign-in was denied, for the user with this subject if it is known.
    Denied(Denial, Option<String>),
}

impl From<AwsError> for NoUser {
    fn from(fault: AwsError) -> Self {
        Self::Failed(AppError::Aws(fault.code()))
    }
}

/// Converts an error of the portal about the user's permission sets and accounts.
fn of_portal(fault: AwsError) -> NoUser {
    match fault {
        AwsError::Refused(code) if code.is_about_assignments() => {
            NoUser::Denied(Denial::NoAssignment, None)
        }
        // AWS has just issued the token, so a refusal means that the directory has revoked it.
        AwsError::Refused(code) if code.is_about_access_token() => {
            NoUser::Denied(Denial::DisabledInDirectory, None)
        }
        fault => fault.into(),
    }
}

/// Identifies the user by the credentials of one of their assignments.
///
/// # Errors
/// See [`NoUser`].
pub async fn identify(context: &RequestContext, token: &Secret) -> Result<DeviceUser, NoUser> {
    let (aws, config, now) = (&context.app.aws, &context.app.config.aws, context.now());
    let (assignment, role) = match &config.sso_role_map {
        Some(map) => {
            let (assignment, role) = highest_role(context, token, map).await?;
            (assignment, Some(role))
        }
        // Without the directory's id, the subject is a user name, which the directory may assign to another user later. So a
        // role that an administrator set here does not outlast the sign-in.
        None if config.identity_store_id.is_none() => {
            (configured_or_first(context, token).await?, Some(Role::User))
        }
        None => (configured_or_first(context, token).await?, None),
    };
    let credentials = aws.role_credentials(token, &assignment).await;
    let credentials = credentials.map_err(of_portal)?;
    let caller = aws.role_identity(&credentials, now).await?;
    let entry = match (
        &config.identity_store_id,
        &config.credentials,
        caller.arn.sso_user(),
    ) {
        (Some(store), Some(own), Some((_, username))) => {
            Some(aws.identity_store_user(store, username, own, now).await?)
        }
        _ => None,
    };
    let start_url = config
        .sso_start_url
        .as_deref()
        .ok_or(NoUser::Failed(AppError::Aws(NOT_CONFIGURED)))?;
    let account = &assignment.account;
    let domain = config.email_domain.as_deref();
    let aws_user = identity::sso_user(&caller, entry.as_ref(), start_url, account, domain);
    let aws_user = aws_user.map_err(|reason| {
        let username = caller.arn.sso_user().map(|(_, name)| name.to_owned());
        match reason {
            NotAnSsoPrincipal::OtherAccount => NoUser::Denied(Denial::OtherAccount, username),
            NotAnSsoPrincipal::Disabled => NoUser::Denied(Denial::DisabledInDirectory, username),
            NotAnSsoPrincipal::NotReserved | NotAnSsoPrincipal::OtherUser => {
                NoUser::Failed(AppError::Aws(reason.code()))
            }
        }
    })?;
    // The role depends on the list of the portal; STS has to confirm the permission set that determined it.
    if aws_user.permission_set.as_deref() != Some(&assignment.permission_set) {
        return Err(NoUser::Failed(AppError::Aws("other_permission_set")));
    }
    Ok(DeviceUser { aws_user, role })
}

/// The configured account and permission set; for each that is absent, the first one that the portal lists.
async fn configured_or_first(
    context: &RequestContext,
    token: &Secret,
) -> Result<Assignment, NoUser> {
    let config = &context.app.config.aws;
    let (account, set) = (
        config.sso_account_id.as_deref(),
        config.sso_role_name.as_deref(),
    );
    let assignment = context.app.aws.assignment(token, account, set).await;
    assignment.map_err(of_portal)
}

/// The highest role of all permission sets that the user has in the configured account or, if none is configured, in the
/// accounts that the map names; and the assignment by which the user is identified. A set that the map does not name gives
/// `user`, so that users who are no longer in the map lose the role that it gave.
async fn highest_role(
    context: &RequestContext,
    token: &Secret,
    map: &RoleMap,
) -> Result<(Assignment, Role), NoUser> {
    let config = &context.app.config.aws;
    let accounts = match config.sso_account_id.as_deref() {
        Some(account) => vec![account],
        None => map.accounts(),
    };
    let mut found: Option<(Assignment, Role)> = None;
    for account in accounts {
        let sets = match context.app.aws.permission_sets(token, account).await {
            Ok(sets) => sets,
            Err(AwsError::Refused(code)) if code.is_about_assignments() => Vec::new(),
            Err(fault) => return Err(of_portal(fault)),
        };
        for permission_set in sets {
            let role = map.role(account, &permission_set).unwrap_or(Role::User);
            if found
                .as_ref()
                .is_none_or(|(_, highest_role)| role > *highest_role)
            {
                let account = account.to_owned();
                found = Some((
                    Assignment {
                        account,
                        permission_set,
                    },
                    role,
                ));
            }
        }
    }
    match found {
        // The configured set determines who may sign in; the role depends on all sets.
        Some((_, role)) if config.sso_role_name.is_some() => {
            Ok((configured_or_first(context, token).await?, role))
        }
        Some(found) => Ok(found),
        None if config.sso_account_id.is_some() => Err(NoUser::Denied(Denial::NoAssignment, None)),
        None => Ok((configured_or_first(context, token).await?, Role::User)),
    }
}
