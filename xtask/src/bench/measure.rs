//! The load of a group in rounds, and a row of figures for each Worker.

use super::{
    accounting::peak_memory,
    comparison::{Comparison, Direction, Role},
    load::{self, Amount, Slice},
    statistics::{Ratio, as_f64, median},
    workers::{Calls, Workers},
};
use anyhow::Error;
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use serde::Serialize;
use std::time::Duration;

/// Duration of the load before the first round. In this time V8 compiles the code that runs often.
const WARM_UP: Duration = Duration::from_secs(2);

/// The figures of one Worker.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    pub role: Role,
    settings: String,
    /// The median of the rounds.
    pub cpu_us: f64,
    ratio: Option<Ratio>,
    verdict: String,
    requests: usize,
    requests_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    kv_calls_per_request: f64,
    d1_calls_per_request: f64,
    peak_memory_bytes: u64,
    gzip_bytes: u64,
}

/// The figures of a group.
pub struct Measured {
    pub rows: Vec<Row>,
    pub comparison: Comparison,
}

/// Loads the Workers of a group in turn, each for `seconds` in total. In each round every Worker has one turn, in an order
/// that changes from round to round, so that no Worker always follows the same one.
pub fn measure(
    workers: &mut Workers,
    seconds: u32,
    turns_per_second: u32,
    direction: Direction,
) -> Result<Measured, Error> {
    for target in &workers.targets {
        if !target.is_single_use {
            // This fills the caches.
            load::run(target, Amount::EachOnce)?;
        }
        load::run(target, Amount::Time(WARM_UP))?;
    }
    let before = workers.calls()?;
    let mut slices: Vec<Vec<Slice>> = workers.targets.iter().map(|_| Vec::new()).collect();
    let mut order: Vec<usize> = (0..slices.len()).collect();
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..seconds.saturating_mul(turns_per_second) {
        random.shuffle(&mut order);
        for index in &order {
            let turn = Amount::Time(Duration::from_secs(1) / turns_per_second);
            slices[*index].push(load::run(&workers.targets[*index], turn)?);
        }
    }
    let calls = workers.calls()?;
    let roles = workers.targets.iter().map(|target| target.role).collect();
    let costs: Vec<Vec<f64>> = slices
        .iter()
        .map(|slices| slices.iter().map(Slice::cpu_us_per_request).collect())
        .collect();
    let comparison = Comparison::new(roles, &costs, direction);
    let rows = (0..slices.len()).map(|index| {
        let target = &workers.targets[index];
        let mut latencies: Vec<Duration> = slices[index]
            .iter()
            .flat_map(|slice| slice.latencies.iter().copied())
            .collect();
        latencies.sort_unstable();
        let Calls { kv, d1 } = calls[index].since(before[index]);
        let per_request = |calls: u32| f64::from(calls) / as_f64(latencies.len());
        Ok(Row {
            name: target.name.clone(),
            role: target.role,
            settings: target.settings.clone(),
            cpu_us: median(costs[index].iter().copied()),
            ratio: comparison.ratio(index),
            verdict: comparison.verdict(index),
            requests: latencies.len(),
            requests_per_second: median(slices[index].iter().map(Slice::requests_per_second)),
            p50_ms: percentile(&latencies, 50),
            p99_ms: percentile(&latencies, 99),
            kv_calls_per_request: per_request(kv),
            d1_calls_per_request: per_request(d1),
            peak_memory_bytes: peak_memory(target.process)?,
            gzip_bytes: target.gzip,
        })
    });
    Ok(Measured {
        rows: rows.collect::<Result<_, Error>>()?,
        comparison,
    })
}

/// The milliseconds within which this percentage of requests got a response. The latencies must be sorted.
fn percentile(latencies: &[Duration], percent: usize) -> f64 {
    let index = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
    latencies
        .get(index)
        .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}

/// The table of a group.
pub fn table(rows: &[Row], direction: Direction) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let subject = rows.first().map_or("", |row| &row.name);
    let ratio = match direction {
        Direction::SubjectByRow => format!("{subject} / row [90 % interval]"),
        Direction::RowBySubject => format!("row / {subject} [90 % interval]"),
    };
    table.set_header([
        "Worker", "settings", "CPU µs", &ratio, "verdict", "KV", "D1", "MB", "gzip KB",
    ]);
    for row in rows {
        table.add_row([
            row.name.clone(),
            row.settings.clone(),
            format!("{:.1}", row.cpu_us),
            row.ratio.map_or(String::new(), |ratio| ratio.to_string()),
            row.verdict.clone(),
            format!("{:.2}", row.kv_calls_per_request),
            format!("{:.2}", row.d1_calls_per_request),
            (row.peak_memory_bytes / 1_000_000).to_string(),
            kilobytes(row.gzip_bytes),
        ]);
    }
    table
}

/// Thousands of bytes with one decimal place.
pub fn kilobytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000, bytes % 1_000 / 100)
}

#[cfg(test)]
pub mod tests {
    use super::{Role, Row, kilobytes, percentile, table};
    use crate::bench::{comparison::Direction, statistics::Ratio};
    use std::time::Duration;

    /// A row of a Worker that takes this many µs.
    pub fn row(name: &str, role: Role, cpu_us: f64) -> Row {
        Row {
            name: name.to_owned(),
            role,
            settings: "default".to_owned(),
            cpu_us,
            ratio: Some(Ratio::of_rounds([0.36])),
            verdict: "lower".to_owned(),
            requests: 1,
            requests_per_second: 1.0,
            p50_ms: 1.0,
            p99_ms: 1.0,
            kv_calls_per_request: 0.25,
            d1_calls_per_request: 2.0,
            peak_memory_bytes: 51_000_000,
            gzip_bytes: 249_612,
        }
    }

    #[test]
    fn table_is_markdown_with_settings_ratio_and_verdict() {
        let text = table(&[row("Hono", Role::Base, 344.04)], Direction::SubjectByRow).to_string();
        let words: Vec<&str> = text
            .lines()
            .last()
            .unwrap_or_default()
            .split('|')
            .map(str::trim)
            .collect();
        assert_eq!(
            words,
            [
                "",
                "Hono",
                "default",
                "344.0",
                "0.360 [0.360, 0.360]",
                "lower",
                "0.25",
                "2.00",
                "51",
                "249.6",
                ""
            ]
        );
    }

    #[test]
    fn percentile_is_a_latency_that_was_seen() {
        let latencies = [1, 2, 3, 4].map(Duration::from_millis);
        assert!((percentile(&latencies, 50) - 3.0).abs() < 1e-9);
        assert!((percentile(&latencies, 99) - 4.0).abs() < 1e-9);
        assert!(percentile(&[], 50).is_nan());
    }

    #[test]
    fn kilobytes_have_one_decimal_place() {
        assert_eq!(kilobytes(249_612), "249.6");
        assert_eq!(kilobytes(70), "0.0");
    }
}
