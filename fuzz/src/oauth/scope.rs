//! Lists of scopes.

use super::parts;
use crate::{Target, choose, seed};
use edge_auth::domain::grant::{grantable, known, of_access_token};
use edge_auth::domain::oauth_client::Scope;
use edge_auth::domain::resource::parse;
use edge_auth::domain::role::Role;
use std::collections::BTreeSet;

pub const TARGET: Target = Target {
    name: "scope",
    run,
    seeds,
    words: &[
        " ",
        "  ",
        "a b c",
        "\"",
        "\\",
        "\u{7f}",
        "\t",
        "openid",
        "offline_access",
        "profile email",
        "roles",
        "reports:read",
        "reports:write",
        "users:read",
    ],
};

pub const ISSUER: &str = "https://auth.example.com";
pub const RESOURCES: &str = r#"[{"resource":"https://api.example.com/v1","name":"Reports","scopes":{"reports:read":["user","admin"],"reports:write":["admin"]}}]"#;

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let text = String::from_utf8_lossy(input);
    if choice % 2 == 0 {
        let [one, other] = parts(&text);
        check_list(one);
        check_lists(one, other);
        return;
    }
    // Up to 64 scopes, because libFuzzer seldom makes long lists.
    let tokens: Vec<String> = (0..=choice / 4).map(|n| format!("{text}{n}")).collect();
    check_list(&tokens.join(" "));
    check_list(&text.repeat(usize::from(choice)));
    check_list(&list_of_length(2_039 + usize::from(choice / 4) % 28));
}

/// Twenty scopes that have 2,039 to 2,066 bytes together. The last one is the longest, with 101 to 128 bytes.
fn list_of_length(length: usize) -> String {
    let scopes: Vec<String> = (0..20).map(|number| format!("{number:0101}")).collect();
    let list = scopes.join(" ");
    let more = "x".repeat(length - list.len());
    list + &more
}

/// RFC 6749 section 3.3, with the limits of the service.
pub fn tokens(text: &str) -> Option<Vec<&str>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let tokens: Vec<&str> = text.split(' ').collect();
    let is_character = |letter: char| ('!'..='~').contains(&letter) && !"\"\\".contains(letter);
    let is_token =
        |token: &&str| (1..=128).contains(&token.len()) && token.chars().all(is_character);
    let distinct: BTreeSet<_> = tokens.iter().collect();
    let is_list = tokens.iter().all(is_token)
        && distinct.len() == tokens.len()
        && tokens.len() <= 32
        && text.len() <= 2_048;
    is_list.then_some(tokens)
}

fn check_list(text: &str) {
    let found = Scope::parse(text);
    let found = found
        .as_ref()
        .map(|scope| scope.tokens().collect::<Vec<_>>());
    assert_eq!(found, tokens(text), "{text:?}");
    if let Some(scope) = Scope::parse(text) {
        assert_eq!((scope.as_str(), scope.is_empty()), (text, text.is_empty()));
        check_grantable(&scope);
    }
}

/// The scopes that a user may grant at the resource and without one.
fn check_grantable(scope: &Scope) {
    const IDENTITY: [&str; 5] = ["openid", "profile", "email", "roles", "offline_access"];
    let resources = parse(RESOURCES, ISSUER).expect("resources");
    let of_resource = |role: Option<Role>| -> &[&str] {
        match role {
            Some(Role::User) => &["reports:read"],
            Some(Role::SuperAdmin) => &[],
            _ => &["reports:read", "reports:write"],
        }
    };
    for role in [
        None,
        Some(Role::User),
        Some(Role::Admin),
        Some(Role::SuperAdmin),
    ] {
        for resource in [None, Some(&resources[0])] {
            let own = if resource.is_some() {
                of_resource(role)
            } else {
                &[]
            };
            let expected: Vec<&str> = scope
                .tokens()
                .filter(|token| IDENTITY.contains(token) || own.contains(token))
                .collect();
            let gives_access = match resource {
                Some(_) => expected.iter().any(|token| own.contains(token)),
                None => expected.contains(&"openid"),
            };
            let found = match role {
                Some(role) => grantable(scope, resource, role),
                None => known(scope, resource),
            };
            let expected = gives_access.then(|| expected.join(" "));
            assert_eq!(found.as_ref().map(Scope::as_str), expected.as_deref());
        }
    }
    for resource in [None, Some(&resources[0])] {
        let is_of_token = |token: &&str| match resource {
            Some(_) => ["reports:read", "reports:write"].contains(token),
            None => *token != "offline_access",
        };
        let expected: Vec<&str> = scope.tokens().filter(is_of_token).collect();
        assert_eq!(
            of_access_token(scope, resource).as_str(),
            expected.join(" ")
        );
    }
}

fn check_lists(one: &str, other: &str) {
    let (Some(a), Some(b)) = (Scope::parse(one), Scope::parse(other)) else {
        return;
    };
    check_within(&a, &b);
    // Scopes that begin with those of the other list, or contain them.
    for more in [("", "0"), ("0", ""), ("0", "0")] {
        let longer = a
            .tokens()
            .map(|token| format!("{}{token}{}", more.0, more.1));
        if let Some(longer) = Scope::parse(&longer.collect::<Vec<_>>().join(" ")) {
            check_within(&a, &longer);
            check_within(&longer, &a);
        }
    }
    let [first, second] = [&a, &b].map(|list| list.tokens().collect::<Vec<_>>());
    let kept: Vec<&str> = first
        .iter()
        .copied()
        .filter(|token| second.contains(token))
        .collect();
    assert_eq!(
        a.filtered(|token| b.contains(token)).as_str(),
        kept.join(" ")
    );
    let new = second
        .iter()
        .copied()
        .filter(|token| !first.contains(token));
    let all: Vec<&str> = first.iter().copied().chain(new).collect();
    assert_eq!(a.with(&b).as_str(), all.join(" "));
    check_granted(&a, &b, &first, &second);
}

fn check_within(one: &Scope, other: &Scope) {
    let others: Vec<&str> = other.tokens().collect();
    let expected = one.tokens().all(|token| others.contains(&token));
    assert_eq!(one.is_within(other), expected, "{one:?} {other:?}");
}

/// The scopes that a client with these gets for itself: never one that it may not have or that the resource does not declare.
fn check_granted(own: &Scope, asked: &Scope, first: &[&str], second: &[&str]) {
    let resources = parse(RESOURCES, ISSUER).expect("resources");
    let declared = ["reports:read", "reports:write"];
    let may_have = |token: &&str| first.contains(token) && declared.contains(token);
    let all = second.iter().all(may_have) && !second.is_empty();
    let granted = own.granted(&resources[0], Some(asked));
    let granted = granted.as_ref().map(Scope::as_str);
    assert_eq!(granted, all.then_some(asked.as_str()));
    let default: Vec<&str> = first
        .iter()
        .copied()
        .filter(|token| declared.contains(token))
        .collect();
    let expected = (!default.is_empty()).then(|| default.join(" "));
    let granted = own.granted(&resources[0], None);
    assert_eq!(granted.as_ref().map(Scope::as_str), expected.as_deref());
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        seed(0, "reports:read offline_access\nreports:read"),
        seed(0, "openid profile email roles\nopenid"),
        seed(
            0,
            "reports:write reports:read users:read\nreports:read users:read",
        ),
        seed(0, "a b\nb c"),
        seed(125, "a"),
        seed(127, "a"),
        seed(129, "a"),
        seed(129, "longer-than-most:"),
        seed(37, "a"),
        seed(41, "a"),
        seed(1, "0".repeat(127)),
        seed(1, "0".repeat(128)),
    ]
}
