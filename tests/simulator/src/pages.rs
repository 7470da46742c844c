//! The page where a person enters the code that a device shows, and the one curl line that does the same.

use crate::form::{escape, value};
use crate::http::{Reply, Request};
use crate::simulator::Simulator;
use crate::world::{Decision, World};

pub(crate) fn answer(simulator: &Simulator, world: &mut World, request: &Request) -> Reply {
    match (request.method.as_str(), request.path()) {
        ("GET", "/" | "/device") => device(simulator, world, request),
        ("POST", "/approve") => approve(simulator, world, request),
        ("GET" | "HEAD", "/approve") => {
            Reply::new(405, "text/plain", "POST it\n").with("Allow", "POST")
        }
        _ => Reply::new(404, "text/plain", "There is nothing here.\n"),
    }
}

fn page(status: u16, body: &str) -> Reply {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>AWS sign-in (simulated)</title>\n<style>\nbody {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: \
         3rem auto; padding: 0 1rem }}\ncode {{ font-size: 1.6rem; letter-spacing: .1em }}\nlabel, button {{ display: block; \
         margin: 1rem 0 }}\n.warning {{ border-left: .3rem solid #b35c00; padding-left: 1rem }}\n</style>\n\
         <h1>AWS sign-in (simulated)</h1>\n{body}\n</html>\n"
    );
    Reply::new(status, "text/html; charset=utf-8", html)
        .with(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        )
        .with("Cache-Control", "no-store")
        .with("X-Content-Type-Options", "nosniff")
}

fn device(simulator: &Simulator, world: &World, request: &Request) -> Reply {
    let query = request.query();
    let Some(code) = value(&query, "user_code").filter(|code| !code.is_empty()) else {
        return page(
            200,
            "<form method=\"get\" action=\"/device\"><label>The code that your device shows\n\
             <input name=\"user_code\" autocomplete=\"off\" autofocus required></label><button>Continue</button></form>",
        );
    };
    let now = simulator.clock.now();
    let device = world
        .device_code(code)
        .and_then(|code| world.devices.get(&code))
        .filter(|device| device.expires_at > now && device.decision == Decision::Pending);
    let Some(device) = device else {
        return page(
            404,
            "<p>No device is waiting under this code. It may have expired or been decided before.</p>",
        );
    };
    let client = world
        .clients
        .get(&device.client_id)
        .map_or("", |client| client.name.as_str());
    let mut people = String::new();
    for person in world.people.iter().filter(|person| person.enabled) {
        let shown = escape(person.display_name.as_deref().unwrap_or(&person.user_name));
        let name = escape(&person.user_name);
        people =
            people + "<option value=\"" + &name + "\">" + &shown + " (" + &name + ")</option>\n";
    }
    page(
        200,
        &format!(
            "<p><code>{}</code></p>\n<div class=\"warning\"><p><strong>{}</strong> asks to sign in through <strong>{}</strong>. \
             The name is what it calls itself.</p><p>Does your own device show this code, and did you start this? If somebody \
             sent you the link, deny: whoever started it would be signed in as you.</p></div>\n\
             <form method=\"post\" action=\"/approve\">\n<input type=\"hidden\" name=\"user_code\" value=\"{}\">\n\
             <label>Sign in as\n<select name=\"person\">\n{people}</select></label>\n\
             <button name=\"decision\" value=\"approve\">Approve</button>\n<button name=\"decision\" value=\"deny\">Deny</button>\n\
             </form>\n<p>{} seconds are left.</p>",
            escape(&device.user_code),
            escape(client),
            escape(&device.start_url),
            escape(&device.user_code),
            (device.expires_at - now) / 1000,
        ),
    )
}

fn approve(simulator: &Simulator, world: &mut World, request: &Request) -> Reply {
    let says = |status, text: String| {
        if request.accepts("text/html") {
            page(status, &format!("<p>{}</p>", escape(&text)))
        } else {
            Reply::new(status, "text/plain; charset=utf-8", text + "\n")
        }
    };
    // A page elsewhere in the browser must not approve anything here; curl sends no Origin.
    let own = format!("http://{}", request.header("host").unwrap_or_default());
    if request.header("origin").is_some_and(|origin| origin != own) {
        return says(403, "This form belongs to another site.".into());
    }
    let form = request.form();
    let Some(code) = value(&form, "user_code") else {
        return says(400, "user_code is missing".into());
    };
    let denied = value(&form, "decision") == Some("deny");
    let (decision, outcome) = match value(&form, "person") {
        _ if denied => (Decision::Denied, "denied".to_owned()),
        Some(person) => {
            let name = world
                .person(person)
                .map_or(person, |person| &person.user_name)
                .to_owned();
            let outcome = format!("approved as {name}");
            (Decision::Approved(name), outcome)
        }
        None => return says(400, "person is missing".into()),
    };
    match world.decide(code, decision, simulator.clock.now()) {
        Ok(()) => says(
            200,
            format!(
                "{} is {outcome}. You may close this page.",
                code.to_uppercase()
            ),
        ),
        Err(why) => says(400, format!("Nothing was decided: {why}.")),
    }
}
