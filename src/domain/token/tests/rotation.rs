//! Rotations of the signing secret.

use super::*;

#[test]
fn token_of_a_live_key_is_accepted_during_a_rotation() {
    let old = keys(OTHER, None);
    let rotating = keys(SECRET, Some(OTHER));
    let new = keys(SECRET, None);
    let (before, during, after) = (issue(&old), issue(&rotating), issue(&new));
    let works = |keys: &Keys, token| keys.verify(token, at(ISSUED)).is_ok();

    assert_eq!(header_of(&before), HEADER);
    let during_header = header_of(&during);
    assert!(
        during_header.starts_with(r#"{"alg":"HS256","kid":""#)
            && during_header.ends_with(r#"","typ":"JWT"}"#)
            && during_header.len() == HEADER.len() + r#""kid":"12345678","#.len(),
        "{during_header}"
    );
    assert_eq!(header_of(&after), HEADER);

    for (name, keys, token, expected) in [
        ("an old token while rotating", &rotating, &before, true),
        ("an old token afterwards", &new, &before, false),
        (
            "a token with a kid while rotating",
            &rotating,
            &during,
            true,
        ),
        ("a token with a kid afterwards", &new, &during, true),
        ("a token with a kid before", &old, &during, false),
        (
            "a token without kid of the new key while rotating",
            &rotating,
            &after,
            true,
        ),
        ("a token of the new key before", &old, &after, false),
    ] {
        assert_eq!(works(keys, token), expected, "{name}");
    }

    // The next rotation, and a rotation that is undone.
    let next = keys("the third secret, just as long as it takes", Some(SECRET));
    assert!(works(&next, &during) && works(&next, &after));
    assert!(!works(&next, &before));
    let back = keys(OTHER, Some(SECRET));
    assert!(works(&back, &before) && works(&back, &during) && works(&back, &after));
}

#[test]
fn token_with_the_key_id_of_another_key_is_invalid() {
    let rotating = keys(SECRET, Some(OTHER));
    let reversed = keys(OTHER, Some(SECRET));
    let (one, other) = (issue(&rotating), issue(&reversed));
    let (header, _) = one.split_once('.').unwrap();
    let (_, rest) = other.split_once('.').unwrap();
    for keys in [&rotating, &reversed] {
        assert!(keys.verify(&one, at(ISSUED)).is_ok());
        assert!(keys.verify(&other, at(ISSUED)).is_ok());
        // The signature of the old key under the `kid` of the new key.
        let claims = rest.split('.').next().unwrap();
        let signed = format!("{header}.{claims}");
        let tag = mac(OTHER, &signed);
        let crossed = format!("{signed}.{}", Base64UrlUnpadded::encode_string(&tag));
        assert_eq!(keys.verify(&crossed, at(ISSUED)), Err(Rejection::Invalid));
    }
}

#[test]
fn previous_secret_that_equals_the_current_one_is_ignored() {
    let keys = keys(SECRET, Some(SECRET));
    assert_eq!(header_of(&issue(&keys)), HEADER);
}
