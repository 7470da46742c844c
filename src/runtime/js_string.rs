//! Text that goes to JavaScript again and again: a key of KV, the reply to a session that asks many times a second. It
//! crosses once, and what crossed is used again.

use js_sys::JsString;
use std::cell::OnceCell;
use std::rc::Rc;

/// A text, and the same text in JavaScript once it was asked for. A clone is the same text.
#[derive(Clone, Debug)]
pub struct Text(Rc<Both>);

#[derive(Debug)]
struct Both {
    here: String,
    there: OnceCell<JsString>,
}

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.here
    }

    /// The same as JavaScript's; made at the first call.
    #[must_use]
    pub fn in_javascript(&self) -> &JsString {
        self.0.there.get_or_init(|| self.as_str().into())
    }
}

impl From<String> for Text {
    fn from(here: String) -> Self {
        let there = OnceCell::new();
        Self(Rc::new(Both { here, there }))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}
