//! Errors in each service's own form.

use crate::form::escape;
use crate::http::{Reply, Request};
use crate::operation::{ModelledError, Operation, Service};
use serde_json::json;

/// The media type of Identity Store's protocol.
pub(crate) const JSON_1_1: &str = "application/x-amz-json-1.1";

/// The error of that name as the operation's model has it; one that is not modelled is a plain 400.
pub(crate) fn error(operation: Operation, request: &Request, name: &str, text: &str) -> Reply {
    let modelled = operation
        .errors()
        .into_iter()
        .find(|error| error.name == name);
    let (status, code) = modelled.map_or(
        (400, "invalid_request"),
        |ModelledError { status, code, .. }| (status, code),
    );
    raw(operation.service(), request, name, (status, code), text)
}

/// An error under any name and status.
pub(crate) fn raw(
    service: Service,
    request: &Request,
    name: &str,
    (status, code): (u16, &str),
    text: &str,
) -> Reply {
    match service {
        Service::Oidc => Reply::json(status, &json!({"error": code, "error_description": text}))
            .with(
                "x-amzn-ErrorType",
                format!("{name}:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/"),
            ),
        Service::Portal => Reply::json(
            status,
            &json!({"message": text, "__type": format!("com.amazonaws.switchboard.portal#{name}")}),
        )
        .with(
            "x-amzn-ErrorType",
            format!("{name}:http://internal.amazon.com/coral/com.amazonaws.switchboard.portal/"),
        ),
        Service::IdentityStore => Reply::new(
            status,
            JSON_1_1,
            json!({"__type": name, "Message": text}).to_string(),
        )
        .with("x-amzn-ErrorType", name),
        Service::Sts => sts(request, name, status, text),
    }
}

fn sts(request: &Request, name: &str, status: u16, text: &str) -> Reply {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let id = "00000000-0000-4000-a000-000000000000";
    if request.accepts("application/json") {
        let error =
            json!({"Error": {"Type": kind, "Code": name, "Message": text}, "RequestId": id});
        return Reply::json(status, &error);
    }
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>{kind}</Type>\n    \
         <Code>{name}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{id}</RequestId>\n</ErrorResponse>\n",
        escape(text)
    );
    Reply::new(status, "text/xml", body)
}
