//! Authenticator data of assertions.

use super::{cbor, ceremony, message, page, rp_id_hash};
use crate::Target;
use edge_auth::domain::webauthn::cose::PublicKey;
use edge_auth::domain::webauthn::credential::AssertionResponse;
use edge_auth::domain::webauthn::{Assertion, Stored};

pub const TARGET: Target = Target {
    name: "webauthn_assertion",
    run,
    seeds,
    words: &[
        "\u{0}\u{0}\u{0}\u{0}",
        "\u{0}\u{0}\u{0}\u{5}",
        "ax\u{0}",
        "aya\u{0}",
    ],
};

const MAX_BYTES: usize = 4_096;

/// Authenticator data (section 6.1), of a present and verified user of this relying party.
pub struct AuthenticatorData<'b> {
    pub sign_count: u32,
    pub is_backup_eligible: bool,
    pub is_backed_up: bool,
    /// The id and the key of a new credential.
    pub credential: Option<(&'b [u8], &'b [u8])>,
}

impl<'b> AuthenticatorData<'b> {
    /// Panics if the service must refuse the data.
    pub fn new(bytes: &'b [u8]) -> Self {
        assert!(bytes.len() <= MAX_BYTES);
        let (start, mut rest) = bytes.split_at(37);
        assert_eq!(start[..32], rp_id_hash());
        let has = |bit: u8| start[32] & 1 << bit != 0;
        assert!(has(0), "the user is present");
        assert!(has(2), "the user is verified");
        assert!(has(3) || !has(4), "a copy needs the eligibility");
        let mut credential = None;
        if has(6) {
            let (id, after) =
                rest[18..].split_at(usize::from(rest[16]) << 8 | usize::from(rest[17]));
            let (key, after) = cbor::value(after);
            credential = Some((id, key));
            rest = after;
        }
        if has(7) {
            let (_, after) = cbor::map(rest);
            rest = after;
        }
        assert!(rest.is_empty());
        Self {
            sign_count: u32::from_be_bytes(start[33..].try_into().expect("four bytes")),
            is_backup_eligible: has(3),
            is_backed_up: has(4),
            credential,
        }
    }
}

/// A passkey that is not eligible for backup, and one that is.
pub fn stored() -> [Stored; 2] {
    [(false, 5), (true, 0)].map(|(is_backup_eligible, sign_count)| Stored {
        public_key: PublicKey::Ed25519([1; 32]),
        sign_count,
        is_backup_eligible,
        user_handle: [5; 16],
    })
}

/// The response with these data.
pub fn response(client_data: Vec<u8>, authenticator_data: Vec<u8>) -> AssertionResponse {
    AssertionResponse {
        id: vec![1],
        client_data,
        authenticator_data,
        signature: vec![3; 64],
        user_handle: None,
    }
}

fn run(data: &[u8]) {
    let page = page("webauthn.get");
    let response = response(page.clone(), data.to_vec());
    for stored in stored() {
        let Ok(read) = Assertion::read(&response, &stored, &ceremony()) else {
            continue;
        };
        let expected = AuthenticatorData::new(data);
        assert_eq!(expected.is_backup_eligible, stored.is_backup_eligible);
        assert_eq!(read.is_backed_up, expected.is_backed_up);
        let count = expected.sign_count;
        let has_grown = count > stored.sign_count || count | stored.sign_count == 0;
        assert_eq!(read.sign_count().ok(), has_grown.then_some(count));
        assert_eq!(read.signed.key, stored.public_key);
        assert_eq!(read.signed.message, message(data, &page));
        assert_eq!(read.signed.signature, response.signature);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let data = |flags: u8, count: u8, rest: &[u8]| {
        [&rp_id_hash(), &[flags, 0, 0, 0, count][..], rest].concat()
    };
    let new = |length: [u8; 2], id: &[u8]| {
        let key = &super::key::keys()[0];
        [&[0; 16], &length[..], id, key].concat()
    };
    vec![
        data(5, 6, &[]),
        data(5, 5, &[]),
        data(0x0d, 0, &[]),
        data(0x1d, 1, &[]),
        data(0x85, 6, &[0xa0]),
        data(0x85, 6, b"\xa2ax\xf5ay\xa1az\x80"),
        // A map with a head of two bytes.
        data(0x85, 6, &[&[0xb8, 24], &[0; 48][..]].concat()),
        data(0x45, 6, &new([0, 1], &[1])),
        data(0xc5, 6, &[&new([0, 1], &[1])[..], &[0xa0]].concat()),
    ]
}
