//! Verifies the responses of `tests/webauthn/differential` with webauthn-rs-core: one case in JSON per line of the input, one
//! verdict per line of the output.

use serde_json::{Value, json};
use std::io::{BufRead, stdin};
use std::time::Duration;

use webauthn_rs_core::WebauthnCore;

use webauthn_rs_core::proto::{
    AuthenticationState, Credential, PublicKeyCredential, RegisterPublicKeyCredential,
    RegistrationState,
};

type Verdict = Result<(), String>;

fn main() {
    for line in stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line.expect("a line")).expect("a case in JSON");
        match verdict(&case) {
            Ok(()) => println!("accepted"),
            // The verifier has no Ed25519.
            Err(reason) if reason.contains("EDUnsupported") => println!("unsupported"),
            Err(reason) => println!("{}", reason.replace('\n', " ")),
        }
    }
}

fn verdict(case: &Value) -> Verdict {
    let text = |name: &str| case[name].as_str().expect("a text");
    let core = WebauthnCore::new_unsafe_experts_only(
        "Edge Auth",
        text("rp_id"),
        vec![text("origin").parse().expect("an origin")],
        Duration::from_mins(5),
        Some(false),
        Some(false),
    );
    if text("kind") == "registration" {
        register(&core, text("challenge"), &case["credential"]).map(|_| ())
    } else {
        authenticate(&core, case)
    }
}

fn register(
    core: &WebauthnCore,
    challenge: &str,
    credential: &Value,
) -> Result<Credential, String> {
    let state: RegistrationState = serde_json::from_value(json!({
        "policy": "required",
        "exclude_credentials": [],
        "challenge": challenge,
        "credential_algorithms": ["ES256", "EDDSA", "RS256"],
        "require_resident_key": true,
        "authenticator_attachment": null,
        "extensions": {},
        "allow_synchronised_authenticators": true,
    }))
    .expect("the state of a registration");
    let response: RegisterPublicKeyCredential =
        serde_json::from_value(credential.clone()).map_err(|error| error.to_string())?;
    core.register_credential(&response, &state, None)
        .map_err(|error| format!("{error:?}"))
}

fn authenticate(core: &WebauthnCore, case: &Value) -> Verdict {
    let challenge = case["registered_with"].as_str().expect("a text");
    let mut stored = register(core, challenge, &case["registered"])?;
    let count = case["stored_count"].as_u64().expect("a number");
    stored.counter = count.try_into().expect("a counter");
    let state: AuthenticationState = serde_json::from_value(json!({
        "credentials": [stored],
        "policy": "required",
        "challenge": case["challenge"],
        "appid": null,
        "allow_backup_eligible_upgrade": false,
    }))
    .expect("the state of an assertion");
    let response: PublicKeyCredential =
        serde_json::from_value(case["credential"].clone()).map_err(|error| error.to_string())?;
    core.authenticate_credential(&response, &state)
        .map(|_| ())
        .map_err(|error| format!("{error:?}"))
}
