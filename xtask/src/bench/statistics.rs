//! Medians, and ratios with a confidence interval.

use serde::Serialize;
use std::{fmt, ops::RangeInclusive};

/// How far the median ratio of a build to itself (A/A) may be from 1 for the other ratios of its group to count.
pub const CONTROL_RANGE: RangeInclusive<f64> = 0.97..=1.03;

/// The median of these values, of which there must be at least one.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    middle(&sorted(values))
}

/// The median of the ratios of all rounds, with its 90 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Ratio {
    /// From one value per round, of which there must be at least one. Both ends of the interval are values of the sample
    /// ("order statistics"), which assumes nothing about their distribution. With fewer than five values the interval is their
    /// whole range, which contains the median with a probability of less than 90 %.
    pub fn of_rounds(ratios: impl IntoIterator<Item = f64>) -> Self {
        let ratios = sorted(ratios);
        let outside = values_outside_interval(ratios.len());
        Self {
            median: middle(&ratios),
            low: ratios[outside],
            high: ratios[ratios.len() - 1 - outside],
        }
    }

    /// Whether this is a control whose group gives verdicts.
    pub fn is_sound_control(&self) -> bool {
        CONTROL_RANGE.contains(&self.median)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, low, high } = self;
        write!(formatter, "{median:.3} [{low:.3}, {high:.3}]")
    }
}

/// The number of values outside a 90 % confidence interval of the median, at each end. The number of values below the
/// true median is binomial with probability 1/2. Each tail may have 5 %.
fn values_outside_interval(count: usize) -> usize {
    let mut ln_probability = -as_f64(count) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for outside in 0..count / 2 {
        tail += ln_probability.exp();
        if tail > 0.05 {
            return outside.saturating_sub(1);
        }
        ln_probability += (as_f64(count - outside) / as_f64(outside + 1)).ln();
    }
    0
}

fn middle(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Ratio, as_f64, median, values_outside_interval};

    #[test]
    fn median_of_an_even_count_is_between_the_middle_values() {
        assert!((median([9.0, 1.0, 4.0, 2.0]) - 3.0).abs() < f64::EPSILON);
        assert!((median([7.0]) - 7.0).abs() < f64::EPSILON);
    }

    /// W. J. Conover, Practical Nonparametric Statistics, table A3: the binomial distribution with p = 1/2.
    #[test]
    fn interval_leaves_out_as_many_values_as_the_binomial_distribution_allows() {
        for (count, outside) in [
            (1, 0),
            (4, 0),
            (5, 0),
            (8, 1),
            (10, 1),
            (20, 5),
            (50, 18),
            (100, 41),
            // The normal approximation: (count - 1.645 · √count) / 2.
            (4_800, 2_342),
        ] {
            assert_eq!(values_outside_interval(count), outside, "{count} values");
        }
    }

    #[test]
    fn ratio_of_a_known_sample_has_the_values_of_its_ranks() {
        // 1.01 to 1.20, not in order.
        let sample = (1..=20).map(|number| 1.0 + as_f64(number * 7 % 20 + 1) / 100.0);
        let ratio = Ratio::of_rounds(sample);
        assert_eq!(ratio.to_string(), "1.105 [1.060, 1.150]");
    }

    #[test]
    fn one_disturbed_round_does_not_move_the_interval() {
        let mut sample = vec![0.5; 19];
        sample.push(30.0);
        let ratio = Ratio::of_rounds(sample);
        assert_eq!(ratio.to_string(), "0.500 [0.500, 0.500]");
    }

    #[test]
    fn control_is_sound_up_to_three_percent() {
        let control = |median| Ratio {
            median,
            low: 0.9,
            high: 1.1,
        };
        assert!(control(0.97).is_sound_control() && control(1.03).is_sound_control());
        assert!(!control(0.969).is_sound_control() && !control(1.031).is_sound_control());
    }
}
