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
fn user_commands_are_parsed() {
    let local = Target {
        local: true,
        ..Target::default()
    };
    let target = local.clone();
    assert_eq!(user("user list --local"), UserCommand::List { target });
    let UserCommand::Disable { user: name, target } =
        user("user disable --remote john --env=production")
    else {
        panic!("not disable")
    };
    assert_eq!(
        (name.name.as_str(), target.env.as_deref()),
        ("john", Some("production"))
    );
    let UserCommand::SetRole { role, target, .. } =
        user("user set-role john super_admin --local --persist-to x")
    else {
        panic!("not set-role")
    };
    assert_eq!(role, Role::SuperAdmin);
    assert_eq!(target.persist_to.as_deref(), Some("x".as_ref()));
    let new = NewUser {
        username: "john".into(),
        email: "j@x.de".into(),
        role: Role::Admin,
        ..NewUser::default()
    };
    let expected = UserCommand::Add {
        user: new,
        password_stdin: true,
        target: local,
    };
    let line = "user add --username john --email j@x.de --role admin --password-stdin --local";
    assert_eq!(user(line), expected);
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
            "user list",
            "error: choose a target: --local or --remote [--env NAME]",
        ),
        (
            "user list --env production",
            "error: choose a target: --local or --remote [--env NAME]",
        ),
        (
            "user list --local --remote",
            "error: the argument '--local' cannot be used with '--remote'",
        ),
        (
            "user list --local --env production",
            "error: the argument '--local' cannot be used with '--env <NAME>'",
        ),
        (
            "user list --remote --persist-to x",
            "error: the argument '--remote' cannot be used with '--persist-to <DIR>'",
        ),
        (
            "user list --local carol",
            "error: unexpected argument 'carol' found",
        ),
        (
            "user list --local --role admin",
            "error: unexpected argument '--role' found",
        ),
        (
            "user disable --local",
            "error: missing required argument <USER>",
        ),
        (
            "user set-role john boss --local",
            "error: invalid value 'boss' for '<ROLE>'\n  [possible values: user, admin, super_admin]",
        ),
        (
            "user add --email a@b --local",
            "error: missing required option --username",
        ),
        (
            "user reset-password john --password-stdin --remote",
            "error: the argument '--password-stdin' cannot be used with '--remote'",
        ),
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
