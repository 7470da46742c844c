//! The fuzz targets: every reader of untrusted bytes, each with the properties that must hold for any input.
//!
//! `cargo xtask fuzz` builds them with coverage counters, and libFuzzer chooses the bytes. A target fails by panicking.
//! Time and randomness are fixed, so a crash can always be reproduced.

mod access_token;
mod anything;
mod body;
mod cookie;
mod handle;
mod identity_center;
mod language;
mod oauth;
mod phc;
mod query;
mod sts;
mod token;
mod webauthn;

use edge_auth::http::request::{Method, Request};

/// A reader to fuzz.
pub struct Target {
    /// The name for `cargo xtask fuzz`.
    pub name: &'static str,
    /// Panics if the reader violates a property with these bytes.
    pub run: fn(&[u8]),
    /// Valid inputs to start with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that valid input contains, or that often cause errors.
    pub words: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    access_token::TARGET,
    body::TARGET,
    cookie::TARGET,
    handle::TARGET,
    phc::TARGET,
    query::TARGET,
    identity_center::TARGET,
    language::TARGET,
    sts::TARGET,
    token::TARGET,
];

/// All targets.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    TARGETS
        .iter()
        .chain(&oauth::TARGETS)
        .chain(&webauthn::TARGETS)
}

/// 2024-01-10T12:00:00Z, the time in all targets.
const NOW: i64 = 1_704_888_000;

/// A request without a body, with these headers.
fn request(url: &str, headers: Vec<(&'static str, String)>) -> Request {
    Request {
        parameters: Vec::new(),
        method: Method::Post,
        url: url.to_owned(),
        authorization: None,
        cookie: None,
        is_same_origin: false,
        id: Box::new(String::new),
        header: Box::new(move |name| {
            let header = headers.iter().find(|(known, _)| *known == name);
            header.map(|(_, value)| value.clone())
        }),
        body: Box::new(|_, _| Box::pin(std::future::ready(Ok(Vec::new())))),
    }
}

/// The first byte selects a case, and the rest is the input.
fn choose(data: &[u8]) -> (u8, &[u8]) {
    data.split_first()
        .map_or((0, data), |(first, rest)| (*first, rest))
}

/// A seed for this case.
fn seed(choice: u8, input: impl AsRef<[u8]>) -> Vec<u8> {
    [&[choice], input.as_ref()].concat()
}

#[cfg(test)]
mod tests {
    use super::targets;

    #[test]
    fn seeds_pass_the_checks_of_their_target() {
        for target in targets() {
            let seeds = (target.seeds)();
            assert!(seeds.len() > 2, "{}", target.name);
            // libFuzzer refuses an empty dictionary.
            assert!(!target.words.is_empty(), "{}", target.name);
            for seed in seeds {
                (target.run)(&seed);
            }
        }
    }
}
