//! Tokens with a correct signature and with claims that the service does not write.

use super::Attack;
use super::forger::Forger;

const NAMES: [&str; 11] = [
    "iss",
    "sub",
    "aud",
    "client_id",
    "exp",
    "iat",
    "jti",
    "scope",
    "gid",
    "auth_time",
    "roles",
];

pub(super) fn claims(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    let mut add = |name: String, claims: &str| {
        found.push((name, forger.token(&forger.header, claims)));
    };
    for name in NAMES {
        let raw = forger.raw(name);
        add(
            format!("{name} twice"),
            &forger.and(&format!(r#""{name}":{raw}"#)),
        );
        let capital = format!(r#""{}":"#, name.to_uppercase());
        let claims = forger.claims.replace(&format!(r#""{name}":"#), &capital);
        add(format!("{name} in capitals"), &claims);
        let escaped = format!(
            r#""\u{:04x}{}":"#,
            u32::from(name.as_bytes()[0]),
            &name[1..]
        );
        let claims = forger.claims.replace(&format!(r#""{name}":"#), &escaped);
        add(format!("{name} escaped"), &claims);
        for value in [
            "null", "true", "{}", "[]", "[[]]", r#""""#, "-1", "1e9", "1.5",
        ] {
            // An empty text is what the service would write for a client or a user without a name, which do not exist.
            if value != r#""""# || !["sub", "client_id", "gid"].contains(&name) {
                add(format!("{name} {value}"), &forger.with(name, value));
            }
        }
        if name != "auth_time" {
            let value = format!("[{raw}]");
            add(format!("{name} in a list"), &forger.with(name, &value));
        }
    }
    for name in ["iss", "sub", "aud", "client_id", "exp", "iat", "jti"] {
        add(format!("no {name}"), &forger.without(name));
    }
    for more in [
        r#""nbf":0"#,
        r#""sid":"MDEyMzQ1Njc4OWFiY2RlZg""#,
        r#""gen":0"#,
        r#""cnf":{"jkt":"x"}"#,
        r#""act":{"sub":"admin"}"#,
        r#""groups":["admin"]"#,
        r#""nonce":"x""#,
        r#""azp":"x""#,
        r#""":"""#,
        r#""__proto__":{"roles":["admin"]}"#,
    ] {
        add(format!("more claims: {more}"), &forger.and(more));
    }
    for name in ["iss", "aud"] {
        let own = forger.parsed[name].as_str().expect("a text");
        for value in [
            format!("{own}/"),
            format!(" {own}"),
            format!("{own}#"),
            own.to_uppercase(),
            format!("{own}.attacker.example"),
            "https://attacker.example".to_owned(),
        ] {
            let value = serde_json::Value::from(value).to_string();
            add(format!("{name} {value}"), &forger.with(name, &value));
        }
        let value = format!(r#"["{own}","other"]"#);
        add(format!("{name} among others"), &forger.with(name, &value));
    }
    let jti = forger.parsed["jti"].as_str().expect("a text");
    for value in [
        jti.to_uppercase(),
        jti.replace('-', ""),
        format!("{{{jti}}}"),
        "1".to_owned(),
    ] {
        add(
            format!("jti {value}"),
            &forger.with("jti", &format!("{value:?}")),
        );
    }
    for value in [r#"["root"]"#, r#"["User"]"#, r#""admin""#, r#"["user",1]"#] {
        add(format!("roles {value}"), &forger.with("roles", value));
    }
    times(forger, &mut add);
    wholes(forger, &mut add);
    found
}

fn times(forger: &Forger, add: &mut impl FnMut(String, &str)) {
    for name in ["iat", "exp", "auth_time"] {
        let own = forger.raw(name);
        for value in [
            "-0".to_owned(),
            "9223372036854775808".to_owned(),
            "-9223372036854775809".to_owned(),
            "253402300800".to_owned(),
            format!("{own}.0"),
            format!("{own}e0"),
            format!("0{own}"),
            format!("+{own}"),
            format!(r#""{own}""#),
        ] {
            add(format!("{name} {value}"), &forger.with(name, &value));
        }
    }
    let seconds = |name: &str| forger.parsed[name].as_i64().expect("whole seconds");
    let (iat, exp) = (seconds("iat"), seconds("exp"));
    for (name, claim, value) in [
        ("a life of a second more", "exp", exp + 1),
        ("a life of years", "exp", exp + 100_000_000),
        ("no life", "exp", iat),
        ("an end before the beginning", "exp", iat - 1),
        ("iat a second earlier", "iat", iat - 1),
        ("iat zero", "iat", 0),
        ("iat in the future", "iat", exp + 3_600),
        ("exp zero", "exp", 0),
        ("milliseconds", "exp", exp * 1_000),
    ] {
        add(name.to_owned(), &forger.with(claim, &value.to_string()));
    }
}

/// Payloads that are not exactly one JSON object in the spelling of the service.
fn wholes(forger: &Forger, add: &mut impl FnMut(String, &str)) {
    let own = &forger.claims;
    let sub = format!(r#""sub":{},"#, forger.raw("sub"));
    let reordered = own
        .replacen(&sub, "", 1)
        .replacen('{', &format!("{{{sub}"), 1);
    for (name, claims) in [
        ("claims in another order", reordered),
        ("claims in a list", format!("[{own}]")),
        (
            "claims in a text",
            serde_json::Value::from(own.as_str()).to_string(),
        ),
        ("claims twice", format!("{own}{own}")),
        ("a space before the claims", format!(" {own}")),
        ("a line break after the claims", format!("{own}\n")),
        ("a space inside", own.replacen(':', ": ", 1)),
        ("a byte order mark", format!("\u{feff}{own}")),
        ("a NUL after the claims", format!("{own}\0")),
        ("a comma too many", own.replace('}', ",}")),
        ("an escaped solidus", own.replace('/', "\\/")),
        ("no closing brace", own.replace('}', "")),
        ("no claims", "{}".to_owned()),
        ("null for claims", "null".to_owned()),
        ("nothing for claims", String::new()),
        ("a token for claims", forger.genuine.clone()),
        ("many lists", "[".repeat(1_000)),
    ] {
        add(name.to_owned(), &claims);
    }
}
