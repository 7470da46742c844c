//! Tokens signed in another way: only the key of the service is valid, and only with HMAC-SHA256.

use super::forger::{Forger, hs256, url};
use super::{Attack, HEADER};
use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Valid claims under another key, another hash, or a key in the token itself.
pub(super) fn keys(forger: &Forger) -> Vec<Attack> {
    let signed = |header: &str| {
        format!(
            "{}.{}",
            url(header.as_bytes()),
            url(forger.claims.as_bytes())
        )
    };
    let plain = signed(HEADER);
    let with_key = |key: &[u8], header: &str| {
        let signed = signed(header);
        format!("{signed}.{}", url(&hs256(key, &signed)))
    };
    let secret = forger.secret.as_bytes();
    let mut found: Vec<Attack> = [
        ("no key", Vec::new()),
        ("a key of zeros", vec![0; 32]),
        (
            "a word as the key",
            b"your-256-bit-secret-goes-here-ok".to_vec(),
        ),
        ("half of the key", secret[..secret.len() / 2].to_vec()),
        ("the key and a newline", [secret, b"\n"].concat()),
        ("the key in base64", Base64::encode_string(secret).into()),
        ("the hash of the key", Sha256::digest(secret).to_vec()),
    ]
    .into_iter()
    .map(|(name, key)| (name.to_owned(), with_key(&key, HEADER)))
    .collect();

    let brought = format!(
        r#"{{"alg":"HS256","typ":"JWT","jwk":{{"kty":"oct","k":"{}"}}}}"#,
        url(&[7; 32])
    );
    let hashed = format!(
        r#"{{"alg":"HS256","kid":"{}","typ":"JWT"}}"#,
        &url(&Sha256::digest(secret))[..8]
    );
    let long = |header: &str, tag: &[u8]| format!("{}.{}", signed(header), url(tag));
    let mut wide = Hmac::<Sha512>::new_from_slice(secret).expect("any length");
    wide.update(plain.as_bytes());
    let wide = wide.finalize().into_bytes();
    let mut middle = Hmac::<Sha384>::new_from_slice(secret).expect("any length");
    middle.update(plain.as_bytes());
    found.extend([
        ("the key in the header".into(), with_key(&[7; 32], &brought)),
        (
            "the key in the header, signed with ours".into(),
            with_key(secret, &brought),
        ),
        (
            "a key id that is a bare hash of the secret".into(),
            with_key(secret, &hashed),
        ),
        ("HMAC-SHA512 under our header".into(), long(HEADER, &wide)),
        (
            "HMAC-SHA512, cut to 32 bytes".into(),
            long(HEADER, &wide[..32]),
        ),
        (
            "HMAC-SHA384 under our header".into(),
            long(HEADER, &middle.finalize().into_bytes()),
        ),
        (
            "a signature as long as RSA's".into(),
            long(r#"{"alg":"RS256","typ":"JWT"}"#, &[1; 256]),
        ),
        (
            "a hash in place of an HMAC".into(),
            long(HEADER, &Sha256::digest([secret, plain.as_bytes()].concat())),
        ),
        (
            "the claims signed as JSON".into(),
            long(HEADER, &hs256(secret, &forger.claims)),
        ),
        (
            "the claims signed alone".into(),
            long(HEADER, &hs256(secret, &url(forger.claims.as_bytes()))),
        ),
    ]);
    found
}
