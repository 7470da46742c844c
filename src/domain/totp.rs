//! One-time codes of authenticator apps: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds, which is what all apps
//! support.

use crate::crypto::secret::Secret;
use crate::timestamp::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::fmt::Write as _;
use subtle::ConstantTimeEq;

/// Length of a secret: that of the hash (RFC 4226 section 4, requirement 6).
pub const SECRET_BYTES: usize = 20;
/// Duration of a time step (RFC 6238 section 4.1).
const STEP_SECONDS: i64 = 30;
/// Steps before and after the current step whose codes are accepted (RFC 6238 section 5.2). A clock may therefore differ by 30
/// seconds.
const DRIFT_STEPS: i64 = 1;

/// The shared secret of one-time codes.
pub struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// A secret of these random bytes.
    #[must_use]
    pub fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads what [`TotpSecret::base32`] wrote.
    #[must_use]
    pub fn parse(base32: &str) -> Option<Self> {
        let mut bytes = [0; SECRET_BYTES];
        let mut places = bytes.iter_mut();
        let (mut buffer, mut bits) = (0_u32, 0_u32);
        for letter in base32.bytes() {
            let value = ALPHABET.iter().position(|known| *known == letter)?;
            buffer = (buffer << 5 | u32::try_from(value).ok()?) & 0xfff;
            bits = bits.saturating_add(5);
            if bits >= 8 {
                bits = bits.saturating_sub(8);
                *places.next()? = u8::try_from(buffer >> bits & 0xff).ok()?;
            }
        }
        (places.next().is_none() && bits == 0).then_some(Self(bytes))
    }

    /// The secret as users type it into an app: base32 (RFC 4648) without padding, 32 letters.
    #[must_use]
    pub fn base32(&self) -> Secret {
        Secret::new(base32(&self.0, ALPHABET))
    }

    /// The step of this code, if the code is accepted at this time and the step is later than `after`, the last step that was used.
    #[must_use]
    pub fn verify(&self, code: &str, now: Timestamp, after: u32) -> Option<u32> {
        let code: String = code.chars().filter(|letter| *letter != ' ').collect();
        let current = now.seconds().div_euclid(STEP_SECONDS);
        let mut found = None;
        // All steps are compared, so that the time does not depend on which one matches.
        for drift in -DRIFT_STEPS..=DRIFT_STEPS {
            let step = u32::try_from(current.saturating_add(drift)).ok()?;
            let is_equal = bool::from(
                self.code(u64::from(step), 6)
                    .as_bytes()
                    .ct_eq(code.as_bytes()),
            );
            if is_equal && step > after {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step with this number of digits (RFC 4226 section 5.3).
    fn code(&self, step: u64, digits: u32) -> String {
        let mut block = [0; 64];
        for (place, byte) in block.iter_mut().zip(self.0) {
            *place = byte;
        }
        let mut mac = Hmac::<Sha1>::new(&block.into());
        mac.update(&step.to_be_bytes());
        let hash: [u8; 20] = mac.finalize().into_bytes().into();
        let offset = usize::from(hash.last().copied().unwrap_or_default() & 0xf);
        let word = hash.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        let number = u32::from_be_bytes(word.copied().unwrap_or_default()) & 0x7fff_ffff;
        let modulus = 10_u32.saturating_pow(digits);
        let width = usize::try_from(digits).unwrap_or_default();
        format!(
            "{:0width$}",
            number.checked_rem(modulus).unwrap_or_default()
        )
    }
}

/// RFC 4648 section 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 with this alphabet, without padding. Missing bits at the end are zero.
pub(super) fn base32(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut text = String::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    let letter = |value: u32| {
        let place = usize::try_from(value & 31).unwrap_or_default();
        char::from(alphabet.get(place).copied().unwrap_or_default())
    };
    for byte in bytes {
        buffer = (buffer << 8 | u32::from(*byte)) & 0xffff;
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            text.push(letter(buffer >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(buffer << 5_u32.saturating_sub(bits)));
    }
    text
}

/// The `otpauth` URI that authenticator apps read from a QR code (Key URI Format). `issuer` is the name of the service.
#[must_use]
pub fn uri(issuer: &str, account: &str, secret: &TotpSecret) -> Secret {
    let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
    let secret = secret.base32();
    let secret = secret.reveal();
    Secret::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
    ))
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the rows of SHA-1.
        for (second, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = u64::try_from(second / STEP_SECONDS).unwrap();
            assert_eq!(secret().code(step, 8), code);
            let six = &code[2..];
            assert_eq!(secret().code(step, 6), six);
            let found = secret().verify(six, at(second), 0);
            assert_eq!(found.map(u64::from), Some(step), "{code}");
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226() {
        // Appendix D.
        for (step, code) in (0..).zip([
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ]) {
            assert_eq!(secret().code(step, 6), code);
        }
    }

    #[test]
    fn code_is_accepted_one_step_early_or_late_and_once() {
        let now = at(1_234_567_890);
        let step: u32 = 1_234_567_890 / 30;
        for drift in [-2, -1, 0, 1, 2_i32] {
            let other = step.checked_add_signed(drift).unwrap();
            let code = secret().code(other.into(), 6);
            let is_near = (-1..=1).contains(&drift);
            let found = secret().verify(&code, now, 0);
            assert_eq!(found, is_near.then_some(other), "{drift}");
            assert_eq!(secret().verify(&code, now, other), None, "used");
            assert_eq!(secret().verify(&code, now, other - 1), found);
        }
        for code in ["", "00592", "0059240", "005924 x", "００５９２４"] {
            assert_eq!(secret().verify(code, now, 0), None, "{code}");
        }
        assert_eq!(secret().verify("005 924", now, 0), Some(step));
    }

    #[test]
    fn base32_is_that_of_rfc_4648_without_padding() {
        for (text, encoded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes(), ALPHABET), encoded);
        }
        let text = secret().base32();
        assert_eq!(text.reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let read = TotpSecret::parse(text.reveal()).unwrap();
        assert_eq!(read.0, secret().0);
        for text in [
            "",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ",
            "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
        ] {
            assert!(TotpSecret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn uri_escapes_the_names() {
        let uri = uri("Edge Auth & Co", "ada@example.com", &secret());
        assert_eq!(
            uri.reveal(),
            "otpauth://totp/Edge%20Auth%20%26%20Co:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Edge%20Auth%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        );
    }
}
