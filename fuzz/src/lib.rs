//! What is fuzzed: every reader of bytes that come from outside, each with what must hold whatever they are.
//!
//! `cargo xtask fuzz` builds this with coverage counters and lets libFuzzer choose the bytes; a target fails by panicking.
//! Everything random or of the time is fixed, so a crash is one for ever.

mod anything;
mod body;
mod cookie;
mod handle;
mod phc;
mod query;
mod replies;
mod sts;
mod token;

use edge_auth::http::request::{Method, Request};

/// One reader.
pub struct Target {
    /// As `cargo xtask fuzz` takes it.
    pub name: &'static str,
    /// Panics if the reader does not do as it should with these bytes.
    pub run: fn(&[u8]),
    /// Good input to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that such input is made of, or that often go wrong in it.
    pub words: &'static [&'static str],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    body::TARGET,
    cookie::TARGET,
    handle::TARGET,
    phc::TARGET,
    query::TARGET,
    replies::TARGET,
    sts::TARGET,
    token::TARGET,
];

/// 2024-01-10T12:00:00Z, when everything happens.
const NOW: i64 = 1_704_888_000;

/// A request without a body, with these headers.
fn request(url: &str, headers: Vec<(&'static str, String)>) -> Request {
    Request {
        parameters: Vec::new(),
        method: Method::Post,
        url: url.to_owned(),
        authorization: None,
        id: Box::new(String::new),
        header: Box::new(move |name| {
            let header = headers.iter().find(|(known, _)| *known == name);
            header.map(|(_, value)| value.clone())
        }),
        body: Box::new(|_, _| Box::pin(std::future::ready(Ok(Vec::new())))),
    }
}

/// The first byte chooses, the rest is the input.
fn choose(data: &[u8]) -> (u8, &[u8]) {
    data.split_first()
        .map_or((0, data), |(first, rest)| (*first, rest))
}

/// A seed under this choice.
fn seed(choice: u8, input: impl AsRef<[u8]>) -> Vec<u8> {
    [&[choice], input.as_ref()].concat()
}

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn seeds_are_there_and_nothing_is_wrong_with_them() {
        for target in TARGETS {
            let seeds = (target.seeds)();
            assert!(seeds.len() > 2, "{}", target.name);
            for seed in seeds {
                (target.run)(&seed);
            }
        }
    }
}
