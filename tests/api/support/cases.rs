//! How many cases a test tries: all in `cargo test-all`, and a sample in `cargo test`.

use std::env;

/// The cases of a test that can try all or a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cases {
    /// In `cargo test`.
    Sample,
    /// In `cargo test-all`.
    All,
}

impl Cases {
    /// All if the slow tests run as well, and otherwise a sample.
    pub fn of_this_run() -> Self {
        if env::args().any(|argument| argument == "--include-ignored") {
            Self::All
        } else {
            Self::Sample
        }
    }

    /// Pairs of the elements of two lists. In a sample, each element of both lists occurs in at least one pair.
    pub fn pairs<A: Clone, B: Clone>(self, first: &[A], second: &[B]) -> Vec<(A, B)> {
        match self {
            Self::Sample => {
                let number = first.len().max(second.len());
                let (first, second) = (first.iter().cloned(), second.iter().cloned());
                first.cycle().zip(second.cycle()).take(number).collect()
            }
            Self::All => first
                .iter()
                .flat_map(|one| second.iter().map(|other| (one.clone(), other.clone())))
                .collect(),
        }
    }

    /// The elements of a list. A sample has the first element of each class.
    pub fn of_each_class<T, C: PartialEq>(
        self,
        all: impl IntoIterator<Item = T>,
        class: impl Fn(&T) -> C,
    ) -> Vec<T> {
        let mut classes = Vec::new();
        let all = all.into_iter();
        all.filter(|one| {
            let class = class(one);
            let is_new = !classes.contains(&class);
            classes.push(class);
            self == Self::All || is_new
        })
        .collect()
    }

    /// Asserts that exactly this sample was tried, or, of all cases, more than `all`.
    #[track_caller]
    pub fn assert_tried(self, tried: usize, sample: usize, all: usize) {
        match self {
            Self::Sample => assert_eq!(tried, sample),
            Self::All => assert!(tried > all, "{tried}"),
        }
    }

    /// The first number in a sample, and the second one otherwise.
    pub fn number(self, sample: usize, all: usize) -> usize {
        match self {
            Self::Sample => sample,
            Self::All => all,
        }
    }
}

#[test]
fn sample_of_pairs_contains_each_element() {
    let pairs = Cases::Sample.pairs(&['a', 'b'], &[1, 2, 3]);
    assert_eq!(pairs, [('a', 1), ('b', 2), ('a', 3)]);
    assert_eq!(Cases::All.pairs(&['a', 'b'], &[1, 2, 3]).len(), 6);
    assert_eq!(
        Cases::Sample.of_each_class([1, 3, 4, 6], |number| number % 2),
        [1, 4]
    );
    assert_eq!(
        Cases::All.of_each_class([1, 3, 4], |number| number % 2),
        [1, 3, 4]
    );
}
