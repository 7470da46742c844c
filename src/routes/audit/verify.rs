//! `GET /api/auth/audit/verify`: verifies the audit log, the tables of D1 and the users, for super administrators. Each call
//! verifies a part, so that it stays well within the CPU limit of one second (`cpu_ms` in wrangler.toml).

mod archived;
mod part;

use crate::app::RequestContext;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::audit::{
    Account, AccountChange, Archive, MAX_CHECKPOINT_ROWS, SchemaChange, Verified, Violation,
    ViolationKind, first_after, schema_changes,
};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::query::{self, Query};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::StoreError;
use crate::runtime::rate_limiter::Bucket;
use crate::store::checkpoints::Range;
use crate::store::integrity;
use part::Part;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/audit/verify",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::SuperAdminOrClient(AdministrationScope::AuditRead, |context, request, _| {
        Box::pin(handle(context, request))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Maximum number of checkpoints per call.
const MAX_CHECKPOINTS: u32 = 4;
/// Maximum number of rows per call.
const MAX_ROWS: u32 = MAX_CHECKPOINTS * MAX_CHECKPOINT_ROWS;
/// Maximum number of users per call.
const MAX_USERS: u32 = 500;
/// Maximum number of objects that a response names.
const MAX_OBJECTS: usize = 50;
/// Maximum number of bytes of an id in the cursor: more than a UUID has, because an altered row may hold any id.
const MAX_ID_BYTES: usize = 64;

/// Prefix of a user's id in the cursor; without it, the cursor is the number of a row.
const USER_CURSOR: &str = "user.";

/// Result of a verification.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuditVerifyResponse {
    /// Always true; see `failure`, `schema_changes` and `user_changes` for the result.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Number of rows that this call verified.
    pub rows: u32,
    /// Number of verified rows whose address and device are still stored and match the signature.
    pub clients: u32,
    /// Number of users whose role and status this call compared with the last entries about them.
    pub users: u32,
    /// Number of the last row that a checkpoint covers; 0 if there is none.
    pub checkpointed_to: u32,
    /// Number of rows after the last checkpoint. If the last of these rows are removed, the removal cannot be detected.
    pub rows_after_checkpoint: u32,
    /// Number of the last row that was archived in R2; 0 if there is none.
    pub archived_to: u32,
    /// The first row of this call that fails verification; null if all are valid. After an archived range that fails, `next`
    /// continues with the row after it.
    pub failure: Option<Violation>,
    /// Key of the object in R2 with the row that fails; null if the row is in D1.
    pub failed_object: Option<String>,
    /// Tables, indexes, triggers and views that differ from the migrations; 50 at most.
    pub schema_changes: Vec<SchemaChange>,
    /// Users whose role or status differs from the last entry about them.
    pub user_changes: Vec<AccountChange>,
    /// Value of `after` for the next call; null if there is nothing left to verify.
    pub next: Option<String>,
}

/// Where a call begins.
#[derive(Debug, PartialEq, Eq)]
enum Cursor {
    /// After this row.
    Row(u32),
    /// After this user; all rows have been verified.
    User(String),
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(USER_CURSOR) {
            Some(id) => (id.len() <= MAX_ID_BYTES).then(|| Self::User(id.to_owned())),
            None => query::number(text, 0, u32::MAX).map(Self::Row),
        }
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let query = Query::of(&request, &["after"])?;
    let cursor = query.get("after", Cursor::parse)?;
    let mut response = AuditVerifyResponse {
        success: true,
        rows: 0,
        clients: 0,
        users: 0,
        checkpointed_to: 0,
        rows_after_checkpoint: 0,
        archived_to: 0,
        failure: None,
        failed_object: None,
        schema_changes: Vec::new(),
        user_changes: Vec::new(),
        next: None,
    };
    let user = match cursor.unwrap_or(Cursor::Row(0)) {
        Cursor::Row(after) => rows(&context, after, &mut response)
            .await?
            .then(String::new),
        Cursor::User(user) => {
            if let Some(range) = readable(context.app.checkpoints.range(u32::MAX, 1).await)? {
                response.state(&range);
            }
            Some(user)
        }
    };
    let found = integrity::schema(context.app.database).await?;
    response.schema_changes = schema_changes(&found);
    response.schema_changes.truncate(MAX_OBJECTS);
    if let Some(after) = user {
        let keys = &context.app.audit_keys;
        let found = integrity::accounts(context.app.database, keys, &after, MAX_USERS).await?;
        response.compare(&found);
    }
    Ok(Response::ok(&response))
}

/// Verifies the rows after this one. Returns true if no rows are left.
async fn rows(
    context: &RequestContext,
    after: u32,
    response: &mut AuditVerifyResponse,
) -> Result<bool, ApiError> {
    let checkpoints = context.app.checkpoints;
    // The head is read before D1; otherwise a checkpoint that is made in between would seem to be missing in D1.
    let head = checkpoints.head(&context.app.audit_keys).await?;
    let Some(range) = readable(checkpoints.range(after, MAX_CHECKPOINTS).await)? else {
        response.failure = Some(unreadable(after));
        return Ok(true);
    };
    let start = match (&range.before, range.checkpoints.first()) {
        // A checkpoint is verified from its beginning.
        (before, Some(_)) => first_after(before.as_ref()).saturating_sub(1),
        (_, None) => after.max(range.covered),
    };
    response.state(&range);
    let is_archived = |archive: &&Archive| archive.first <= after.saturating_add(1);
    if let Some(archive) = range.archive.as_ref().filter(is_archived) {
        archived::verify(context, head.known(), archive, response).await?;
        return Ok(false);
    }
    let Some(rows) = readable(checkpoints.rows_after(start, MAX_ROWS).await)? else {
        response.failure = Some(unreadable(start));
        return Ok(true);
    };
    let mut verified = Verified::default();
    let part = Part {
        context,
        head: &head,
        range: &range,
        start,
    };
    let next = match part.verify(&rows, &mut verified) {
        Ok(next) => next,
        Err(violation) => {
            response.failure = Some(violation);
            None
        }
    };
    response.rows = verified.rows;
    response.clients = verified.clients;
    response.next = next.map(|next| next.to_string());
    Ok(next.is_none())
}

/// `None` for rows with invalid values. A 503 response would hide these rows from the caller.
fn readable<T>(found: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(StoreError::CorruptRow(_)) => Ok(None),
        found => found.map(Some),
    }
}

fn unreadable(after: u32) -> Violation {
    Violation {
        number: after.saturating_add(1),
        reason: ViolationKind::Unreadable,
    }
}

impl AuditVerifyResponse {
    fn state(&mut self, range: &Range) {
        self.checkpointed_to = range.covered;
        self.rows_after_checkpoint = range.last.saturating_sub(range.covered);
        self.archived_to = range.archived;
    }

    fn compare(&mut self, found: &[Account]) {
        self.users = u32::try_from(found.len()).unwrap_or(u32::MAX);
        self.user_changes = found.iter().flat_map(Account::changes).collect();
        let is_full = found.len() >= MAX_USERS as usize;
        let last = found.last().filter(|_| is_full);
        self.next = last.map(|account| format!("{USER_CURSOR}{}", account.id));
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("verifyAuditLog", "Audit log", "Verify audit log")
        .describe("Requires the role `super_admin`. Verifies up to 2,000 rows per call and names the first one that fails. After an archived range that fails, verification continues with the next one. Compares \
             the tables and triggers of the database with the migrations, and the role and status of users with the last \
             entries about them. Archived rows are read from R2, one object per call. Repeat the call with `next` as `after` until `next` is null.")
        .query(
            "after",
            "`next` of the previous call, or the number of a row after which to begin",
            &json!({"type": "string", "pattern": "^([0-9]+|user\\..{0,64})$", "default": "0"}),
        )
        .returns::<AuditVerifyResponse>(
            schemas,
            json!({
                "success": true,
                "rows": 1042,
                "clients": 1042,
                "users": 17,
                "checkpointed_to": 1040,
                "rows_after_checkpoint": 2,
                "archived_to": 0,
                "failure": null,
                "failed_object": null,
                "schema_changes": [],
                "user_changes": [],
                "next": null
            }),
        )
        .errors(query::errors("after"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_is_a_row_or_a_user() {
        let user = |id: &str| Some(Cursor::User(id.to_owned()));
        assert_eq!(Cursor::parse("0"), Some(Cursor::Row(0)));
        assert_eq!(Cursor::parse("4294967295"), Some(Cursor::Row(u32::MAX)));
        assert_eq!(Cursor::parse("user.a"), user("a"));
        assert_eq!(Cursor::parse("user."), user(""));
        let long = format!("user.{}", "a".repeat(65));
        for text in ["", "-1", "x", "4294967296", "User.a", &long] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
