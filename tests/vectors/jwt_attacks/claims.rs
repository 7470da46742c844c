//! Tokens with a correct signature and with claims that Edge Auth does not write.

use super::forger::{Forger, url};
use super::{Attack, HEADER};

/// Claims that Edge Auth never writes, correctly signed.
pub(super) fn claims(forger: &Forger) -> Vec<Attack> {
    [
        members(forger),
        additions(forger),
        values(forger),
        wholes(forger),
    ]
    .concat()
}

/// Each claim is missing, repeated, or of another type.
fn members(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    let mut add = |name: String, claims: &str| found.push((name, forger.token(HEADER, claims)));
    for name in ["iss", "aud", "sub", "sid", "gen", "iat", "exp"] {
        let raw = forger.raw(name);
        add(format!("no {name}"), &forger.without(name));
        add(
            format!("{name} twice"),
            &forger.and(&format!(r#""{name}":{raw}"#)),
        );
        add(
            format!("{name} twice, once escaped"),
            &forger.and(&format!(
                r#""\u{:04x}{}":{raw}"#,
                u32::from(name.as_bytes()[0]),
                &name[1..]
            )),
        );
        add(
            format!("{name} in capitals"),
            &forger.claims.replace(
                &format!(r#""{name}":"#),
                &format!(r#""{}":"#, name.to_uppercase()),
            ),
        );
        for value in ["null", "true", "{}", "[]", r#""""#, "-1"] {
            add(format!("{name} {value}"), &forger.with(name, value));
        }
        add(
            format!("{name} in a list"),
            &forger.with(name, &format!("[{raw}]")),
        );
    }
    found
}

/// Claims of other issuers.
fn additions(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    let mut add = |name: String, claims: &str| found.push((name, forger.token(HEADER, claims)));
    for more in [
        r#""nbf":0"#,
        r#""nbf":-9223372036854775808"#,
        r#""nbf":9223372036854775807"#,
        r#""nbf":1e308"#,
        r#""nbf":"0""#,
        r#""nbf":null"#,
        r#""jti":"1""#,
        r#""role":"super_admin""#,
        r#""is_admin":true"#,
        r#""crit":["exp"]"#,
        r#""":"""#,
        r#""__proto__":{"role":"admin"}"#,
        r#""_claim_names":{}"#,
    ] {
        add(format!("more claims: {more}"), &forger.and(more));
    }
    found
}

/// Other services, and other spellings of the same user and session.
fn values(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    let mut add = |name: String, claims: &str| found.push((name, forger.token(HEADER, claims)));
    for name in ["iss", "aud"] {
        let own = forger.parsed[name].as_str().expect("a string");
        for value in [
            format!("{own}/"),
            format!(" {own}"),
            own.to_uppercase(),
            format!("{own}\0"),
            "https://attacker.example".to_owned(),
        ] {
            add(
                format!("{name} {value:?}"),
                &forger.with(name, &serde_json::Value::from(value).to_string()),
            );
        }
        add(
            format!("{name} among others"),
            &forger.with(name, &format!(r#"["{own}","other"]"#)),
        );
    }
    let sub = forger.parsed["sub"].as_str().expect("a string");
    for value in [
        "f47ac10b-58cc-4372-a567-0e02b2c3d47A".to_owned(),
        format!("{{{sub}}}"),
        format!("urn:uuid:{sub}"),
        sub.replace('-', ""),
        format!("{sub} "),
        sub[1..].to_owned(),
        "admin".to_owned(),
    ] {
        add(
            format!("sub {value:?}"),
            &forger.with("sub", &format!("{value:?}")),
        );
    }
    let sid = forger.parsed["sid"].as_str().expect("a string");
    for value in [
        format!("{sid}=="),
        format!("{sid}A"),
        sid[1..].to_owned(),
        format!("+{}", &sid[1..]),
        format!("/{}", &sid[1..]),
        format!(" {}", &sid[1..]),
        format!("{}B", &sid[..21]),
        "é".repeat(11),
        "A".repeat(1024),
    ] {
        add(
            format!("sid {value:?}"),
            &forger.with("sid", &format!("{value:?}")),
        );
    }
    found
}

/// Payloads that are not exactly one JSON object.
fn wholes(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    let mut add = |name: String, claims: &str| found.push((name, forger.token(HEADER, claims)));
    let own = &forger.claims;
    for (name, claims) in [
        ("claims in a list", format!("[{own}]")),
        (
            "claims as a bare list of values",
            format!(
                "[{}]",
                ["iss", "aud", "sub", "sid", "gen", "iat", "exp"]
                    .map(|name| forger.raw(name))
                    .join(",")
            ),
        ),
        (
            "claims in a string",
            serde_json::Value::from(own.as_str()).to_string(),
        ),
        ("claims twice", format!("{own}{own}")),
        ("a space before the claims", format!(" {own}")),
        ("a newline after the claims", format!("{own}\n")),
        ("a byte order mark", format!("\u{feff}{own}")),
        ("a NUL after the claims", format!("{own}\0")),
        ("a comma too many", own.replace('}', ",}")),
        ("a comment", own.replacen('{', "{/* */", 1)),
        ("no closing brace", own.replace('}', "")),
        ("no claims", "{}".to_owned()),
        ("null for claims", "null".to_owned()),
        ("a number for claims", "1".to_owned()),
        ("nothing for claims", String::new()),
        ("a token for claims", forger.genuine.clone()),
        ("a thousand lists", "[".repeat(1000)),
        (
            "a deep unknown claim",
            forger.and(&format!(r#""x":{}"#, "[".repeat(900))),
        ),
    ] {
        add(name.to_owned(), &claims);
    }
    let broken = [own.as_bytes()[..own.len() - 1].to_vec(), b"\xff}".to_vec()].concat();
    let signed = format!("{}.{}", url(HEADER.as_bytes()), url(&broken));
    found.push(("claims that are not UTF-8".into(), forger.sign(&signed)));
    found
}

/// Numbers that are not whole seconds or are out of range, correctly signed.
pub(super) fn times(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    for name in ["iat", "exp", "gen"] {
        let own = forger.raw(name);
        let mut values: Vec<String> = [
            "-0",
            "-1",
            "1e9",
            "1.5",
            "0.0",
            "1E1",
            "1e400",
            "01",
            "+1",
            "0x10",
            "NaN",
            "Infinity",
            "9007199254740992",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "18446744073709551616",
            "4294967296000",
        ]
        .map(str::to_owned)
        .into();
        values.extend([
            format!("{own}.0"),
            format!("{own}e0"),
            format!("-{own}"),
            format!("0{own}"),
            format!(r#""{own}""#),
            "9".repeat(400),
        ]);
        for value in values {
            let short: String = value.chars().take(24).collect();
            found.push((
                format!("{name} {short}"),
                forger.token(HEADER, &forger.with(name, &value)),
            ));
        }
    }
    let (iat, exp) = (forger.seconds("iat"), forger.seconds("exp"));
    for (name, claim, value) in [
        ("exp zero", "exp", 0),
        ("iat zero", "iat", 0),
        ("gen past 32 bits", "gen", 4_294_967_296),
        ("iat in the future", "iat", exp - 1),
        ("no lifetime", "exp", iat),
        ("an end before the beginning", "exp", iat - 1),
        (
            "a lifetime of 30 days and a second",
            "exp",
            iat + 30 * 86_400 + 1,
        ),
        ("a lifetime of years", "exp", iat + 10 * 365 * 86_400),
        ("milliseconds", "exp", exp * 1000),
        (
            "the end of the year 9999 and a second",
            "exp",
            253_402_300_800,
        ),
    ] {
        found.push((
            name.into(),
            forger.token(HEADER, &forger.with(claim, &value.to_string())),
        ));
    }
    found
}
