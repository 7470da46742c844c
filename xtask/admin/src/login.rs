//! `cargo xtask login` and `cargo xtask logout`.

use crate::credentials::Credentials;
use crate::http::{Call, Http};
use crate::input;
use crate::service::only_origin;
use crate::sign_in::SignIn;
use crate::table::cell;
use crate::terminal;
use anyhow::{Context as _, Result, bail};
use cli::{Login, Logout};
use serde_json::json;
use std::env;

/// Signs in and stores the token. Returns the text to print.
///
/// # Errors
/// A sign-in that is refused, or a file that cannot be written.
pub fn login(login: &Login) -> Result<String> {
    let http = Http::new(&login.url)?;
    let credentials = Credentials::of_user()?;
    // A file with wider permissions is refused before the password is asked for.
    credentials.read()?;
    let username = match &login.username {
        Some(username) => username.clone(),
        None => input::ask(
            &format!("Username at {}: ", http.origin()),
            "missing --username: there is no terminal to ask for it",
        )?,
    };
    let password = if login.password_stdin {
        input::piped_password()?
    } else {
        input::ask_password(&username)?
    };
    let sign_in = SignIn {
        username: &username,
        password: &password,
        code: login.code.as_deref(),
    };
    let entry = sign_in.run(&http)?;
    let (username, expires_at) = (entry.username.clone(), entry.expires_at);
    let token = entry.token.clone();
    let stored = credentials.change(|entries| Ok(entries.insert(http.origin().to_owned(), entry)));
    let earlier = match stored {
        Ok(earlier) => earlier,
        // A session whose token is not stored cannot be revoked later.
        Err(error) => {
            let revoked = http.send(&Call::post("logout"), Some(token.reveal()));
            return Err(match revoked.and_then(crate::http::Response::successful) {
                Ok(_) => error.context("you were signed out again"),
                Err(failure) => {
                    error.context(format!("the new session could not be revoked: {failure:#}"))
                }
            });
        }
    };
    if let Some(earlier) = earlier {
        let revoked = http.send(&Call::post("logout"), Some(earlier.token.reveal()));
        if let Err(error) = revoked.and_then(crate::http::Response::successful) {
            terminal::note(format_args!(
                "warning: your earlier session could not be revoked: {error:#}"
            ));
        }
    }
    if env::var_os("EDGE_AUTH_TOKEN").is_some_and(|token| !token.is_empty()) {
        terminal::note("warning: EDGE_AUTH_TOKEN is set; commands use it instead of this session");
    }
    Ok(if login.json {
        json!({ "url": http.origin(), "username": username, "expires_at": expires_at }).to_string()
    } else {
        format!(
            "Signed in to {} as {}.",
            http.origin(),
            cell(Some(&username))
        )
    })
}

/// Revokes the session and deletes its token. Returns the text to print.
///
/// # Errors
/// There is no session, or it could not be revoked; its token is then kept.
pub fn logout(logout: &Logout) -> Result<String> {
    let credentials = Credentials::of_user()?;
    let entries = credentials.read()?;
    let origin = match &logout.url {
        Some(url) => cli::origin(url)?,
        None => only_origin(&entries)?,
    };
    let Some(entry) = entries.get(&origin) else {
        bail!("not signed in to {origin}");
    };
    let http = Http::new(&origin)?;
    http.send(&Call::post("logout"), Some(entry.token.reveal()))
        .and_then(crate::http::Response::successful)
        .context("the session could not be revoked; its token is kept")?;
    credentials.change(|entries| {
        // Another command may have signed in again meanwhile.
        if entries
            .get(&origin)
            .is_some_and(|now| now.token == entry.token)
        {
            entries.remove(&origin);
        }
        Ok(())
    })?;
    Ok(if logout.json {
        json!({ "url": origin }).to_string()
    } else {
        format!("Signed out of {origin}.")
    })
}
