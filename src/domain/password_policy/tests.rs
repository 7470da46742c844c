//! The new passwords that are accepted and refused.

use super::*;

const JOHN: OwnNames = OwnNames {
    username: "john.doe",
    email: Some("jd@example.com"),
    name: "John Émile Doe",
    organization: Some("Acme Corp"),
};

fn judge(text: &str, minimum: usize) -> Result<(), PolicyError> {
    check(text, minimum, &JOHN).map(|_| ())
}

#[test]
fn length_is_counted_in_code_points() {
    assert_eq!(judge("kiwi-tram-vexed", 15), Ok(()));
    assert_eq!(judge("kiwi-tram-vexe", 15), Err(PolicyError::TooShort(15)));
    assert_eq!(judge("", 15), Err(PolicyError::TooShort(15)));
    assert_eq!(judge("kiwi-tr", 0), Err(PolicyError::TooShort(8)));
    assert_eq!(judge("kiwi-tra", 0), Ok(()));
    assert_eq!(judge("Größe und 世界 überall", 15), Ok(()));
    // Fifteen and fourteen code points after normalization.
    assert_eq!(judge("kiwi-tram-vexe\u{301}d", 15), Ok(()));
    assert_eq!(
        judge("kiwi-tram-vexe\u{301}", 15),
        Err(PolicyError::TooShort(15))
    );
    let long =
        |count: usize| -> String { "kiwi tram vexed ".chars().cycle().take(count).collect() };
    let long = |count: usize| {
        format!(
            "{}{}",
            "zq",
            long(count - 2).replace("tram", "\u{1f68b}ram")
        )
    };
    assert_eq!(judge(&long(129), 15), Err(PolicyError::TooLong));
    assert_ne!(judge(&long(128), 15), Err(PolicyError::TooLong));
}

#[test]
fn error_texts_are_documented_texts() {
    for (error, text) in [
        (
            PolicyError::TooShort(15),
            "Password must have at least 15 characters",
        ),
        (
            PolicyError::TooLong,
            "Password must have at most 128 characters",
        ),
        (PolicyError::Common, "Password is too common"),
        (
            PolicyError::OwnNames,
            "Password must not be derived from your name, username, e-mail or organization",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn common_password_is_refused() {
    for text in [
        "qwertyuiopasdfghjkl",
        "1QAZ2wsx3edc4RFV",
        "passwordpassword",
        "123456789012345",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "abcdefghijklmnop",
        "ponmlkjihgfedcba",
        "qwertyuiopqwertyuiop",
    ] {
        assert_eq!(judge(text, 15), Err(PolicyError::Common), "{text}");
    }
    for text in ["password", "Password1", "iloveyou", "12345678", "sunshine"] {
        assert_eq!(judge(text, 8), Err(PolicyError::Common), "{text}");
    }
    for text in [
        "correct horse battery staple",
        "abcdefghijklmnoq",
        "passwordpasswort",
    ] {
        assert_eq!(judge(text, 15), Ok(()), "{text}");
    }
}

#[test]
fn password_made_of_names_is_refused() {
    for text in [
        "john.doe@example.com",
        "JohnDoeJohnDoe2John",
        "johndoe12345678",
        "acme-corp-2026-!",
        "Acme Corp John 1",
        "john_émile_doe_1",
        "exampleexample.com",
    ] {
        assert_eq!(judge(text, 15), Err(PolicyError::OwnNames), "{text}");
    }
    for text in ["john kiwi tram vexed", "kiwi-tram-vexed-acme"] {
        assert_eq!(judge(text, 15), Ok(()), "{text}");
    }
    // If the longest name were not removed first, `jo` and `a` would remain.
    let joanna = OwnNames {
        username: "ann",
        email: None,
        name: "Joanna",
        organization: None,
    };
    let judged = check("joannajoanna123", 15, &joanna);
    assert_eq!(judged.map(|_| ()), Err(PolicyError::OwnNames));
    // Both spellings of a domain, whichever is stored.
    for email in ["jd@b\u{fc}cherei.example", "jd@xn--bcherei-n2a.example"] {
        let own = OwnNames {
            email: Some(email),
            ..JOHN
        };
        for text in ["B\u{fc}chereib\u{fc}cherei", "xn--bcherei-n2a.example"] {
            let judged = check(text, 15, &own);
            assert_eq!(
                judged.map(|_| ()),
                Err(PolicyError::OwnNames),
                "{email} {text}"
            );
        }
    }
    let nameless = OwnNames {
        username: "",
        email: None,
        name: "",
        organization: None,
    };
    assert!(check("john.doe@example.com", 15, &nameless).is_ok());
}
