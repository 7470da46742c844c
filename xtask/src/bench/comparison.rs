//! The comparison of the Workers of a group, and the verdict on each ratio.

use super::statistics::Ratio;
use serde::{Deserialize, Serialize};

/// The role of a Worker in its group (`bench/groups.mjs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The build of this repository, which the group is about.
    Subject,
    /// The same build again.
    Control,
    /// The Worker that the subject is compared with for a budget.
    Base,
    /// The build of another clone.
    Before,
    Context,
    /// The Worker whose cost `start` subtracts from the cost of all others.
    Empty,
}

/// The direction of a group's ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The subject's cost divided by that of the row.
    SubjectByRow,
    /// The row's cost divided by that of the subject.
    RowBySubject,
}

/// The ratios of a group.
pub struct Comparison {
    roles: Vec<Role>,
    /// In the order of the Workers; `None` for the subject.
    ratios: Vec<Option<Ratio>>,
}

impl Comparison {
    /// From the cost of each Worker in each round: `costs[worker][round]`. Two processes of the same build differ by a few
    /// percent, because their memory is laid out differently. So the others are compared with the mean of subject and control.
    pub fn new(roles: Vec<Role>, costs: &[Vec<f64>], direction: Direction) -> Self {
        let costs_of = |role| {
            let index = roles.iter().position(|it| *it == role);
            index.and_then(|index| costs.get(index))
        };
        let (subject, control) = (costs_of(Role::Subject), costs_of(Role::Control));
        let mean = subject.zip(control).map(|(subject, control)| {
            let rounds = subject.iter().zip(control);
            rounds.map(|(a, b)| f64::midpoint(*a, *b)).collect()
        });
        let mean: Option<Vec<f64>> = mean.or_else(|| subject.cloned());
        let ratios = roles.iter().zip(costs).map(|(role, costs_of_row)| {
            let ours = if *role == Role::Control {
                subject
            } else {
                mean.as_ref()
            };
            let rounds = ours?.iter().zip(costs_of_row);
            (!matches!(role, Role::Subject | Role::Empty)).then(|| match direction {
                Direction::SubjectByRow => Ratio::of_rounds(rounds.map(|(ours, row)| ours / row)),
                Direction::RowBySubject => Ratio::of_rounds(rounds.map(|(ours, row)| row / ours)),
            })
        });
        Self {
            ratios: ratios.collect(),
            roles,
        }
    }

    /// The ratio of the Worker at this index.
    pub fn ratio(&self, index: usize) -> Option<Ratio> {
        self.ratios[index]
    }

    /// The ratio of the subject to the same build.
    pub fn control(&self) -> Option<Ratio> {
        self.of_role(Role::Control)
    }

    /// The ratio of the subject to the base of its budget.
    pub fn to_base(&self) -> Option<Ratio> {
        self.of_role(Role::Base)
    }

    fn of_role(&self, role: Role) -> Option<Ratio> {
        let index = self.roles.iter().position(|it| *it == role)?;
        self.ratios[index]
    }

    /// The verdict on the Worker at this index.
    pub fn verdict(&self, index: usize) -> String {
        let Some(ratio) = self.ratios[index] else {
            return String::new();
        };
        if let Some(refusal) = self.refusal() {
            return refusal;
        }
        match ratio {
            _ if self.roles[index] == Role::Control => "control",
            Ratio { high, .. } if high < 1.0 => "lower",
            Ratio { low, .. } if low > 1.0 => "higher",
            _ => "no difference",
        }
        .to_owned()
    }

    /// The text in place of a verdict, if the control is missing or out of range.
    pub fn refusal(&self) -> Option<String> {
        match self.control() {
            Some(control) if control.is_sound_control() => None,
            Some(control) => Some(format!("no verdict (A/A {:.3})", control.median)),
            None => Some("no verdict (no A/A)".to_owned()),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::{Comparison, Direction, Role};

    /// A group in which the cost of the subject has these ratios to its control and its base.
    pub fn comparison(by_control: f64, by_base: f64) -> Comparison {
        Comparison::new(
            vec![Role::Subject, Role::Control, Role::Base],
            &[
                vec![1.0],
                vec![1.0 / by_control],
                vec![f64::midpoint(1.0, 1.0 / by_control) / by_base],
            ],
            Direction::SubjectByRow,
        )
    }

    #[test]
    fn ratio_is_taken_within_each_round() {
        let roles = vec![Role::Subject, Role::Control, Role::Base];
        // The machine was busy in the second round.
        let costs = [
            vec![50.0, 500.0, 60.0],
            vec![50.0, 500.0, 60.0],
            vec![100.0, 1_000.0, 120.0],
        ];
        let subject_by_row = Comparison::new(roles.clone(), &costs, Direction::SubjectByRow);
        assert_eq!(
            subject_by_row.ratio(2).map(|ratio| ratio.to_string()),
            Some("0.500 [0.500, 0.500]".to_owned())
        );
        let row_by_subject = Comparison::new(roles, &costs, Direction::RowBySubject);
        assert_eq!(
            row_by_subject.to_base().map(|ratio| ratio.to_string()),
            Some("2.000 [2.000, 2.000]".to_owned())
        );
        assert_eq!(row_by_subject.ratio(0), None);
    }

    #[test]
    fn others_are_compared_with_the_mean_of_subject_and_control() {
        let roles = vec![Role::Subject, Role::Control, Role::Base];
        let costs = [vec![51.0], vec![49.0], vec![100.0]];
        let comparison = Comparison::new(roles, &costs, Direction::SubjectByRow);
        let ratio = |index| comparison.ratio(index).map(|ratio| ratio.to_string());
        assert_eq!(ratio(1), Some("1.041 [1.041, 1.041]".to_owned()));
        assert_eq!(ratio(2), Some("0.500 [0.500, 0.500]".to_owned()));
    }

    #[test]
    fn verdict_says_on_which_side_of_1_the_interval_is() {
        let verdicts = |by_base| {
            let comparison = comparison(1.0, by_base);
            [0, 1, 2].map(|index| comparison.verdict(index))
        };
        assert_eq!(verdicts(0.5), ["", "control", "lower"]);
        assert_eq!(verdicts(2.0), ["", "control", "higher"]);
        assert_eq!(verdicts(1.0), ["", "control", "no difference"]);
    }

    #[test]
    fn verdict_is_refused_when_the_control_is_out_of_range_or_missing() {
        let comparison = comparison(1.05, 0.5);
        assert_eq!(comparison.verdict(2), "no verdict (A/A 1.050)");
        assert_eq!(comparison.verdict(1), "no verdict (A/A 1.050)");
        let roles = vec![Role::Subject, Role::Base];
        let costs = [vec![1.0], vec![2.0]];
        let without = Comparison::new(roles, &costs, Direction::SubjectByRow);
        assert_eq!(without.verdict(1), "no verdict (no A/A)");
    }
}
