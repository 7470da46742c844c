//! The growth of a statement's cost, as its query plan shows it.

/// Columns that many rows have the same value of.
const COMMON: [&str; 3] = ["source=?", "role=?", "is_active=?"];

/// The steps whose cost may grow with a table. They scan a table or an index, read a range of it or all rows of a common value, build an index, or
/// sort rows, which requires that all rows are read first. Rows that the statement itself produced before (a subquery,
/// a JSON array) do not count.
pub fn costly(steps: &[String]) -> Vec<&str> {
    let is_own = |name: &str| {
        let made = |step: &String| {
            let name_made = step
                .strip_prefix("CO-ROUTINE ")
                .or_else(|| step.strip_prefix("MATERIALIZE "));
            name_made == Some(name)
        };
        name == "CONSTANT ROW"
            || name.starts_with("json_each VIRTUAL TABLE")
            || steps.iter().any(made)
    };
    let is_costly = |step: &&str| {
        let is_scan = step.strip_prefix("SCAN ").is_some_and(|name| !is_own(name));
        let is_range = step.contains(['<', '>']) && !step.contains("=?");
        let terms = step
            .rsplit_once('(')
            .and_then(|(_, terms)| terms.strip_suffix(')'));
        let is_common =
            terms.is_some_and(|terms| terms.split(" AND ").all(|term| COMMON.contains(&term)));
        is_scan
            || is_range
            || is_common
            || step.contains("AUTOMATIC")
            || step.contains("TEMP B-TREE")
    };
    steps.iter().map(String::as_str).filter(is_costly).collect()
}
