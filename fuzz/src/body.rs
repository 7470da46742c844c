//! JSON bodies.

use crate::{Target, choose, request, seed};
use edge_auth::failure::Failure;
use edge_auth::web::body::{self, LIMIT};
use edge_auth::web::request::{BodyError, Request};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
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
    let is_json = usize::from(choice) % TYPES.len() < 2;
    match read(input, media_type) {
        Ok(None) => assert!(input.is_empty()),
        Ok(Some(value)) => {
            assert!(is_json && input.len() <= LIMIT);
            let pairs: Pairs = serde_json::from_slice(input).expect("what was read is JSON");
            assert!(pairs.depth <= 16, "{} deep", pairs.depth);
            assert_eq!(pairs.count, count(&value), "a key twice");
            assert!(value.is_object());
        }
        Err(Failure::BodyTooLarge) => assert!(input.len() > LIMIT),
        Err(Failure::UnsupportedMediaType) => assert!(!is_json),
        Err(failure) => assert_eq!(failure, Failure::InvalidBody),
    }
}

/// Reads a body that comes at once.
fn read(input: &[u8], media_type: &str) -> Result<Option<Value>, Failure> {
    let bytes = input.to_vec();
    let request = Request {
        body: Box::new(move |limit| {
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
    let reading = pin!(body::optional_json::<Value>(request, Failure::InvalidBody));
    match reading.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("waits for nothing"),
    }
}

/// Members of all objects, the last of equal keys only.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.len() + members.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// How many members a JSON text has, equal keys included, and how deep it is.
#[derive(Clone, Copy, Default)]
struct Pairs {
    count: usize,
    depth: usize,
}

impl Pairs {
    fn add(&mut self, inner: Self) {
        self.count += inner.count;
        self.depth = self.depth.max(inner.depth);
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Pairs;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_unit<E>(self) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Pairs, A::Error> {
        let mut all = Pairs::default();
        while let Some(inner) = sequence.next_element()? {
            all.add(inner);
        }
        all.depth += 1;
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut all = Pairs::default();
        while let Some((_, inner)) = map.next_entry::<String, Pairs>()? {
            all.add(inner);
            all.count += 1;
        }
        all.depth += 1;
        Ok(all)
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
        seed(0, r#"{"a":{"a":1},"b":[[]]} "#),
        seed(0, r#"{"a":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"#),
    ]
}
