//! `GET /api/auth/grants`: lists the connected applications of the caller.

use crate::app::RequestContext;
use crate::domain::resource::{self, Resource};
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::oauth_grants::list::{GrantSummary, live_of};
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/grants",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, _, session| Box::pin(handle(context, session))),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The connected applications of a user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct GrantsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The live grants, most recent consent first, at most 200. An application that was allowed on several devices has several
    /// grants.
    pub grants: Vec<ConnectedApplication>,
}

/// A connected application: a grant that an OAuth client has used.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConnectedApplication {
    /// Id with which the grant can be removed. It is not a secret.
    pub id: Uuid,
    /// The OAuth client.
    pub client: ConnectedClient,
    /// The place that the user returned to after the consent: the host of a website with its port, a loopback host, or the
    /// private-use scheme of a program.
    pub redirect_host: String,
    /// The resource that the access tokens are for; null if they open the user info endpoint only.
    pub resource: Option<ConnectedResource>,
    /// The scopes that the user has allowed.
    pub scopes: Vec<String>,
    /// Time of the consent.
    pub created_at: Timestamp,
    /// Time at which the client last got an access token; null if it is unknown.
    pub last_used_at: Option<Timestamp>,
}

/// The OAuth client of a connected application.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConnectedClient {
    /// Id of the client.
    pub client_id: Uuid,
    /// Name of the client.
    pub name: String,
}

/// The resource of a connected application.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConnectedResource {
    /// URI of the resource.
    pub uri: String,
    /// Name of the resource; its URI if it is no longer configured.
    pub name: String,
}

impl GrantsResponse {
    /// The live grants of a user.
    ///
    /// # Errors
    /// `StorageUnavailable`.
    pub async fn of(context: &RequestContext, user: Uuid) -> Result<Self, ApiError> {
        let live = live_of(context.app.database, user, context.received_at).await?;
        let resources = &context.app.config.oauth.resources;
        let grants = live.into_iter().map(|grant| shown(grant, resources));
        Ok(Self {
            success: true,
            grants: grants.collect(),
        })
    }
}

fn shown(grant: GrantSummary, resources: &[Resource]) -> ConnectedApplication {
    let resource = grant.resource.map(|uri| ConnectedResource {
        name: match resource::find(resources, &uri) {
            Some(resource) => resource.name.clone(),
            None => uri.clone(),
        },
        uri,
    });
    ConnectedApplication {
        id: grant.id,
        client: ConnectedClient {
            client_id: grant.client,
            name: grant.client_name,
        },
        redirect_host: grant.redirect_host,
        resource,
        scopes: grant.scopes,
        created_at: grant.created_at,
        last_used_at: grant.last_used_at,
    }
}

async fn handle(context: RequestContext, session: SessionRecord) -> Result<Response, ApiError> {
    let grants = GrantsResponse::of(&context, session.user.id).await?;
    Ok(Response::ok(&grants))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::example;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("listGrants", "Connected applications", "List connected applications")
        .describe(
            "Returns the grants that the caller has given to OAuth clients and that are still live, most recent consent first. A grant is \
             live until it is revoked, it reaches its maximum age, its refresh token expires, or, without the scope `offline_access`, its \
             session ends.",
        )
        .returns::<GrantsResponse>(schemas, json!({"success": true, "grants": [example()]}))
}
