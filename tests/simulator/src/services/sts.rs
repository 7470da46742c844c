//! STS: `GetCallerIdentity`, in XML, or in JSON for `Accept: application/json`.

use crate::authentication::authenticate;
use crate::encoding::escape;
use crate::errors::{error, error_response};
use crate::http::value;
use crate::http::{Request, Response};
use crate::operation::{Operation, Service};
use crate::random;
use crate::shared::Shared;
use crate::state::State;
use serde_json::json;

/// Responds to requests without `X-Amz-Target`. The signature is verified before the operation is read, as AWS does.
pub(crate) fn respond(shared: &Shared, state: &State, request: &Request) -> Response {
    let key = match authenticate(shared, state, request, "sts") {
        Ok(key) => key,
        Err((refusal, text)) => {
            return error(
                Operation::GetCallerIdentity,
                request,
                refusal.query_code(),
                &text,
            );
        }
    };
    let form = request.form();
    let (action, version) = (value(&form, "Action"), value(&form, "Version"));
    if (action, version) != (Some("GetCallerIdentity"), Some("2011-06-15")) {
        let text = format!(
            "Could not find operation {} for version {}",
            action.unwrap_or("None"),
            version.unwrap_or("NO_VERSION_SPECIFIED")
        );
        return error_response(Service::Sts, request, "InvalidAction", (400, ""), &text);
    }
    let identity = &key.identity;
    let id = random::uuid();
    if request.accepts("application/json") {
        return Response::json(
            200,
            &json!({"GetCallerIdentityResponse": {
                "GetCallerIdentityResult": {"Account": identity.account, "Arn": identity.arn, "UserId": identity.user_id},
                "ResponseMetadata": {"RequestId": id},
            }}),
        );
    }
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetCallerIdentityResult>\n    \
         <Arn>{}</Arn>\n    <UserId>{}</UserId>\n    <Account>{}</Account>\n  </GetCallerIdentityResult>\n  \
         <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
        escape(&identity.arn),
        escape(&identity.user_id),
        escape(&identity.account)
    );
    Response::new(200, "text/xml", body)
}
