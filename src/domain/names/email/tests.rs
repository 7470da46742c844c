//! E-mail addresses: their keys, and the addresses that are refused.

use super::*;
use crate::domain::names::LoginName;
use proptest::prelude::*;

#[test]
fn address_is_shown_as_given_and_compared_without_case() {
    let address = email("John.Doe+x@Example.COM").unwrap();
    assert_eq!(address.as_str(), "John.Doe+x@Example.COM");
    assert_eq!(address.key(), "john.doe+x@example.com");
    for (left, right) in [
        ("E\u{301}mile@example.com", "\u{e9}mile@example.com"),
        ("\u{3a3}\u{3a3}@x.gr", "\u{3c3}\u{3c3}@x.gr"),
        ("a@M\u{dc}NCHEN.de", "a@m\u{fc}nchen.de"),
        ("\u{212a}@x.org", "k@x.org"),
    ] {
        assert_eq!(
            email(left).unwrap().key,
            email(right).unwrap().key,
            "{left}"
        );
    }
    for good in [
        "a@b",
        "admin@localhost",
        "o'brien@example.com",
        "x@sub.domain-name.example",
        "user@xn--mnchen-3ya.de",
        "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{5e7f}\u{544a}",
    ] {
        assert!(email(good).is_ok(), "{good}");
    }
}

#[test]
fn invalid_address_is_refused() {
    let long =
        |local: usize, label: usize| format!("{}@{}.example", "a".repeat(local), "b".repeat(label));
    assert!(email(&long(64, 63)).is_ok());
    for text in [
        "",
        "@",
        "a@",
        "@b",
        "a",
        "a@b@c",
        "a b@c.de",
        "a\u{0}@b.de",
        "a@b..de",
        "a@.de",
        "a@-b.de",
        "a@b-.de",
        "a@b_c.de",
        "\"a b\"@c.de",
        "a@[127.0.0.1]",
        "a,b@c.de",
        "a;b@c.de",
        "<a@b.de>",
        "a\u{200b}@b.de",
        "a\u{10ffff}@b.de",
        "a\u{202e}@b.de",
        "a\u{a0}@b.de",
        "a\u{85}@b.de",
        &long(65, 1),
        &long(1, 64),
        &format!("{}@{}de", "a".repeat(60), "b.".repeat(97)),
    ] {
        assert_eq!(email(text), Err(NameError::Email), "{text:?}");
    }
}

#[test]
fn addresses_of_one_mailbox_have_the_same_key() {
    for (key, spellings) in [
        (
            "ada@xn--bcher-kva.example",
            &[
                "ada@b\u{fc}cher.example",
                "Ada@B\u{dc}CHER.Example",
                "ada@bu\u{308}cher.example",
                "ada@xn--bcher-kva.example",
                "ADA@XN--BCHER-KVA.EXAMPLE",
                "ada@b\u{fc}cher.example.",
                "ada@b\u{fc}cher\u{3002}example\u{ff61}",
            ][..],
        ),
        (
            "ada@example.com",
            &[
                "ada@example.com.",
                "ada@\u{ff25}xample.com",
                "ada@example\u{ff0e}com",
            ],
        ),
        // Numbers are not read as IP addresses.
        ("ada@1.2", &["ada@\u{ff11}.2", "ada@1.2."]),
    ] {
        for spelling in spellings {
            let address = email(spelling).unwrap();
            assert_eq!(address.key(), key, "{spelling}");
            assert_eq!(
                LoginName::parse(spelling),
                Some(LoginName::Email(key.to_owned()))
            );
        }
    }
    let unicode = email("ADA@xn--bcher-kva.example").unwrap();
    assert_eq!(unicode.unicode_key(), "ada@b\u{fc}cher.example");
    // Other mailboxes, and invalid addresses.
    for other in [
        "ada@bucher.example",
        "ada@b\u{fc}cher.example.com",
        "\u{e4}da@b\u{fc}cher.example",
    ] {
        assert_ne!(email(other).unwrap().key(), "ada@xn--bcher-kva.example");
    }
    for none in [
        "ada@example.com..",
        "ada@.example.com",
        "ada@\u{3002}",
        "ada@exa\u{ff0f}mple.com",
        "ada@exa\u{ff20}mple.com",
        "ada@exa\u{ff05}61mple.com",
        "ada@a\u{ad}b.example",
    ] {
        assert_eq!(email(none), Err(NameError::Email), "{none}");
    }
    // A label has at most 63 bytes in ASCII.
    assert!(email(&format!("a@{}.example", "\u{fc}".repeat(64))).is_err());
}

proptest! {
    #[test]
    fn key_of_a_key_is_the_same(local in "[\\p{L}\\p{M}\\p{Nd}.+]{1,12}", domain in "[\\p{L}\\p{Nd}]{1,8}") {
        if let Ok(address) = email(&format!("{local}@{domain}.example")) {
            let again = email(&address.key).unwrap();
            prop_assert_eq!(&again.key, &address.key);
            prop_assert_eq!(LoginName::parse(address.as_str()), Some(LoginName::Email(address.key)));
        }
    }

    /// The address as typed, with its domain in ASCII, and with its domain in Unicode again.
    #[test]
    fn spellings_of_a_domain_have_the_same_key(local in "[a-z]{1,8}", domain in "[\\p{L}\\p{M}\\p{Nd}.-]{1,20}", dot in "\\.?") {
        if let Ok(address) = email(&format!("{local}@{domain}{dot}")) {
            prop_assert!(address.key().is_ascii());
            let spellings = [address.key.clone(), address.key.to_uppercase(), address.unicode_key()];
            for spelling in spellings {
                let again = email(&spelling).map(|again| again.key);
                prop_assert_eq!(again.as_ref(), Ok(&address.key), "{}", spelling);
            }
        }
    }
}
