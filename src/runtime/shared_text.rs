//! The body of responses that are sent many times. It is converted to a JavaScript string once: writing and converting the
//! user of a session takes 8 % of a `/validate`.

use js_sys::JsString;
use std::cell::OnceCell;
use std::rc::Rc;

/// Text that is converted to a JavaScript string at its first use.
#[derive(Debug)]
pub struct SharedText {
    text: String,
    js: OnceCell<JsString>,
}

impl SharedText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The JavaScript string. The first call converts the text.
    #[must_use]
    pub fn to_js(&self) -> JsString {
        self.js
            .get_or_init(|| JsString::from(self.text.as_str()))
            .clone()
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self {
            text,
            js: OnceCell::new(),
        }
    }
}

/// A value, and the body of the responses that contain it.
#[derive(Debug)]
pub struct WithBody<T> {
    value: T,
    body: OnceCell<Rc<SharedText>>,
}

impl<T> WithBody<T> {
    /// The body. `write` is called at the first use, so each value must be used with one `write` only.
    pub fn body(&self, write: impl FnOnce(&T) -> String) -> Rc<SharedText> {
        let body = self.body.get_or_init(|| Rc::new(write(&self.value).into()));
        Rc::clone(body)
    }
}

impl<T> From<T> for WithBody<T> {
    fn from(value: T) -> Self {
        Self {
            value,
            body: OnceCell::new(),
        }
    }
}

impl<T> std::ops::Deref for WithBody<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_written_once() {
        let value = WithBody::from(7);
        assert_eq!(value.body(ToString::to_string).as_str(), "7");
        assert_eq!(value.body(|_| unreachable!()).as_str(), "7");
    }
}
