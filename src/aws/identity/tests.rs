//! The users that principals of AWS are mapped to.

use super::*;

const START: &str = "https://d-1234567890.awsapps.com/start";
const ACCOUNT: &str = "123456789012";
const ID: &str = "906767ab12-1d3e4f56-7a8b-4c9d-8e0f-1a2b3c4d5e6f";

fn caller(set: &str, user: &str) -> CallerIdentity {
    let text =
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_{set}_0123456789abcdef/{user}");
    CallerIdentity {
        arn: Arn::parse(&text).unwrap(),
        principal_id: format!("AROA{set}"),
    }
}

fn own(arn: &str, id: &str) -> CallerIdentity {
    CallerIdentity {
        arn: Arn::parse(arn).unwrap(),
        principal_id: id.to_owned(),
    }
}

fn entry(name: &str) -> IdentityStoreUser {
    IdentityStoreUser {
        user_id: ID.to_owned(),
        user_name: name.to_owned(),
        display_name: Some("Johnny D.".to_owned()),
        email: Some("John@Example.com".to_owned()),
        is_disabled: false,
    }
}

fn aws_user(name: &str, user: Option<&IdentityStoreUser>, domain: Option<&str>) -> AwsUser {
    sso_user(&caller("Dev", name), user, START, ACCOUNT, domain).unwrap()
}

fn address(aws_user: &AwsUser) -> Option<&str> {
    aws_user.email.as_ref().map(AwsUserEmail::as_str)
}

#[test]
fn address_that_the_directory_does_not_have_is_derived_and_has_a_key() {
    for (name, key) in [
        ("CEO", "ceo@example.com"),
        ("Jane_Roe@Corp.example", "jane_roe@corp.example"),
    ] {
        let aws_user = aws_user(name, None, Some("example.com"));
        let email = aws_user.email.expect(name);
        assert_eq!(email.derived_key(), Some(key));
    }
}

#[test]
fn sso_user_is_read_from_the_session() {
    for (name, domain, email, full_name) in [
        ("john.doe", None, None, "John Doe"),
        (
            "john.doe",
            Some("example.com"),
            Some("john.doe@example.com"),
            "John Doe",
        ),
        (
            "aws-user",
            Some("example.com"),
            Some("aws-user@example.com"),
            "AWS User",
        ),
        (
            "jane_roe@corp.example",
            Some("example.com"),
            Some("jane_roe@corp.example"),
            "Jane Roe",
        ),
        ("a@b@c", Some("example.com"), None, "A"),
        ("@", Some("example.com"), None, "@"),
        ("a:b", Some("example.com"), None, "A:b"),
        ("zoë", Some("example.com"), Some("zoë@example.com"), "Zoë"),
        ("...", None, None, "..."),
    ] {
        let aws_user = aws_user(name, None, domain);
        assert_eq!(aws_user.username, name);
        assert_eq!(address(&aws_user), email, "{name}");
        assert_eq!(aws_user.full_name, full_name, "{name}");
        assert_eq!(aws_user.source, START);
        assert_eq!(aws_user.permission_set.as_deref(), Some("Dev"));
    }
}

#[test]
fn directory_entry_takes_precedence() {
    let told = aws_user("John.Doe", Some(&entry("john.doe")), Some("example.com"));
    assert_eq!(told.subject, ID);
    assert_eq!(told.username, "John.Doe");
    assert_eq!(address(&told), Some("John@Example.com"));
    assert_eq!(
        told.email.as_ref().and_then(AwsUserEmail::derived_key),
        None
    );
    assert_eq!(told.full_name, "Johnny D.");

    let mut poor = entry("john.doe");
    poor.display_name = Some(" \u{202e}".to_owned());
    poor.email = Some("not an address".to_owned());
    let told = aws_user("john.doe", Some(&poor), None);
    assert_eq!(told.subject, ID);
    assert_eq!((told.email, told.full_name.as_str()), (None, "John Doe"));
}

#[test]
fn subject_is_the_same_for_one_user_and_differs_between_users() {
    let by = |set: &str, name: &str| {
        let aws_user = sso_user(&caller(set, name), None, START, ACCOUNT, None).unwrap();
        (aws_user.source, aws_user.subject)
    };
    assert_eq!(by("Admin", "john"), by("Read_Only", "john"));
    assert_eq!(by("Admin", "John"), by("Admin", "john"));
    for other in [
        "jane",
        "john1",
        "john@x.example",
        "j\u{f6}hn",
        "jo\u{308}hn",
    ] {
        assert_ne!(by("Admin", "john"), by("Admin", other), "{other}");
    }
    assert_ne!(by("Admin", "k"), by("Admin", "\u{212a}"));
    for spelling in ["/", "#", "/#/", "#/"] {
        let start = format!("{START}{spelling}");
        let aws_user = sso_user(&caller("Dev", "x"), None, &start, ACCOUNT, None).unwrap();
        assert_eq!(aws_user.source, START);
    }
}

#[test]
fn principal_that_is_not_an_sso_user_is_refused() {
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Own/john");
    let refused = |caller: &CallerIdentity, user: Option<&IdentityStoreUser>, account: &str| {
        sso_user(caller, user, START, account, None).unwrap_err()
    };
    assert_eq!(
        refused(&own(&arn, "AROA1"), None, ACCOUNT),
        NotAnSsoPrincipal::NotReserved
    );
    let root = own(&format!("arn:aws:iam::{ACCOUNT}:root"), ACCOUNT);
    assert_eq!(
        refused(&root, None, ACCOUNT),
        NotAnSsoPrincipal::NotReserved
    );
    let john = caller("Dev", "john");
    assert_eq!(
        refused(&john, None, "210987654321"),
        NotAnSsoPrincipal::OtherAccount
    );
    assert_eq!(
        refused(&john, Some(&entry("jane")), ACCOUNT),
        NotAnSsoPrincipal::OtherUser
    );
    let mut disabled = entry("john");
    disabled.is_disabled = true;
    assert_eq!(
        refused(&john, Some(&disabled), ACCOUNT),
        NotAnSsoPrincipal::Disabled
    );
}

#[test]
fn principal_is_identified_by_its_id_and_not_by_a_session_name() {
    let session = |name: &str| {
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deploy-bot/{name}");
        principal(&own(&arn, "AROAEXAMPLE"), Some("example.com"))
    };
    assert_eq!(session("admin"), session("somebody@else.example"));
    assert_eq!(session("x").username, "deploy-bot");
    assert_eq!(session("x").subject, "AROAEXAMPLE");
    assert_eq!(session("x").full_name, "Deploy Bot");
    // This also applies to a role of Identity Center: here the client presents the session, not the portal.
    assert_eq!(
        principal(&caller("Dev", "a"), None),
        principal(&caller("Dev", "b"), None)
    );

    let user = own(
        &format!("arn:aws:iam::{ACCOUNT}:user/team/aws-user"),
        "AIDAEXAMPLE",
    );
    let aws_user = principal(&user, Some("example.com"));
    assert_eq!(aws_user.source, "arn:aws:iam::123456789012");
    assert_eq!(address(&aws_user), Some("aws-user@example.com"));
    assert_eq!(
        (aws_user.full_name.as_str(), aws_user.permission_set),
        ("AWS User", None)
    );
}
