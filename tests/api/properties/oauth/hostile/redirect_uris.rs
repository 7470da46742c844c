//! Redirect URIs that a client has not registered, in the forms that parsers are known to disagree about. The client has registered
//! `https://app.example.com/callback`, `http://127.0.0.1/callback` and `com.example.app:/callback`.

use super::{Expected, Hostile, changed, encode, of_text};
use crate::support::grants::{LOOPBACK, WEB};
use crate::support::services::Service;

/// Another host, or one that contains the host.
const HOSTS: [&str; 25] = [
    "https://canary.example/callback",
    "https://canary.example",
    "https://example.com/callback",
    "https://www.app.example.com/callback",
    "https://app.example.com.canary.example/callback",
    "https://app.example.comcanary.example/callback",
    "https://canaryapp.example.com/callback",
    "https://canary-app.example.com/callback",
    "https://app-example.com/callback",
    "https://appxexample.com/callback",
    "https://app.example.co/callback",
    "https://app.example.community/callback",
    "https://app.example.com./callback",
    "https://app.example.com..canary.example/callback",
    "https://canary.example/https://app.example.com/callback",
    "https://canary.example/app.example.com/callback",
    "https://canary.example?https://app.example.com/callback",
    "https://canary.example;app.example.com/callback",
    "https://canary.example&app.example.com/callback",
    "https://canary.example,app.example.com/callback",
    "https://[canary.example]/callback",
    "https://*.example.com/callback",
    "https://*/callback",
    "https://app.example.com%2ecanary.example/callback",
    "https://app.example.com%00.canary.example/callback",
];

/// Another path or query of the same host.
const PATHS: [&str; 36] = [
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com/callback/",
    "https://app.example.com/callback/../canary",
    "https://app.example.com/callback/..%2fcanary",
    "https://app.example.com/callback/%2e%2e/canary",
    "https://app.example.com/callback/..;/canary",
    "https://app.example.com/callback/canary",
    "https://app.example.com/callbackcanary",
    "https://app.example.com/callback;canary",
    "https://app.example.com/callback.canary",
    "https://app.example.com/Callback",
    "https://app.example.com/CALLBACK",
    "https://app.example.com/canary/../callback",
    "https://app.example.com/./callback",
    "https://app.example.com//callback",
    "https://app.example.com/callback//",
    "https://app.example.com/%63allback",
    "https://app.example.com/callback%20",
    "https://app.example.com/callback%00",
    "https://app.example.com/callback%0d%0aLocation:%20https://canary.example",
    "https://app.example.com/callback%09",
    "https://app.example.com%2fcallback",
    "https://app.example.com/callback?",
    "https://app.example.com/callback?canary=1",
    "https://app.example.com/callback?code=canary",
    "https://app.example.com/callback?state=canary",
    "https://app.example.com/callback?iss=https://canary.example",
    "https://app.example.com/callback?error=canary",
    "https://app.example.com/callback?next=//canary.example",
    "https://app.example.com/callback&canary=1",
    "https://app.example.com/callback#",
    "https://app.example.com/callback#canary",
    "https://app.example.com/callback#@canary.example",
    "https://app.example.com/callback%23canary",
    "https://app.example.com#@canary.example/callback",
];

/// User info, backslashes, and slashes.
const AUTHORITIES: [&str; 33] = [
    "https://canary@app.example.com/callback",
    "https://@app.example.com/callback",
    "https://:@app.example.com/callback",
    "https://app.example.com@canary.example/callback",
    "https://app.example.com:443@canary.example/callback",
    "https://app.example.com:password@canary.example/callback",
    "https://canary.example@app.example.com/callback",
    "https://app.example.com%40canary.example/callback",
    "https://app.example.com%2f@canary.example/callback",
    "https://app.example.com/callback@canary.example",
    "https:\\\\app.example.com\\callback",
    "https:\\\\canary.example",
    "https:/\\canary.example",
    "https://app.example.com\\callback",
    "https://app.example.com\\@canary.example/callback",
    "https://app.example.com/callback\\..\\canary",
    "https://app.example.com/\\canary.example",
    "https://app.example.com%5c@canary.example/callback",
    "https://canary.example\\.app.example.com/callback",
    "https://canary.example\\@app.example.com/callback",
    "/\\canary.example",
    "\\\\canary.example",
    "https:/app.example.com/callback",
    "https:///app.example.com/callback",
    "https:app.example.com/callback",
    "https:////canary.example/callback",
    "///canary.example",
    "//canary.example/callback",
    "//app.example.com/callback",
    "/callback",
    "callback",
    "../callback",
    "app.example.com/callback",
];

/// Other schemes, and other cases.
const SCHEMES: [&str; 44] = [
    "HTTPS://app.example.com/callback",
    "Https://app.example.com/callback",
    "https://APP.EXAMPLE.COM/callback",
    "https://App.example.com/callback",
    "http://app.example.com/callback",
    "ftp://app.example.com/callback",
    "ws://app.example.com/callback",
    "wss://app.example.com/callback",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "javascript://app.example.com/callback%0aalert(1)",
    "javascript://app.example.com/callback\nalert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "DATA:text/html,canary",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://app.example.com/callback",
    "filesystem:https://app.example.com/callback",
    "about:blank",
    "about:srcdoc",
    "view-source:https://app.example.com/callback",
    "intent://app.example.com/callback#Intent;scheme=https;end",
    "mailto:canary@canary.example",
    "tel:1",
    "urn:ietf:wg:oauth:2.0:oob",
    "urn:ietf:wg:oauth:2.0:oob:auto",
    "chrome-extension://canary/callback",
    "com.example.app:callback",
    "com.example.app:/callback/",
    "com.example.app:/Callback",
    "com.example.app:/canary",
    "com.example.app://callback",
    "com.example.app:///callback",
    "com.example.app:/callback?canary",
    "com.example.app:/callback#canary",
    "com.example.apps:/callback",
    "com.example:/callback",
    "com.canary.app:/callback",
    "COM.EXAMPLE.APP:/callback",
    "com.example.app.canary:/callback",
    "cursor://app.example.com/callback",
];

/// Ports.
const PORTS: [&str; 12] = [
    "https://app.example.com:443/callback",
    "https://app.example.com:8443/callback",
    "https://app.example.com:80/callback",
    "https://app.example.com:0/callback",
    "https://app.example.com:/callback",
    "https://app.example.com:65536/callback",
    "https://app.example.com:0443/callback",
    "https://app.example.com:443:443/callback",
    "https://app.example.com:-1/callback",
    "https://app.example.com:+443/callback",
    "https://app.example.com:4\u{ff14}3/callback",
    "https://app.example.com:canary/callback",
];

/// Letters that look like others, and characters that browsers remove.
const LOOK_ALIKES: [&str; 24] = [
    "https://\u{430}pp.example.com/callback",
    "https://xn--pp-7kc.example.com/callback",
    "https://app\u{3002}example.com/callback",
    "https://app\u{ff0e}example.com/callback",
    "https://app\u{ff61}example.com/callback",
    "https://\u{ff41}pp.example.com/callback",
    "https://app.exa\u{ad}mple.com/callback",
    "https://app.exa\u{200b}mple.com/callback",
    "https://app.exa\u{2060}mple.com/callback",
    "https://app.example.com/c\u{430}llback",
    "https://app.example.com/callback\u{202e}",
    "https://app.example.com\u{2044}callback",
    "https://canary.example\u{ff0f}app.example.com/callback",
    "https://canary.example\u{2100}app.example.com/callback",
    "https://app.example.com\u{ff20}canary.example/callback",
    "https://app.example.com\u{fe56}canary/callback",
    "https\u{ff1a}//app.example.com/callback",
    " https://app.example.com/callback",
    "https://app.example.com/callback ",
    "\thttps://app.example.com/callback",
    "https://app.example.com/call\tback",
    "https://app.exa\nmple.com/callback",
    "https://app.example.com/callback\r\nLocation: https://canary.example",
    "https://app.example.com/callback\0",
];

/// Hosts that look like the loopback address, and other loopback hosts than the registered one.
const LOOPBACKS: [&str; 37] = [
    "http://127.0.0.1.canary.example/callback",
    "http://127.0.0.1@canary.example/callback",
    "http://127.0.0.1:4711@canary.example/callback",
    "http://canary.example@127.0.0.1/callback",
    "http://canary.example:4711/callback",
    "http://127.0.0.2/callback",
    "http://127.1/callback",
    "http://127.0.1/callback",
    "http://2130706433/callback",
    "http://0x7f.0.0.1/callback",
    "http://0x7f000001/callback",
    "http://0177.0.0.1/callback",
    "http://127.0.0.01/callback",
    "http://127.0.0.1./callback",
    "http://0.0.0.0/callback",
    "http://0/callback",
    "http://localhost/callback",
    "http://LOCALHOST/callback",
    "http://localhost.canary.example/callback",
    "http://canary.localhost/callback",
    "http://[::1]/callback",
    "http://[::1]:4711/callback",
    "http://[0:0:0:0:0:0:0:1]/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://[::]/callback",
    "http://127.0.0.1:/callback",
    "http://127.0.0.1:0/callback",
    "http://127.0.0.1:04711/callback",
    "http://127.0.0.1:99999/callback",
    "http://127.0.0.1:-1/callback",
    "http://127.0.0.1:4711:4711/callback",
    "http://127.0.0.1:4711/callback/",
    "http://127.0.0.1:4711/callback?canary",
    "http://127.0.0.1:4711/callback#canary",
    "http://127.0.0.1:4711\\@canary.example/callback",
    "https://127.0.0.1:4711/callback",
    "http://\u{2460}\u{2461}\u{2466}.0.0.1/callback",
];

/// Texts that are no URI, and several URIs in one value.
const TEXTS: [&str; 15] = [
    "*",
    ":",
    "https",
    "https:",
    "https://",
    "null",
    "undefined",
    "%00",
    "https%3A%2F%2Fapp.example.com%2Fcallback",
    "https://app.example.com/callback https://canary.example/callback",
    "https://canary.example/callback https://app.example.com/callback",
    "https://app.example.com/callback,https://canary.example/callback",
    "[\"https://app.example.com/callback\"]",
    "{\"0\":\"https://app.example.com/callback\"}",
    "<https://app.example.com/callback>",
];

pub(super) fn all(service: &Service) -> Vec<Hostile> {
    let page = Expected::Page("invalid_redirect_uri");
    let mut found = Vec::new();
    let lists: [(&'static str, &[&str]); 8] = [
        ("another host", &HOSTS),
        ("another path", &PATHS),
        ("user info, backslashes and slashes", &AUTHORITIES),
        ("another scheme", &SCHEMES),
        ("another port", &PORTS),
        ("letters that look alike", &LOOK_ALIKES),
        ("loopback hosts", &LOOPBACKS),
        ("no URI", &TEXTS),
    ];
    for (class, list) in lists {
        for uri in list {
            found.extend(changed(class, service, &[("redirect_uri", uri)], &page));
        }
    }
    let long = format!("{WEB}?{}", "x".repeat(2_048));
    for uri in ["", &long] {
        let changes = [("redirect_uri", uri)];
        found.extend(changed("no redirect URI", service, &changes, &page));
    }
    // Other names of the parameter have no effect.
    let text = encode(&service.parameters(&[]));
    let without = encode(&service.parameters(&[("redirect_uri", "")]));
    for name in [
        "Redirect_Uri",
        "redirectUri",
        "redirect_uri%00",
        "redirect_uri%5B%5D",
        "redirect_uri%5B0%5D",
        "redirect_uris",
        "redirect_url",
        "return_to",
        "%20redirect_uri",
        "redirect-uri",
    ] {
        let class = "another name of the redirect URI";
        let other = format!("{name}=https%3A%2F%2Fcanary.example");
        let consent = &Expected::Consent;
        found.extend(of_text(class, &format!("{text}&{other}"), consent));
        found.extend(of_text(class, &format!("{without}&{other}"), &page));
    }
    // A link has no body, and the query of a form does not count.
    let class = "a redirect URI outside the form";
    let canary = "redirect_uri=https%3A%2F%2Fcanary.example";
    let outside = |query: &str, form: &str, expected| Hostile {
        class,
        query: query.to_owned(),
        form: Some(form.to_owned()),
        expected,
    };
    found.extend([
        outside(canary, &text, Expected::Consent),
        outside(canary, &without, page.clone()),
        outside(&encode(&[("redirect_uri", WEB)]), &without, page.clone()),
        outside(&encode(&[("redirect_uri", LOOPBACK)]), &without, page),
        outside(&text, "", Expected::Page("unknown_client")),
        outside(&text, canary, Expected::Page("unknown_client")),
    ]);
    found
}
