//! The public keys of OAuth clients that authenticate with `private_key_jwt` (RFC 7517, RFC 7518 section 6, RFC 8037).

use crate::domain::webauthn::cose::{PublicKey, rsa};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Maximum number of keys of a set: enough for a rotation.
const MAX_KEYS: usize = 5;
/// Maximum number of bytes of a key's id.
const MAX_ID_BYTES: usize = 128;

/// A JWK Set as it is given.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(rename = "KeySetRequest"))]
pub struct GivenKeySet {
    /// One to five public keys.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = 5)))]
    keys: Vec<GivenKey>,
}

/// A JWK as it is given. Other members are ignored; a private key is refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(rename = "KeyRequest"))]
struct GivenKey {
    /// Key type: `EC`, `OKP` or `RSA`.
    kty: String,
    /// Curve: `P-256` for `EC`, `Ed25519` for `OKP`.
    crv: Option<String>,
    /// x coordinate of `EC`, or the key of `OKP`, in base64url.
    x: Option<String>,
    /// y coordinate of `EC`, in base64url.
    y: Option<String>,
    /// Modulus of `RSA` with 2,048 to 4,096 bits, in base64url.
    n: Option<String>,
    /// Exponent of `RSA`, in base64url.
    e: Option<String>,
    /// Id, different for each key; the thumbprint (RFC 7638) if it is absent or null.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = 128)))]
    kid: Option<String>,
    /// `sig`, if it is present.
    #[serde(rename = "use")]
    usage: Option<String>,
    /// `ES256`, `EdDSA`, `Ed25519` (the same as `EdDSA`) or `RS256`, if it is present.
    alg: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    d: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    p: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    q: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    dp: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    dq: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    qi: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    oth: Option<IgnoredAny>,
    #[cfg_attr(not(target_arch = "wasm32"), schemars(skip))]
    k: Option<IgnoredAny>,
}

impl GivenKey {
    fn is_private(&self) -> bool {
        let private = [
            &self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k,
        ];
        private.iter().any(|member| member.is_some())
    }

    fn public_key(&self) -> Option<PublicKey> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => Some(PublicKey::Es256 {
                x: number(self.x.as_ref())?.try_into().ok()?,
                y: number(self.y.as_ref())?.try_into().ok()?,
            }),
            ("OKP", Some("Ed25519")) => Some(PublicKey::Ed25519(
                number(self.x.as_ref())?.try_into().ok()?,
            )),
            ("RSA", None) => rsa(&number(self.n.as_ref())?, &number(self.e.as_ref())?),
            _ => None,
        }
    }

    fn read(self) -> Option<ClientKey> {
        if self.is_private() || self.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let key = self.public_key()?;
        if (self.alg.as_deref()).is_some_and(|given| !names(&key).contains(&given)) {
            return None;
        }
        let id = self.kid.unwrap_or_else(|| thumbprint(&key));
        let is_id = (1..=MAX_ID_BYTES).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_graphic());
        is_id.then_some(ClientKey { id, key })
    }
}

fn number(text: Option<&String>) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text?).ok()
}

/// The names of the algorithms of the signatures. `Ed25519` is the name of RFC 9864 for what RFC 8037 calls `EdDSA`.
pub const SIGNATURE_ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "Ed25519", "RS256"];

/// The names of the algorithm of a key's signatures (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864 section 2.2).
fn names(key: &PublicKey) -> &'static [&'static str] {
    match key {
        PublicKey::Es256 { .. } => &["ES256"],
        PublicKey::Ed25519(_) => &["EdDSA", "Ed25519"],
        PublicKey::Rs256 { .. } => &["RS256"],
    }
}

/// The name under which the algorithm is shown.
fn algorithm(key: &PublicKey) -> &'static str {
    names(key).first().copied().unwrap_or_default()
}

/// RFC 7638: SHA-256 of the required members in lexicographic order.
fn thumbprint(key: &PublicKey) -> String {
    let text = Base64UrlUnpadded::encode_string;
    let members = match key {
        PublicKey::Es256 { x, y } => format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
            text(x),
            text(y)
        ),
        PublicKey::Ed25519(x) => {
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x))
        }
        PublicKey::Rs256 { n, e } => {
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n))
        }
    };
    text(&Sha256::digest(members.as_bytes()))
}

/// A public key of an OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// Its id.
    pub id: String,
    /// The key.
    pub key: PublicKey,
}

impl ClientKey {
    /// Whether its signatures have the algorithm with this name.
    #[must_use]
    pub fn has_algorithm(&self, name: &str) -> bool {
        names(&self.key).contains(&name)
    }
}

/// The public keys of an OAuth client: one to five, each with another id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(rename = "OauthClientKeySet"))]
pub struct KeySet {
    /// The keys.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(with = "Vec<ShownKey>"))]
    keys: Vec<ClientKey>,
}

impl KeySet {
    /// Checks a set. `None` if a key is private, or is no key that the service can use, or has the id of another one, or if they are
    /// none or too many.
    #[must_use]
    pub fn read(given: GivenKeySet) -> Option<Self> {
        if !(1..=MAX_KEYS).contains(&given.keys.len()) {
            return None;
        }
        let keys = given.keys.into_iter().map(GivenKey::read);
        let keys = keys.collect::<Option<Vec<ClientKey>>>()?;
        let ids: BTreeSet<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        (ids.len() == keys.len()).then_some(Self { keys })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[ClientKey] {
        &self.keys
    }
}

/// A public key as a JWK.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(rename = "OauthClientKey"))]
#[serde(tag = "kty")]
enum ShownKey {
    /// A point of P-256.
    #[serde(rename = "EC")]
    Ec {
        /// `P-256`.
        crv: &'static str,
        /// x coordinate in base64url.
        x: String,
        /// y coordinate in base64url.
        y: String,
        /// Id.
        kid: String,
        /// `sig`.
        r#use: &'static str,
        /// Algorithm of the signatures.
        alg: &'static str,
    },
    /// A key of Ed25519.
    #[serde(rename = "OKP")]
    Okp {
        /// `Ed25519`.
        crv: &'static str,
        /// The key in base64url.
        x: String,
        /// Id.
        kid: String,
        /// `sig`.
        r#use: &'static str,
        /// Algorithm of the signatures.
        alg: &'static str,
    },
    /// A key of RSA.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus in base64url.
        n: String,
        /// Exponent in base64url.
        e: String,
        /// Id.
        kid: String,
        /// `sig`.
        r#use: &'static str,
        /// Algorithm of the signatures.
        alg: &'static str,
    },
}

impl Serialize for ClientKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Base64UrlUnpadded::encode_string;
        let (kid, alg, r#use) = (self.id.clone(), algorithm(&self.key), "sig");
        let shown = match &self.key {
            PublicKey::Es256 { x, y } => ShownKey::Ec {
                crv: "P-256",
                x: text(x),
                y: text(y),
                kid,
                r#use,
                alg,
            },
            PublicKey::Ed25519(x) => ShownKey::Okp {
                crv: "Ed25519",
                x: text(x),
                kid,
                r#use,
                alg,
            },
            PublicKey::Rs256 { n, e } => ShownKey::Rsa {
                n: text(n),
                e: text(e),
                kid,
                r#use,
                alg,
            },
        };
        shown.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
