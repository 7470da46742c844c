//! The time, which a test may move. Nothing else in this crate reads a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 (UTC): the machine's clock or a standing one, plus an offset that every clone shares.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    standing_at: Option<i64>,
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that moves only by [`Clock::advance`]; `at` in milliseconds since 1970.
    #[must_use]
    pub fn standing(at: i64) -> Self {
        Self {
            standing_at: Some(at),
            offset: Arc::default(),
        }
    }

    /// Moves the clock; a negative number of milliseconds moves it back.
    pub fn advance(&self, milliseconds: i64) {
        self.offset.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        let base = self.standing_at.unwrap_or_else(|| {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
        base.saturating_add(self.offset.load(Ordering::SeqCst))
    }
}

/// `YYYYMMDDTHHMMSSZ`, the form of `X-Amz-Date`.
#[must_use]
pub(crate) fn amz_date(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Reads `YYYYMMDDTHHMMSSZ`; `None` for every other form and for a date that no calendar has.
pub(crate) fn parse_amz_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes.get(8) != Some(&b'T') || bytes.get(15) != Some(&b'Z') {
        return None;
    }
    let number = |range| {
        let digits: &str = text.get(range)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse::<i64>().ok())?
    };
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    let days = days_from_civil(number(0..4)?, number(4..6)?, number(6..8)?);
    let at = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000;
    // Writing it again catches the 31st of February and the 25th hour.
    (amz_date(at) == text).then_some(at)
}

/// Days since 1970 to a date of the Gregorian calendar, counted in eras of 400 years that begin on 1 March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        for (text, seconds) in [
            ("19700101T000000Z", 0),
            ("20150830T123600Z", 1_440_938_160),
            ("20240229T235959Z", 1_709_251_199),
            ("20261122T031807Z", 1_795_317_487),
        ] {
            assert_eq!(parse_amz_date(text), Some(seconds * 1000), "{text}");
            assert_eq!(amz_date(seconds * 1000), text);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
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
        let clock = Clock::standing(1000);
        let other = clock.clone();
        clock.advance(500);
        assert_eq!(other.now(), 1500);
    }
}
