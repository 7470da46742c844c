//! Public keys: `COSE_Key` (RFC 9052 section 7) with the algorithms that are offered at a registration (RFC 9053, RFC 8812).

use super::Refusal;
use super::cbor::{Label, NotExpected, Reader, set};

/// ECDSA with P-256 and SHA-256.
pub const ES256: i32 = -7;
/// `EdDSA` with Ed25519.
pub const EDDSA: i32 = -8;
/// RSASSA-PKCS1-v1_5 with SHA-256.
pub const RS256: i32 = -257;
/// The algorithms, in the order of preference.
pub const ALGORITHMS: [i32; 3] = [ES256, EDDSA, RS256];

const KEY_TYPE_OKP: i64 = 1;
const KEY_TYPE_EC2: i64 = 2;
const KEY_TYPE_RSA: i64 = 3;
const CURVE_P256: i64 = 1;
const CURVE_ED25519: i64 = 6;

/// NIST SP 800-131A requires at least 2,048 bits. More than 4,096 bits would make a verification slow.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// In practice the exponent is 65,537.
const MAX_RSA_EXPONENT_BYTES: usize = 4;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of P-256. The platform checks that it is on the curve.
    Es256 {
        /// Its x coordinate.
        x: [u8; 32],
        /// Its y coordinate.
        y: [u8; 32],
    },
    /// An encoded point of Ed25519.
    Ed25519([u8; 32]),
    /// A key of 2,048 to 4,096 bits. Neither number begins with a zero byte.
    Rs256 {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a key. Members that the key does not need are ignored.
    ///
    /// # Errors
    /// `PublicKey`, or `Algorithm` if the algorithm is not among [`ALGORITHMS`].
    pub fn read(cose: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(cose);
        let key = Self::read_from(&mut reader)?;
        if reader.is_at_end() {
            Ok(key)
        } else {
            Err(Refusal::PublicKey)
        }
    }

    /// Reads the key that begins here.
    pub(super) fn read_from(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let members = Members::read(reader).map_err(|NotExpected| Refusal::PublicKey)?;
        let algorithm = members.algorithm.ok_or(Refusal::PublicKey)?;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Refusal::Algorithm);
        }
        members.key(algorithm).ok_or(Refusal::PublicKey)
    }

    /// The algorithm of its signatures.
    #[must_use]
    pub fn algorithm(&self) -> i32 {
        match self {
            Self::Es256 { .. } => ES256,
            Self::Ed25519(_) => EDDSA,
            Self::Rs256 { .. } => RS256,
        }
    }
}

/// The members by their labels. The meaning of the negative labels depends on the type of the key.
#[derive(Default)]
struct Members<'b> {
    /// Label 1.
    key_type: Option<i64>,
    /// Label 3.
    algorithm: Option<i32>,
    /// Label -1.
    first: Option<First<'b>>,
    /// Label -2: x, or the exponent of RSA.
    second: Option<&'b [u8]>,
    /// Label -3: y.
    third: Option<&'b [u8]>,
}

/// Both have one label, so a key has one of them.
enum First<'b> {
    Curve(i64),
    /// The modulus of RSA.
    Modulus(&'b [u8]),
}

impl<'b> Members<'b> {
    fn read(reader: &mut Reader<'b>) -> Result<Self, NotExpected> {
        let mut members = Self::default();
        for _ in 0..reader.map()? {
            match reader.label()? {
                Label::Number(1) => set(&mut members.key_type, reader.value()?)?,
                Label::Number(3) => set(&mut members.algorithm, reader.value()?)?,
                Label::Number(-1) if reader.is_bytes()? => {
                    set(&mut members.first, First::Modulus(reader.bytes()?))?;
                }
                Label::Number(-1) => set(&mut members.first, First::Curve(reader.value()?))?,
                Label::Number(-2) => set(&mut members.second, reader.bytes()?)?,
                Label::Number(-3) => set(&mut members.third, reader.bytes()?)?,
                Label::Number(_) | Label::Text(_) => reader.skip()?,
            }
        }
        Ok(members)
    }

    /// The key, if the members are those of this algorithm.
    fn key(self, algorithm: i32) -> Option<PublicKey> {
        match (algorithm, self.key_type?, self.first?) {
            (ES256, KEY_TYPE_EC2, First::Curve(CURVE_P256)) => Some(PublicKey::Es256 {
                x: self.second?.try_into().ok()?,
                y: self.third?.try_into().ok()?,
            }),
            (EDDSA, KEY_TYPE_OKP, First::Curve(CURVE_ED25519)) => {
                Some(PublicKey::Ed25519(self.second?.try_into().ok()?))
            }
            (RS256, KEY_TYPE_RSA, First::Modulus(n)) => rsa(n, self.second?),
            _ => None,
        }
    }
}

/// The key, if both numbers are odd, have the shortest form (RFC 8230 section 4) and an allowed length, and the exponent is above 1.
#[must_use]
pub fn rsa(n: &[u8], e: &[u8]) -> Option<PublicKey> {
    let is_minimal_and_odd = |number: &[u8]| {
        number.first() != Some(&0) && number.last().is_some_and(|last| last % 2 == 1)
    };
    let has_2048_bits = n.len() > *RSA_MODULUS_BYTES.start() || n.first() >= Some(&0x80);
    (is_minimal_and_odd(n)
        && is_minimal_and_odd(e)
        && RSA_MODULUS_BYTES.contains(&n.len())
        && has_2048_bits
        && e.len() <= MAX_RSA_EXPONENT_BYTES
        && e != [1])
    .then(|| PublicKey::Rs256 {
        n: n.to_vec(),
        e: e.to_vec(),
    })
}
