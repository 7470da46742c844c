//! Servers with credentials of AWS and NVIDIA, and the parts of these that responses show.

use super::{App, Response, Vars};

/// AWS's own example keys.
const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYX";

/// Variables of a server with AWS keys.
pub fn with_aws_keys() -> Vars {
    Vars::new()
        .set("AWS_REGION", "eu-north-1")
        .set("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .set("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
}

/// Variables of a server with this NVIDIA key.
pub fn with_nvidia_key(key: &str) -> Vars {
    Vars::new().set("NVIDIA_API_KEY", key)
}

/// Servers with three secrets of unusual lengths. The secrets consist of letters, and no response contains five of
/// these in a row.
pub fn with_unusual_secrets() -> Vec<(Vars, [String; 3])> {
    const NAMES: [&str; 3] = [
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "NVIDIA_API_KEY",
    ];
    let secret = |length: usize| -> String {
        let letters = "ZQ7xV9kJ3wY8vK2zXq5jW4Zy6QxK9Vj".chars().cycle();
        letters.skip(length % 31).step_by(7).take(length).collect()
    };
    [[1, 5, 23], [24, 200, 5], [40, 24, 200], [23, 1, 40]]
        .map(|lengths| {
            let secrets = lengths.map(secret);
            let vars = NAMES.iter().zip(&secrets);
            let vars = vars.fold(with_aws_keys(), |vars, (name, secret)| {
                vars.set(name, secret)
            });
            (vars, secrets)
        })
        .into()
}

/// A masked secret, with this many asterisks in the middle.
pub fn masked(secret: &str, asterisks: usize) -> String {
    if secret.len() < 24 {
        return "*".repeat(asterisks + 8);
    }
    let (first, last) = (&secret[..4], &secret[secret.len() - 4..]);
    format!("{first}{}{last}", "*".repeat(asterisks))
}

/// Fails the test if five consecutive characters of a secret are in a response or in the log.
pub fn assert_hidden(app: &App, secrets: &[String], responses: &[&Response]) {
    let mut texts: Vec<String> = responses.iter().map(|response| response.text()).collect();
    texts.extend(app.server().logs().into_iter().map(|(_, line)| line));
    assert!(texts.len() > responses.len(), "nothing was logged");
    for secret in secrets {
        for five in secret.as_bytes().windows(5) {
            let five = std::str::from_utf8(five).expect("ASCII");
            let text = texts.iter().find(|text| text.contains(five));
            assert!(text.is_none(), "{five} in {text:?}");
        }
    }
}
