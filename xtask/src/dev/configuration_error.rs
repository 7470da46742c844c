//! Errors in the configuration, which the Worker logs.

use serde_json::{Deserializer, Value};

/// The variable and the expected value, if a line of the log reports an invalid variable.
pub fn find(line: &str) -> Option<String> {
    let start = line.find(r#"{"event":"misconfigured""#)?;
    // wrangler may append text.
    let mut values = Deserializer::from_str(&line[start..]).into_iter::<Value>();
    let event = values.next()?.ok()?;
    let (variable, expected) = (event["variable"].as_str()?, event["expected"].as_str()?);
    Some(format!("{variable}: expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn error_is_found_in_the_output_of_wrangler() {
        let line = "\u{1b}[31mX [ERROR] {\"event\":\"misconfigured\",\"variable\":\"HANDLE_KEY\",\"expected\":\"base64\"}\u{1b}[0m";
        assert_eq!(find(line).as_deref(), Some("HANDLE_KEY: expected base64"));
        for line in [
            "",
            "{}",
            r#"{"event":"failure","route":"x","code":"y"}"#,
            r#"{"event":"misconfigured","#,
        ] {
            assert_eq!(find(line), None, "{line}");
        }
    }
}
