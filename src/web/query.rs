//! The parameters of a URL: each known and given once, or the request is refused. A filter that is misspelled and silently
//! ignored would show more than was asked for.

use crate::failure::Failure;
use crate::web::request::Request;
use std::borrow::Cow;

/// The parameters that came.
#[derive(Debug)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads the request's query (`application/x-www-form-urlencoded`), which may have these names.
    ///
    /// # Errors
    /// `InvalidParameters` for any other name, and for one that comes twice.
    pub fn of(request: &'a Request, names: &[&str]) -> Result<Self, Failure> {
        Self::read(request.query(), names).ok_or(Failure::InvalidParameters)
    }

    fn read(text: &'a str, names: &[&str]) -> Option<Self> {
        let mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let is_known = names.contains(&name.as_ref());
            if !is_known || pairs.iter().any(|(other, _)| *other == name) {
                return None;
            }
            pairs.push((name, value));
        }
        Some(Self(pairs))
    }

    /// A parameter's value, if it came.
    ///
    /// # Errors
    /// `InvalidParameters` if `parse` does not take it.
    pub fn get<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some((_, value)) = self.0.iter().find(|(known, _)| known == name) else {
            return Ok(None);
        };
        parse(value).map(Some).ok_or(Failure::InvalidParameters)
    }
}

/// A whole number between these, in digits only.
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
    fn known_names_come_once() {
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
            Err(Failure::InvalidParameters)
        );
        assert!(Query::read("", &names).is_some() && Query::read("&", &names).is_some());
        for text in [
            "limit=1&limit=1",
            "limits=1",
            "Limit=1",
            "user=a&x",
            "%6Cimit=1&limit=2",
        ] {
            assert!(Query::read(text, &names).is_none(), "{text}");
        }
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
