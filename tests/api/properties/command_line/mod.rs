//! The command line against a running service: the real program, without a terminal.

mod arguments;
mod audit;
mod clients;
mod login;
mod output;
mod second_factors;
mod sessions;
mod users;

use crate::support::command_line::CommandLine;
use crate::support::{App, PASSWORD, User};
use serde_json::Value;
use std::fs;

/// The numbers of all and of live sessions of a user.
async fn sessions(user: &User) -> (u64, u64) {
    (
        user.sessions_where("true").await,
        user.live_sessions().await,
    )
}

/// The command line of a user who has signed in with `login`.
async fn signed_in(app: &App, user: &User) -> CommandLine {
    let line = app.command_line_with(None).await;
    let args = ["login", "--username", &user.username, "--password-stdin"];
    let output = line.run_with_input(&args, &format!("{PASSWORD}\n")).await;
    assert!(output.status.success(), "{output:?}");
    line
}

/// The stored entries.
fn stored(line: &CommandLine) -> Value {
    let text = fs::read_to_string(line.credentials()).expect("a file");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    value["services"].clone()
}
