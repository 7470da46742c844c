//! The cookies of a session and of a recognised device, among other cookies.

use crate::handle::{SEALER, device, session};
use crate::{NOW, Target, choose, request, seed};
use edge_auth::app::cookie_verifier::CookieVerifier;
use edge_auth::crypto::sealed::Purpose;
use edge_auth::domain::recognised_device::RecognisedDevice;
use edge_auth::http::cookies;
use edge_auth::http::device_cookie::DeviceCookie;
use edge_auth::timestamp::Timestamp;

pub const TARGET: Target = Target {
    name: "cookie",
    run,
    seeds,
    words: &[
        ";",
        "=",
        "edge-auth-device=",
        "__Host-edge-auth-device=",
        "__Host-edge-auth-session=",
        "x=1",
        " ",
    ],
};

const SESSION: &str = "__Host-edge-auth-session";

const URLS: [(&str, &str); 3] = [
    (
        "https://auth.example.com/api/auth/login",
        "__Host-edge-auth-device",
    ),
    ("http://127.0.0.1:8787/api/auth/login", "edge-auth-device"),
    ("http://auth.example.com/api/auth/login", ""),
];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let header = String::from_utf8_lossy(input).into_owned();
    find_device(usize::from(choice) % URLS.len(), &header);
    find_session(&header);
}

/// The first cookie of this name. Only spaces are removed before a name.
fn first<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let mut pairs = header.split(';').map(|pair| pair.trim_start_matches(' '));
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn find_device(url: usize, header: &str) {
    let (url, name) = URLS[url];
    let request = request(url, vec![("cookie", header.to_owned())]);
    let cookie = DeviceCookie::of(&request);
    if name.is_empty() {
        assert_eq!(cookie.sent(), None);
        return;
    }
    assert_eq!(cookie.sent(), first(header, name), "{header:?}");
    let opened = cookie.sent().map(|sent| {
        let now = Timestamp::from_seconds(NOW);
        SEALER.open::<RecognisedDevice>(Purpose::RecognisedDevice, b"", sent, now)
    });
    if let Some(Ok(_)) = opened {
        assert_eq!(cookie.sent(), Some(device().as_str()));
    }
}

fn find_session(header: &str) {
    let sent = cookies::value(header, SESSION);
    assert_eq!(sent, first(header, SESSION), "{header:?}");
    let cookies = CookieVerifier::new(None);
    let Some(sent) = sent else {
        return;
    };
    // The second one is found in the cache, if it is valid.
    let verified = [NOW, NOW + 1].map(|now| {
        let now = Timestamp::from_seconds(now);
        cookies.verify(&SEALER, sent, now).is_ok()
    });
    assert_eq!(verified, [sent == session(); 2]);
}

fn seeds() -> Vec<Vec<u8>> {
    let (device, session) = (device(), session());
    vec![
        seed(0, format!("a=1; __Host-edge-auth-device={device}; b=2")),
        seed(1, format!("edge-auth-device={device}")),
        seed(1, "x=1; edge-auth-device= abc ;edge-auth-device=2"),
        seed(2, format!("edge-auth-device={device}")),
        seed(0, format!("a=1;  {SESSION}={session}; {SESSION}=x")),
        seed(0, format!("{SESSION}={device}; {SESSION}={session}")),
    ]
}
