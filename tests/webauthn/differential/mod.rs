//! The same responses, verified by this service, `py_webauthn`, `SimpleWebAuthn` and `webauthn-rs-core`. This service accepts what all
//! three accept, and refuses what all three refuse. [`disagreements`] lists all other results, with the section that decides.

mod assertions;
mod attestations;
mod client_data;
mod disagreements;
mod keys;
mod verifiers;

use crate::authenticator::{ALGORITHMS, Authenticator, text};
use base64ct::{Base64UrlUnpadded, Encoding};
use edge_auth::app::passkeys::{authenticate, register};
use edge_auth::domain::webauthn::cose::PublicKey;
use edge_auth::domain::webauthn::credential::CredentialJson;
use edge_auth::domain::webauthn::{Ceremony, Stored};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ORIGIN: &str = "https://auth.example.com";
const RP_ID: &str = "example.com";
const CHALLENGE: [u8; 32] = [7; 32];
const REGISTERED_WITH: [u8; 32] = [6; 32];

/// A response, and what it must be for.
pub struct Case {
    /// What is different.
    pub family: &'static str,
    pub detail: String,
    pub credential: Value,
    /// Of an assertion: what is stored about the passkey.
    pub stored: Option<StoredCase>,
}

#[derive(Clone)]
pub struct StoredCase {
    pub public_key: Vec<u8>,
    pub count: u32,
    pub is_backup_eligible: bool,
    /// The response to the registration.
    pub registered: Value,
}

impl Case {
    fn to_json(&self) -> Value {
        let mut case = json!({
            "kind": "registration", "origin": ORIGIN, "rp_id": RP_ID, "challenge": text(&CHALLENGE), "credential": self.credential,
        });
        if let Some(stored) = &self.stored {
            case["kind"] = json!("assertion");
            case["public_key"] = json!(text(&stored.public_key));
            case["stored_count"] = json!(stored.count);
            case["registered"] = stored.registered.clone();
            case["registered_with"] = json!(text(&REGISTERED_WITH));
        }
        case
    }

    /// The verdict of this service.
    async fn verdict(&self) -> Result<(), String> {
        let credential: CredentialJson = edge_auth::json::from_str(&self.credential.to_string())
            .map_err(|error| error.to_string())?;
        let ceremony = Ceremony {
            origin: ORIGIN,
            relying_party_id: RP_ID,
            challenge: &CHALLENGE,
        };
        let result = match &self.stored {
            None => match credential.attestation() {
                Ok(response) => register::verify(&response, &ceremony).await.map(|_| ()),
                Err(refusal) => Err(refusal),
            },
            Some(stored) => match credential.assertion() {
                Ok(response) => {
                    let stored = Stored {
                        public_key: PublicKey::read(&stored.public_key).unwrap(),
                        sign_count: stored.count,
                        is_backup_eligible: stored.is_backup_eligible,
                        user_handle: [5; 16],
                    };
                    authenticate::verify(&response, &stored, &ceremony)
                        .await
                        .map(|_| ())
                }
                Err(refusal) => Err(refusal),
            },
        };
        result.map_err(|refusal| refusal.to_string())
    }
}

/// Pseudo-random numbers that are the same in each run.
pub struct Numbers(u64);

impl Numbers {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Copies with one byte that was replaced, removed or inserted.
pub fn changed(bytes: &[u8], count: usize, numbers: &mut Numbers) -> Vec<(String, Vec<u8>)> {
    let change = |_| {
        let (mut copy, place) = (bytes.to_vec(), numbers.below(bytes.len()));
        let byte = u8::try_from(numbers.below(256)).unwrap();
        match numbers.below(8) {
            0 => {
                copy.remove(place);
                (format!("without byte {place}"), copy)
            }
            1 => {
                copy.insert(place, byte);
                (format!("{byte:02x} inserted at {place}"), copy)
            }
            2..5 => {
                let bit = 1 << (byte % 8);
                copy[place] ^= bit;
                (format!("bit {bit} of byte {place}"), copy)
            }
            _ => {
                copy[place] = byte;
                (format!("byte {place} is {byte:02x}"), copy)
            }
        }
    };
    (0..count).map(change).collect()
}

fn cases() -> Vec<Case> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut cases = Vec::new();
    for algorithm in ALGORITHMS {
        let passkey = Authenticator::new(algorithm);
        cases.extend(attestations::cases(&passkey, &mut numbers));
        cases.extend(keys::cases(&passkey));
        cases.extend(assertions::cases(passkey, &mut numbers));
    }
    cases
}

/// Bytes of base64url, for the details of a failure.
fn bytes(text: &Value) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text.as_str().unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
#[ignore = "slow: installs two verifiers, builds a third, and verifies thousands of responses"]
async fn responses_are_accepted_and_refused_as_by_three_other_verifiers() {
    let cases = cases();
    assert!(cases.len() >= 2_000, "{}", cases.len());
    let lines: Vec<String> = cases
        .iter()
        .map(|case| case.to_json().to_string())
        .collect();
    let verdicts = verifiers::all(&lines.join("\n"));
    let (mut accepted, mut refused, mut split) = (0, 0, BTreeMap::new());
    let (mut wrong, mut unexplained, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (number, case) in cases.iter().enumerate() {
        let ours = case.verdict().await;
        let theirs = verdicts
            .each_ref()
            .map(|verdicts| verdicts[number].as_str());
        // webauthn-rs-core has no Ed25519.
        let judging = theirs
            .iter()
            .filter(|verdict| **verdict != "unsupported")
            .count();
        let accepting = theirs
            .iter()
            .filter(|verdict| **verdict == "accepted")
            .count();
        let shown = || {
            let response = &case.credential["response"];
            let data = ["attestationObject", "authenticatorData", "signature"]
                .map(|name| base16ct::lower::encode_string(&bytes(&response[name])));
            format!(
                "{}: {}\n  ours: {ours:?}\n  theirs: {theirs:?}\n  {data:?}",
                case.family, case.detail
            )
        };
        match accepting {
            all if all == judging => accepted += 1,
            0 => refused += 1,
            _ => *split.entry(case.family).or_insert(0) += 1,
        }
        let decided = disagreements::of(case.family);
        if let Some(decided) = decided
            && (0 < accepting && accepting < judging || (accepting == judging) != ours.is_ok())
        {
            seen.insert(decided.family);
        }
        match (accepting, &ours, decided) {
            (0, Err(_), _) => {}
            (all, Ok(()), _) if all == judging => {}
            // The specification refuses what all of them accept.
            (all, Err(_), Some(decided)) if all == judging && decided.is_stricter => {}
            (all, _, _) if judging == 3 && (all == 0 || all == judging) => wrong.push(shown()),
            (_, _, Some(decided))
                if decided
                    .accepts
                    .is_none_or(|accepts| accepts == ours.is_ok()) => {}
            _ => unexplained.push(shown()),
        }
    }
    println!(
        "{} responses: {accepted} accepted by all, {refused} refused by all; the others: {split:#?}",
        cases.len()
    );
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));
    assert!(
        unexplained.is_empty(),
        "{}: {}",
        unexplained.len(),
        unexplained.join("\n")
    );
    let unused: Vec<_> = disagreements::ALL
        .iter()
        .filter(|row| row.accepts.is_some() && !seen.contains(row.family))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}
