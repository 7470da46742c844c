//! `bench/chart.svg`, which README.md shows: a bar for the CPU of each Worker's request.

use super::table::Row;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
/// Where the bars begin; names stand left of it.
const LEFT: f64 = 230.0;
/// The longest bar; its value stands right of it.
const LONGEST: f64 = WIDTH - LEFT - 80.0;
const LINE: f64 = 24.0;
const TITLE: f64 = 40.0;
const MARGIN: f64 = 8.0;

/// A panel for each title with its rows. All of a panel's bars have one linear scale. The colours are read on white as
/// well as on black.
pub fn draw(panels: &[(&str, &[Row])]) -> String {
    let mut body = String::new();
    let mut top = 0.0;
    for (title, rows) in panels {
        top += TITLE;
        let _ = writeln!(
            body,
            r#"<text class="title" x="0" y="{:.0}">{title}</text>"#,
            top - 14.0
        );
        let most = rows.iter().map(cpu).fold(f64::MIN_POSITIVE, f64::max);
        for row in *rows {
            bar(&mut body, row, top, LONGEST * cpu(row) / most);
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
    let class = if row.name.starts_with("Edge Auth") {
        r#" class="ours""#
    } else {
        ""
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
        time(cpu(row))
    );
}

/// The median, in µs.
fn cpu(row: &Row) -> f64 {
    row.cpu[1]
}

fn time(microseconds: f64) -> String {
    if microseconds < 10_000.0 {
        format!("{microseconds:.0} µs")
    } else {
        format!("{:.1} ms", microseconds / 1e3)
    }
}

/// XML's text; names have no quotation marks around them here.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, draw, escaped, time};
    use crate::bench::table::Row;

    #[test]
    fn bars_have_one_scale_and_ours_are_marked() {
        let rows = [Row::of("Hono", 300.0), Row::of("Edge Auth", 100.0)];
        let svg = draw(&[("CPU", &rows)]);
        let width = |share: f64| format!(r#"width="{:.1}""#, LONGEST * share);
        assert!(
            svg.contains(&width(1.0)) && svg.contains(&width(1.0 / 3.0)),
            "{svg}"
        );
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
    fn text_is_fit_for_people_and_for_xml() {
        assert_eq!(time(9_999.4), "9999 µs");
        assert_eq!(time(23_400.0), "23.4 ms");
        assert_eq!(escaped("a < b & c"), "a &lt; b &amp; c");
    }
}
