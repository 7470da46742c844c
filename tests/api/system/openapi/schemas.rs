//! The schemas of the document, and the check of responses against them.

use super::{bodies, object};
use crate::support::contract::{DOCUMENT, violation};
use serde_json::{Value, json};

#[test]
fn schemas_have_only_json_schema_keywords() {
    /// A validator ignores unknown keywords.
    const KEYWORDS: [&str; 21] = [
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "contentMediaType",
        "contentSchema",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "pattern",
        "properties",
        "required",
        "type",
    ];
    fn check(place: &str, schema: &Value) {
        for (keyword, value) in object(schema) {
            let is_known = KEYWORDS.contains(&keyword.as_str()) || keyword == "title";
            assert!(is_known, "{place}: {keyword}");
            match keyword.as_str() {
                "properties" => {
                    for (name, property) in object(value) {
                        check(&format!("{place}.{name}"), property);
                    }
                }
                "items" | "contentSchema" => check(place, value),
                "anyOf" | "oneOf" => {
                    for schema in value.as_array().expect("schemas") {
                        check(place, schema);
                    }
                }
                _ => {}
            }
        }
    }
    for (name, schema) in object(&DOCUMENT["components"]["schemas"]) {
        check(name, schema);
    }
    for (name, media) in bodies() {
        check(&name, &media["schema"]);
    }
}

#[test]
fn contract_check_rejects_undocumented_bodies() {
    let schema = "components/schemas/MeResponse";
    let good = json!({
        "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "username": "john.doe",
        "email": null,
        "full_name": "John Doe",
        "is_active": true
    });
    assert_eq!(violation(schema, &good), None);
    for (field, value) in [
        ("id", json!(1)),
        ("id", json!("123456")),
        ("email", json!(1)),
        ("role", json!("user")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(violation(schema, &bad).is_some(), "{bad}");
    }
    let mut bad = good;
    bad.as_object_mut().unwrap().remove("email");
    assert!(violation(schema, &bad).is_some(), "{bad}");
}

#[test]
fn optional_token_and_minimum_lengths_are_described() {
    let logout = &DOCUMENT["paths"]["/api/auth/logout"]["post"];
    let optional = json!([{ "bearer": [] }, { "cookie": [] }, {}]);
    assert_eq!(logout["security"], optional);
    let login = &DOCUMENT["components"]["schemas"]["LoginRequest"]["properties"];
    for field in ["username", "password"] {
        assert_eq!(login[field]["minLength"], 1, "{field}");
    }
}
