//! The groups of Workers that are measured together (`bench/groups.mjs` has the Workers).

use super::comparison::Direction;

/// A group.
pub struct Group {
    pub name: &'static str,
    /// The heading of its table.
    pub title: &'static str,
    pub kind: Kind,
}

/// How a group is measured.
pub enum Kind {
    /// Under load, in turns.
    Load {
        turns_per_second: u32,
        direction: Direction,
        is_in_chart: bool,
    },
    /// By starting each Worker again and again.
    Start,
    /// By the memory that an isolate holds.
    Memory,
}

/// Turns that are so short that other work of the machine seldom affects one Worker only.
const SHORT_TURNS: u32 = 8;
/// Turns that are long enough for about ten password hashes.
const LONG_TURNS: u32 = 2;

const fn by_peers(name: &'static str, title: &'static str, turns_per_second: u32) -> Group {
    Group {
        name,
        title,
        kind: Kind::Load {
            turns_per_second,
            direction: Direction::SubjectByRow,
            is_in_chart: true,
        },
    }
}

const fn of_edge_auth(name: &'static str, title: &'static str, turns_per_second: u32) -> Group {
    Group {
        name,
        title,
        kind: Kind::Load {
            turns_per_second,
            direction: Direction::RowBySubject,
            is_in_chart: false,
        },
    }
}

const fn of_oauth(name: &'static str, title: &'static str) -> Group {
    Group {
        name,
        title,
        kind: Kind::Load {
            turns_per_second: SHORT_TURNS,
            direction: Direction::SubjectByRow,
            is_in_chart: false,
        },
    }
}

/// The groups that a run without `--only` measures.
pub const GROUPS: [Group; 14] = [
    by_peers("validate", "Session check, default settings", SHORT_TURNS),
    by_peers(
        "validate-kv",
        "Session check with a KV read each time",
        SHORT_TURNS,
    ),
    by_peers("validate-strict", "Session check, strict (D1)", SHORT_TURNS),
    Group {
        name: "validate-cookie",
        title: "Session check by cookie",
        kind: Kind::Load {
            turns_per_second: SHORT_TURNS,
            direction: Direction::SubjectByRow,
            is_in_chart: false,
        },
    },
    by_peers("sign-in", "Sign-in with a password", LONG_TURNS),
    Group {
        name: "sign-in-passkey",
        title: "Sign-in with a passkey",
        kind: Kind::Load {
            turns_per_second: LONG_TURNS,
            direction: Direction::SubjectByRow,
            is_in_chart: false,
        },
    },
    of_oauth("oauth-code", "OAuth: code exchange"),
    of_oauth("oauth-refresh", "OAuth: refresh"),
    of_oauth("oauth-introspect", "OAuth: introspection"),
    of_oauth(
        "oauth-validate",
        "OAuth: access token over a service binding",
    ),
    of_edge_auth("refused", "Refused requests", SHORT_TURNS),
    of_edge_auth("refused-login", "Refused sign-ins", SHORT_TURNS),
    Group {
        name: "start",
        title: "Start-up",
        kind: Kind::Start,
    },
    Group {
        name: "memory",
        title: "Memory of an isolate",
        kind: Kind::Memory,
    },
];

/// The group that measures the password hash alone. A separate module is built for it.
pub const ARGON2ID: &str = "argon2id";

/// The value of `--only` that selects all groups of scale.
pub const SCALE: &str = "scale";

/// Groups that are measured only if they are named: the hash of a password alone, and the same requests with many grants or users in
/// the database.
pub const OTHER_GROUPS: [Group; 10] = [
    Group {
        name: ARGON2ID,
        title: "Argon2id in WebAssembly",
        kind: Kind::Load {
            turns_per_second: LONG_TURNS,
            direction: Direction::SubjectByRow,
            is_in_chart: false,
        },
    },
    of_edge_auth(
        "grants-refresh",
        "OAuth: refresh among many grants",
        SHORT_TURNS,
    ),
    of_edge_auth(
        "grants-introspect",
        "OAuth: introspection among many grants",
        SHORT_TURNS,
    ),
    of_edge_auth("scale-sign-in", "Sign-in among many users", LONG_TURNS),
    of_edge_auth(
        "scale-validate",
        "Session check among many users",
        SHORT_TURNS,
    ),
    of_edge_auth(
        "scale-validate-strict",
        "Strict session check among many users",
        SHORT_TURNS,
    ),
    of_edge_auth("scale-refresh", "Refresh among many users", SHORT_TURNS),
    of_edge_auth("scale-audit-user", "Audit events of a user", SHORT_TURNS),
    of_edge_auth(
        "scale-audit-kind",
        "Audit events of a kind in an hour",
        SHORT_TURNS,
    ),
    of_edge_auth("scale-audit-time", "Audit events of an hour", SHORT_TURNS),
];

/// All values of `--only`.
pub fn names() -> impl Iterator<Item = &'static str> {
    let all = GROUPS.iter().chain(&OTHER_GROUPS);
    all.map(|group| group.name).chain([SCALE])
}

/// The groups with these names, or without names the groups of [`GROUPS`].
pub fn select(names: &[String]) -> Vec<&'static Group> {
    const ALL: [&[Group]; 2] = [&GROUPS, &OTHER_GROUPS];
    let is_selected = |group: &&Group| {
        names
            .iter()
            .any(|name| name == group.name || (name == SCALE && is_of_scale(group)))
    };
    if names.is_empty() {
        return ALL[0].iter().collect();
    }
    ALL.into_iter().flatten().filter(is_selected).collect()
}

/// Whether a group needs databases with many users.
pub fn is_of_scale(group: &Group) -> bool {
    group.name.starts_with(SCALE)
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, OTHER_GROUPS, is_of_scale, select};

    #[test]
    fn run_without_names_measures_no_group_of_scale() {
        let names: Vec<&str> = select(&[]).iter().map(|group| group.name).collect();
        assert_eq!(names, GROUPS.map(|group| group.name));
    }

    #[test]
    fn scale_stands_for_its_groups() {
        let selected = select(&["scale".to_owned(), "start".to_owned()]);
        let of_scale = OTHER_GROUPS.iter().filter(|group| is_of_scale(group));
        assert_eq!(selected.len(), of_scale.count() + 1);
        assert_eq!(select(&["scale-refresh".to_owned()]).len(), 1);
    }
}
