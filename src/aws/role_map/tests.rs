//! The roles that `AWS_SSO_ROLE_MAP` and `AWS_LOGIN_ARNS` give.

use super::*;

const ACCOUNT: &str = "123456789012";

#[test]
fn role_map_compares_names_exactly_and_reports_all_errors() {
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
        "`A=user` repeats an earlier entry",
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
fn login_arns_give_roles_and_report_all_errors() {
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
