//! Tables for a terminal.

use comfy_table::{Table, presets};
use edge_auth::domain::names;

/// Text for a cell; `-` if there is none. Control characters, which a terminal would interpret, are replaced.
pub fn cell(text: Option<&str>) -> String {
    match text {
        None | Some("") => "-".to_owned(),
        Some(text) => names::shown(text, usize::MAX),
    }
}

/// A table without borders: two spaces between the columns, one line per row.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header)
        .add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
