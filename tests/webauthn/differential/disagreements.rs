//! Where the other verifiers disagree, and the section that decides. Sections without a name are of Web Authentication Level 3.

/// A disagreement.
#[derive(Debug)]
pub struct Disagreement {
    /// What is different in the response.
    pub family: &'static str,
    /// What this service does; `None` if it depends on the response.
    pub accepts: Option<bool>,
    /// Whether this service refuses what all of them accept.
    pub is_stricter: bool,
    /// The section and its rule.
    #[expect(
        dead_code,
        reason = "read by people, and printed when a row is not needed any more"
    )]
    pub decided_by: &'static str,
}

pub const ALL: &[Disagreement] = &[];

pub fn of(family: &str) -> Option<&'static Disagreement> {
    ALL.iter().find(|row| row.family == family)
}
