//! The cookie of a recognised device, among other cookies.

use crate::handle::{SEALER, device};
use crate::{NOW, Target, choose, request, seed};
use edge_auth::crypto::sealed::Purpose;
use edge_auth::domain::recognised_device::RecognisedDevice;
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
        "x=1",
        " ",
    ],
};

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
    let (url, name) = URLS[usize::from(choice) % URLS.len()];
    let header = String::from_utf8_lossy(input).into_owned();
    let request = request(url, vec![("cookie", header.clone())]);
    let cookie = DeviceCookie::of(&request);
    let Some(sent) = cookie.sent() else {
        // A cookie with this name must not be ignored.
        let is_there = header
            .split(';')
            .any(|pair| pair.trim().starts_with(&format!("{name}=")));
        assert!(name.is_empty() || !is_there, "{header:?}");
        return;
    };
    assert!(
        !name.is_empty() && !sent.contains(';') && sent.trim() == sent,
        "{sent:?}"
    );
    let first = header
        .split(';')
        .find_map(|pair| pair.trim().strip_prefix(name));
    assert!(first.is_some(), "{header:?} has no {name}");
    let now = Timestamp::from_seconds(NOW);
    if SEALER
        .open::<RecognisedDevice>(Purpose::RecognisedDevice, b"", sent, now)
        .is_ok()
    {
        assert_eq!(sent, device());
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let device = device();
    vec![
        seed(0, format!("a=1; __Host-edge-auth-device={device}; b=2")),
        seed(1, format!("edge-auth-device={device}")),
        seed(1, "x=1; edge-auth-device= abc ;edge-auth-device=2"),
        seed(2, format!("edge-auth-device={device}")),
    ]
}
