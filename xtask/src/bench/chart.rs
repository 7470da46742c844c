//! `bench/chart.svg`, which the documentation shows: a bar for the CPU of each Worker's request.

use super::{comparison::Role, measure::Row};
use std::fmt::Write;

const WIDTH: f64 = 760.0;
/// The x coordinate at which the bars begin, to the right of the names.
const LEFT: f64 = 270.0;
/// The length of the longest bar. The value is to the right of its bar.
const LONGEST: f64 = WIDTH - LEFT - 80.0;
const LINE: f64 = 24.0;
const TITLE: f64 = 40.0;
const MARGIN: f64 = 8.0;

/// Rows that were measured together, and their title.
pub struct Panel {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

/// Draws the panels. Each has its own linear scale. The colours are legible on white and on black.
pub fn draw(panels: &[Panel]) -> String {
    let mut body = String::new();
    let mut top = 0.0;
    for Panel { title, rows } in panels {
        top += TITLE;
        let baseline = top - 14.0;
        let _ = writeln!(
            body,
            r#"<text class="title" x="0" y="{baseline:.0}">{title}</text>"#
        );
        let shown = |row: &&Row| matches!(row.role, Role::Subject | Role::Base | Role::Context);
        let rows = rows.iter().filter(shown);
        let most = rows
            .clone()
            .map(|row| row.cpu_us)
            .fold(f64::MIN_POSITIVE, f64::max);
        for row in rows {
            bar(&mut body, row, top, LONGEST * row.cpu_us / most);
            top += LINE;
        }
    }
    top += MARGIN;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0} {top:.0}" width="{WIDTH:.0}" height="{top:.0}" role="img">
<title>CPU time of one request</title>
<style>text {{ font: 13px system-ui, sans-serif; fill: #6e7781 }} .title {{ font-weight: 600 }} rect {{ fill: #8b949e }} .ours {{ fill: #d9730d }}</style>
{body}</svg>
"#
    )
}

fn bar(body: &mut String, row: &Row, top: f64, length: f64) {
    let class = match row.role {
        Role::Subject => r#" class="ours""#,
        _ => "",
    };
    let middle = top + 14.0;
    let _ = writeln!(
        body,
        r#"<text{class} x="{:.0}" y="{middle:.0}" text-anchor="end">{}</text><rect{class} x="{LEFT:.0}" y="{:.0}" width="{:.1}" height="14" rx="2"/><text{class} x="{:.0}" y="{middle:.0}">{}</text>"#,
        LEFT - 8.0,
        escaped(&row.name),
        top + 3.0,
        length.max(1.0),
        LEFT + length + 8.0,
        time(row.cpu_us)
    );
}

fn time(microseconds: f64) -> String {
    if microseconds < 10_000.0 {
        format!("{microseconds:.0} µs")
    } else {
        format!("{:.1} ms", microseconds / 1e3)
    }
}

/// Text between XML tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Panel, draw, escaped, time};
    use crate::bench::{comparison::Role, measure::tests::row};

    #[test]
    fn bars_of_a_panel_have_one_scale_and_the_subject_is_marked() {
        let rows = vec![
            row("Edge Auth", Role::Subject, 100.0),
            row("Edge Auth, same build (A/A)", Role::Control, 101.0),
            row("Hono", Role::Base, 300.0),
        ];
        let svg = draw(&[Panel { title: "CPU", rows }]);
        let width = |share: f64| format!(r#"width="{:.1}""#, LONGEST * share);
        assert!(
            svg.contains(&width(1.0)) && svg.contains(&width(1.0 / 3.0)),
            "{svg}"
        );
        assert!(!svg.contains("A/A"), "{svg}");
        let ours: Vec<&str> = svg
            .lines()
            .filter(|line| line.contains(r#"class="ours""#))
            .collect();
        assert!(
            ours.len() == 1 && ours[0].contains("Edge Auth") && ours[0].contains("100 µs"),
            "{svg}"
        );
    }

    #[test]
    fn text_is_rounded_and_escaped() {
        assert_eq!(time(9_999.4), "9999 µs");
        assert_eq!(time(23_400.0), "23.4 ms");
        assert_eq!(escaped("a < b & c"), "a &lt; b &amp; c");
    }
}
