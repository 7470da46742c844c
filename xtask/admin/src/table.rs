//! Rows in columns, for people at a terminal.

use edge_auth::domain::names;

/// A text as it may be shown: names from elsewhere may hold what a terminal obeys.
pub fn cell(text: Option<&str>) -> String {
    match text {
        None | Some("") => "-".to_owned(),
        Some(text) => names::shown(text, usize::MAX),
    }
}

/// Lines with their cells below each other.
pub fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|place| {
        let lengths = lines.iter().map(|line| line[place].chars().count());
        lengths.max().unwrap_or(0)
    });
    let texts: Vec<String> = lines
        .iter()
        .map(|line| {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    texts.join("\n")
}
