//! The API's own description, held against every reply that any test sees: a status, header or field that it does not
//! know fails the test that met it. The part of JSON Schema that the description uses is understood here; a keyword
//! beyond it fails too, so nothing goes unchecked.

use super::snapshot::has_shape;
use edge_auth::http::error_codes::ErrorCode;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};
use std::sync::LazyLock;

pub const TEXT: &str = include_str!("../../../src/routes/openapi.json");

const ERRORS: &str = include_str!("../../../docs/reference/errors.md");

pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(TEXT).expect("a description in JSON"));

/// Says what is wrong with the headers that a response must have whatever it is, if anything is: the id of the request, and
/// on errors a code of `docs/reference/errors.md` that has this status.
pub fn wrong_headers(status: u16, headers: &HeaderMap) -> Option<String> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let id = value("x-request-id").unwrap_or_default();
    let is_id = has_shape(id, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
        || id.len() == 20 && has_shape(&id[..16], "xxxxxxxxxxxxxxxx");
    if !is_id || headers.get_all("x-request-id").iter().count() != 1 {
        return Some(format!("X-Request-Id is {id:?}"));
    }
    let code = value("edge-auth-error");
    if status < 400 {
        return code.map(|code| format!("a success has the error code {code}"));
    }
    let is_known = |known: &&ErrorCode| Some(known.as_str()) == code && known.status() == status;
    let is_listed = code.is_some_and(|code| ERRORS.contains(&format!("| `{code}` | {status} |")));
    (ErrorCode::ALL.iter().find(is_known).is_none() || !is_listed)
        .then(|| format!("the error code is {code:?}"))
}

/// Says what is undocumented about a reply, if anything is.
pub fn undocumented(
    method: &str,
    path: &str,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<String> {
    let path = path.split('?').next().unwrap_or(path);
    let operations = &DOCUMENT["paths"][template(path)];
    let operation = match method {
        "HEAD" => &operations["get"],
        // Names of methods are in capitals; in others it is another method.
        _ if method == method.to_ascii_uppercase() => &operations[method.to_ascii_lowercase()],
        _ => &Value::Null,
    };
    if operation.is_null() {
        // OpenAPI describes what is there: not other paths, other methods or preflights.
        let expected = match (operations.is_null(), method) {
            (_, "OPTIONS") => [204, 403, 404, 405].contains(&status),
            (true, _) => status == 404,
            (false, _) => status == 405,
        };
        return (!expected).then(|| "neither path nor method is documented".to_owned());
    }
    let reply = &operation["responses"][status.to_string()];
    if reply.is_null() {
        return Some("the status is not documented".to_owned());
    }
    let described = reply["headers"].as_object();
    for (name, header) in described.into_iter().flatten() {
        let header = resolved(header);
        match headers.get(name).map(|value| value.to_str()) {
            None if header["required"] == true => {
                return Some(format!("the documented {name} is missing"));
            }
            Some(Ok(value)) if !is_header(&header["schema"], value) => {
                return Some(format!("{name} is {value}"));
            }
            _ => {}
        }
    }
    let is_described = |name: &str| {
        let mut names = described.into_iter().flat_map(Map::keys);
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    if let Some(name) = OF_SOME_RESPONSES
        .iter()
        .find(|name| headers.contains_key(**name) && !is_described(name))
    {
        return Some(format!("{name} is not documented"));
    }
    if let Some(code) = headers.get("edge-auth-error") {
        let examples = &reply["content"]["application/json"]["examples"];
        let code = code.to_str().unwrap_or_default();
        // A path with dot segments leads elsewhere than it seems to here: to no route.
        if examples[code].is_null() && code != "not_found" {
            return Some(format!(
                "the error code {code} is not documented: `failures` of the route in src/openapi.rs lacks it"
            ));
        }
    }
    if method == "HEAD" {
        return (!body.is_empty()).then(|| "a body to HEAD".to_owned());
    }
    let Ok(value) = serde_json::from_slice(body) else {
        return Some("the body is not JSON".to_owned());
    };
    violation(
        &reply["content"]["application/json"]["schema"],
        &value,
        "body",
    )
}

/// A header, or what its reference names.
pub fn resolved(header: &'static Value) -> &'static Value {
    header.get("$ref").map_or(header, resolve)
}

/// Headers that only some responses have: each of them is described where it occurs.
const OF_SOME_RESPONSES: [&str; 9] = [
    "accept-encoding",
    "allow",
    "edge-auth-error",
    "edge-auth-expires",
    "preference-applied",
    "retry-after",
    "set-cookie",
    "www-authenticate",
    "x-request-id",
];

/// Whether a header has the value that its schema says.
fn is_header(schema: &Value, value: &str) -> bool {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) => value.parse::<u32>().is_ok(),
        (_, Some("date-time")) => has_shape(value, "dddd-dd-ddTdd:dd:ddZ"),
        _ => !value.is_empty(),
    }
}

/// The path as the description has it.
fn template(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((start @ "/api/auth/sessions", id)) if !id.is_empty() => format!("{start}/{{id}}"),
        _ => path.to_owned(),
    }
}

/// The first place where a value is not what a schema says.
pub fn violation(schema: &Value, value: &Value, place: &str) -> Option<String> {
    let schema = schema
        .as_object()
        .unwrap_or_else(|| panic!("no schema for {place}: {schema}"));
    schema.iter().find_map(|(keyword, rule)| {
        let is_met = match keyword.as_str() {
            "$ref" => return violation(resolve(rule), value, place),
            "properties" => {
                return fields(value).iter().find_map(|(name, field)| {
                    rule.get(name).map_or_else(
                        || Some(format!("{place}.{name} is not documented")),
                        |schema| violation(schema, field, &format!("{place}.{name}")),
                    )
                });
            }
            "items" => {
                return list(value)
                    .iter()
                    .enumerate()
                    .find_map(|(index, item)| violation(rule, item, &format!("{place}[{index}]")));
            }
            "description" | "title" => true,
            "type" => has_type(rule, value),
            "required" => list(rule)
                .iter()
                .all(|name| name.as_str().is_some_and(|name| value.get(name).is_some())),
            "anyOf" => list(rule)
                .iter()
                .any(|schema| violation(schema, value, place).is_none()),
            "oneOf" => {
                let fitting = list(rule)
                    .iter()
                    .filter(|schema| violation(schema, value, place).is_none());
                fitting.count() == 1
            }
            "const" => rule == value,
            "minLength" => value
                .as_str()
                .is_none_or(|text| Some(text.chars().count() as u64) >= rule.as_u64()),
            "minimum" => value.is_null() || value.as_f64() >= rule.as_f64(),
            "format" | "pattern" => value.as_str().is_none_or(|text| is_formed(rule, text)),
            other => panic!("{place}: the tests do not know the keyword {other}"),
        };
        (!is_met).then(|| format!("{place} breaks {keyword} {rule}: {value}"))
    })
}

/// What a local reference names.
pub fn resolve(reference: &Value) -> &'static Value {
    let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
    pointer
        .and_then(|pointer| DOCUMENT.pointer(pointer))
        .unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    rule == own || list(rule).iter().any(|name| name == own)
}

fn is_formed(rule: &Value, text: &str) -> bool {
    let form = match rule.as_str() {
        Some("uuid") => "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        Some("date-time" | "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$") => {
            "dddd-dd-ddTdd:dd:ddZ"
        }
        other => panic!("the tests do not know the form {other:?}"),
    };
    super::snapshot::has_shape(text, form)
}
