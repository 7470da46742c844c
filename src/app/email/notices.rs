//! Notices to the user of an account about a new device, a new password and a lockout. The recipient is read before the change.
//! Notices about a new device and about a new password have a budget of their own per kind.

use super::delivery::{Outgoing, deliver};
use super::message::{FactorEvent, Message};
use super::{Recipient, budget, post};
use crate::app::client_info::ClientInfo;
use crate::app::{App, RequestContext};
use crate::domain::address::network;
use crate::domain::user::User;
use crate::store::email_requests::Admission;
use crate::timestamp::Timestamp;

/// A session counts as an earlier one after this many seconds. So of two sign-ins at the same time, neither suppresses the notice about the
/// other.
const EARLIER_SECONDS: i64 = 60;

/// Tells a user about a sign-in with the password on a device that is not recognised. If an earlier session has the same `User-Agent` and
/// the same client network, such as that of a program that keeps no cookies, nothing is sent.
pub fn new_device(context: &RequestContext, client: &ClientInfo, user: &User) {
    let now = context.received_at;
    let message = Message::NewDevice {
        device: client.device.clone(),
        address: client.address.clone(),
        at: now,
    };
    let (app, id) = (context.app, user.id);
    let (Some(_), Some(recipient)) = (&app.outbox, Recipient::of(user)) else {
        return;
    };
    let outgoing = Outgoing::new(client, recipient, message);
    let (device, address) = (client.device.clone(), client.address.clone());
    context.wait_until(async move {
        let until = now.plus(-EARLIER_SECONDS);
        let earlier = app.sessions.addresses_of(id, device.as_deref(), until);
        let network_of = |address: &Option<String>| network(address.as_deref());
        let is_known = earlier.await.is_ok_and(|addresses| {
            let own = network_of(&address);
            addresses.iter().any(|earlier| network_of(earlier) == own)
        });
        if !is_known {
            deliver_within_budget(app, outgoing, now).await;
        }
    });
}

/// Tells a user that the password was replaced, or that the first one was set.
pub fn password_set(
    context: &RequestContext,
    client: &ClientInfo,
    recipient: Recipient,
    had_password: bool,
) {
    let at = context.received_at;
    let message = if had_password {
        Message::PasswordChanged { at }
    } else {
        Message::PasswordSet { at }
    };
    let app = context.app;
    if app.outbox.is_some() {
        let outgoing = Outgoing::new(client, recipient, message);
        context.wait_until(async move { deliver_within_budget(app, outgoing, at).await });
    }
}

/// Tells a user that the account is locked. It is locked at most once until a new password is set, so there is no budget.
pub fn account_locked(context: &RequestContext, client: &ClientInfo, user: &User) {
    if let Some(recipient) = Recipient::of(user) {
        post(context, client, recipient, Message::AccountLocked);
    }
}

/// Tells a user what happened to the second factors of the account.
pub fn factor(context: &RequestContext, client: &ClientInfo, user: &User, event: FactorEvent) {
    if let Some(recipient) = Recipient::of(user) {
        factor_of(context, client, recipient, event);
    }
}

/// Like [`factor`], for a user whose profile was read as administrators see it.
pub fn factor_of(
    context: &RequestContext,
    client: &ClientInfo,
    recipient: Recipient,
    event: FactorEvent,
) {
    let (app, at) = (context.app, context.received_at);
    if app.outbox.is_none() {
        return;
    }
    let outgoing = Outgoing::new(client, recipient, Message::Factor { event, at });
    context.wait_until(async move { deliver_within_budget(app, outgoing, at).await });
}

/// While D1 is unavailable, the notice is sent.
async fn deliver_within_budget(app: &App, outgoing: Outgoing, now: Timestamp) {
    let budget = budget::notices(outgoing.message.kind(), outgoing.recipient.user);
    let admission = app.email_requests.admit(&budget, now).await;
    if !matches!(admission, Ok(Admission::Later(_))) {
        deliver(app, outgoing).await;
    }
}
