//! The endpoints that change an e-mail address, and the messages that the service sends.

mod change;
mod confirm;
mod delivery;
mod notices;
mod revert;

use crate::support::{App, Caller, Response, User, Vars};
use std::sync::atomic::{AtomicU32, Ordering};

/// A server that sends e-mail.
fn app() -> App {
    App::with(Vars::with_email())
}

/// An address that no user has, a different one for each call.
fn new_address(user: &User) -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    format!("new{number}-{}", user.email)
}

/// Asks for a new address, and waits until the message is sent.
async fn request(session: &Caller, email: &str) -> Response {
    let response = session.change_email(email).await;
    response.assert_status(200).recorded().await;
    response
}

/// Asks for a new address, and returns the secret of the link that confirms it.
async fn secret_for(app: &App, session: &Caller, email: &str) -> String {
    request(session, email).await;
    app.mail_to(email).await.secret(app, "confirm-email")
}

/// Changes the address, and waits until all messages are sent.
async fn change(app: &App, session: &Caller, email: &str) {
    let secret = secret_for(app, session, email).await;
    let response = session.confirm_email(&secret).await;
    response.assert_status(200).recorded().await;
}
