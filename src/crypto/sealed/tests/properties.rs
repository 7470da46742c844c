//! Any payload opens, and any other text is refused.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn sealed_payload_opens(
        code in ".{0,200}", number: u32, client in prop::collection::vec(any::<u8>(), 0..80),
        nonce: [u8; NONCE_BYTES], end in 1..=253_402_300_799_i64,
    ) {
        let sealer = sealer(SECRET, Some(OTHER));
        let device = Device { code, number };
        for purpose in PURPOSES {
            let handle = sealer.seal(purpose, &client, at(end), &device, nonce).unwrap();
            let opened = sealer.open::<Device>(purpose, &client, &handle, at(end - 1));
            prop_assert_eq!(opened.as_ref(), Ok(&device));
            let opened = sealer.open::<Device>(purpose, &client, &handle, at(end));
            prop_assert_eq!(opened, Err(OpenError::Expired));
        }
    }

    #[test]
    fn handle_of_another_client_is_invalid(
        one in prop::collection::vec(any::<u8>(), 0..40),
        other in prop::collection::vec(any::<u8>(), 0..40),
        nonce: [u8; NONCE_BYTES],
    ) {
        prop_assume!(one != other);
        let sealer = sealer(SECRET, None);
        let handle = sealer
            .seal(Purpose::ClientSecret, &one, at(END), &device(), nonce)
            .unwrap();
        let opened = sealer.open::<Device>(Purpose::ClientSecret, &other, &handle, at(0));
        prop_assert_eq!(opened, Err(OpenError::Invalid));
    }

    #[test]
    fn altered_handle_is_invalid(
        code in ".{0,200}", nonce: [u8; NONCE_BYTES],
        place: prop::sample::Index, bit in 0..7_u32, cut: prop::sample::Index,
    ) {
        let sealer = sealer(SECRET, Some(OTHER));
        let device = Device { code, number: 1 };
        let handle = sealer
            .seal(Purpose::DeviceCode, CLIENT, at(END), &device, nonce)
            .unwrap();
        let shorter = &handle[..cut.index(handle.len())];
        prop_assert_eq!(open(&sealer, shorter), Err(OpenError::Invalid));
        let mut bytes = handle.into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let altered = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(open(&sealer, &altered), Err(OpenError::Invalid));
    }

    #[test]
    fn any_other_text_is_invalid(text in "\\PC{0,60}", letters in "[A-Za-z0-9_-]{0,300}") {
        let sealer = sealer(SECRET, Some(OTHER));
        prop_assert_eq!(open(&sealer, &text), Err(OpenError::Invalid));
        prop_assert_eq!(open(&sealer, &letters), Err(OpenError::Invalid));
    }
}
