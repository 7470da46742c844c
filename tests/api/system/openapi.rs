//! `GET /api/auth/openapi.json`: the OpenAPI document. `support/contract.rs` checks every response of every test against
//! it.

mod schemas;

use crate::support::App;
use crate::support::contract::{DOCUMENT, pointer, resolve, resolved, violation};
use crate::support::internals::OPENAPI;
use crate::support::routes;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn object(value: &Value) -> &Map<String, Value> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
}

/// Path, method and description of every operation.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = object(&DOCUMENT["paths"]).iter();
    paths
        .flat_map(|(path, item)| {
            let operations = object(item).iter();
            operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

const FORM: &str = "application/x-www-form-urlencoded";

/// The media type of every JSON body and form, with its JSON pointer.
fn bodies() -> Vec<(String, &'static Value)> {
    let mut bodies = Vec::new();
    for (path, method, operation) in operations() {
        let mut names = Vec::new();
        if operation.get("requestBody").is_some() {
            names.push(vec!["requestBody"]);
        }
        // A redirect has no body.
        for status in object(&operation["responses"]).keys() {
            if status != "303" {
                names.push(vec!["responses", status]);
            }
        }
        for names in names {
            let start = ["paths", path, method];
            let content = [&start[..], &names, &["content"]].concat();
            let content = DOCUMENT.pointer(&format!("/{}", pointer(&content)));
            // Each line of an export is an object of its own.
            if content.is_some_and(|content| content.get("application/x-ndjson").is_some()) {
                continue;
            }
            let is_form = content.is_some_and(|content| content.get(FORM).is_some());
            let media_type = if is_form { FORM } else { "application/json" };
            let body = [&start[..], &names, &["content", media_type]].concat();
            let pointer = pointer(&body);
            let media = DOCUMENT.pointer(&format!("/{pointer}"));
            let media = media.unwrap_or_else(|| panic!("{pointer} is missing"));
            bodies.push((pointer, media));
        }
    }
    bodies
}

fn each_value(value: &'static Value, visit: &mut impl FnMut(&'static str, &'static Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                visit(name, field);
                each_value(field, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_value(item, visit)),
        _ => {}
    }
}

#[tokio::test]
async fn openapi_is_public_and_reads_no_store() {
    let app = App::shared();
    let response = app.anonymous().openapi().await;
    response.assert_status(200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.text(), OPENAPI);
    assert!(response.recorded().await.calls.is_empty());
}

#[test]
fn document_is_openapi_3_1() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
    assert_eq!(DOCUMENT["info"]["title"], "Edge Auth");
    assert_eq!(DOCUMENT["info"]["version"], env!("CARGO_PKG_VERSION"));
    let known = ["openapi", "info", "servers", "tags", "paths", "components"];
    assert!(
        object(&DOCUMENT)
            .keys()
            .all(|field| known.contains(&field.as_str()))
    );
    for (path, method, operation) in operations() {
        let prefixes = ["/api/auth/", "/oauth/", "/.well-known/"];
        let is_known = prefixes.iter().any(|prefix| path.starts_with(prefix));
        assert!(is_known, "{path}");
        assert!(
            ["get", "post", "patch", "delete"].contains(&method),
            "{method} {path}"
        );
        for field in ["operationId", "summary", "description"] {
            assert!(
                operation[field]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{path} {field}"
            );
        }
        for (status, response) in object(&operation["responses"]) {
            assert!(response["description"].is_string(), "{path} {status}");
            let number: u16 = status.parse().expect("a status");
            assert!((200..600).contains(&number), "{path} {status}");
        }
        let success = if ["/oauth/authorize", "/oauth/logout"].contains(&path) {
            "303"
        } else {
            "200"
        };
        assert!(operation["responses"][success].is_object(), "{path}");
    }
}

#[test]
fn document_describes_exactly_the_routes() {
    let described: BTreeSet<_> = operations()
        .into_iter()
        .map(|(path, method, _)| (path, method))
        .collect();
    let routes = routes::all();
    let methods: Vec<String> = routes
        .iter()
        .map(|route| route.method.to_lowercase())
        .collect();
    let expected = routes.iter().zip(&methods);
    let expected = expected.map(|(route, method)| (route.template, method.as_str()));
    assert_eq!(
        described,
        expected.collect(),
        "run WRITE_OPENAPI=1 cargo test --test openapi"
    );
}

#[test]
fn operation_ids_are_unique() {
    let names: BTreeSet<_> = operations()
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str())
        .collect();
    assert_eq!(names.len(), operations().len());
}

#[test]
fn references_resolve_and_components_are_used() {
    let mut used = BTreeSet::new();
    each_value(&DOCUMENT, &mut |name, value| {
        if name == "$ref" {
            resolve(value.as_str().unwrap());
            used.insert(value.as_str().unwrap());
        }
    });
    let components = ["schemas", "headers"].map(|kind| {
        let names = object(&DOCUMENT["components"][kind]).keys();
        names.map(move |name| format!("#/components/{kind}/{name}"))
    });
    let components: BTreeSet<String> = components.into_iter().flatten().collect();
    let used: BTreeSet<String> = used.into_iter().map(str::to_owned).collect();
    assert_eq!(used, components);
}

#[test]
fn examples_conform_to_their_schemas() {
    let mut count = 0;
    for (name, media) in bodies() {
        let one = media.get("example").into_iter();
        let several = media.get("examples").map(object).into_iter().flatten();
        let examples: Vec<_> = one
            .chain(several.map(|(_, example)| &example["value"]))
            .collect();
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            assert_eq!(violation(&format!("{name}/schema"), example), None);
            count += 1;
        }
    }
    assert!(count > bodies().len());
}

/// The part of request bodies with the response of an authenticator, whose fields depend on the ceremony.
const AUTHENTICATOR_RESPONSE: &str = "ResponseJson";

/// The fields that a response may lack, because a standard says so (RFC 6749 section 5.1, RFC 7662 section 2.2, `OpenID` Connect
/// Core section 5.3.2).
const OPTIONAL_FIELDS: &[(&str, &[&str])] = &[
    ("AccessTokenResponse", &["id_token", "refresh_token"]),
    (
        "UserInfoResponse",
        &[
            "email",
            "email_verified",
            "name",
            "preferred_username",
            "roles",
            "updated_at",
        ],
    ),
    (
        "TokenStatus",
        &[
            "aud",
            "client_id",
            "exp",
            "iat",
            "iss",
            "jti",
            "scope",
            "sub",
            "token_type",
        ],
    ),
];

#[test]
fn fields_of_responses_are_required() {
    for (name, schema) in object(&DOCUMENT["components"]["schemas"]) {
        let Some(properties) = schema.get("properties") else {
            continue;
        };
        if name.ends_with("Request") || name == AUTHENTICATOR_RESPONSE {
            continue;
        }
        let required: BTreeSet<_> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let all: BTreeSet<_> = object(properties).keys().map(String::as_str).collect();
        let optional = OPTIONAL_FIELDS.iter().find(|(known, _)| known == name);
        let optional: BTreeSet<_> = optional
            .into_iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        assert!(optional.is_subset(&all), "{name}");
        assert_eq!(required, &all - &optional, "{name}");
    }
}

/// Whether OAuth clients may use a route with an access token.
fn takes_client(path: &str, method: &str) -> bool {
    let is_it =
        |route: &routes::Route| route.template == path && route.method.eq_ignore_ascii_case(method);
    let found = routes::all().into_iter().find(is_it);
    found.is_some_and(|route| route.scope().is_some())
}

#[test]
fn responses_describe_their_headers() {
    for (path, method, operation) in operations() {
        for (status, response) in object(&operation["responses"]) {
            let name = path.trim_start_matches("/api/auth/");
            let mut expected = BTreeSet::from([("X-Request-Id", true)]);
            if status.as_str() >= "400" {
                expected.insert(("Edge-Auth-Error", true));
            }
            match (status.as_str(), name) {
                ("200", "login") => {
                    expected.extend([("Edge-Auth-Expires", true), ("Set-Cookie", false)]);
                }
                (
                    "200",
                    "set-password"
                    | "change-password"
                    | "confirm-email"
                    | "session"
                    | "sessions/{id}"
                    | "logout"
                    | "logout-all"
                    | "sign-in/passkey-options"
                    | "authorization-request",
                ) => {
                    expected.insert(("Set-Cookie", false));
                }
                ("200", "sign-in") => expected.extend([
                    ("Edge-Auth-Expires", false),
                    ("Preference-Applied", false),
                    ("Set-Cookie", false),
                ]),
                ("200", "sign-in/verify") => {
                    expected.extend([("Edge-Auth-Expires", false), ("Set-Cookie", false)]);
                }
                ("200", "step-up") => {
                    expected.extend([("Preference-Applied", false), ("Set-Cookie", false)]);
                }
                ("200", "users" | "users/{id}" | "clients/{id}" | "clients/{id}/secret")
                    if method != "delete" =>
                {
                    expected.insert(("ETag", true));
                }
                ("200", "clients") if method == "post" => {
                    expected.insert(("ETag", true));
                }
                ("200", "clients/{id}/grants") => {
                    expected.insert(("ETag", true));
                }
                ("200", "audit/export" | "users/export") => {
                    expected.insert(("Edge-Auth-Next", false));
                }
                (
                    "200",
                    "/oauth/jwks.json"
                    | "/.well-known/oauth-authorization-server"
                    | "/.well-known/openid-configuration",
                ) => {
                    expected.insert(("Cache-Control", true));
                }
                ("200", "refresh" | "aws-login" | "/oauth/token") => {
                    expected.insert(("Edge-Auth-Expires", true));
                }
                ("303", _) => {
                    expected.extend([("Location", true), ("Set-Cookie", false)]);
                }
                ("200", "consent") => {
                    expected.insert(("Set-Cookie", true));
                }
                ("200", "token") => {
                    expected.extend([("Edge-Auth-Expires", true), ("Preference-Applied", false)]);
                }
                ("401", _) => {
                    expected.insert(("WWW-Authenticate", true));
                }
                // The scope that an access token needs.
                ("403", _) if takes_client(path, method) => {
                    expected.insert(("WWW-Authenticate", false));
                }
                // Without Retry-After the code has expired.
                ("408", _) => {
                    expected.extend([("Preference-Applied", false), ("Retry-After", false)]);
                }
                ("415", _) => {
                    expected.insert(("Accept-Encoding", false));
                }
                ("429" | "503", _) => {
                    expected.insert(("Retry-After", true));
                }
                _ => {}
            }
            let described: BTreeSet<(&str, bool)> = object(&response["headers"])
                .iter()
                .map(|(name, header)| (name.as_str(), resolved(header)["required"] == true))
                .collect();
            assert_eq!(described, expected, "{path} {status}");
        }
    }
}

#[test]
fn header_and_cookie_parameters_are_described() {
    let named = |path: &str, place: &str| -> Vec<&'static str> {
        let operation = &DOCUMENT["paths"][path]["post"];
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters
            .filter(|parameter| parameter["in"] == place && parameter["required"] == false)
            .filter_map(|parameter| parameter["name"].as_str())
            .collect()
    };
    for path in ["/api/auth/token", "/api/auth/sign-in", "/api/auth/step-up"] {
        assert_eq!(named(path, "header"), ["Prefer"], "{path}");
    }
    for path in [
        "/api/auth/login",
        "/api/auth/sign-in",
        "/api/auth/set-password",
    ] {
        assert_eq!(named(path, "cookie"), ["__Host-edge-auth-device"], "{path}");
    }
}

#[test]
fn routes_that_need_a_session_require_a_token_or_a_cookie() {
    for route in routes::all() {
        let name = route.name();
        let operation = &DOCUMENT["paths"][route.template][route.method.to_lowercase()];
        // Credentials of clients may also be in the form.
        let takes_client = [
            "POST /oauth/token",
            "POST /oauth/introspect",
            "POST /oauth/revoke",
        ]
        .contains(&name.as_str());
        let expected = match route.required_role() {
            None if takes_client => json!([{ "client": [] }, {}]),
            None if route.template == "/oauth/userinfo" => json!([{ "userInfoToken": [] }]),
            Some(_) if route.scope().is_some() => {
                json!([{ "bearer": [] }, { "cookie": [] }, { "accessToken": [route.scope()] }])
            }
            Some(_) if route.takes_cookie() => json!([{ "bearer": [] }, { "cookie": [] }]),
            Some(_) => json!([{ "bearer": [] }]),
            None if route.takes_cookie() => json!([{ "bearer": [] }, { "cookie": [] }, {}]),
            None => json!([]),
        };
        assert_eq!(operation["security"], expected, "{name}");
    }
    let cookie = &DOCUMENT["components"]["securitySchemes"]["cookie"];
    assert_eq!(cookie["type"], "apiKey");
    assert_eq!(
        (&cookie["in"], &cookie["name"]),
        (&json!("cookie"), &json!("__Host-edge-auth-session"))
    );
    assert_eq!(
        DOCUMENT["components"]["securitySchemes"]["bearer"],
        json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" })
    );
}
