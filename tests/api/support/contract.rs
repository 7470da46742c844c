//! The contract of every response in every test: the OpenAPI document describes it, and it has the headers that all
//! responses have.

use super::internals::{ErrorCode, OPENAPI};
use super::pages;
use super::response::Response;
use super::routes;
use super::snapshot::{TIME_SHAPE, UUID_SHAPE, has_shape};
use jsonschema::{Registry, Validator};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

const ERROR_REFERENCE: &str = include_str!("../../../docs/reference/errors.md");

/// Headers with the same value in every response.
pub const COMMON_HEADERS: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    // A 204 response does not have it.
    ("content-type", "application/json"),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("vary", "Origin"),
    ("x-content-type-options", "nosniff"),
];

/// Headers that the local runtime adds.
pub const RUNTIME_HEADERS: [&str; 4] =
    ["connection", "content-length", "date", "transfer-encoding"];

/// Headers of some responses. Except for those of CORS, the OpenAPI document describes each of them where it occurs.
const OTHER_HEADERS: [&str; 18] = [
    "accept-encoding",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "edge-auth-error",
    "edge-auth-expires",
    "edge-auth-next",
    "etag",
    // Of the redirect from `/`.
    "location",
    "preference-applied",
    "retry-after",
    "set-cookie",
    "www-authenticate",
    "x-request-id",
];

/// The OpenAPI document.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(OPENAPI).expect("a document in JSON"));

/// Fails the test if the response breaks the contract.
pub(super) fn check(response: &Response) {
    let Response {
        status, headers, ..
    } = response;
    let violation = if pages::is_page(response) {
        pages::violation(response)
    } else {
        wrong_headers(response, media_type(response))
            .or_else(|| wrong_error_code(*status, headers))
            .or_else(|| undocumented(response))
    };
    if let Some(violation) = violation {
        panic!(
            "{}: {status} {violation}\n{headers:#?}\n{}",
            response.request(),
            response.text()
        );
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The description of a response; null if the document has none.
fn documented(response: &Response) -> &'static Value {
    let path = response.path.split('?').next().unwrap_or(&response.path);
    let path = routes::template(path);
    let method = match response.method.as_str() {
        "HEAD" => "get".to_owned(),
        name => name.to_ascii_lowercase(),
    };
    &DOCUMENT["paths"][path][method]["responses"][response.status.to_string()]
}

/// The media type that the document gives a response; JSON if it describes none.
fn media_type(response: &Response) -> &'static str {
    let types = documented(response)["content"].as_object();
    let first = types.and_then(|types| types.keys().next());
    first.map_or(JSON, String::as_str)
}

const JSON: &str = "application/json";

/// `Cache-Control` of the responses for which the document describes it.
const CACHED: &str = "public, max-age=300";

/// The first error in the headers that any response of the API may have.
fn wrong_headers(response: &Response, media_type: &'static str) -> Option<String> {
    let Response {
        status, headers, ..
    } = response;
    let has_body = ![204, 302, 303].contains(status);
    let without_type = COMMON_HEADERS
        .into_iter()
        .filter(|(name, _)| *name != "content-type");
    let mut common: Vec<_> = without_type.collect();
    if documented(response)["headers"]["Cache-Control"].is_object() {
        common.retain(|(name, _)| *name != "cache-control");
        common.push(("cache-control", CACHED));
    }
    if has_body {
        common.push(("content-type", media_type));
    }
    let common = &common[..];
    if !has_body && headers.contains_key("content-type") {
        return Some("there is a content type without a body".to_owned());
    }
    header_is_wrong(headers, common, &OTHER_HEADERS)
}

/// The first error in the headers of a response that has these headers, perhaps the other ones, and an id.
pub(super) fn header_is_wrong(
    headers: &HeaderMap,
    common: &[(&str, &str)],
    others: &[&str],
) -> Option<String> {
    for (name, expected) in common {
        let found: Vec<_> = headers.get_all(*name).iter().collect();
        if found != [*expected] {
            return Some(format!("the header {name} is {found:?}"));
        }
    }
    let id = value(headers, "x-request-id").unwrap_or_default();
    let is_ray_id = id.len() == 20 && has_shape(&id[..16], "xxxxxxxxxxxxxxxx");
    let ids = headers.get_all("x-request-id").iter().count();
    if ids != 1 || !(is_ray_id || has_shape(id, UUID_SHAPE)) {
        return Some(format!("X-Request-Id is {id:?}"));
    }
    let is_known = |name: &str| {
        common.iter().any(|(common, _)| *common == name)
            || RUNTIME_HEADERS.contains(&name)
            || others.contains(&name)
    };
    let unknown = headers.keys().find(|name| !is_known(name.as_str()))?;
    Some(format!("the header {unknown} is unknown"))
}

/// A wrong error code. `docs/reference/errors.md` lists each code with its status.
fn wrong_error_code(status: u16, headers: &HeaderMap) -> Option<String> {
    let code = value(headers, "edge-auth-error");
    if status < 400 {
        return code.map(|code| format!("a success has the error code {code}"));
    }
    let is_it = |known: &ErrorCode| Some(known.as_str()) == code && known.status() == status;
    let is_listed = |code| ERROR_REFERENCE.contains(&format!("| `{code}` | {status} |"));
    let is_right = ErrorCode::ALL.iter().any(is_it) && code.is_some_and(is_listed);
    (!is_right).then(|| format!("the error code is {code:?}"))
}

/// The first part of a response that the OpenAPI document does not describe.
fn undocumented(response: &Response) -> Option<String> {
    let Response {
        status,
        headers,
        method,
        ..
    } = response;
    let path = response.path.split('?').next().unwrap_or(&response.path);
    let path = routes::template(path);
    let operations = &DOCUMENT["paths"][&path];
    // Method names are case-sensitive; `get` is not `GET`.
    let operation_name = match method.as_str() {
        "HEAD" => "get".to_owned(),
        name if name == name.to_ascii_uppercase() => name.to_ascii_lowercase(),
        _ => String::new(),
    };
    let operation = &operations[&operation_name];
    if operation.is_null() {
        // OpenAPI describes neither other paths nor other methods nor preflights.
        let expected = match (operations.is_null(), method.as_str()) {
            // `/`, and other methods on pages.
            _ if !pages::is_api(&path) => [302, 405].contains(status),
            (_, "OPTIONS") => [204, 403, 404, 405].contains(status),
            (true, _) => *status == 404,
            (false, _) => *status == 405,
        };
        return (!expected).then(|| "neither path nor method is documented".to_owned());
    }
    let documented = &operation["responses"][status.to_string()];
    if documented.is_null() {
        return Some("the status is not documented".to_owned());
    }
    if let Some(violation) = undocumented_headers(documented, headers) {
        return Some(violation);
    }
    if let Some(code) = value(headers, "edge-auth-error") {
        let examples = &documented["content"]["application/json"]["examples"];
        // The client resolves dot segments in a path, so the request may be for another path than it seems.
        if examples[code].is_null() && code != "not_found" {
            return Some(format!("the error code {code} is not documented"));
        }
    }
    if method == "HEAD" {
        return (!response.body.is_empty()).then(|| "the response to HEAD has a body".to_owned());
    }
    if documented["content"].is_null() {
        return (!response.body.is_empty()).then(|| "the redirect has a body".to_owned());
    }
    if media_type(response) != JSON {
        let text = response.text();
        let is_object = |line| serde_json::from_str::<Map<String, Value>>(line).is_ok();
        let is_valid = text.lines().all(is_object) && (text.is_empty() || text.ends_with('\n'));
        return (!is_valid).then(|| "the body is not JSON Lines".to_owned());
    }
    let Ok(body) = serde_json::from_slice(&response.body) else {
        return Some("the body is not JSON".to_owned());
    };
    let status = status.to_string();
    let names = ["paths", &path, &operation_name, "responses", &status];
    let schema = [&names[..], &["content", "application/json", "schema"]].concat();
    violation(&pointer(&schema), &body)
}

/// The JSON pointer of these names, without the leading slash.
pub fn pointer(names: &[&str]) -> String {
    let escaped = names
        .iter()
        .map(|name| name.replace('~', "~0").replace('/', "~1"));
    escaped.collect::<Vec<_>>().join("/")
}

fn undocumented_headers(documented: &'static Value, headers: &HeaderMap) -> Option<String> {
    let described = documented["headers"].as_object();
    for (name, header) in described.into_iter().flatten() {
        let header = resolved(header);
        match value(headers, name) {
            None if header["required"] == true => {
                return Some(format!("the documented header {name} is missing"));
            }
            Some(value) if !is_header_value(&header["schema"], value) => {
                return Some(format!("the header {name} is {value}"));
            }
            _ => {}
        }
    }
    let is_described = |name: &str| {
        let mut names = described.into_iter().flat_map(Map::keys);
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    let mut others = OTHER_HEADERS
        .iter()
        .filter(|name| !name.starts_with("access-control-"));
    let name = others.find(|name| headers.contains_key(**name) && !is_described(name))?;
    Some(format!("the header {name} is not documented"))
}

/// Whether a header has the type of its schema.
fn is_header_value(schema: &Value, value: &str) -> bool {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) => value.parse::<u32>().is_ok(),
        (_, Some("date-time")) => has_shape(value, TIME_SHAPE),
        _ => !value.is_empty(),
    }
}

/// A header of the document, or the target of its reference.
pub fn resolved(header: &'static Value) -> &'static Value {
    header["$ref"].as_str().map_or(header, resolve)
}

/// The target of a local reference.
pub fn resolve(reference: &str) -> &'static Value {
    let pointer = reference.strip_prefix('#');
    let target = pointer.and_then(|pointer| DOCUMENT.pointer(pointer));
    target.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// The URI of the document for JSON Schema.
const URI: &str = "urn:edge-auth:openapi";

/// The document, in which no object may have a field that is not described.
static STRICT_DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    fn forbid_other_fields(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if fields.get("properties").is_some_and(Value::is_object) {
                    fields.entry("additionalProperties").or_insert(json!(false));
                }
                fields.values_mut().for_each(forbid_other_fields);
            }
            Value::Array(items) => items.iter_mut().for_each(forbid_other_fields),
            _ => {}
        }
    }
    let mut document = DOCUMENT.clone();
    forbid_other_fields(&mut document);
    document
});

/// The first violation of the schema at this JSON pointer into the document (without the leading slash).
pub fn violation(schema: &str, value: &Value) -> Option<String> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> =
        LazyLock::new(Mutex::default);
    let validator = {
        let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators
            .entry(schema.to_owned())
            .or_insert_with(|| Arc::new(validator(schema)));
        validator.clone()
    };
    let error = validator.iter_errors(value).next()?;
    Some(format!("{}: {error}", error.instance_path()))
}

fn validator(schema: &str) -> Validator {
    // Braces are not allowed in a URI reference.
    let fragment = schema.replace('{', "%7B").replace('}', "%7D");
    let registry = Registry::new()
        .add(URI, STRICT_DOCUMENT.clone())
        .and_then(jsonschema::RegistryBuilder::prepare)
        .expect("the OpenAPI document is a JSON document");
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_registry(&registry)
        .with_format("date-time", |text| has_shape(text, TIME_SHAPE))
        .with_format("uuid", |text| has_shape(text, UUID_SHAPE))
        .should_validate_formats(true)
        .build(&json!({ "$ref": format!("{URI}#/{fragment}") }))
        .unwrap_or_else(|error| panic!("{schema}: {error}"))
}
