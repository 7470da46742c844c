//! JSON bodies.

use crate::anything::{Anything, plain};
use crate::{Target, choose, request, seed};
use edge_auth::http::body::{self, INVALID_BODY, MAX_BODY_BYTES};
use edge_auth::http::error::ApiError;
use edge_auth::http::error_codes::ErrorCode;
use edge_auth::http::request::{BodyError, Request};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub const TARGET: Target = Target {
    name: "body",
    run,
    seeds,
    words: &[
        "[]", "{}", r#"{"a":"#, "}", ",", r#""""#, r"\u0000", r"\ud800", "1e999", "null",
    ],
};

const TYPES: [&str; 4] = [
    "application/json",
    "Application/JSON; charset=\"UTF-8\"",
    "application/json; charset=latin1",
    "text/plain",
];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let media_type = TYPES[usize::from(choice) % TYPES.len()];
    let is_json = usize::from(choice) % TYPES.len() < 3;
    match read(input, media_type) {
        Ok(None) => assert!(input.is_empty()),
        Ok(Some(value)) => {
            assert!(is_json && input.len() <= MAX_BODY_BYTES);
            assert_eq!(Some(value), plain(without_mark(input)));
        }
        Err(error) if error.code() == ErrorCode::BodyTooLarge => {
            assert!(input.len() > MAX_BODY_BYTES);
        }
        Err(error) if error.code() == ErrorCode::UnsupportedMediaType => assert!(!is_json),
        Err(error) => {
            assert_eq!(error.code(), ErrorCode::InvalidJson);
            assert_eq!(plain(without_mark(input)), None);
        }
    }
}

/// The input without a leading byte order mark.
fn without_mark(input: &[u8]) -> &[u8] {
    input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input)
}

/// Reads a body that arrives in one piece.
fn read(input: &[u8], media_type: &str) -> Result<Option<Anything>, ApiError> {
    let bytes = input.to_vec();
    let request = Request {
        body: Box::new(move |limit, _| {
            let is_small = bytes.len() <= limit;
            Box::pin(std::future::ready(
                is_small.then_some(bytes).ok_or(BodyError::TooLarge),
            ))
        }),
        ..request(
            "https://auth.example.com/api/auth/login",
            vec![("content-type", media_type.to_owned())],
        )
    };
    let reading = pin!(body::optional_json::<Anything>(request, INVALID_BODY));
    match reading.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the body is complete"),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        seed(
            0,
            r#"{"username":"john@example.com","password":"securePassword123"}"#,
        ),
        seed(
            1,
            r#"{"a":[1,-2.5e3,true,null,{"b":"\u00e9\ud83d\ude00"}]}"#,
        ),
        seed(2, "{}"),
        seed(0, "\u{feff}{}"),
        seed(0, r#"{"a":{"a":1},"b":[[]]} "#),
        seed(0, r#"{"a":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"#),
    ]
}
