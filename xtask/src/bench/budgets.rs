//! The budgets: the maximum cost of the service, relative to a peer that is measured in the same group.

use super::comparison::Comparison;
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt};

/// At most `limit` times the CPU time of the group's base.
struct Budget {
    name: &'static str,
    group: &'static str,
    limit: f64,
}

const BUDGETS: [Budget; 10] = [
    Budget {
        name: "/validate, default settings, compared with Hono + jose + KV",
        group: "validate",
        limit: 0.45,
    },
    Budget {
        name: "/validate with a KV read each time, compared with Hono + jose + KV",
        group: "validate-kv",
        limit: 1.0,
    },
    Budget {
        name: "/validate, strict, compared with better-auth + D1",
        group: "validate-strict",
        limit: 0.45,
    },
    Budget {
        name: "/validate by cookie, compared with /validate by token",
        group: "validate-cookie",
        limit: 1.1,
    },
    Budget {
        name: "sign-in, compared with Hono + argon2-wasm-edge",
        group: "sign-in",
        limit: 0.65,
    },
    Budget {
        name: "OAuth code exchange, compared with workers-oauth-provider + KV",
        group: "oauth-code",
        limit: 0.6,
    },
    Budget {
        name: "OAuth refresh, compared with workers-oauth-provider + KV",
        group: "oauth-refresh",
        limit: 0.6,
    },
    Budget {
        name: "OAuth introspection, compared with better-auth + D1",
        group: "oauth-introspect",
        limit: 0.6,
    },
    Budget {
        name: "OAuth access token over a service binding, compared with workers-oauth-provider + KV",
        group: "oauth-validate",
        limit: 0.6,
    },
    Budget {
        name: "start-up (modules and first response), compared with better-auth + D1",
        group: "start",
        limit: 0.45,
    },
];

/// The finding about a budget. The median decides, if the control is sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Finding {
    Met,
    Missed,
    NoVerdict(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NoVerdict(why) => why,
        })
    }
}

/// The findings of a run.
pub struct Findings {
    table: Table,
    pub json: Value,
    pub is_one_missed: bool,
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(formatter)
    }
}

impl Findings {
    /// The findings for the groups that were measured; `None` if no budget is about them.
    pub fn new(comparisons: &BTreeMap<&str, Comparison>) -> Option<Self> {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN);
        table.set_header(["budget", "at most", "median [90 % interval]", "finding"]);
        let mut list = Vec::new();
        let mut is_one_missed = false;
        for Budget { name, group, limit } in BUDGETS {
            let measured = comparisons.get(group);
            let Some((comparison, ratio)) = measured.and_then(|it| Some((it, it.to_base()?)))
            else {
                continue;
            };
            let finding = match comparison.refusal() {
                Some(why) => Finding::NoVerdict(why),
                None if ratio.median <= limit => Finding::Met,
                None => Finding::Missed,
            };
            is_one_missed |= finding == Finding::Missed;
            table.add_row([
                name,
                &limit.to_string(),
                &ratio.to_string(),
                &finding.to_string(),
            ]);
            list.push(
                json!({ "budget": name, "limit": limit, "ratio": ratio, "finding": finding }),
            );
        }
        (!list.is_empty()).then_some(Self {
            table,
            json: list.into(),
            is_one_missed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Findings;
    use crate::bench::comparison::tests::comparison;
    use std::collections::BTreeMap;

    #[test]
    fn budget_is_met_up_to_its_limit_and_missed_above() {
        for (ratio, finding, is_missed) in [(0.45, "met", false), (0.46, "missed", true)] {
            let measured = BTreeMap::from([("validate", comparison(1.0, ratio))]);
            let findings = Findings::new(&measured).expect("a budget for this group");
            let text = findings.to_string();
            assert!(text.contains(&format!("| {finding} ")), "{text}");
            assert_eq!(findings.is_one_missed, is_missed);
        }
    }

    #[test]
    fn budget_has_no_verdict_when_the_control_is_out_of_range() {
        let measured = BTreeMap::from([("start", comparison(1.05, 0.9))]);
        let findings = Findings::new(&measured).expect("a budget for this group");
        assert!(findings.to_string().contains("no verdict (A/A 1.050)"));
        assert!(!findings.is_one_missed);
    }

    #[test]
    fn group_without_a_budget_has_no_findings() {
        let measured = BTreeMap::from([("refused", comparison(1.0, 2.0))]);
        assert!(Findings::new(&measured).is_none());
    }
}
