//! The page on which a user enters the code that a device shows. One curl command does the same.

use crate::encoding::escape;
use crate::http::{Request, Response, value};
use crate::shared::Shared;
use crate::state::{Client, Decision, Device, State};

const STYLE: &str = "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
code { font-size: 1.6rem; letter-spacing: .1em }
label, button { display: block; margin: 1rem 0 }
.warning { border-left: .3rem solid #b35c00; padding-left: 1rem }";
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(crate) fn respond(shared: &Shared, state: &mut State, request: &Request) -> Response {
    match (request.method.as_str(), request.path()) {
        ("GET", "/" | "/device") => device_page(shared, state, request),
        ("POST", "/approve") => approve(shared, state, request),
        ("GET" | "HEAD", "/approve") => {
            Response::new(405, "text/plain", "Use POST.\n").with("allow", "POST")
        }
        _ => Response::new(404, "text/plain", "Not found.\n"),
    }
}

fn page(status: u16, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>AWS sign-in (simulated)</title>\n<style>\n{STYLE}\n</style>\n<h1>AWS sign-in (simulated)</h1>\n{body}\n</html>\n"
    );
    Response::new(status, "text/html; charset=utf-8", html)
        .with("content-security-policy", CONTENT_SECURITY_POLICY)
        .with("cache-control", "no-store")
        .with("x-content-type-options", "nosniff")
}

fn device_page(shared: &Shared, state: &State, request: &Request) -> Response {
    let query = request.query();
    let Some(code) = value(&query, "user_code").filter(|code| !code.is_empty()) else {
        return page(
            200,
            "<form method=\"get\" action=\"/device\"><label>The code that your device shows\n\
             <input name=\"user_code\" autocomplete=\"off\" autofocus required></label><button>Continue</button></form>",
        );
    };
    let now = shared.clock.now();
    let device = state
        .device_code(code)
        .and_then(|code| state.devices.get(&code))
        .filter(|device| device.expires_at > now && device.decision == Decision::Pending);
    match device {
        Some(device) => page(200, &approval_form(state, device, now)),
        None => page(
            404,
            "<p>No device is waiting with this code. It may have expired, or it was approved or denied before.</p>",
        ),
    }
}

fn approval_form(state: &State, device: &Device, now: i64) -> String {
    let Device {
        user_code,
        client_id,
        start_url,
        expires_at,
        ..
    } = device;
    let client = state.clients.get(client_id);
    let client_name = client.map_or("", |Client { name, .. }| name.as_str());
    format!(
        "<p><code>{code}</code></p>\n<div class=\"warning\"><p><strong>{}</strong> asks to sign in through <strong>{}</strong>. \
         The application chose this name itself.</p><p>Approve only if your own device shows this code and you started the \
         sign-in. If you received the link from another person, deny: that person would be signed in as you.</p></div>\n\
         <form method=\"post\" action=\"/approve\">\n<input type=\"hidden\" name=\"user_code\" value=\"{code}\">\n\
         <label>Sign in as\n<select name=\"user\">\n{}</select></label>\n\
         <button name=\"decision\" value=\"approve\">Approve</button>\n<button name=\"decision\" value=\"deny\">Deny</button>\n\
         </form>\n<p>The code expires in {} s.</p>",
        escape(client_name),
        escape(start_url),
        user_options(state),
        (expires_at - now) / 1000,
        code = escape(user_code),
    )
}

fn user_options(state: &State) -> String {
    let users = state.users.iter().filter(|user| user.enabled);
    let options = users.map(|user| {
        let name = escape(&user.user_name);
        let shown = escape(user.display_name.as_deref().unwrap_or(&user.user_name));
        format!("<option value=\"{name}\">{shown} ({name})</option>\n")
    });
    options.collect::<Vec<_>>().concat()
}

fn approve(shared: &Shared, state: &mut State, request: &Request) -> Response {
    let respond = |status, text: String| {
        if request.accepts("text/html") {
            page(status, &format!("<p>{}</p>", escape(&text)))
        } else {
            Response::new(status, "text/plain; charset=utf-8", text + "\n")
        }
    };
    // A page of another origin must not approve anything. curl sends no `Origin`.
    let own_origin = format!("http://{}", request.header("host").unwrap_or_default());
    let origin = request.header("origin");
    if origin.is_some_and(|origin| origin != own_origin) {
        return respond(403, "Requests from other origins are refused.".into());
    }
    let form = request.form();
    let Some(code) = value(&form, "user_code") else {
        return respond(400, "user_code is missing.".into());
    };
    let is_denied = value(&form, "decision") == Some("deny");
    let (decision, outcome) = match value(&form, "user") {
        _ if is_denied => (Decision::Denied, "denied".to_owned()),
        Some(name) => {
            let user = state.user(name);
            let name = user.map_or(name, |user| &user.user_name).to_owned();
            (
                Decision::Approved(name.clone()),
                format!("approved as {name}"),
            )
        }
        None => return respond(400, "user is missing.".into()),
    };
    let code = code.to_owned();
    match state.decide(&code, decision, shared.clock.now()) {
        Ok(()) => {
            let code = code.to_uppercase();
            respond(
                200,
                format!("{code} is {outcome}. You can close this page."),
            )
        }
        Err(error) => respond(400, format!("Not changed: {error}.")),
    }
}
