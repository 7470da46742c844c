//! STS: `GetCallerIdentity`, in XML or, for `Accept: application/json`, in JSON.

use crate::failing::{error, raw};
use crate::form::{escape, value};
use crate::http::{Reply, Request};
use crate::operation::{Operation, Service};
use crate::signed::signer;
use crate::simulator::Simulator;
use crate::world::World;
use serde_json::json;

/// Answers whatever is sent to `/` without a target header: who signed is asked before what for.
pub(crate) fn answer(simulator: &Simulator, world: &World, request: &Request) -> Reply {
    let key = match signer(simulator, world, request, "sts") {
        Ok(key) => key,
        Err((refusal, text)) => {
            return error(
                Operation::GetCallerIdentity,
                request,
                refusal.of_sts(),
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
        return raw(Service::Sts, request, "InvalidAction", (400, ""), &text);
    }
    let who = &key.principal;
    let id = simulator.random.uuid();
    if request.accepts("application/json") {
        return Reply::json(
            200,
            &json!({"GetCallerIdentityResponse": {
                "GetCallerIdentityResult": {"Account": who.account, "Arn": who.arn, "UserId": who.user_id},
                "ResponseMetadata": {"RequestId": id},
            }}),
        );
    }
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <GetCallerIdentityResult>\n    \
         <Arn>{}</Arn>\n    <UserId>{}</UserId>\n    <Account>{}</Account>\n  </GetCallerIdentityResult>\n  \
         <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
        escape(&who.arn),
        escape(&who.user_id),
        escape(&who.account)
    );
    Reply::new(200, "text/xml", body)
}
