//! Authenticator data: what the authenticator states and signs (section 6.1).

use super::cbor::{NotExpected, Reader};
use super::cose::PublicKey;
use super::{Ceremony, MAX_CREDENTIAL_ID_BYTES, Refusal};

/// A key of 4,096 bits and the longest id take 1,600 bytes.
const MAX_BYTES: usize = 4_096;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// The authenticator data of a present and verified user of this relying party.
#[derive(Debug)]
pub struct AuthenticatorData<'b> {
    /// The counter, 0 if the authenticator has none.
    pub sign_count: u32,
    /// Whether the passkey may be copied to other devices.
    pub is_backup_eligible: bool,
    /// Whether the passkey has been copied to other devices.
    pub is_backed_up: bool,
    /// The new credential, at a registration.
    pub credential: Option<NewCredential<'b>>,
}

/// Attested credential data (section 6.5.1).
#[derive(Debug)]
pub struct NewCredential<'b> {
    /// Its id, of 1 to 1,023 bytes.
    pub id: &'b [u8],
    /// Its key.
    pub public_key: PublicKey,
    /// The key as the authenticator wrote it.
    pub cose: &'b [u8],
}

impl<'b> AuthenticatorData<'b> {
    /// Reads the data and checks what must be true in both ceremonies (section 7.1 steps 14 to 18, section 7.2 steps 16 to 20).
    pub fn read(bytes: &'b [u8], ceremony: &Ceremony<'_>) -> Result<Self, Refusal> {
        let invalid = Refusal::AuthenticatorData;
        if bytes.len() > MAX_BYTES {
            return Err(invalid);
        }
        let (hash, rest) = bytes.split_first_chunk::<32>().ok_or(invalid)?;
        let (flags, rest) = rest.split_first().ok_or(invalid)?;
        let (sign_count, rest) = rest.split_first_chunk().ok_or(invalid)?;
        let has = |flag: u8| flags & flag != 0;
        if *hash != ceremony.relying_party_id_hash() {
            return Err(Refusal::RelyingParty);
        }
        if !has(USER_PRESENT) {
            return Err(Refusal::UserPresence);
        }
        if !has(USER_VERIFIED) {
            return Err(Refusal::UserVerification);
        }
        if has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
            return Err(Refusal::Backup);
        }
        let (credential, rest) = if has(HAS_CREDENTIAL) {
            let (credential, rest) = NewCredential::read(rest)?;
            (Some(credential), rest)
        } else {
            (None, rest)
        };
        let rest = if has(HAS_EXTENSIONS) {
            after_extensions(rest).map_err(|NotExpected| invalid)?
        } else {
            rest
        };
        if !rest.is_empty() {
            return Err(invalid);
        }
        Ok(Self {
            sign_count: u32::from_be_bytes(*sign_count),
            is_backup_eligible: has(BACKUP_ELIGIBLE),
            is_backed_up: has(BACKED_UP),
            credential,
        })
    }
}

impl<'b> NewCredential<'b> {
    /// Reads the credential at the start of the bytes, and returns what follows it.
    fn read(bytes: &'b [u8]) -> Result<(Self, &'b [u8]), Refusal> {
        let invalid = Refusal::AuthenticatorData;
        // The AAGUID names the model of the authenticator. Without a verified attestation it proves nothing.
        let (_aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(invalid)?;
        let (length, rest) = rest.split_first_chunk().ok_or(invalid)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > MAX_CREDENTIAL_ID_BYTES {
            return Err(Refusal::CredentialId);
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(invalid)?;
        let mut reader = Reader::new(rest);
        let public_key = PublicKey::read_from(&mut reader)?;
        let (cose, rest) = rest.split_at_checked(reader.position()).ok_or(invalid)?;
        let credential = Self {
            id,
            public_key,
            cose,
        };
        Ok((credential, rest))
    }
}

/// What follows the outputs of extensions. The outputs are ignored, as section 7.1 step 19 allows.
fn after_extensions(bytes: &[u8]) -> Result<&[u8], NotExpected> {
    let mut reader = Reader::new(bytes);
    for _ in 0..reader.map()? {
        reader.skip()?;
        reader.skip()?;
    }
    bytes.get(reader.position()..).ok_or(NotExpected)
}
