//! What a query plan says of how a statement's cost grows.

/// The steps whose cost may grow with a table: they read all of it or of an index, or a range of one, or build an index,
/// or put rows in order, for which all are read before the first is given. Rows that the statement has itself made before
/// (a subquery, an array in JSON) are no table.
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
        is_scan || is_range || step.contains("AUTOMATIC") || step.contains("TEMP B-TREE")
    };
    steps.iter().map(String::as_str).filter(is_costly).collect()
}
