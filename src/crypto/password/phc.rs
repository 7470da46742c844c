//! The PHC string of a password hash, as the reference implementation of Argon2 writes it:
//! `$argon2id$v=19$m=19456,t=2,p=1,keyid=…$salt$output`, in base64 without padding.
//!
//! It is parsed strictly and within bounds, because it determines how much memory and time a sign-in takes.

use super::memory::MAX_MEMORY_KIB;
use argon2id::{Params, Variant, Version};
use base64ct::{Base64Unpadded, Encoding};

/// Salt and output of 64 bytes each and the longest parameters take 250 bytes.
const MAX_PHC_BYTES: usize = 300;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 16;
const BOUNDS: Bounds = Bounds {
    memory_kib: MAX_MEMORY_KIB,
    passes: MAX_PASSES,
    lanes: MAX_LANES,
};
/// RFC 9106 section 3.1.
const MIN_KIB_PER_LANE: u32 = 8;

/// A parsed hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PhcHash {
    pub(super) params: Params,
    pub(super) key_id: Option<String>,
    /// 8 to 64 bytes.
    pub(super) salt: Vec<u8>,
    /// 16 to 64 bytes.
    pub(super) output: Vec<u8>,
}

/// The largest parameters that are accepted.
#[derive(Clone, Copy)]
struct Bounds {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl PhcHash {
    /// Parses a PHC string; `None` if it is not of Argon2id or a value is out of bounds.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::parse_any(text).filter(|hash| hash.params.variant == Variant::Argon2id)
    }

    /// Parses a PHC string of any variant of Argon2.
    pub(super) fn parse_any(text: &str) -> Option<Self> {
        Self::parse_within(text, BOUNDS)
    }

    /// Whether it would be parsed if it took less memory or time.
    pub(super) fn is_expensive(text: &str) -> bool {
        let any = Bounds {
            memory_kib: u32::MAX,
            passes: u32::MAX,
            lanes: u32::MAX,
        };
        Self::parse_any(text).is_none() && Self::parse_within(text, any).is_some()
    }

    fn parse_within(text: &str, bounds: Bounds) -> Option<Self> {
        if text.len() > MAX_PHC_BYTES {
            return None;
        }
        let mut fields = text.strip_prefix('$')?.split('$');
        let variant = match fields.next()? {
            "argon2d" => Variant::Argon2d,
            "argon2i" => Variant::Argon2i,
            "argon2id" => Variant::Argon2id,
            _ => return None,
        };
        let mut field = fields.next()?;
        // A missing version is 16: the reference implementation omitted it when there was no other.
        let mut version = Version::V0x10;
        if let Some(number) = field.strip_prefix("v=") {
            version = match number {
                "16" => Version::V0x10,
                "19" => Version::V0x13,
                _ => return None,
            };
            field = fields.next()?;
        }
        let (params, key_id) = parameters(field, bounds)?;
        let params = Params {
            variant,
            version,
            ..params
        };
        let salt = decode(fields.next()?, 8)?;
        let output = decode(fields.next()?, 16)?;
        fields.next().is_none().then_some(Self {
            params,
            key_id,
            salt,
            output,
        })
    }

    /// The PHC string.
    pub(super) fn write(&self) -> String {
        let Params {
            variant,
            version,
            memory_kib,
            passes,
            lanes,
        } = self.params;
        let version = match version {
            Version::V0x10 => 16,
            Version::V0x13 => 19,
        };
        let variant = match variant {
            Variant::Argon2d => "argon2d",
            Variant::Argon2i => "argon2i",
            Variant::Argon2id => "argon2id",
        };
        let key_id = self
            .key_id
            .as_ref()
            .map_or(String::new(), |id| format!(",keyid={id}"));
        let salt = Base64Unpadded::encode_string(&self.salt);
        let output = Base64Unpadded::encode_string(&self.output);
        format!(
            "${variant}$v={version}$m={memory_kib},t={passes},p={lanes}{key_id}${salt}${output}"
        )
    }
}

/// Variant and version are set by the caller.
fn parameters(field: &str, bounds: Bounds) -> Option<(Params, Option<String>)> {
    let mut parts = field.split(',');
    let memory_kib = number(parts.next()?.strip_prefix("m=")?, bounds.memory_kib)?;
    let passes = number(parts.next()?.strip_prefix("t=")?, bounds.passes)?;
    let lanes = number(parts.next()?.strip_prefix("p=")?, bounds.lanes)?;
    let key_id = match parts.next() {
        None => None,
        Some(part) => {
            let id = part.strip_prefix("keyid=")?;
            // The PHC format of Argon2: at most 8 bytes.
            let length = Base64Unpadded::decode_vec(id).ok()?.len();
            ((1..=8).contains(&length)).then(|| Some(id.to_owned()))?
        }
    };
    let is_enough = memory_kib >= lanes.checked_mul(MIN_KIB_PER_LANE)?;
    (parts.next().is_none() && is_enough).then_some((
        Params {
            variant: Variant::Argon2id,
            version: Version::V0x13,
            memory_kib,
            passes,
            lanes,
        },
        key_id,
    ))
}

/// A decimal number from 1 to `max`, without sign and leading zeros.
fn number(text: &str, max: u32) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let value = is_plain.then(|| text.parse().ok())??;
    (1..=max).contains(&value).then_some(value)
}

fn decode(text: &str, min_bytes: usize) -> Option<Vec<u8>> {
    let bytes = Base64Unpadded::decode_vec(text).ok()?;
    (min_bytes..=64).contains(&bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SALT: &str = "c2l4dGVlbmJ5dGVzc2FsdA";
    const OUTPUT: &str = "ZFhx2vIreSSn20V8X2EUUu7NvxVn6Jv10lA4AgB/z/0";

    #[test]
    fn parameters_out_of_bounds_are_refused() {
        let stored = |parameters: &str| {
            PhcHash::parse(&format!("$argon2id$v=19${parameters}${SALT}${OUTPUT}")).is_some()
        };
        for good in [
            "m=19456,t=2,p=1",
            "m=8,t=1,p=1",
            "m=65536,t=10,p=16",
            "m=128,t=1,p=16",
            "m=19456,t=2,p=1,keyid=AAAAAAAAAAA",
            "m=19456,t=2,p=1,keyid=AA",
        ] {
            assert!(stored(good), "{good}");
        }
        for bad in [
            "",
            "m=7,t=1,p=1",
            "m=127,t=1,p=16",
            "m=65537,t=1,p=1",
            "m=4294967296,t=1,p=1",
            "m=99999999999999999999,t=1,p=1",
            "m=19456,t=0,p=1",
            "m=19456,t=11,p=1",
            "m=19456,t=2,p=0",
            "m=19456,t=2,p=17",
            "m=019456,t=2,p=1",
            "m=+19456,t=2,p=1",
            "m=,t=2,p=1",
            "m=19456,p=1,t=2",
            "m=19456,t=2",
            "m=19456,t=2,p=1,",
            "m=19456,t=2,p=1,keyid=",
            "m=19456,t=2,p=1,keyid=AAAAAAAAAAAA",
            "m=19456,t=2,p=1,keyid=AB",
            "m=19456,t=2,p=1,keyid=AA==",
            "m=19456,t=2,p=1,data=AAAA",
            "m=19456,t=2,p=1,keyid=AA,data=AAAA",
        ] {
            assert!(!stored(bad), "{bad}");
        }
    }

    #[test]
    fn salt_and_output_out_of_bounds_are_refused() {
        let stored = |salt: usize, output: usize| {
            let salt = Base64Unpadded::encode_string(&vec![7; salt]);
            let output = Base64Unpadded::encode_string(&vec![9; output]);
            PhcHash::parse(&format!("$argon2id$v=19$m=64,t=1,p=1${salt}${output}")).is_some()
        };
        assert!(stored(8, 16) && stored(64, 64));
        assert!(!stored(7, 16) && !stored(65, 64) && !stored(8, 15) && !stored(64, 65));
    }

    #[test]
    fn other_text_is_refused() {
        let tail = format!("m=64,t=1,p=1${SALT}${OUTPUT}");
        for text in [
            String::new(),
            "$".to_owned(),
            "$argon2id".to_owned(),
            "$argon2id$".to_owned(),
            format!("argon2id$v=19${tail}"),
            format!("$argon2i$v=19${tail}"),
            format!("$argon2d$v=19${tail}"),
            format!("$argon2ID$v=19${tail}"),
            format!("$argon2id$v=18${tail}"),
            format!("$argon2id$v=$v=19${tail}"),
            format!(" $argon2id$v=19${tail}"),
            format!("$argon2id$v=19${tail}\n"),
            format!("$argon2id$v=19${tail}$"),
            format!("$argon2id$v=19$m=64,t=1,p=1${SALT}"),
            format!("$argon2id$v=19$m=64,t=1,p=1${SALT}=${OUTPUT}"),
            format!("$argon2id$v=19$m=64,t=1,p=1${SALT}${OUTPUT}="),
            format!("$argon2id$v=19$m=64,t=1,p=1$$${OUTPUT}"),
            format!("$argon2id$v=19${}", "m".repeat(10_000)),
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".to_owned(),
        ] {
            assert_eq!(PhcHash::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn missing_version_is_16() {
        let stored = PhcHash::parse(&format!("$argon2id$m=64,t=1,p=1${SALT}${OUTPUT}")).unwrap();
        assert_eq!(stored.params.version, Version::V0x10);
    }

    proptest! {
        #[test]
        fn parse_of_any_text_does_not_panic(text in "\\PC{0,200}") {
            let _ = PhcHash::parse(&text);
            let _ = PhcHash::parse(&format!("$argon2id${text}"));
        }

        #[test]
        fn parsed_text_is_written_again(
            text in "\\$argon2id\\$v=1[69]\\$m=[0-9]{0,12},t=[0-9]{0,12},p=[0-9]{0,12}(,keyid=[A-Za-z0-9+/=]{0,14})?\\$[A-Za-z0-9+/=é]{0,90}\\$[A-Za-z0-9+/=]{0,90}"
        ) {
            if let Some(stored) = PhcHash::parse(&text) {
                prop_assert_eq!(stored.write(), text);
            }
        }

        #[test]
        fn written_hash_is_parsed(
            version in prop_oneof![Just(Version::V0x10), Just(Version::V0x13)],
            lanes in 1..=MAX_LANES,
            memory in 0..=MAX_MEMORY_KIB - 8 * MAX_LANES,
            passes in 1..=MAX_PASSES,
            key in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..=8)),
            salt in proptest::collection::vec(any::<u8>(), 8..=64),
            output in proptest::collection::vec(any::<u8>(), 16..=64),
        ) {
            let stored = PhcHash {
                params: Params { variant: Variant::Argon2id, version, memory_kib: memory + 8 * lanes, passes, lanes },
                key_id: key.map(|key| Base64Unpadded::encode_string(&key)),
                salt,
                output,
            };
            let text = stored.write();
            prop_assert!(text.len() <= MAX_PHC_BYTES, "{}", text.len());
            prop_assert_eq!(PhcHash::parse(&text), Some(stored));
        }
    }
}
