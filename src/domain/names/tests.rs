use super::*;
use proptest::prelude::*;

fn name(text: &str) -> String {
    canonical(text).unwrap().0
}

fn skeleton_of(text: &str) -> String {
    skeleton(&canonical(text).unwrap())
}

#[test]
fn usernames_are_mapped() {
    for (text, expected) in [
        ("john", "john"),
        ("John.Doe-7_x", "john.doe-7_x"),
        ("O'Brien", "o'brien"),
        // RFC 8265 section 3.5, table 1.
        ("fussball", "fussball"),
        ("fu\u{df}ball", "fu\u{df}ball"),
        ("\u{3c0}", "\u{3c0}"),
        ("\u{3a3}", "\u{3c3}"),
        ("\u{3c3}", "\u{3c3}"),
        ("\u{3c2}", "\u{3c2}"),
        // Full width letters, and a letter that was composed of two.
        ("\u{ff21}\u{ff44}min", "admin"),
        ("E\u{301}mile", "\u{e9}mile"),
        ("\u{5d0}\u{5d1}", "\u{5d0}\u{5d1}"),
    ] {
        assert_eq!(name(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_username() {
    for text in [
        "",
        " ",
        "foo bar",
        "john\u{0}",
        "john\u{7f}",
        "john@example.com",
        "@",
        // RFC 8265 section 3.5, table 2: a space, a Roman numeral, an infinity sign.
        "henry\u{2163}",
        "\u{265a}",
        "\u{221e}",
        "\u{ff20}john",
        "jo\u{200b}hn",
        "jo\u{200d}hn",
        "jo\u{202e}hn",
        "jo\u{ad}hn",
        "\u{fb01}nn",
        "\u{212b}ngstrom",
        "\u{378}",
        "a\u{5d0}",
        "O'Brien; DROP TABLE users",
    ] {
        assert_eq!(canonical(text), Err(NameError::Username), "{text:?}");
    }
}

#[test]
fn usernames_have_1_to_64_code_points() {
    assert_eq!(name(&"A".repeat(64)).len(), 64);
    assert!(canonical(&"A".repeat(65)).is_err());
    assert_eq!(name(&"e\u{301}".repeat(64)).chars().count(), 64);
    assert!(canonical(&"\u{e9}".repeat(65)).is_err());
    assert!(canonical(&"\u{e9}".repeat(100_000)).is_err());
}

#[test]
fn confusable_usernames_share_a_skeleton() {
    for (left, right) in [
        ("admin", "adm\u{131}n"),
        ("paypal", "p\u{430}yp\u{430}l"),
        ("john", "j0hn"),
        ("paul", "pau1"),
        ("microsoft", "rnicrosoft"),
        ("john", "JOHN"),
        ("\u{3bf}\u{3bf}", "oo"),
    ] {
        assert_eq!(skeleton_of(left), skeleton_of(right), "{left} {right}");
    }
    for (left, right) in [
        ("john", "joan"),
        ("anna", "hanna"),
        ("a.b", "a-b"),
        ("a1", "a7"),
    ] {
        assert_ne!(skeleton_of(left), skeleton_of(right), "{left} {right}");
    }
}

/// Those who cannot call this crate write the skeleton of the first administrator down.
#[test]
fn the_skeleton_of_admin() {
    assert_eq!(skeleton_of("admin"), "adrnin");
}

#[test]
fn every_single_character_settles() {
    for c in letters() {
        let Ok(name) = canonical(&c.to_string()) else {
            continue;
        };
        assert_eq!(canonical(&name.0).as_ref(), Ok(&name), "{c:?}");
        let once = skeleton(&name);
        assert_eq!(skeleton(&Username(once.clone())), once, "{c:?}");
    }
}

/// Every plane with letters but for ideographs and syllables, which have neither case nor width.
fn letters() -> impl Iterator<Item = char> {
    ('\0'..='\u{33ff}')
        .chain('\u{a000}'..='\u{abff}')
        .chain('\u{d7a4}'..='\u{1ffff}')
}

/// The Worker finds whoever was admitted, under every spelling that leads to the same name.
#[test]
fn a_sign_in_maps_as_admission_does() {
    for c in letters() {
        for text in [
            format!("{c}"),
            format!("a{c}\u{301}\u{323}z"),
            format!("\u{30ab}{c}\u{30ab}"),
        ] {
            if let Ok(name) = canonical(&text) {
                assert_eq!(
                    login_key(&text),
                    Some(LoginName::Username(name.0)),
                    "{text:?}"
                );
            }
        }
    }
}

#[test]
fn addresses_are_kept_as_given_and_compared_without_case() {
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
fn what_is_no_address() {
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
fn texts_to_be_shown() {
    for (given, expected) in [
        ("John Doe", "John Doe"),
        ("O'Brien; DROP TABLE users", "O'Brien; DROP TABLE users"),
        ("Cafe\u{301} \u{1f600}", "Caf\u{e9} \u{1f600}"),
        ("eu-north-1", "eu-north-1"),
    ] {
        assert_eq!(text(given).as_deref(), Ok(expected));
    }
    assert!(text(&"\u{1f600}".repeat(128)).is_ok());
    for given in [
        "",
        " ",
        "\u{3000}",
        "a\nb",
        "a\u{0}b",
        "a\u{9f}b",
        "a\u{202e}b",
        "a\u{2028}b",
    ] {
        assert_eq!(text(given), Err(NameError::Text), "{given:?}");
    }
    assert!(text(&"a".repeat(129)).is_err());
    assert!(text(&"a".repeat(1_000_000)).is_err());
}

#[test]
fn a_sign_in_is_by_name_or_by_address() {
    let username = |name: &str| Some(LoginName::Username(name.to_owned()));
    let address = |key: &str| Some(LoginName::Email(key.to_owned()));
    for (text, expected) in [
        ("John", username("john")),
        ("JOHN@Example.com", address("john@example.com")),
        ("john@", None),
        ("john doe", None),
        ("", None),
        ("jo\u{0}hn", None),
    ] {
        assert_eq!(login_key(text), expected, "{text:?}");
    }
}

/// White space of all kinds, and what is invisible and comes along when text is copied.
const AROUND: [&str; 8] = [
    " ", "\t", "\r\n", "\u{a0}", "\u{3000}", "\u{2028}", "\u{200b}", "\u{feff}",
];

#[test]
fn white_space_around_a_name_is_dropped() {
    for space in AROUND {
        let around = |text: &str| format!("{space}{text}{space}{space}");
        assert_eq!(name(&around("John")), "john", "{space:?}");
        let address = email(&around("Ada@Example.com")).unwrap();
        assert_eq!(address.as_str(), "Ada@Example.com", "{space:?}");
        assert_eq!(address.key(), "ada@example.com", "{space:?}");
        assert_eq!(text(&around("Ada Lovelace")).as_deref(), Ok("Ada Lovelace"));
        assert_eq!(login_key(&around("John")), login_key("john"));
        assert_eq!(
            login_key(&around("Ada@Example.com")),
            login_key("ada@example.com")
        );
        // Within a name it is another character.
        assert_eq!(
            login_key(&format!("jo{space}hn@example.com")),
            None,
            "{space:?}"
        );
        assert_eq!(login_key(space), None);
    }
}

#[test]
fn addresses_of_one_mailbox_have_one_key() {
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
        // Numbers are no addresses of hosts.
        ("ada@1.2", &["ada@\u{ff11}.2", "ada@1.2."]),
    ] {
        for spelling in spellings {
            let address = email(spelling).unwrap();
            assert_eq!(address.key(), key, "{spelling}");
            assert_eq!(login_key(spelling), Some(LoginName::Email(key.to_owned())));
        }
    }
    let unicode = email("ADA@xn--bcher-kva.example").unwrap();
    assert_eq!(unicode.unicode_key(), "ada@b\u{fc}cher.example");
    // Other mailboxes, or none.
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
    // 63 bytes in ASCII at most, however few letters they are.
    assert!(email(&format!("a@{}.example", "\u{fc}".repeat(64))).is_err());
}

#[test]
fn untrusted_text_is_shown_without_control_and_bidirectional_characters() {
    for (given, expected) in [
        (
            "Mozilla/5.0 (X11; Linux x86_64)",
            "Mozilla/5.0 (X11; Linux x86_64)",
        ),
        ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}e", "a?b?c?d?e"),
        ("a\u{1b}[2Jb\u{7f}\u{9b}c\nd\0", "a?[2Jb??c?d?"),
        ("a\u{200b}b\u{feff}c\u{ad}d\u{e0041}e", "a?b?c?d?e"),
        ("a\u{a0}b\u{3000}c", "a b c"),
        ("\u{65e5}\u{672c}", "\u{65e5}\u{672c}"),
        ("", ""),
    ] {
        assert_eq!(shown(given, 256), expected, "{given:?}");
    }
    assert_eq!(shown("\u{65e5}\u{672c}", 5), "\u{65e5}");
    assert_eq!(shown(&"\u{1f400}".repeat(200), 256).len(), 256);
    assert_eq!(shown(&"\u{65e5}".repeat(200), 256).len(), 255);
}

#[test]
fn full_names() {
    for (username, expected) in [
        ("aws-user", "AWS User"),
        ("john.doe", "John Doe"),
        ("john", "John"),
        ("mary_ann-lee.smith", "Mary Ann Lee Smith"),
        ("john.doe@example.com", "John Doe"),
        ("..x..", "X"),
        ("McDonald", "McDonald"),
        ("\u{e9}mile", "\u{c9}mile"),
        ("-", "-"),
        ("", ""),
    ] {
        assert_eq!(full_name_from(username), expected, "{username}");
    }
}

proptest! {
    #[test]
    fn usernames_are_fixed_points(text in "\\PC{0,70}") {
        if let Ok(name) = canonical(&text) {
            prop_assert_eq!(canonical(&name.0), Ok(name.clone()));
            prop_assert_eq!(login_key(&text), Some(LoginName::Username(name.0.clone())));
            let skeleton_once = skeleton(&name);
            prop_assert_eq!(skeleton(&Username(skeleton_once.clone())), skeleton_once);
        }
    }

    #[test]
    fn letters_of_all_scripts_are_fixed_points(text in "[\\p{L}\\p{M}\\p{Nd}]{1,12}") {
        if let Ok(name) = canonical(&text) {
            prop_assert_eq!(canonical(&name.0), Ok(name.clone()));
            prop_assert_eq!(login_key(&text), Some(LoginName::Username(name.0.clone())));
            let once = skeleton(&name);
            prop_assert_eq!(skeleton(&Username(once.clone())), once);
        }
    }

    #[test]
    fn addresses_have_one_key(local in "[\\p{L}\\p{M}\\p{Nd}.+]{1,12}", domain in "[\\p{L}\\p{Nd}]{1,8}") {
        if let Ok(address) = email(&format!("{local}@{domain}.example")) {
            let again = email(&address.key).unwrap();
            prop_assert_eq!(&again.key, &address.key);
            prop_assert_eq!(login_key(address.as_str()), Some(LoginName::Email(address.key)));
        }
    }

    /// The address as typed, with its domain in ASCII, and with its domain in Unicode again.
    #[test]
    fn every_spelling_of_a_domain_has_one_key(local in "[a-z]{1,8}", domain in "[\\p{L}\\p{M}\\p{Nd}.-]{1,20}", dot in "\\.?") {
        if let Ok(address) = email(&format!("{local}@{domain}{dot}")) {
            prop_assert!(address.key().is_ascii());
            let spellings = [address.key.clone(), address.key.to_uppercase(), address.unicode_key()];
            for spelling in spellings {
                let again = email(&spelling).map(|again| again.key);
                prop_assert_eq!(again.as_ref(), Ok(&address.key), "{}", spelling);
            }
        }
    }

    #[test]
    fn shown_text_is_bounded_and_stays_as_it_is(text in "\\PC{0,90}|[\\p{C}\\p{Z}a]{0,90}") {
        let once = shown(&text, 64);
        prop_assert!(once.len() <= 64);
        prop_assert!(!once.chars().any(|c| c.is_control() || is_invisible(c)));
        prop_assert_eq!(shown(&once, 64), once);
    }
}
