//! Changes the members of a body, in JSON or in the XML of STS.

use super::{ResponseFault, UPSTREAM_MARKER};
use serde_json::{Value, json};

/// Replaced by a number that `serde_json` cannot represent.
const HUGE_NUMBER: &str = "a huge number";

/// The body with its members changed; the rest of its structure stays.
pub(super) fn with_faulty_members(fault: ResponseFault, body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => json_text(fault, value),
        Err(_) => xml_text(fault, &String::from_utf8_lossy(body)),
    }
}

fn json_text(fault: ResponseFault, value: Value) -> String {
    match fault {
        ResponseFault::MissingMembers => "{}".into(),
        ResponseFault::DuplicateKeys => with_duplicate_keys(&value),
        _ => changed(fault, value).to_string().replace(
            &json!(HUGE_NUMBER).to_string(),
            "99999999999999999999999999",
        ),
    }
}

/// The value with its strings, numbers, booleans and nulls changed.
fn changed(fault: ResponseFault, value: Value) -> Value {
    use ResponseFault as Fault;
    match (value, fault) {
        (Value::Object(members), _) => members
            .into_iter()
            .map(|(name, value)| (name, changed(fault, value)))
            .collect(),
        (Value::Array(items), Fault::WrongTypes) if items.is_empty() => json!(UPSTREAM_MARKER),
        (Value::Array(items), _) => items.into_iter().map(|item| changed(fault, item)).collect(),
        (_, Fault::NullMembers) => Value::Null,
        (Value::String(_), Fault::EmptyStrings) => json!(""),
        (Value::Number(_), Fault::NegativeNumbers) => json!(-1),
        (Value::Number(_), Fault::HugeNumbers) => json!(HUGE_NUMBER),
        (Value::String(_), Fault::WrongTypes) => json!({ "text": [UPSTREAM_MARKER] }),
        (Value::Number(_) | Value::Bool(_) | Value::Null, Fault::WrongTypes) => {
            json!(UPSTREAM_MARKER)
        }
        (unchanged, _) => unchanged,
    }
}

fn with_duplicate_keys(value: &Value) -> String {
    let Value::Object(members) = value else {
        return value.to_string();
    };
    let members = members.iter().map(|(name, value)| {
        let name = json!(name);
        let other = json!(UPSTREAM_MARKER);
        format!("{name}:{other},{name}:{}", with_duplicate_keys(value))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Each element without children is on a line of its own.
fn xml_text(fault: ResponseFault, xml: &str) -> String {
    let changed: String = xml.lines().map(|line| xml_line(fault, line)).collect();
    if changed.is_empty() {
        "null".into()
    } else {
        changed
    }
}

fn xml_line(fault: ResponseFault, line: &str) -> String {
    let element = line.trim();
    let name = element
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
        .filter(|(name, rest)| rest.ends_with(&format!("</{name}>")))
        .map(|(name, _)| name);
    let Some(name) = name else {
        return line.to_owned();
    };
    match fault {
        ResponseFault::MissingMembers => String::new(),
        ResponseFault::WrongTypes => {
            format!("<{name}><{name}>{UPSTREAM_MARKER}</{name}></{name}>")
        }
        ResponseFault::NullMembers | ResponseFault::EmptyStrings => format!("<{name}/>"),
        ResponseFault::DuplicateKeys => format!("<{name}>{UPSTREAM_MARKER}</{name}>{element}"),
        _ => element.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fault: ResponseFault, body: &str) -> String {
        with_faulty_members(fault, body.as_bytes())
    }

    #[test]
    fn json_members_are_changed() {
        let body = r#"{"a":{"n":1},"t":"x"}"#;
        let doubled = format!(
            r#"{{"a":"{UPSTREAM_MARKER}","a":{{"n":"{UPSTREAM_MARKER}","n":1}},"t":"{UPSTREAM_MARKER}","t":"x"}}"#
        );
        for (fault, expected) in [
            (ResponseFault::MissingMembers, "{}"),
            (ResponseFault::NullMembers, r#"{"a":{"n":null},"t":null}"#),
            (ResponseFault::EmptyStrings, r#"{"a":{"n":1},"t":""}"#),
            (ResponseFault::NegativeNumbers, r#"{"a":{"n":-1},"t":"x"}"#),
            (
                ResponseFault::HugeNumbers,
                r#"{"a":{"n":99999999999999999999999999},"t":"x"}"#,
            ),
            (ResponseFault::DuplicateKeys, &doubled),
        ] {
            assert_eq!(text(fault, body), expected, "{fault:?}");
        }
    }

    #[test]
    fn xml_elements_are_changed() {
        let xml = "<R>\n  <Arn>a</Arn>\n</R>\n";
        assert_eq!(text(ResponseFault::MissingMembers, xml), "<R></R>");
        assert_eq!(text(ResponseFault::EmptyStrings, xml), "<R><Arn/></R>");
        let doubled = format!("<R><Arn>{UPSTREAM_MARKER}</Arn><Arn>a</Arn></R>");
        assert_eq!(text(ResponseFault::DuplicateKeys, xml), doubled);
    }
}
