//! ES256 signatures. Authenticators write them in DER (section 6.5.5); the platform expects the two numbers side by side, as
//! IEEE P1363 does.

use super::Refusal;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const NUMBER_BYTES: usize = 32;

/// The two numbers with 32 bytes each. Only DER is accepted: lengths and numbers have their shortest form, and nothing follows.
///
/// # Errors
/// `Signature`.
pub fn p1363(der: &[u8]) -> Result<[u8; 2 * NUMBER_BYTES], Refusal> {
    read(der).ok_or(Refusal::Signature)
}

fn read(der: &[u8]) -> Option<[u8; 2 * NUMBER_BYTES]> {
    let (numbers, rest) = element(SEQUENCE, der)?;
    let (r, after_r) = element(INTEGER, numbers)?;
    let (s, after_s) = element(INTEGER, after_r)?;
    if !rest.is_empty() || !after_s.is_empty() {
        return None;
    }
    let mut both = [0; 2 * NUMBER_BYTES];
    let (left, right) = both.split_at_mut(NUMBER_BYTES);
    copy(r, left)?;
    copy(s, right)?;
    Some(both)
}

/// The content of the element with this tag, and what follows it. A length has one byte, because the longest signature has 72
/// bytes.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *found != tag || *length >= 0x80 {
        return None;
    }
    rest.split_at_checked(usize::from(*length))
}

/// Writes a number without its sign byte to the end of `target`.
fn copy(number: &[u8], target: &mut [u8]) -> Option<()> {
    let magnitude = match number {
        // A zero byte is allowed only where the next bit would be read as a sign.
        [0, rest @ ..] if rest.first() >= Some(&0x80) => rest,
        // A valid signature contains neither a negative number nor zero.
        [0 | 0x80.., ..] | [] => return None,
        positive => positive,
    };
    let start = target.len().checked_sub(magnitude.len())?;
    target.get_mut(start..)?.copy_from_slice(magnitude);
    Some(())
}
