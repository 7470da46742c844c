//! The header `If-Match` of requests that change an existing user.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use super::request::Request;

/// Reads the version that the client has seen; `None` if it sends `*`.
///
/// # Errors
/// `PreconditionRequired` without the header. `VersionMismatch` if it is not one strong entity tag with a number, because it then
/// matches no version (RFC 9110 section 13.1.1).
pub fn if_match(request: &Request) -> Result<Option<u32>, ApiError> {
    let header = request
        .header("if-match")
        .ok_or(ErrorCode::PreconditionRequired)?;
    read(&header)
}

fn read(header: &str) -> Result<Option<u32>, ApiError> {
    let tag = header.trim();
    if tag == "*" {
        return Ok(None);
    }
    let version = tag
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|number| number.parse().ok());
    version.map(Some).ok_or(ErrorCode::VersionMismatch.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_strong_entity_tag_or_an_asterisk_is_read() {
        assert_eq!(read("\"7\""), Ok(Some(7)));
        assert_eq!(read(" \"7\" "), Ok(Some(7)));
        assert_eq!(read("*"), Ok(None));
        for header in [
            "",
            "7",
            "\"\"",
            "\"x\"",
            "W/\"7\"",
            "\"7\", \"8\"",
            "\"+7\"",
            "\"-1\"",
        ] {
            let error = read(header).unwrap_err();
            assert_eq!(error.code(), ErrorCode::VersionMismatch, "{header}");
        }
    }
}
