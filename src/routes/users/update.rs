//! `PATCH /api/auth/users/{id}`: changes a user.

use super::{AdminUser, region, require_same_administrator, text, user_id, with_etag};
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administration::update::{Changes, NewText};
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::names;
use crate::domain::role::Role;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::precondition;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Patch,
    path: "/api/auth/users/{id}",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(
        AdministrationScope::UsersWrite,
        |context, request, administrator| Box::pin(handle(context, request, administrator)),
    ),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// New values. A field that is absent is left as it is.
#[derive(Default)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(default, transform = without_defaults))]
pub struct UpdateUserRequest {
    /// Full name.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "String", length(max = 1024))
    )]
    name: Option<String>,
    /// E-mail address, only of another user. Surrounding white space is ignored. It counts as not confirmed.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "String", length(max = 1024))
    )]
    email: Option<String>,
    /// Organization; null removes it.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Option<String>", length(max = 1024))
    )]
    organization: Option<NewText>,
    /// AWS region in which the user works; null removes it.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Option<String>", length(max = 64))
    )]
    aws_region: Option<NewText>,
    /// Role. Only super administrators can change it, and only that of other users.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Role"))]
    role: Option<Role>,
    /// False disables the user.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "bool"))]
    is_active: Option<bool>,
}

/// Removes the default values, which make the fields optional: an absent field has no default.
#[cfg(not(target_arch = "wasm32"))]
fn without_defaults(schema: &mut schemars::Schema) {
    let fields = schema
        .get_mut("properties")
        .and_then(|fields| fields.as_object_mut());
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()) {
        if let Some(field) = field.as_object_mut() {
            field.remove("default");
        }
    }
}

/// The user after the change.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct UpdateUserResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The user.
    pub user: AdminUser,
    /// Number of sessions that were revoked.
    pub revoked_sessions: u32,
}

/// Not derived: null and absence differ here, and a derived struct does not see a null (`json/deserializer.rs`).
impl<'de> Deserialize<'de> for UpdateUserRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = UpdateUserRequest;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UpdateUserRequest, A::Error> {
        let mut fields = UpdateUserRequest::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "name" => fields.name = Some(map.next_value()?),
                "email" => fields.email = Some(map.next_value()?),
                "organization" => fields.organization = Some(NewText(map.next_value()?)),
                "aws_region" => fields.aws_region = Some(NewText(map.next_value()?)),
                "role" => fields.role = Some(map.next_value()?),
                "is_active" => fields.is_active = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

impl UpdateUserRequest {
    fn changes(&self) -> Result<Changes, ApiError> {
        let email = self.email.as_deref().map(names::email).transpose();
        Ok(Changes {
            name: self.name.as_deref().map(text).transpose()?,
            email: email.map_err(|_| ErrorCode::InvalidEmail)?,
            organization: nullable(self.organization.as_ref(), text)?,
            aws_region: nullable(self.aws_region.as_ref(), region)?,
            role: self.role,
            is_active: self.is_active,
        })
    }
}

fn nullable(
    given: Option<&NewText>,
    parse: fn(&str) -> Result<String, ApiError>,
) -> Result<Option<NewText>, ApiError> {
    let Some(NewText(given)) = given else {
        return Ok(None);
    };
    let parsed = given.as_deref().map(parse).transpose()?;
    Ok(Some(NewText(parsed)))
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let version = precondition::if_match(&request)?;
    let (id, client) = (user_id(&request), request.client_info());
    let body: UpdateUserRequest = body::json(request, INVALID_BODY).await?;
    require_same_administrator(&context, &administrator).await?;
    let administration = Administration::new(&context, &client, &administrator);
    let updated = administration
        .update(id?, &body.changes()?, version)
        .await?;
    let version = updated.user.version;
    let response = Response::ok(&UpdateUserResponse {
        success: true,
        user: updated.user,
        revoked_sessions: updated.revoked_sessions,
    });
    Ok(with_etag(response, version))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::{id_parameter, if_match_parameter};
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("updateUser", "Users", "Update user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. The role `admin` permits changes of users \
             of role `user`, and the role `super_admin` changes of all users. A change of the role and disabling revoke all sessions of the \
             user and delete all open links. A new e-mail address is not confirmed. The service notifies the earlier address and deletes all \
             open links. Administrators cannot change their own e-mail address or role, or disable themselves. The last active super \
             administrator cannot be disabled or given another role. For users of an identity source, only `aws_region` and `is_active` can \
             be changed.",
        )
        .parameter(id_parameter())
        .parameter(if_match_parameter())
        .takes::<UpdateUserRequest>(
            schemas,
            INVALID_BODY,
            json!({"name": "John Doe", "organization": null, "role": "admin"}),
        )
        .returns::<UpdateUserResponse>(
            schemas,
            json!({"success": true, "user": examples::admin_user(), "revoked_sessions": 2}),
        )
        .header("etag", true)
        .errors([
            ErrorCode::InvalidEmail,
            ErrorCode::NotPermitted,
            ErrorCode::UserNotFound,
            ErrorCode::EmailTaken,
            ErrorCode::LastSuperAdmin,
            ErrorCode::ManagedByIdentitySource,
            ErrorCode::VersionMismatch,
            ErrorCode::PreconditionRequired,
        ])
}

#[cfg(test)]
mod tests {
    use super::{NewText, UpdateUserRequest};
    use crate::json::{self, Malformed};

    #[test]
    fn null_differs_from_an_absent_field() {
        let read = |text: &str| json::from_str::<UpdateUserRequest>(text).unwrap();
        let none = read(r#"{"other": [1]}"#);
        assert!(none.organization.is_none() && none.is_active.is_none());
        let nulls = read(r#"{"organization": null, "aws_region": "x"}"#);
        assert_eq!(nulls.organization, Some(NewText(None)));
        assert_eq!(nulls.aws_region, Some(NewText(Some("x".to_owned()))));
    }

    #[test]
    fn field_that_cannot_be_null_is_refused_as_null() {
        for name in ["name", "email", "role", "is_active"] {
            let read = json::from_str::<UpdateUserRequest>(&format!("{{\"{name}\": null}}"));
            assert_eq!(read.err(), Some(Malformed::Unexpected), "{name}");
        }
    }
}
