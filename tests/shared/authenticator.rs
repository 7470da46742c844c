//! A software authenticator with one passkey. It writes what browsers write, and each part can be written differently.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key for tests, because `ring` creates no RSA keys.
const RSA_KEY: &[u8] = include_bytes!("../vectors/rsa_2048.pk8");

pub const USER_PRESENT: u8 = 1;
pub const USER_VERIFIED: u8 = 1 << 2;
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
pub const HAS_CREDENTIAL: u8 = 1 << 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Es256,
    Ed25519,
    Rs256,
}

pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Ed25519, Algorithm::Rs256];

enum Key {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

pub struct Authenticator {
    key: Key,
    pub id: Vec<u8>,
    /// `user.id` of the last registration.
    pub user_handle: Option<String>,
    /// Of the next use.
    pub count: u32,
    pub flags: u8,
}

impl Authenticator {
    /// A new passkey without a counter, of a user who is present and verified.
    pub fn new(algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let key = match algorithm {
            Algorithm::Es256 => {
                let (kind, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, random).unwrap();
                Key::Es256(EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), random).unwrap())
            }
            Algorithm::Ed25519 => {
                let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Key::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
            }
            Algorithm::Rs256 => Key::Rs256(RsaKeyPair::from_pkcs8(RSA_KEY).unwrap()),
        };
        let mut id = vec![0; 32];
        random.fill(&mut id).unwrap();
        Self {
            key,
            id,
            user_handle: None,
            count: 0,
            flags: USER_PRESENT | USER_VERIFIED,
        }
    }

    /// What `navigator.credentials.create()` gives a page of this origin, as JSON. `options` is what the service sent.
    pub fn create(&mut self, options: &Value, origin: &str) -> Value {
        self.user_handle = options["user"]["id"].as_str().map(str::to_owned);
        let client_data = client_data("webauthn.create", &options["challenge"], origin);
        let rp_id = options["rp"]["id"].as_str().expect("rp.id");
        let data = self.authenticator_data(rp_id, true);
        self.attestation(&client_data, &attestation_object(&data))
    }

    /// What `navigator.credentials.get()` gives a page of this origin, as JSON. The counter grows if the authenticator has one.
    pub fn get(&mut self, options: &Value, origin: &str) -> Value {
        let client_data = client_data("webauthn.get", &options["challenge"], origin);
        let rp_id = options["rpId"].as_str().expect("rpId");
        if self.count > 0 {
            self.count += 1;
        }
        let data = self.authenticator_data(rp_id, false);
        let signature = self.sign(&data, &client_data);
        self.assertion(&client_data, &data, &signature)
    }

    pub fn authenticator_data(&self, rp_id: &str, is_new: bool) -> Vec<u8> {
        let credential = if is_new {
            self.credential(&self.cose())
        } else {
            Vec::new()
        };
        let flags = self.flags | if is_new { HAS_CREDENTIAL } else { 0 };
        authenticator_data(rp_id, flags, self.count, &credential)
    }

    /// Attested credential data with this key.
    pub fn credential(&self, cose: &[u8]) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        [&[0; 16], length.as_slice(), &self.id, cose].concat()
    }

    /// The public key as `COSE_Key`.
    pub fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Es256(key) => {
                let point = key.public_key().as_ref();
                cbor::map(&[
                    (cbor::number(1), cbor::number(2)),
                    (cbor::number(3), cbor::number(-7)),
                    (cbor::number(-1), cbor::number(1)),
                    (cbor::number(-2), cbor::bytes(&point[1..33])),
                    (cbor::number(-3), cbor::bytes(&point[33..])),
                ])
            }
            Key::Ed25519(key) => cbor::map(&[
                (cbor::number(1), cbor::number(1)),
                (cbor::number(3), cbor::number(-8)),
                (cbor::number(-1), cbor::number(6)),
                (cbor::number(-2), cbor::bytes(key.public_key().as_ref())),
            ]),
            Key::Rs256(key) => {
                let numbers = PublicKeyComponents::<Vec<u8>>::from(key.public());
                cbor::map(&[
                    (cbor::number(1), cbor::number(3)),
                    (cbor::number(3), cbor::number(-257)),
                    (cbor::number(-1), cbor::bytes(&numbers.n)),
                    (cbor::number(-2), cbor::bytes(&numbers.e)),
                ])
            }
        }
    }

    #[allow(dead_code, reason = "not all tests use it")]
    pub fn algorithm(&self) -> i64 {
        match &self.key {
            Key::Es256(_) => -7,
            Key::Ed25519(_) => -8,
            Key::Rs256(_) => -257,
        }
    }

    pub fn sign(&self, authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
        let hash = Sha256::digest(client_data);
        let message = [authenticator_data, hash.as_slice()].concat();
        let random = SystemRandom::new();
        match &self.key {
            Key::Es256(key) => key.sign(&random, &message).unwrap().as_ref().to_vec(),
            Key::Ed25519(key) => key.sign(&message).as_ref().to_vec(),
            Key::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    /// A response to a registration with these parts.
    pub fn attestation(&self, client_data: &[u8], attestation_object: &[u8]) -> Value {
        let id = text(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(client_data), "attestationObject": text(attestation_object),
                "transports": ["internal"],
            },
        })
    }

    /// A response to an assertion with these parts.
    pub fn assertion(
        &self,
        client_data: &[u8],
        authenticator_data: &[u8],
        signature: &[u8],
    ) -> Value {
        let id = text(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(client_data), "authenticatorData": text(authenticator_data),
                "signature": text(signature), "userHandle": self.user_handle,
            },
        })
    }
}

pub fn client_data(r#type: &str, challenge: &Value, origin: &str) -> Vec<u8> {
    let data =
        json!({"type": r#type, "challenge": challenge, "origin": origin, "crossOrigin": false});
    data.to_string().into_bytes()
}

pub fn authenticator_data(rp_id: &str, flags: u8, count: u32, rest: &[u8]) -> Vec<u8> {
    let hash = Sha256::digest(rp_id.as_bytes());
    [hash.as_slice(), &[flags], &count.to_be_bytes(), rest].concat()
}

/// An attestation object of the format `none`.
pub fn attestation_object(authenticator_data: &[u8]) -> Vec<u8> {
    cbor::map(&[
        (cbor::text("fmt"), cbor::text("none")),
        (cbor::text("attStmt"), cbor::map(&[])),
        (cbor::text("authData"), cbor::bytes(authenticator_data)),
    ])
}

/// An attestation object of the format `packed` that the passkey itself has signed.
#[allow(dead_code, reason = "not all tests use it")]
pub fn self_attestation_object(
    authenticator_data: &[u8],
    algorithm: i64,
    signature: &[u8],
) -> Vec<u8> {
    let statement = cbor::map(&[
        (cbor::text("alg"), cbor::number(algorithm)),
        (cbor::text("sig"), cbor::bytes(signature)),
    ]);
    cbor::map(&[
        (cbor::text("fmt"), cbor::text("packed")),
        (cbor::text("attStmt"), statement),
        (cbor::text("authData"), cbor::bytes(authenticator_data)),
    ])
}

pub fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// CBOR in its shortest form.
pub mod cbor {
    /// The head of a value: its major type and its argument.
    pub fn head(major: u8, argument: u64) -> Vec<u8> {
        let bytes = argument.to_be_bytes();
        let (information, skipped) = match argument {
            0..24 => return vec![major << 5 | bytes[7]],
            24..0x100 => (24, 7),
            0x100..0x1_0000 => (25, 6),
            0x1_0000..0x1_0000_0000 => (26, 4),
            _ => (27, 0),
        };
        [&[major << 5 | information], &bytes[skipped..]].concat()
    }

    pub fn number(number: i64) -> Vec<u8> {
        match u64::try_from(number) {
            Ok(number) => head(0, number),
            Err(_) => head(1, number.unsigned_abs() - 1),
        }
    }

    pub fn bytes(bytes: &[u8]) -> Vec<u8> {
        [head(2, bytes.len() as u64), bytes.to_vec()].concat()
    }

    pub fn text(text: &str) -> Vec<u8> {
        [head(3, text.len() as u64), text.as_bytes().to_vec()].concat()
    }

    pub fn map(members: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut map = head(5, members.len() as u64);
        for (key, value) in members {
            map.extend([&key[..], value].concat());
        }
        map
    }
}
