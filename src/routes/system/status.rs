//! `GET /api/auth/status`: the state of the service, for administrators. Names and counts only, never a value of the configuration.

mod configuration;

use crate::app::RequestContext;
use crate::domain::audit::Kind;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::status::{self, MAX_COUNT, Scope, Status};
use configuration::{BindingStatus, VariableStatus, bindings, variables};
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/status",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Admin(|context, _, _| Box::pin(handle(context))),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

const DAY_SECONDS: i64 = 86_400;

/// State of the service.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct StatusResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Version of the service.
    pub version: &'static str,
    /// Sign-ins of the last 24 hours.
    pub sign_ins: BoundedCount,
    /// Refused sign-ins of the last 24 hours.
    pub failed_sign_ins: BoundedCount,
    /// Accounts that are locked for unrecognised devices.
    pub locked_accounts: BoundedCount,
    /// Users.
    pub users: BoundedCount,
    /// Size of the database in bytes.
    pub database_bytes: u64,
    /// The audit log.
    pub audit: AuditStatus,
    /// The webhook of the audit log.
    pub webhook: WebhookStatus,
    /// Second factors.
    pub factors: FactorStatus,
    /// The last cron event; null before the first one.
    pub cron: Option<CronStatus>,
    /// Variables and secrets, in the order of the reference.
    pub variables: Vec<VariableStatus>,
    /// Bindings.
    pub bindings: Vec<BindingStatus>,
}

/// A count of at most 10,000.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BoundedCount {
    /// The count, 10,000 at most.
    pub count: u32,
    /// Whether there may be more.
    pub is_limited: bool,
}

/// State of the audit log.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuditStatus {
    /// Time of the oldest entry in the database; null if there is none.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Option<crate::timestamp::Timestamp>")
    )]
    pub oldest_entry: Option<String>,
    /// Number of the last entry; 0 if there is none.
    pub last_entry: u32,
    /// Time of the last checkpoint; null if there is none.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Option<crate::timestamp::Timestamp>")
    )]
    pub last_checkpoint: Option<String>,
    /// Number of checkpoints.
    pub checkpoints: u32,
    /// Number of entries after the last checkpoint.
    pub rows_after_checkpoint: u32,
    /// Number of archived ranges.
    pub archives: u32,
    /// Number of the last archived entry; 0 if there is none.
    pub archived_to: u32,
}

/// State of the webhook.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct WebhookStatus {
    /// Whether entries are sent.
    pub is_configured: bool,
    /// Number of the last entry that was sent; 0 if there is none.
    pub sent_to: u32,
    /// Time of the last message that was accepted; null if there is none.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "Option<crate::timestamp::Timestamp>")
    )]
    pub last_sent_at: Option<String>,
    /// Number of entries that have not been sent yet; null if no webhook is configured.
    pub lag: Option<u32>,
}

/// State of second factors.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct FactorStatus {
    /// Secrets of one-time codes that the current `FACTOR_KEY` has not sealed. The cron event seals those of `FACTOR_KEY_PREVIOUS` again;
    /// the others cannot be used.
    pub totp_of_other_keys: BoundedCount,
    /// Sign-ins that wait for a second factor.
    pub pending_sign_ins: BoundedCount,
}

/// The last cron event.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct CronStatus {
    /// When it began.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "crate::timestamp::Timestamp")
    )]
    pub started_at: String,
    /// When it ended.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(with = "crate::timestamp::Timestamp")
    )]
    pub ended_at: String,
    /// Names of the parts that failed; `audit_broken` if the audit log, a table or a user was altered outside the service.
    pub failed: Vec<String>,
}

async fn handle(context: RequestContext) -> Result<Response, ApiError> {
    let app = context.app;
    let kinds = [Kind::SignIn, Kind::SignInFailed].map(Kind::as_str);
    let scope = Scope {
        kinds,
        since: context.received_at.plus(-DAY_SECONDS),
        factor_key: app.factor_keys.as_ref().map_or("", |keys| keys.id()),
        now: context.received_at,
    };
    let found = status::read(app.database, &scope).await?;
    let [sign_ins, failed_sign_ins] = found.counts.map(bounded);
    let is_configured = app.config.audit.webhook.is_some();
    Ok(Response::ok(&StatusResponse {
        success: true,
        version: env!("CARGO_PKG_VERSION"),
        sign_ins,
        failed_sign_ins,
        locked_accounts: bounded(found.locked),
        users: bounded(found.users),
        database_bytes: whole(found.bytes),
        webhook: webhook(&found, is_configured),
        variables: variables(&app.config.set_variables),
        bindings: bindings(&app.bindings),
        factors: FactorStatus {
            totp_of_other_keys: bounded(found.totp_of_other_keys),
            pending_sign_ins: bounded(found.pending_sign_ins),
        },
        audit: AuditStatus {
            oldest_entry: found.oldest,
            last_entry: found.last,
            checkpoints: found.checkpoint.as_ref().map_or(0, |last| last.number),
            last_checkpoint: found.checkpoint.map(|last| last.at),
            rows_after_checkpoint: found.last.saturating_sub(found.covered),
            archives: found.archives,
            archived_to: found.archived,
        },
        cron: found.cron.map(|cron| CronStatus {
            started_at: cron.started_at,
            ended_at: cron.ended_at,
            failed: cron.failed,
        }),
    }))
}

/// A size in bytes. D1 has 10 GB at most.
fn whole(bytes: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size, saturating"
    )]
    let bytes = bytes as u64;
    bytes
}

fn bounded(count: u32) -> BoundedCount {
    BoundedCount {
        count,
        is_limited: count >= MAX_COUNT,
    }
}

fn webhook(found: &Status, is_configured: bool) -> WebhookStatus {
    let sent_to = found.sent.as_ref().map_or(0, |sent| sent.last);
    WebhookStatus {
        is_configured,
        sent_to,
        last_sent_at: found.sent.as_ref().map(|sent| sent.at.clone()),
        // Archived entries are not sent any more.
        lag: is_configured.then(|| found.last.saturating_sub(sent_to.max(found.archived))),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    let count = |count: u32| json!({"count": count, "is_limited": false});
    Operation::new("getStatus", "System", "Get status")
        .describe("Requires the role `admin` or higher. Returns counts, the state of the audit log, and for each variable whether it is set. \
             It never returns the value of a variable.")
        .returns::<StatusResponse>(
            schemas,
            json!({
                "success": true,
                "version": "0.1.0",
                "sign_ins": count(120),
                "failed_sign_ins": count(3),
                "locked_accounts": count(0),
                "users": count(17),
                "database_bytes": 1_048_576,
                "audit": {
                    "oldest_entry": "2024-01-01T00:00:00Z",
                    "last_entry": 1042,
                    "last_checkpoint": "2024-01-10T12:10:00Z",
                    "checkpoints": 20,
                    "rows_after_checkpoint": 2,
                    "archives": 0,
                    "archived_to": 0
                },
                "webhook": {"is_configured": false, "sent_to": 0, "last_sent_at": null, "lag": null},
                "factors": {"totp_of_other_keys": count(0), "pending_sign_ins": count(1)},
                "cron": {"started_at": "2024-01-10T12:10:00Z", "ended_at": "2024-01-10T12:10:01Z", "failed": []},
                "variables": [{"name": "JWT_SECRET", "is_secret": true, "is_required": true, "is_set": true, "rotates": true}],
                "bindings": [{"name": "DB", "is_set": true}]
            }),
        )
}
