//! Changes the members of a genuine body, JSON or STS's XML, and keeps the rest of its shape.

use crate::misbehaviour::{Misbehaviour, UPSTREAM_MARK};
use serde_json::{Value, json};

/// The body with its members changed, as that misbehaviour says.
pub(crate) fn reshaped(misbehaviour: Misbehaviour, body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => reshaped_json(misbehaviour, value),
        Err(_) => reshaped_xml(misbehaviour, &String::from_utf8_lossy(body)),
    }
}

fn reshaped_json(misbehaviour: Misbehaviour, value: Value) -> String {
    match misbehaviour {
        Misbehaviour::MissingMembers => "{}".into(),
        Misbehaviour::DuplicateKeys => doubled(&value),
        // serde_json holds no number of that size, so it goes in as text and loses its quotes here.
        Misbehaviour::HugeNumbers => changed(misbehaviour, value)
            .to_string()
            .replace("\"a huge number\"", "99999999999999999999999999"),
        _ => changed(misbehaviour, value).to_string(),
    }
}

/// The same tree with its leaves changed.
fn changed(misbehaviour: Misbehaviour, value: Value) -> Value {
    use Misbehaviour as M;
    match (value, misbehaviour) {
        (Value::Object(members), _) => members
            .into_iter()
            .map(|(name, value)| (name, changed(misbehaviour, value)))
            .collect(),
        (Value::Array(items), M::WrongTypes) if items.is_empty() => json!(UPSTREAM_MARK),
        (Value::Array(items), _) => items
            .into_iter()
            .map(|item| changed(misbehaviour, item))
            .collect(),
        (_, M::NullMembers) => Value::Null,
        (Value::String(_), M::EmptyTexts) => json!(""),
        (Value::Number(_), M::NegativeNumbers) => json!(-1),
        (Value::Number(_), M::HugeNumbers) => json!("a huge number"),
        (Value::String(_), M::WrongTypes) => json!({"text": [UPSTREAM_MARK]}),
        (Value::Number(_) | Value::Bool(_) | Value::Null, M::WrongTypes) => json!(UPSTREAM_MARK),
        (same, _) => same,
    }
}

fn doubled(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    let name = json!(name);
                    format!("{name}:{},{name}:{}", json!(UPSTREAM_MARK), doubled(value))
                })
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

/// For STS's flat XML: what stands between a leaf's tags is changed.
fn reshaped_xml(misbehaviour: Misbehaviour, xml: &str) -> String {
    let mut reshaped = String::new();
    for line in xml.lines() {
        let text = line.trim();
        let leaf = text
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'))
            .filter(|(name, rest)| rest.ends_with(&format!("</{name}>")));
        let Some((name, _)) = leaf else {
            reshaped.push_str(line);
            continue;
        };
        let other = format!("<{name}>{UPSTREAM_MARK}</{name}>");
        let changed = match misbehaviour {
            Misbehaviour::MissingMembers => String::new(),
            Misbehaviour::WrongTypes => {
                format!("<{name}><{name}>{UPSTREAM_MARK}</{name}></{name}>")
            }
            Misbehaviour::NullMembers | Misbehaviour::EmptyTexts => format!("<{name}/>"),
            Misbehaviour::DuplicateKeys => other + text,
            _ => text.to_owned(),
        };
        reshaped.push_str(&changed);
    }
    if reshaped.is_empty() {
        "null".into()
    } else {
        reshaped
    }
}
