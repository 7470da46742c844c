//! The parameters of a form (`application/x-www-form-urlencoded`). Those of other names are ignored (RFC 6749 section 3.2).

use super::error::ApiError;
use super::error_codes::ErrorCode;

/// Maximum number of parameters: many more than any request needs, and few enough to compare each name with all others.
const MAX_PARAMETERS: usize = 64;

/// The parameters of a request.
#[derive(Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the parameters. A parameter without a value counts as absent (RFC 6749 section 3.2).
    ///
    /// # Errors
    /// `RepeatedParameter` if any parameter is given twice, `TooManyParameters`.
    pub fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        if has_too_many(bytes) {
            return Err(ErrorCode::TooManyParameters.into());
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(ErrorCode::RepeatedParameter.into());
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Self(pairs))
    }

    /// Reads the parameters of an authorization request. Also returns the names of the parameters that are given twice, because the
    /// error is reported to the client. Their first value is kept. `None` if there are too many parameters.
    #[must_use]
    pub fn with_repetitions(bytes: &[u8]) -> Option<(Self, Vec<String>)> {
        if has_too_many(bytes) {
            return None;
        }
        let (mut pairs, mut repeated): (Vec<(String, String)>, Vec<String>) = Default::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            if pairs.iter().any(|(other, _)| *other == name) {
                repeated.push(name.into_owned());
            } else {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Some((Self(pairs), repeated))
    }

    /// The value of a parameter, if it has one. A second call finds none.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(position).1)
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// `MissingParameter`.
    pub fn required(&mut self, name: &'static str) -> Result<String, ApiError> {
        self.take(name)
            .ok_or_else(|| ApiError::parameter(ErrorCode::MissingParameter, name))
    }
}

fn has_too_many(bytes: &[u8]) -> bool {
    form_urlencoded::parse(bytes).nth(MAX_PARAMETERS).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_are_decoded_and_taken_by_name() {
        let mut form = Form::read(b"a=x+y%2B&b=%C3%A9=&c=&d&=e").unwrap();
        assert_eq!(form.take("a").as_deref(), Some("x y+"));
        assert_eq!(form.take("a"), None);
        assert_eq!(form.take("b").as_deref(), Some("\u{e9}="));
        for absent in ["c", "d", "A"] {
            assert_eq!(form.take(absent), None, "{absent}");
        }
        let missing = ApiError::parameter(ErrorCode::MissingParameter, "c");
        assert_eq!(form.required("c"), Err(missing));
    }

    #[test]
    fn repeated_parameter_is_refused_however_it_is_spelled() {
        for text in ["a=1&a=1", "a=1&%61=2", "a=&a=1", "a&a", "x=1&a=1&x=1"] {
            let read = Form::read(text.as_bytes()).map(|_| ());
            assert_eq!(read, Err(ErrorCode::RepeatedParameter.into()), "{text}");
        }
    }

    #[test]
    fn repeated_parameters_are_named() {
        let (mut form, repeated) = Form::with_repetitions(b"a=1&b=2&%61=3&c=&c=4&d=").unwrap();
        assert_eq!(repeated, ["a", "c"]);
        assert_eq!(form.take("a").as_deref(), Some("1"));
        assert_eq!(form.take("b").as_deref(), Some("2"));
        assert_eq!((form.take("c"), form.take("d")), (None, None));
    }

    #[test]
    fn more_than_64_parameters_are_refused() {
        let text = |count: usize| {
            let pairs: Vec<String> = (0..count).map(|index| format!("p{index}=1")).collect();
            pairs.join("&")
        };
        let most = text(64);
        assert!(Form::read(most.as_bytes()).is_ok());
        assert!(Form::with_repetitions(most.as_bytes()).is_some());
        let too_many = ErrorCode::TooManyParameters;
        assert_eq!(too_many.oauth_code(), "invalid_request");
        for text in [text(65), text(10_000), "a=1&".repeat(65), "a&".repeat(65)] {
            let read = Form::read(text.as_bytes()).map(|_| ());
            assert_eq!(read, Err(too_many.into()));
            assert!(Form::with_repetitions(text.as_bytes()).is_none());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::read(&bytes);
            let _ = Form::with_repetitions(&bytes);
        }
    }
}
