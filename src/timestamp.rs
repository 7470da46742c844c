//! A time in whole seconds. Its text form is `YYYY-MM-DDTHH:MM:SSZ` in responses, in D1 and in KV.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// Seconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999, so that every text form has 20 characters and sorts
/// by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// 9999-12-31T23:59:59Z.
const LATEST_SECONDS: i64 = 253_402_300_799;
/// 0000-01-01T00:00:00Z.
const EARLIEST_SECONDS: i64 = -62_167_219_200;

impl Timestamp {
    /// The time this many seconds after 1970, clamped to the years 0000 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(EARLIEST_SECONDS, LATEST_SECONDS))
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The time of a JavaScript clock: milliseconds since 1970, rounded down to whole seconds.
    #[must_use]
    pub fn from_milliseconds(milliseconds: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and a clock's milliseconds are far below 2^53"
        )]
        Self::from_seconds((milliseconds / 1_000.0).floor() as i64)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn milliseconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let seconds = self.0 as f64;
        seconds * 1_000.0
    }

    /// The time this many seconds earlier.
    #[must_use]
    pub fn minus(self, seconds: i64) -> Self {
        self.plus(seconds.saturating_neg())
    }

    /// The time this many seconds later, or earlier if negative.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self::from_seconds(self.0.saturating_add(seconds))
    }

    /// Parses any form of RFC 3339: with fractions, which are truncated, with any offset, and with lower-case letters or a
    /// space as the separator (section 5.6). A leap second is read as the second before it.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        // The `time` crate accepts any separator.
        let has_separator = matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' '));
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        has_separator.then(|| Self::from_seconds(moment.unix_timestamp()))
    }

    /// Parses `YYYY-MM-DDTHH:MM:SSZ` and no other form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let [
            y0,
            y1,
            y2,
            y3,
            b'-',
            m0,
            m1,
            b'-',
            d0,
            d1,
            b'T',
            h0,
            h1,
            b':',
            n0,
            n1,
            b':',
            s0,
            s1,
            b'Z',
        ] = *bytes
        else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u16, |sum, digit| {
                digit.is_ascii_digit().then(|| {
                    sum.wrapping_mul(10)
                        .wrapping_add(u16::from(digit.wrapping_sub(b'0')))
                })
            })
        };
        let small = |digits: [u8; 2]| number(&digits).and_then(|value| u8::try_from(value).ok());
        let month = Month::try_from(small([m0, m1])?).ok()?;
        let date = Date::from_calendar_date(
            i32::from(number(&[y0, y1, y2, y3])?),
            month,
            small([d0, d1])?,
        )
        .ok()?;
        let moment = date
            .with_hms(small([h0, h1])?, small([n0, n1])?, small([s0, s1])?)
            .ok()?;
        Some(Self(moment.assume_utc().unix_timestamp()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cannot fail: every value is within the years 0000 to 9999.
        let moment =
            OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = (moment.year(), u8::from(moment.month()), moment.day());
        let (hour, minute, second) = moment.to_hms();
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a timestamp"))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_times_are_written_and_parsed() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_704_888_000, "2024-01-10T12:00:00Z"),
            (LATEST_SECONDS, "9999-12-31T23:59:59Z"),
            (EARLIEST_SECONDS, "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp(seconds)));
        }
    }

    #[test]
    fn parse_refuses_other_forms() {
        for text in [
            "",
            "2024-01-10",
            "2024-01-10T12:00:00",
            "2024-01-10T12:00:00z",
            "2024-01-10 12:00:00Z",
            "2024-01-10T12:00:00.0Z",
            "2024-13-10T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "2024-01-10T24:00:00Z",
            "2024-01-10T12:00:60Z",
            "+024-01-10T12:00:00Z",
            "2024-01-1é12:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parse_rfc3339_accepts_every_form_of_rfc_3339() {
        let noon = Some(Timestamp(1_704_888_000));
        for text in [
            "2024-01-10T12:00:00Z",
            "2024-01-10t12:00:00z",
            "2024-01-10 12:00:00Z",
            "2024-01-10T12:00:00.000Z",
            "2024-01-10T12:00:00.999999999999Z",
            "2024-01-10T12:00:00+00:00",
            "2024-01-10T12:00:00-00:00",
            "2024-01-10T13:00:00+01:00",
            "2024-01-10T13:00:00.5+01:00",
            "2024-01-10T03:30:00-08:30",
            "2024-01-11T02:00:00+14:00",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), noon, "{text}");
        }
        for (text, same) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59Z"),
            ("0000-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z"),
        ] {
            let read = Timestamp::parse_rfc3339(text);
            assert_eq!(read, Timestamp::parse(same), "{text}");
            assert!(read.is_some(), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2024-01-10",
            "2024-01-10T12:00Z",
            "2024-01-10T12:00:00",
            "2024-01-10T12:00:00.Z",
            "2024-01-10T12:00:00+1:00",
            "2024-01-10T12:00:00+0100",
            "2024-01-10T12:00:00+24:00",
            "2024-01-10T12:00:00+01:60",
            "2024-01-10_12:00:00Z",
            "2024-13-10T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "2024-01-10T24:00:00Z",
            "2024-01-10T12:60:00Z",
            "2024-01-10T12:00:61Z",
            "+2024-01-10T12:00:00Z",
            "2024-01-10T12:00:00Z ",
            "2024-01-10T12:00:00ZZ",
            "1704888000",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parse_rfc3339_of_any_text_does_not_panic(text in "[0-9+:.TtZz -]{0,40}") {
            let _ = Timestamp::parse_rfc3339(&text);
        }

        #[test]
        fn written_time_is_parsed(seconds in any::<i64>()) {
            let moment = Timestamp::from_seconds(seconds);
            prop_assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
            prop_assert_eq!(Timestamp::parse_rfc3339(&moment.to_string()), Some(moment));
        }
    }
}
