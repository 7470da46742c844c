use super::*;
use crate::domain::role::Role;
use uuid::Uuid;

const TTL: i64 = 300;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn user() -> User {
    User {
        id: Uuid::from_u128(5),
        username: "zoë".into(),
        email: None,
        name: "Zoë".into(),
        organization: None,
        aws_region: None,
        role: Role::User,
        is_active: true,
        created_at: at(0),
        updated_at: at(0),
        last_login: None,
    }
}

fn written(read_at: i64, fresh_until: i64, expires_at: i64) -> String {
    let copy = Written {
        read_at,
        fresh_until,
        expires_at,
        user: &user(),
    };
    serde_json::to_string(&copy).unwrap()
}

#[test]
fn an_entry_is_fresh_for_the_least_of_its_bounds() {
    for (text, fresh, usable) in [
        (written(700, 1_000, 100_000), 1_000, 1_900),
        // The entry expires with its token.
        (written(700, 1_000, 1_500), 1_000, 1_500),
        (written(700, 1_000, 900), 900, 900),
        // The entry was written with a TTL of one hour.
        (written(700, 4_300, 100_000), 1_000, 1_900),
        // The entry was written with a shorter TTL.
        (written(700, 730, 100_000), 730, 1_630),
        // The entry was written by a clock that is ahead, and counts as read now.
        (written(5_000, 5_300, 100_000), 1_100, 2_000),
    ] {
        let Ok(CacheLookup::Hit(copy)) = read(&text, at(800), TTL) else {
            panic!("{text}")
        };
        assert_eq!(**copy.user, user());
        let bounds = (copy.fresh_until.seconds(), copy.usable_until.seconds());
        assert_eq!(bounds, (fresh, usable), "{text}");
    }
}

#[test]
fn an_incomplete_entry_is_not_read() {
    assert!(matches!(
        read(REVOKED, at(0), TTL),
        Ok(CacheLookup::Revoked)
    ));
    let good = written(700, 1_000, 1_500);
    for text in [
        OUTDATED,
        "",
        "null",
        &good[1..],
        &good.replace("read_at", "other"),
        &good.replace("fresh_until", "other"),
        &good.replace("expires_at", "other"),
        &good.replace(r#""user":{"#, r#""other":{"#),
        &good.replace("1000", "1e3"),
        &good.replace("true", "1"),
        &REVOKED.replace("true", "1"),
    ] {
        assert!(read(text, at(800), TTL).is_err(), "{text}");
    }
}
