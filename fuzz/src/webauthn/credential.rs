//! The JSON of `PublicKeyCredential.toJSON()`: any text, and any text in the place of a part of it.

use crate::Target;
use crate::anything::{Anything, plain};
use base64ct::{Base64UrlUnpadded, Encoding};
use edge_auth::domain::webauthn::MAX_CREDENTIAL_ID_BYTES;
use edge_auth::domain::webauthn::credential::{
    AssertionResponse, AttestationResponse, CredentialJson,
};
use edge_auth::json;
use serde_json::Value;

pub const TARGET: Target = Target {
    name: "webauthn_credential",
    run,
    seeds,
    words: &[
        "public-key",
        "clientDataJSON",
        r#""transports":[""]"#,
        r#""transports":null"#,
        r#""userHandle":"""#,
        r#""attestationObject":"""#,
        r#""","#,
        r"\u0041",
        "=",
    ],
};

const MAX_SIGNATURE_BYTES: usize = 512;
const MAX_USER_HANDLE_BYTES: usize = 64;
const MAX_TRANSPORT_BYTES: usize = 32;
const MAX_TRANSPORTS: usize = 8;

fn run(input: &[u8]) {
    let text = &String::from_utf8_lossy(input);
    check(text);
    let members = r#""attestationObject":"oA","authenticatorData":"AA","signature":"AA""#;
    let further = format!("{members}{text}");
    let transports = format!(r#"{members},"transports":{}"#, Value::from(vec![&text[..]]));
    let handle = format!(r#"{members},"userHandle":{}"#, Value::from(&text[..]));
    check(&credential([text, text, "public-key"], members));
    check(&credential(["AQ", text, "public-key"], members));
    check(&credential(["AQ", "AQ", text], members));
    for members in [further, transports, handle] {
        check(&credential(["AQ", "AQ", "public-key"], &members));
    }
    if input.len() <= 8 {
        check(&with_lengths(input));
    }
}

/// A credential with this `id`, `rawId` and `type`, and these members of its response.
fn credential(texts: [&str; 3], members: &str) -> String {
    let [id, raw_id, kind] = texts.map(|text| Value::from(text).to_string());
    format!(
        r#"{{"id":{id},"rawId":{raw_id},"type":{kind},"response":{{"clientDataJSON":"e30",{members}}}}}"#
    )
}

/// A credential whose parts have lengths that the input states, because libFuzzer seldom makes long inputs.
fn with_lengths(input: &[u8]) -> String {
    let number = |place: usize| usize::from(input.get(place).copied().unwrap_or(1));
    let bytes = |count: usize| Base64UrlUnpadded::encode_string(&vec![7; count]);
    let id = bytes(number(0) * 4 + number(1) % 8);
    let signature = bytes(number(2) * 4 + number(3) % 8);
    let handle = bytes(number(4) / 2);
    let transports = vec!["a".repeat(number(5) / 4); number(6) / 8];
    let transports = Value::from(transports);
    credential(
        [&id, &id, "public-key"],
        &format!(
            r#""attestationObject":"oA","authenticatorData":"AA","signature":"{signature}","userHandle":"{handle}","transports":{transports}"#
        ),
    )
}

/// The reader finds the response that is in the text, and no other.
fn check(text: &str) {
    let credential = json::from_str::<CredentialJson>(text).ok();
    let read = credential.as_ref();
    let members = plain(text.as_bytes());
    let expected = members.as_ref().and_then(Members::new);
    assert_eq!(
        read.and_then(|it| it.attestation().ok()),
        expected.as_ref().and_then(Members::attestation)
    );
    assert_eq!(
        read.and_then(|it| it.assertion().ok()),
        expected.as_ref().and_then(Members::assertion)
    );
}

/// The members of a credential whose texts are texts.
struct Members<'v> {
    id: Vec<u8>,
    client_data: &'v str,
    attestation_object: Option<&'v str>,
    transports: Vec<&'v str>,
    authenticator_data: Option<&'v str>,
    signature: Option<&'v str>,
    user_handle: Option<&'v str>,
}

impl<'v> Members<'v> {
    fn new(Anything(credential): &'v Anything) -> Option<Self> {
        let response = credential.get("response")?.as_object()?;
        // A member that is null is absent. `None` if it has another type.
        let optional = |name| match response.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(other) => other.as_str().map(Some),
        };
        let id = credential.get("rawId")?.as_str()?;
        if credential.get("id")? != id || credential.get("type")? != "public-key" {
            return None;
        }
        let transports = match response.get("transports") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => list
                .as_array()?
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()?,
        };
        Some(Self {
            id: binary(id).filter(|id| (1..=MAX_CREDENTIAL_ID_BYTES).contains(&id.len()))?,
            client_data: response.get("clientDataJSON")?.as_str()?,
            attestation_object: optional("attestationObject")?,
            transports,
            authenticator_data: optional("authenticatorData")?,
            signature: optional("signature")?,
            user_handle: optional("userHandle")?,
        })
    }

    fn attestation(&self) -> Option<AttestationResponse> {
        let is_plain = |text: &&str| {
            let letters = text.replace('-', "a");
            letters.len() <= MAX_TRANSPORT_BYTES
                && !letters.is_empty()
                && letters.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        let mut transports: Vec<_> = self.transports.iter().copied().filter(is_plain).collect();
        transports.truncate(MAX_TRANSPORTS);
        Some(AttestationResponse {
            id: self.id.clone(),
            client_data: binary(self.client_data)?,
            attestation_object: binary(self.attestation_object?)?,
            transports: transports.into_iter().map(str::to_owned).collect(),
        })
    }

    fn assertion(&self) -> Option<AssertionResponse> {
        let handle = self.user_handle.unwrap_or_default();
        let handle = binary(handle).filter(|handle| handle.len() <= MAX_USER_HANDLE_BYTES)?;
        Some(AssertionResponse {
            id: self.id.clone(),
            client_data: binary(self.client_data)?,
            authenticator_data: binary(self.authenticator_data?)?,
            signature: binary(self.signature?)
                .filter(|signature| signature.len() <= MAX_SIGNATURE_BYTES)?,
            user_handle: (!handle.is_empty()).then_some(handle),
        })
    }
}

/// The bytes, if this is how they are written.
fn binary(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    (Base64UrlUnpadded::encode_string(&bytes) == text).then_some(bytes)
}

fn seeds() -> Vec<Vec<u8>> {
    let credential = |members: &str| credential(["AQ", "AQ", "public-key"], members).into_bytes();
    vec![
        credential(r#""attestationObject":"oA","transports":["usb"]"#),
        credential(r#""authenticatorData":"AA","signature":"AA","userHandle":"AA""#),
        credential(r#""authenticatorData":"AA","signature":"AA","userHandle":null"#),
        b"AQ".to_vec(),
        b"smart-card".to_vec(),
        br#","transports":["a-b","c"],"userHandle":"""#.to_vec(),
        // The greatest lengths.
        vec![254, 7, 127, 4, 128, 128, 64],
    ]
}
