//! The simulator's clock, which a test can move. No other module reads a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Milliseconds since 1970: the system clock or a fixed time, plus an offset that all clones share.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    fixed_at: Option<i64>,
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// The system clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that moves only by [`Clock::advance`]; `at` is in milliseconds since 1970.
    #[must_use]
    pub fn fixed(at: i64) -> Self {
        Self {
            fixed_at: Some(at),
            offset: Arc::default(),
        }
    }

    /// Moves the clock by a number of milliseconds, which may be negative.
    pub fn advance(&self, milliseconds: i64) {
        self.offset.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        let base = self.fixed_at.unwrap_or_else(|| {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
            let milliseconds = since_1970.unwrap_or_default().as_millis();
            i64::try_from(milliseconds).unwrap_or(i64::MAX)
        });
        base.saturating_add(self.offset.load(Ordering::SeqCst))
    }
}

/// The form of `X-Amz-Date`.
const AMZ_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// Reads `YYYYMMDDTHHMMSSZ` as milliseconds since 1970; `None` for every other form.
pub(crate) fn parse_amz_date(text: &str) -> Option<i64> {
    let date = PrimitiveDateTime::parse(text, AMZ_DATE).ok()?.assume_utc();
    let is_canonical = date.format(AMZ_DATE).is_ok_and(|written| written == text);
    is_canonical.then(|| date.unix_timestamp() * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amz_dates_are_read() {
        for (text, seconds) in [
            ("19700101T000000Z", 0),
            ("20150830T123600Z", 1_440_938_160),
            ("20240229T235959Z", 1_709_251_199),
            ("20261122T031807Z", 1_795_317_487),
        ] {
            assert_eq!(parse_amz_date(text), Some(seconds * 1000), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "20150830",
            "20150830T123600",
            "2015-08-30T12:36:00Z",
            "20150230T123600Z",
            "20150830T250000Z",
            "20150830T126000Z",
            "+0150830T123600Z",
            "2015083éT12360Z",
        ] {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }

    #[test]
    fn clones_move_together() {
        let clock = Clock::fixed(1000);
        let other = clock.clone();
        clock.advance(500);
        assert_eq!(other.now(), 1500);
    }
}
