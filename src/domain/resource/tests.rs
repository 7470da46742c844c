//! Which lists of resources are read.

use super::*;

const ISSUER: &str = "https://auth.example.com";
const LOCAL: &str = "http://localhost:8787";

fn with_uri(uri: &str) -> String {
    format!(r#"[{{"resource":"{uri}","name":"Reports","scopes":{{"reports:read":["user"]}}}}]"#)
}

fn with_scopes(scopes: &str) -> String {
    format!(r#"[{{"resource":"https://api.example.com","name":"Reports","scopes":{scopes}}}]"#)
}

#[test]
fn resources_are_read_in_their_order() {
    let text = r#"[
        {"resource": "https://api.example.com/v1", "name": " Reports ", "scopes": {
            "reports:write": ["admin", "super_admin"], "reports:read": ["user", "admin", "super_admin"]}},
        {"resource": "https://files.example.com", "name": "Files", "scopes": {"files": ["user"]}}
    ]"#;
    let resources = parse(text, ISSUER).expect("resources");
    let [reports, files] = &resources[..] else {
        panic!("{resources:?}")
    };
    assert_eq!(reports.uri, "https://api.example.com/v1");
    assert_eq!(reports.name, "Reports");
    let tokens: Vec<&str> = reports.scopes.iter().map(|scope| &*scope.token).collect();
    assert_eq!(tokens, ["reports:write", "reports:read"]);
    assert!(!reports.scopes[0].may_be_granted_by(Role::User));
    assert!(reports.scopes[0].may_be_granted_by(Role::Admin));
    assert!(reports.scopes[1].may_be_granted_by(Role::User));
    assert_eq!(files.uri, "https://files.example.com");
    assert_eq!(parse("[]", ISSUER), Some(Vec::new()));
}

#[test]
fn absolute_uri_without_fragment_is_accepted() {
    for uri in [
        "https://api.example.com",
        "https://api.example.com/",
        "https://api.example.com:8443/v1/",
        "https://api.example.com/a;b=c/%C3%A9?x=/%20?",
        "https://api.example.com?tenant=1",
        "https://192.0.2.7/mcp",
        "https://[2001:db8::1]:444/mcp",
        "https://auth.example.com.example.org",
        "https://auth.example.com:8443",
    ] {
        assert!(parse(&with_uri(uri), ISSUER).is_some(), "{uri}");
    }
    for uri in [
        "http://localhost:3000/mcp",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ] {
        assert!(parse(&with_uri(uri), LOCAL).is_some(), "{uri}");
        assert_eq!(parse(&with_uri(uri), ISSUER), None, "{uri}");
    }
}

#[test]
fn other_uri_is_refused() {
    for uri in [
        "",
        "https://",
        "/v1",
        "api.example.com",
        "urn:example:api",
        "ftp://api.example.com",
        "HTTPS://api.example.com",
        "https://API.example.com",
        "https://api.example.com:443",
        "https://api.example.com:",
        "https://api.example.com:0",
        "https://user@api.example.com",
        "https://api.example.com#",
        "https://api.example.com/#top",
        "https://api.example.com/a b",
        "https://api.example.com/\u{e9}",
        "https://api.example.com/%",
        "https://api.example.com/%g0",
        "https://api.example.com/%a",
        "https://api.example.com/../v1",
        "https://api.example.com/./v1",
        "https://api.example.com/%2E%2e/v1",
        "https://api.example.com/<x>",
        "https://127.1",
        "https://*.example.com",
        "http://api.example.com",
        "https://auth.example.com",
        "https://auth.example.com/",
        "https://auth.example.com/api/auth",
        "https://auth.example.com?x",
    ] {
        assert_eq!(parse(&with_uri(uri), ISSUER), None, "{uri}");
    }
    for uri in ["http://localhost:8787/api/auth", "http://api.example.com"] {
        assert_eq!(parse(&with_uri(uri), LOCAL), None, "{uri}");
    }
    let long = format!("https://api.example.com/{}", "x".repeat(MAX_URI_BYTES));
    assert_eq!(parse(&with_uri(&long[..=MAX_URI_BYTES]), ISSUER), None);
    assert!(parse(&with_uri(&long[..MAX_URI_BYTES]), ISSUER).is_some());
}

#[test]
fn scopes_follow_rfc_6749_and_have_roles() {
    for token in ["a", "!", "#", "[", "]", "~", "https://x/y", &"x".repeat(64)] {
        let scopes = format!(r#"{{"{token}":["user"]}}"#);
        assert!(parse(&with_scopes(&scopes), ISSUER).is_some(), "{token}");
    }
    let many = |count: usize| {
        let scopes: Vec<String> = (0..count).map(|n| format!(r#""s{n}":["user"]"#)).collect();
        format!("{{{}}}", scopes.join(","))
    };
    assert!(parse(&with_scopes(&many(MAX_SCOPES)), ISSUER).is_some());
    for scopes in [
        "{}".to_owned(),
        "null".to_owned(),
        r#"["reports:read"]"#.to_owned(),
        r#"{"":["user"]}"#.to_owned(),
        r#"{"a b":["user"]}"#.to_owned(),
        r#"{"a\"b":["user"]}"#.to_owned(),
        r#"{"a\\b":["user"]}"#.to_owned(),
        r#"{"a\u00e9":["user"]}"#.to_owned(),
        r#"{"a\u0000":["user"]}"#.to_owned(),
        format!(r#"{{"{}":["user"]}}"#, "x".repeat(65)),
        r#"{"a":["user"],"a":["admin"]}"#.to_owned(),
        r#"{"a":[]}"#.to_owned(),
        r#"{"a":"user"}"#.to_owned(),
        r#"{"a":["User"]}"#.to_owned(),
        r#"{"a":["user","user"]}"#.to_owned(),
        r#"{"a":["owner"]}"#.to_owned(),
        r#"{"a":[1]}"#.to_owned(),
        many(MAX_SCOPES + 1),
    ] {
        assert_eq!(parse(&with_scopes(&scopes), ISSUER), None, "{scopes}");
    }
    let administration = AdministrationScope::ALL.map(AdministrationScope::as_str);
    for token in RESERVED_SCOPES.into_iter().chain(administration) {
        let scopes = format!(r#"{{"{token}":["user"]}}"#);
        assert_eq!(parse(&with_scopes(&scopes), ISSUER), None, "{token}");
    }
}

#[test]
fn list_of_another_form_is_refused() {
    let one = with_uri("https://api.example.com");
    let one = one.trim_matches(['[', ']']);
    let numbered = |n: usize| one.replace("api.", &format!("api{n}."));
    let list = |count| {
        let all: Vec<String> = (0..count).map(numbered).collect();
        format!("[{}]", all.join(","))
    };
    assert!(parse(&list(MAX_RESOURCES), ISSUER).is_some());
    for text in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[null]".to_owned(),
        "[[]]".to_owned(),
        one.to_owned(),
        format!("[{one},]"),
        format!("[{one}] x"),
        format!("[{one},{one}]"),
        list(MAX_RESOURCES + 1),
        format!("[{}]", one.replace("\"name\"", "\"title\"")),
        format!("[{}]", one.replace("\"Reports\"", "\"\"")),
        format!("[{}]", one.replace("\"Reports\"", "1")),
        format!(
            "[{}]",
            one.replace("{\"resource\"", "{\"scope\":\"x\",\"resource\"")
        ),
        "[".repeat(2_000),
    ] {
        assert_eq!(parse(&text, ISSUER), None, "{text}");
    }
}

#[test]
fn resource_is_found_by_its_uri_without_the_case_of_scheme_and_host() {
    let text = r#"[{"resource":"https://api.example.com/V1?x=Y","name":"A","scopes":{"a":["user"]}},
                   {"resource":"https://api.example.com","name":"B","scopes":{"a":["user"]}}]"#;
    let resources = parse(text, ISSUER).unwrap();
    for (uri, name) in [
        ("https://api.example.com/V1?x=Y", Some("A")),
        ("HTTPS://Api.EXAMPLE.com/V1?x=Y", Some("A")),
        ("https://api.example.com", Some("B")),
        ("https://API.example.com", Some("B")),
        ("https://api.example.com/", None),
        ("https://api.example.com/v1?x=Y", None),
        ("https://api.example.com/V1?x=y", None),
        ("https://api.example.com/V1", None),
        ("https://api.example.com#", None),
        ("https://api.example.com:443", None),
        ("http://api.example.com", None),
        ("//api.example.com", None),
        ("", None),
    ] {
        let found = find(&resources, uri).map(|resource| resource.name.as_str());
        assert_eq!(found, name, "{uri}");
    }
}
