//! The clock. The runtime advances it only while a request waits for something, so the time does not change during a
//! computation.

use crate::timestamp::Timestamp;

/// The current time in whole seconds.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_milliseconds(now_ms())
}

/// The current time in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> f64 {
    #[cfg_attr(
        not(test),
        expect(clippy::disallowed_methods, reason = "the only reader of the clock")
    )]
    js_sys::Date::now()
}
