//! `cargo xtask keys`: a new key that signs access tokens.

use crate::{random, terminal};
use anyhow::Result;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use p256::SecretKey;
use sha2::{Digest as _, Sha256};

/// Print a new private key that signs the access tokens of OAuth clients
///
/// The key is printed once, as a JWK on standard output, and stored nowhere. Everything else goes to standard error, so that the
/// key can be piped to wrangler without appearing on the terminal: cargo xtask keys 2 | npx wrangler secret put OAUTH_KEY_2 --env
/// production
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Number of the secret that will hold the key: 1, 2 or 3
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    number: u8,
}

/// Prints a key, and how to use it.
pub fn run(options: &Options) -> Result<()> {
    terminal::print(jwk()?)?;
    terminal::note(instructions(options.number));
    Ok(())
}

/// A new private P-256 key as JWK (RFC 7517), in the form of `OAUTH_KEY_1`.
pub fn jwk() -> Result<String> {
    loop {
        // One of 2^32 numbers is not below the order of the curve.
        if let Ok(key) = SecretKey::from_slice(&random::bytes()?) {
            return Ok(of(&key));
        }
    }
}

fn of(key: &SecretKey) -> String {
    let text = Base64UrlUnpadded::encode_string;
    // The uncompressed form: a byte, x and y (SEC 1 section 2.3.3).
    let point = key.public_key().to_sec1_bytes();
    let (x, y) = (text(&point[1..33]), text(&point[33..]));
    let d = text(&key.to_bytes());
    // RFC 7638 section 3.
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    let kid = text(&Sha256::digest(members));
    format!(
        r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","d":"{d}","kid":"{kid}","alg":"ES256","use":"sig"}}"#
    )
}

fn instructions(number: u8) -> String {
    format!(
        "\n\
         This is the only copy. To store it, run this command and paste the line:\n\n  \
           npx wrangler secret put OAUTH_KEY_{number} --env production\n\n\
         If the service has no other key, it signs with this one at once. To rotate:\n\n  \
           1. Before you store the key, set OAUTH_ACTIVE_KEY to the number of the current key. The new key is then published\n     \
              at /oauth/jwks.json, but does not sign. Wait 10 minutes, so that all caches have it.\n  \
           2. Set OAUTH_ACTIVE_KEY to {number} and deploy. The new key signs.\n  \
           3. Wait 15 minutes, until all tokens of the old key have expired. Then delete its secret.\n\n\
         docs/operations/oauth-keys.md says more."
    )
}

#[cfg(test)]
mod tests {
    use super::{instructions, jwk, of};
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    use p256::SecretKey;

    #[test]
    fn key_of_rfc_7515_has_its_published_coordinates_and_thumbprint() {
        let d = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
        let bytes = Base64UrlUnpadded::decode_vec(d).expect("base64url");
        let key = SecretKey::from_slice(&bytes).expect("a key");
        assert_eq!(
            of(&key),
            format!(
                r#"{{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"{d}","kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U","alg":"ES256","use":"sig"}}"#
            )
        );
    }

    #[test]
    fn keys_differ_and_the_instructions_contain_none() {
        let (one, other) = (jwk().expect("random"), jwk().expect("random"));
        assert_ne!(one, other);
        let text = instructions(2);
        assert!(text.contains("secret put OAUTH_KEY_2 --env production"));
        assert!(!text.contains('{'));
    }
}
