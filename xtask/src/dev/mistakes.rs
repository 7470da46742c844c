//! Shows on the terminal what the Worker logs about an invalid configuration.

use serde_json::{Deserializer, Value};

/// The mistake that a line of the Worker's log names, if it does: the variable, and what was expected of it.
pub fn named_in(line: &str) -> Option<String> {
    let start = line.find(r#"{"event":"misconfigured""#)?;
    // wrangler may put something behind it.
    let mut values = Deserializer::from_str(&line[start..]).into_iter::<Value>();
    let event = values.next()?.ok()?;
    let (variable, expected) = (event["variable"].as_str()?, event["expected"].as_str()?);
    Some(format!("{variable}: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[test]
    fn mistake_is_extracted_from_the_output_of_wrangler() {
        let line = "\u{1b}[31mX [ERROR] {\"event\":\"misconfigured\",\"variable\":\"HANDLE_KEY\",\"expected\":\"base64\"}\u{1b}[0m";
        assert_eq!(
            named_in(line).as_deref(),
            Some("HANDLE_KEY: expected base64")
        );
        for line in [
            "",
            "{}",
            r#"{"event":"failure","route":"x","code":"y"}"#,
            r#"{"event":"misconfigured","#,
        ] {
            assert_eq!(named_in(line), None, "{line}");
        }
    }
}
