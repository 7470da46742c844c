//! The reader agrees with `serde_json`, except for what it refuses on purpose.

use super::*;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// The same value as `serde_json` reads it; numbers outside of `i64` are doubles.
fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => is.into(),
        Json::Integer(number) => number.into(),
        Json::Fraction(number) => number.into(),
        Json::Text(text) => text.into_owned().into(),
        Json::List(list) => list.into_iter().map(value).collect(),
        Json::Object(Object(members)) => {
            let members = members.into_iter();
            let members: Map<_, _> = members
                .map(|(key, json)| (key.into_owned(), value(json)))
                .collect();
            members.into()
        }
    }
}

fn read(text: &str) -> Option<Value> {
    Json::read(text).ok().map(value)
}

fn object(text: &str) -> Object<'_> {
    Object::read(text).expect("an object")
}

#[test]
fn value_of_each_kind_is_read() {
    for (text, expected) in [
        ("null", Json::Null),
        (" true\n", Json::Bool(true)),
        ("false", Json::Bool(false)),
        ("0", Json::Integer(0)),
        ("-7", Json::Integer(-7)),
        ("9223372036854775807", Json::Integer(i64::MAX)),
        ("-9223372036854775808", Json::Integer(i64::MIN)),
        (
            "9223372036854775808",
            Json::Fraction(9_223_372_036_854_775_808.0),
        ),
        (
            "-9223372036854775809",
            Json::Fraction(-9_223_372_036_854_775_808.0),
        ),
        ("-0", Json::Fraction(-0.0)),
        ("1.0", Json::Fraction(1.0)),
        ("1e2", Json::Fraction(100.0)),
        (r#""""#, Json::Text("".into())),
        (r#""\u00e9\ud83d\ude00""#, Json::Text("é😀".into())),
        ("[]", Json::List(Vec::new())),
        ("{}", Json::Object(Object(Vec::new()))),
        (
            r#"{"b":[1,null],"a":{}}"#,
            Json::Object(Object(vec![
                ("b".into(), Json::List(vec![Json::Integer(1), Json::Null])),
                ("a".into(), Json::Object(Object(Vec::new()))),
            ])),
        ),
    ] {
        assert_eq!(Json::read(text), Ok(expected), "{text}");
    }
}

#[test]
fn string_without_escape_is_borrowed() {
    let mut read = object(r#"{"a":"é","b":"\n","\u0063":"c"}"#);
    assert!(matches!(read.borrowed("a"), Ok(Cow::Borrowed("é"))));
    assert!(matches!(read.borrowed("b"), Ok(Cow::Owned(text)) if text == "\n"));
    assert_eq!(read.text("c"), Ok("c".to_owned()));
}

#[test]
fn text_that_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "[1 2]",
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        r"{a:1}",
        r"{1:1}",
        "nul",
        "True",
        "NaN",
        "+1",
        "01",
        ".5",
        "1.",
        "1e999",
        "0x1",
        "'a'",
        r#""a"#,
        r#""\x""#,
        r#""\ud800""#,
        "\"\n\"",
        "{}{}",
        "[] x",
        "\u{feff}{}",
        "// a\n{}",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn duplicate_key_is_refused() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"a":3}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"":1,"":1}"#,
        r#"{"x":{"a":1,"a":1}}"#,
        r#"[{"a":1},{"a":1,"a":[]}]"#,
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert!(read(r#"[{"a":1},{"a":{"a":1},"A":1}]"#).is_some());
}

#[test]
fn nesting_and_members_over_the_limit_are_refused() {
    let lists = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    let objects = |depth: usize| [r#"{"a":"#.repeat(depth), "0".into(), "}".repeat(depth)].concat();
    let wide = |members: usize| {
        let members: Vec<_> = (0..members).map(|key| format!(r#""{key}":0"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    let limit = usize::from(MAX_DEPTH);
    for (is_read, text) in [
        (true, lists(limit)),
        (false, lists(limit + 1)),
        (false, lists(100_000)),
        (true, objects(limit)),
        (false, objects(limit + 1)),
        (false, objects(100_000)),
        (true, wide(MAX_MEMBERS)),
        (false, wide(MAX_MEMBERS + 1)),
        (false, wide(100_000)),
    ] {
        assert_eq!(read(&text).is_some(), is_read, "{} bytes", text.len());
    }
}

#[test]
fn member_is_taken_by_name_and_type() {
    let text = r#"{"text":"a","number":7,"large":4294967296,"is":true,"null":null,"list":["x"],"object":{"a":1}}"#;
    let mut read = object(text);
    assert_eq!(read.text("text"), Ok("a".to_owned()));
    assert_eq!(read.text("text"), Err(Malformed::Missing), "it was taken");
    assert_eq!(read.integer("number"), Ok(7_u32));
    assert_eq!(read.integer::<u32>("large"), Err(Malformed::Unexpected));
    assert_eq!(read.boolean("is"), Ok(true));
    assert_eq!(read.list("list"), Ok(vec![Json::Text("x".into())]));
    assert_eq!(read.object("object"), Ok(object(r#"{"a":1}"#)));

    // For an optional member, null is the same as absent.
    for name in ["null", "no such"] {
        assert_eq!(object(text).optional(name), None);
        assert_eq!(object(text).optional_text(name), Ok(None));
        assert_eq!(object(text).text(name), Err(Malformed::Missing));
        assert_eq!(object(text).integer::<i64>(name), Err(Malformed::Missing));
        assert_eq!(object(text).boolean(name), Err(Malformed::Missing));
        assert_eq!(object(text).list(name), Err(Malformed::Missing));
        assert_eq!(object(text).object(name), Err(Malformed::Missing));
    }
    assert_eq!(object(text).take("null"), Some(Json::Null));
    assert_eq!(object(text).take("no such"), None);
    assert_eq!(object(text).optional_text("text"), Ok(Some("a".to_owned())));
    // Another type is an error for an optional member too.
    assert_eq!(
        object(text).optional_text("number"),
        Err(Malformed::Unexpected)
    );
    for name in ["number", "is", "list", "object"] {
        assert_eq!(
            object(text).text(name),
            Err(Malformed::Unexpected),
            "{name}"
        );
    }
    for name in ["text", "is", "list", "object"] {
        assert_eq!(
            object(text).integer::<i64>(name),
            Err(Malformed::Unexpected),
            "{name}"
        );
    }
    for number in ["-1", "1.0", "1e1", "-0", "\"1\"", "4294967296"] {
        let text = format!(r#"{{"number":{number}}}"#);
        assert_eq!(
            object(&text).integer::<u32>("number"),
            Err(Malformed::Unexpected)
        );
    }
    for text in ["[]", "null", "1", r#""{}""#] {
        assert_eq!(Object::read(text), Err(Malformed::Unexpected), "{text}");
    }
}

/// Numbers outside of `i64` as doubles.
fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) if !number.is_i64() => number.as_f64().into(),
        Value::Array(list) => list.into_iter().map(doubles).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(members.map(|(key, value)| (key, doubles(value))).collect())
        }
        other => other,
    }
}

/// Values within the limit of depth, without numbers above `i64`.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..6)
                .prop_map(|members| Map::from_iter(members).into()),
        ]
    })
}

proptest! {
    #[test]
    fn valid_json_is_read_as_serde_json_reads_it(expected in values(), is_pretty: bool) {
        let text = if is_pretty {
            serde_json::to_string_pretty(&expected)
        } else {
            serde_json::to_string(&expected)
        };
        // Read again, because `serde_json` changes the last bit of some doubles.
        let text = text.unwrap();
        prop_assert_eq!(read(&text), serde_json::from_str(&text).ok());
    }

    #[test]
    fn text_that_serde_json_refuses_is_refused(text in r#"[{}\[\]",:0-9.eE+\-a\\u\x20ntrulfs]{0,40}"#) {
        if let Some(read) = read(&text) {
            let expected: Option<Value> = serde_json::from_str(&text).ok();
            prop_assert_eq!(Some(read), expected.map(doubles));
        }
    }

    #[test]
    fn any_duplicate_key_is_refused(
        members in prop::collection::btree_map(".{0,4}", 0..9, 1..8),
        again: prop::sample::Index, place: prop::sample::Index, depth in 0..4_usize,
    ) {
        let mut members: Vec<_> = members.into_iter().collect();
        let text = |members: &[(String, i32)]| {
            let members: Vec<_> = members
                .iter()
                .map(|(key, number)| format!("{}:{number}", serde_json::to_string(key).unwrap()))
                .collect();
            let object = format!("{{{}}}", members.join(","));
            [r#"[{"x":"#.repeat(depth), object, "}]".repeat(depth)].concat()
        };
        prop_assert!(read(&text(&members)).is_some());
        let twin = members[again.index(members.len())].clone();
        members.insert(place.index(members.len() + 1), twin);
        prop_assert_eq!(read(&text(&members)), None);
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,200}") {
        let _ = Json::read(&text);
    }
}
