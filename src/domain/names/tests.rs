//! User names: their canonical forms and skeletons, and the names that are refused.

use super::*;
use proptest::prelude::*;

fn name(text: &str) -> String {
    canonical(text).unwrap().0
}

fn skeleton_of(text: &str) -> String {
    skeleton(&canonical(text).unwrap())
}

#[test]
fn username_is_mapped_to_its_canonical_form() {
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
fn invalid_username_is_refused() {
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
fn username_over_64_code_points_is_refused() {
    assert_eq!(name(&"A".repeat(64)).len(), 64);
    assert!(canonical(&"A".repeat(65)).is_err());
    assert_eq!(name(&"e\u{301}".repeat(64)).chars().count(), 64);
    assert!(canonical(&"\u{e9}".repeat(65)).is_err());
    assert!(canonical(&"\u{e9}".repeat(100_000)).is_err());
}

#[test]
fn confusable_usernames_have_the_same_skeleton() {
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

/// Programs that cannot call this crate contain the skeleton of the first administrator.
#[test]
fn skeleton_of_admin_is_adrnin() {
    assert_eq!(skeleton_of("admin"), "adrnin");
}

#[test]
fn canonical_form_and_skeleton_of_each_character_are_fixed_points() {
    for c in letters() {
        let Ok(name) = canonical(&c.to_string()) else {
            continue;
        };
        assert_eq!(canonical(&name.0).as_ref(), Ok(&name), "{c:?}");
        let once = skeleton(&name);
        assert_eq!(skeleton(&Username(once.clone())), once, "{c:?}");
    }
}

/// All planes with letters, without ideographs and syllables, which have neither case nor width.
fn letters() -> impl Iterator<Item = char> {
    ('\0'..='\u{33ff}')
        .chain('\u{a000}'..='\u{abff}')
        .chain('\u{d7a4}'..='\u{1ffff}')
}

/// The Worker finds each user by every spelling of the user name.
#[test]
fn login_name_is_mapped_as_the_canonical_form_is() {
    for c in letters() {
        for text in [
            format!("{c}"),
            format!("a{c}\u{301}\u{323}z"),
            format!("\u{30ab}{c}\u{30ab}"),
        ] {
            if let Ok(name) = canonical(&text) {
                assert_eq!(
                    LoginName::parse(&text),
                    Some(LoginName::Username(name.0)),
                    "{text:?}"
                );
            }
        }
    }
}

#[test]
fn login_name_with_an_at_sign_is_an_address() {
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
        assert_eq!(LoginName::parse(text), expected, "{text:?}");
    }
}

/// White space of all kinds, and invisible characters that are copied along with text.
const AROUND: [&str; 8] = [
    " ", "\t", "\r\n", "\u{a0}", "\u{3000}", "\u{2028}", "\u{200b}", "\u{feff}",
];

#[test]
fn white_space_around_a_name_is_removed() {
    for space in AROUND {
        let around = |text: &str| format!("{space}{text}{space}{space}");
        assert_eq!(name(&around("John")), "john", "{space:?}");
        let address = email(&around("Ada@Example.com")).unwrap();
        assert_eq!(address.as_str(), "Ada@Example.com", "{space:?}");
        assert_eq!(address.key(), "ada@example.com", "{space:?}");
        assert_eq!(text(&around("Ada Lovelace")).as_deref(), Ok("Ada Lovelace"));
        assert_eq!(LoginName::parse(&around("John")), LoginName::parse("john"));
        assert_eq!(
            LoginName::parse(&around("Ada@Example.com")),
            LoginName::parse("ada@example.com")
        );
        // Within a name it is significant.
        assert_eq!(
            LoginName::parse(&format!("jo{space}hn@example.com")),
            None,
            "{space:?}"
        );
        assert_eq!(LoginName::parse(space), None);
    }
}

proptest! {
    #[test]
    fn canonical_form_is_a_fixed_point(text in "\\PC{0,70}") {
        if let Ok(name) = canonical(&text) {
            prop_assert_eq!(canonical(&name.0), Ok(name.clone()));
            prop_assert_eq!(LoginName::parse(&text), Some(LoginName::Username(name.0.clone())));
            let skeleton_once = skeleton(&name);
            prop_assert_eq!(skeleton(&Username(skeleton_once.clone())), skeleton_once);
        }
    }

    #[test]
    fn canonical_form_of_letters_is_a_fixed_point(text in "[\\p{L}\\p{M}\\p{Nd}]{1,12}") {
        if let Ok(name) = canonical(&text) {
            prop_assert_eq!(canonical(&name.0), Ok(name.clone()));
            prop_assert_eq!(LoginName::parse(&text), Some(LoginName::Username(name.0.clone())));
            let once = skeleton(&name);
            prop_assert_eq!(skeleton(&Username(once.clone())), once);
        }
    }
}
