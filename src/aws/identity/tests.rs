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

fn person(name: &str, user: Option<&IdentityStoreUser>, domain: Option<&str>) -> AwsUser {
    signed_in(&caller("Dev", name), user, START, ACCOUNT, domain).unwrap()
}

fn address(person: &AwsUser) -> Option<&str> {
    person.email.as_ref().map(AwsUserEmail::as_str)
}

#[test]
fn address_that_the_directory_does_not_have_is_derived_and_has_a_key() {
    for (name, key) in [
        ("CEO", "ceo@example.com"),
        ("Jane_Roe@Corp.example", "jane_roe@corp.example"),
    ] {
        let person = person(name, None, Some("example.com"));
        let email = person.email.expect(name);
        assert_eq!(email.made_key(), Some(key));
    }
}

#[test]
fn a_person_is_made_of_what_aws_says() {
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
        let person = person(name, None, domain);
        assert_eq!(person.username, name);
        assert_eq!(address(&person), email, "{name}");
        assert_eq!(person.full_name, full_name, "{name}");
        assert_eq!(person.source, START);
        assert_eq!(person.permission_set.as_deref(), Some("Dev"));
    }
}

#[test]
fn the_directory_knows_better() {
    let told = person("John.Doe", Some(&entry("john.doe")), Some("example.com"));
    assert_eq!(told.subject, ID);
    assert_eq!(told.username, "John.Doe");
    assert_eq!(address(&told), Some("John@Example.com"));
    assert_eq!(told.email.as_ref().and_then(AwsUserEmail::made_key), None);
    assert_eq!(told.full_name, "Johnny D.");

    let mut poor = entry("john.doe");
    poor.display_name = Some(" \u{202e}".to_owned());
    poor.email = Some("not an address".to_owned());
    let told = person("john.doe", Some(&poor), None);
    assert_eq!(told.subject, ID);
    assert_eq!((told.email, told.full_name.as_str()), (None, "John Doe"));
}

#[test]
fn one_person_is_one_and_two_are_two() {
    let by = |set: &str, name: &str| {
        let person = signed_in(&caller(set, name), None, START, ACCOUNT, None).unwrap();
        (person.source, person.subject)
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
        let person = signed_in(&caller("Dev", "x"), None, &start, ACCOUNT, None).unwrap();
        assert_eq!(person.source, START);
    }
}

#[test]
fn who_is_not_signed_in_is_nobody() {
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Own/john");
    let refused = |caller: &CallerIdentity, user: Option<&IdentityStoreUser>, account: &str| {
        signed_in(caller, user, START, account, None).unwrap_err()
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
fn a_principal_is_keyed_by_its_id_and_never_by_a_session_name() {
    let session = |name: &str| {
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deploy-bot/{name}");
        principal(&own(&arn, "AROAEXAMPLE"), Some("example.com"))
    };
    assert_eq!(session("admin"), session("somebody@else.example"));
    assert_eq!(session("x").username, "deploy-bot");
    assert_eq!(session("x").subject, "AROAEXAMPLE");
    assert_eq!(session("x").full_name, "Deploy Bot");
    // A role of Identity Center is no exception: its session is told by whoever signs, not by the portal.
    assert_eq!(
        principal(&caller("Dev", "a"), None),
        principal(&caller("Dev", "b"), None)
    );

    let user = own(
        &format!("arn:aws:iam::{ACCOUNT}:user/team/aws-user"),
        "AIDAEXAMPLE",
    );
    let person = principal(&user, Some("example.com"));
    assert_eq!(person.source, "arn:aws:iam::123456789012");
    assert_eq!(address(&person), Some("aws-user@example.com"));
    assert_eq!(
        (person.full_name.as_str(), person.permission_set),
        ("AWS User", None)
    );
}

#[test]
fn role_maps() {
    let map =
        RoleMap::parse("AdministratorAccess=admin, Read_Only=user\n a=b=super_admin,,").unwrap();
    for (set, role) in [
        ("AdministratorAccess", Some(Role::Admin)),
        ("Read_Only", Some(Role::User)),
        ("a=b", Some(Role::SuperAdmin)),
        ("administratoraccess", None),
        ("AdministratorAcces", None),
        ("", None),
    ] {
        assert_eq!(map.role(ACCOUNT, set), role, "{set}");
    }
    assert_eq!(RoleMap::parse(" "), Ok(RoleMap::default()));
    let mistakes = RoleMap::parse("A=admin,B,C=,=user,D=root,A=user,ö=user,E=user").unwrap_err();
    let text = mistakes.join("; ");
    assert_eq!(mistakes.len(), 6, "{text}");
    for part in [
        "`B`",
        "`C=`",
        "`=user`",
        "`D=root`",
        "`A=user` names something a second time",
        "`ö=user`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn role_map_gives_the_highest_role_of_the_entries_for_a_set_in_an_account() {
    let map = RoleMap::parse(
        "Dev=user,123456789012/Dev=admin,210987654321/Dev=super_admin,210987654321/Ops=user",
    );
    let map = map.unwrap();
    for (account, set, role) in [
        ("123456789012", "Dev", Some(Role::Admin)),
        ("210987654321", "Dev", Some(Role::SuperAdmin)),
        ("111111111111", "Dev", Some(Role::User)),
        ("210987654321", "Ops", Some(Role::User)),
        ("123456789012", "Ops", None),
    ] {
        assert_eq!(map.role(account, set), role, "{account} {set}");
    }
    assert_eq!(map.accounts(), ["123456789012", "210987654321"]);
    for wrong in [
        "12345678901/A=user",
        "/A=user",
        "123456789012/=user",
        "123456789012/A/B=user",
    ] {
        assert!(RoleMap::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn role_map_that_gives_more_than_user_needs_an_account() {
    let account = Some("123456789012");
    for (map, configured, is_usable) in [
        ("Admin=user", None, true),
        ("Admin=admin", None, false),
        ("Admin=super_admin,Dev=user", None, false),
        ("Admin=admin", account, true),
        ("123456789012/Admin=admin,Dev=user", None, true),
        ("123456789012/Admin=admin,Ops=admin", None, false),
        ("123456789012/Admin=admin", account, true),
        ("210987654321/Admin=admin", account, false),
        ("210987654321/Dev=user", account, false),
    ] {
        let map_read = RoleMap::parse(map).unwrap();
        assert_eq!(
            map_read.is_usable(configured),
            is_usable,
            "{map} {configured:?}"
        );
    }
    let many: Vec<String> = (0..=MAX_MAPPED_ACCOUNTS)
        .map(|number| format!("{number:012}/A=user"))
        .collect();
    assert!(!RoleMap::parse(&many.join(",")).unwrap().is_usable(None));
    assert!(
        RoleMap::parse(&many[1..].join(","))
            .unwrap()
            .is_usable(None)
    );
}

#[test]
fn login_arns() {
    let arns = LoginArns::parse(
        "arn:aws:iam::123456789012:user/ci=user,arn:aws:sts::123456789012:assumed-role/Ops/*=admin",
    )
    .unwrap();
    let role = |text: &str| arns.role(&Arn::parse(text).unwrap());
    assert_eq!(role("arn:aws:iam::123456789012:user/ci"), Some(Role::User));
    assert_eq!(
        role("arn:aws:sts::123456789012:assumed-role/Ops/any"),
        Some(Role::Admin)
    );
    assert_eq!(role("arn:aws:sts::123456789012:assumed-role/Dev/Ops"), None);
    assert_eq!(role("arn:aws:sts::210987654321:assumed-role/Ops/any"), None);
    assert_eq!(role("arn:aws:iam::123456789012:root"), None);
    assert!(LoginArns::parse("").unwrap().is_empty());
    let mistakes = LoginArns::parse(
        "arn:aws:iam::123456789012:user/*=user,*=admin,arn:aws:iam::123456789012:role/Ops=admin,\
         arn:aws:sts::123456789012:assumed-role/Ops/*=user,arn:aws:sts::123456789012:assumed-role/Ops/me=user,\
         arn:aws:iam::123456789012:user/ci",
    )
    .unwrap_err();
    assert_eq!(mistakes.len(), 5, "{mistakes:?}");
}
