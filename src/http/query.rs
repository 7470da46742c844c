//! The query parameters of a URL. Each must be known to the route and given at most once: if a misspelled filter were
//! silently ignored, the response would contain more than was requested. A parameter with an empty value counts as absent,
//! because HTML forms and many clients send unset parameters that way.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use crate::http::request::Request;
use std::borrow::Cow;

/// The parameters of one request.
#[derive(Debug)]
pub struct Query<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads the request's query (`application/x-www-form-urlencoded`), which may have these names.
    ///
    /// # Errors
    /// `UnknownParameter` for any other name, `RepeatedParameter` for one that is given twice.
    pub fn of(request: &'a Request, names: &[&'static str]) -> Result<Self, ApiError> {
        Self::read(request.query(), names)
    }

    fn read(text: &'a str, names: &[&'static str]) -> Result<Self, ApiError> {
        let mut pairs: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let Some(name) = names.iter().find(|known| **known == name) else {
                return Err(ErrorCode::UnknownParameter.into());
            };
            if value.is_empty() {
                continue;
            }
            if pairs.iter().any(|(other, _)| other == name) {
                return Err(ApiError::parameter(ErrorCode::RepeatedParameter, name));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter, if it was given.
    ///
    /// # Errors
    /// `InvalidParameter` if `parse` rejects it.
    pub fn get<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some((_, value)) = self.0.iter().find(|(known, _)| *known == name) else {
            return Ok(None);
        };
        parse(value)
            .map(Some)
            .ok_or_else(|| ApiError::parameter(ErrorCode::InvalidParameter, name))
    }
}

/// The errors of an endpoint that has query parameters, for the `OpenAPI` document; `name` is one of them.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn errors(name: &str) -> [ApiError; 3] {
    [
        ApiError::parameter(ErrorCode::InvalidParameter, name),
        ApiError::parameter(ErrorCode::RepeatedParameter, name),
        ErrorCode::UnknownParameter.into(),
    ]
}

/// Parses a whole number within these bounds. It consists of digits only.
#[must_use]
pub fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|value| is_plain && (least..=most).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_known_and_given_once() {
        let names = ["user", "limit"];
        let query = Query::read("limit=7&user=a%20b%2Bc", &names).unwrap();
        assert_eq!(query.get("limit", |text| number(text, 1, 9)), Ok(Some(7)));
        assert_eq!(
            query.get("user", |text| Some(text.to_owned())),
            Ok(Some("a b+c".into()))
        );
        assert_eq!(query.get("kind", |text| Some(text.to_owned())), Ok(None));
        assert_eq!(
            query.get("limit", |_| None::<()>),
            Err(ApiError::parameter(ErrorCode::InvalidParameter, "limit"))
        );
        for text in ["limits=1", "Limit=1", "user=a&x", "=1", "x="] {
            let read = Query::read(text, &names).map(|_| ());
            assert_eq!(read, Err(ErrorCode::UnknownParameter.into()), "{text}");
        }
        for text in ["limit=1&limit=1", "%6Cimit=1&limit=2"] {
            let read = Query::read(text, &names).map(|_| ());
            assert_eq!(
                read,
                Err(ApiError::parameter(ErrorCode::RepeatedParameter, "limit")),
                "{text}"
            );
        }
    }

    #[test]
    fn empty_parameters_count_as_absent() {
        for text in ["", "&", "limit=", "limit", "limit=&user=&limit="] {
            let query = Query::read(text, &["user", "limit"]).unwrap();
            assert_eq!(query.get("limit", |_| None::<()>), Ok(None), "{text}");
        }
        let query = Query::read("limit=&limit=7", &["limit"]).unwrap();
        assert_eq!(query.get("limit", |text| number(text, 1, 9)), Ok(Some(7)));
    }

    #[test]
    fn numbers_are_digits_within_their_bounds() {
        for (text, value) in [("1", Some(1)), ("007", Some(7)), ("200", Some(200))] {
            assert_eq!(number(text, 1, 200), value);
        }
        for text in [
            "",
            "0",
            "201",
            "+5",
            "-1",
            " 5",
            "5 ",
            "5.0",
            "1e2",
            "99999999999",
            "٣",
        ] {
            assert_eq!(number(text, 1, 200), None, "{text}");
        }
    }
}
