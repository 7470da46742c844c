use super::usage::text;
use super::*;
use clap::{CommandFactory as _, Parser};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn parse(line: &str) -> Result<Command, String> {
    let args = std::iter::once("xtask").chain(line.split_whitespace());
    Cli::try_parse_from(args)
        .map(|cli| cli.command)
        .map_err(|error| text(&error))
}

fn user(line: &str) -> UserCommand {
    match parse(line) {
        Ok(Command::User(user)) => user.command,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn definitions_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn client_commands_are_parsed() {
    let client = |line: &str| match parse(line) {
        Ok(Command::Client(client)) => client.command,
        other => panic!("{line}: {other:?}"),
    };
    let ClientCommand::Create { client: new, .. } = client(
        "client create App --auth-method none --redirect-uri https://a.example/1 --redirect-uri http://127.0.0.1/2 \
         --grant-type authorization_code --grant-type refresh_token",
    ) else {
        panic!("not create")
    };
    let expected = NewClient {
        new_name: "App".into(),
        auth_method: AuthMethod::None,
        redirect_uris: vec!["https://a.example/1".into(), "http://127.0.0.1/2".into()],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        ..NewClient::default()
    };
    assert_eq!(new, expected);
    let ClientCommand::Update {
        changes, consent, ..
    } = client("client update App --disable --no-post-logout-redirect-uris --yes")
    else {
        panic!("not update")
    };
    assert!(changes.disable && changes.no_post_logout_redirect_uris && consent.yes);
    for line in [
        "client update App",
        "client update App --enable --disable",
        "client create App --auth-method client_secret_jwt",
        "client create App --grant-type implicit",
        "client delete",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn user_commands_are_parsed() {
    let UserCommand::Disable {
        user: name,
        consent,
        service,
    } = user("user disable john --yes --url https://a.example --json")
    else {
        panic!("not disable")
    };
    assert_eq!(name.name, "john");
    assert!(consent.yes && service.json);
    assert_eq!(service.url.as_deref(), Some("https://a.example"));
    let UserCommand::SetRole { role, consent, .. } = user("user set-role john super_admin") else {
        panic!("not set-role")
    };
    assert_eq!((role, consent.yes), (Role::SuperAdmin, false));
    let new = NewUser {
        new_username: "john".into(),
        email: "j@x.de".into(),
        role: Role::Admin,
        ..NewUser::default()
    };
    let expected = UserCommand::Add {
        user: new,
        service: Service {
            username: Some("ada".into()),
            password_stdin: true,
            ..Service::default()
        },
    };
    let line = "user add john --email j@x.de --role admin --username ada --password-stdin";
    assert_eq!(user(line), expected);
    let UserCommand::List { filters, order, .. } =
        user("user list --role admin --disabled --sort last_login --order desc --limit 7")
    else {
        panic!("not list")
    };
    assert_eq!((filters.role, filters.limit), (Some(Role::Admin), 7));
    assert!(filters.disabled && !filters.active);
    assert_eq!(order.sort, Some(Sort::LastLogin));
    assert_eq!(order.order, Some(Direction::Desc));
    let UserCommand::Change { fields, .. } =
        user("user change john --no-organization --aws-region eu-north-1")
    else {
        panic!("not change")
    };
    assert!(fields.no_organization);
    assert_eq!(fields.aws_region.as_deref(), Some("eu-north-1"));
}

#[test]
fn audit_commands_are_parsed() {
    let Ok(Command::Audit(audit)) =
        parse("audit list --url https://a.example --kind sign_in --from x --limit 7")
    else {
        panic!("not audit")
    };
    let AuditCommand::List { service, options } = audit.command else {
        panic!("not list")
    };
    assert_eq!(service.url.as_deref(), Some("https://a.example"));
    assert_eq!(
        (options.kind.as_deref(), options.limit),
        (Some("sign_in"), 7)
    );
}

#[test]
fn usage_errors_name_what_is_wrong() {
    for (line, expected) in [
        ("users", "error: unrecognized subcommand 'users'"),
        (
            "user remove john",
            "error: unrecognized subcommand 'remove'",
        ),
        (
            "user list carol",
            "error: unexpected argument 'carol' found",
        ),
        (
            "user list --local",
            "error: unexpected argument '--local' found",
        ),
        (
            "user list --sort name",
            "error: invalid value 'name' for '--sort <FIELD>'\n  [possible values: created_at, username, last_login]",
        ),
        (
            "user list --active --disabled",
            "error: the argument '--active' cannot be used with '--disabled'",
        ),
        ("user search", "error: missing required argument <TERM>"),
        ("user disable", "error: missing required argument <USER>"),
        (
            "user set-role john boss",
            "error: invalid value 'boss' for '<ROLE>'\n  [possible values: user, admin, super_admin]",
        ),
        (
            "user add --email a@b",
            "error: missing required argument <USERNAME>",
        ),
        ("user add ada", "error: missing required option --email"),
        (
            "user change ada",
            "error: give at least one of --name, --email, --organization, --no-organization, --aws-region, --no-aws-region",
        ),
        (
            "user change ada --organization a --no-organization",
            "error: the argument '--organization <TEXT>' cannot be used with '--no-organization'",
        ),
        (
            "user import users.jsonl --from-line 0",
            "error: invalid value '0' for '--from-line <N>': 0 is not in 1..",
        ),
        ("user export", "error: missing required argument <USER>"),
        (
            "audit list --url x --limit many",
            "error: invalid value 'many' for '--limit <N>'",
        ),
        (
            "audit verify --url x --kind sign_in",
            "error: unexpected argument '--kind' found",
        ),
        (
            "audit verify --url x --username ada",
            "error: missing required option --password-stdin",
        ),
        ("login", "error: missing required option --url"),
        (
            "login --url x --password-stdin",
            "error: missing required option --username",
        ),
        (
            "session revoke ada",
            "error: missing required argument <SESSION>",
        ),
        (
            "session revoke-all",
            "error: missing required argument <USER>",
        ),
        ("status --yes", "error: unexpected argument '--yes' found"),
        ("aws-login", "error: missing required option --url"),
    ] {
        let message = parse(line).expect_err(line);
        assert!(message.starts_with(expected), "{line}: {message}");
    }
}
