//! When the recent generations of a session were rotated out: column `sessions.recent_rotations`.
//!
//! The column is a JSON array of pairs `[second, generation]`, one pair per second in which the session was refreshed:
//! seconds since 1970, and the lowest generation that was rotated out in that second. The refresh that adds a pair removes
//! those that have left the replay window, so there are never more pairs than seconds in the window.

use crate::json;
use crate::timestamp::Timestamp;

/// The recent rotations of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotations(Vec<Rotation>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rotation {
    at: Timestamp,
    /// The lowest generation that was rotated out in this second.
    generation: u32,
}

impl Rotations {
    /// Parses the column; `None` if it does not have the form described above.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        let pairs: Vec<(i64, u32)> = json::from_str(json).ok()?;
        let rotation = |(at, generation)| Rotation {
            at: Timestamp::from_seconds(at),
            generation,
        };
        Some(Self(pairs.into_iter().map(rotation).collect()))
    }

    /// When this generation was rotated out, if that is still stored. The generation must not be the current one.
    #[must_use]
    pub fn rotated_out_at(&self, generation: u32) -> Option<Timestamp> {
        let covers = |rotation: &&Rotation| rotation.generation <= generation;
        self.0
            .iter()
            .filter(covers)
            .map(|rotation| rotation.at)
            .max()
    }

    /// The lowest generation that was rotated out later than this, if any was.
    #[must_use]
    pub fn first_after(&self, time: Timestamp) -> Option<u32> {
        let recent = self.0.iter().filter(|rotation| rotation.at > time);
        recent.map(|rotation| rotation.generation).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn generations_rotated_out_in_one_second_share_a_pair() {
        let rotations = Rotations::parse("[[100,4],[101,9],[130,10]]").unwrap();
        for (generation, expected) in [
            (3, None),
            (4, Some(100)),
            (8, Some(100)),
            (9, Some(101)),
            (10, Some(130)),
        ] {
            assert_eq!(
                rotations.rotated_out_at(generation),
                expected.map(at),
                "{generation}"
            );
        }
        for (time, first) in [(99, Some(4)), (100, Some(9)), (129, Some(10)), (130, None)] {
            assert_eq!(rotations.first_after(at(time)), first, "{time}");
        }
    }

    #[test]
    fn rotation_by_a_clock_that_is_behind_is_found() {
        // Generation 5 was rotated out by an isolate whose clock is a second behind.
        let rotations = Rotations::parse("[[100,4],[99,5]]").unwrap();
        assert_eq!(rotations.rotated_out_at(4), Some(at(100)));
        assert_eq!(rotations.rotated_out_at(5), Some(at(100)));
    }

    #[test]
    fn column_of_another_form_is_refused() {
        assert_eq!(Rotations::parse("[]"), Some(Rotations::default()));
        for json in [
            "",
            "{}",
            "null",
            "[100,4]",
            "[[100]]",
            "[[100,4,5]]",
            "[[100.5,4]]",
            "[[100,-1]]",
            "[[100,4294967296]]",
            r#"[["100",4]]"#,
        ] {
            assert_eq!(Rotations::parse(json), None, "{json}");
        }
    }
}
