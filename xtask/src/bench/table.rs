//! Rounds into rows: medians, spreads and ratios.

use super::{
    load::{Slice, Target},
    workers::Calls,
};
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

/// What a group's Workers gave, each list in their order.
pub struct Measured {
    /// Each with a slice of every Worker.
    pub rounds: Vec<Vec<Slice>>,
    /// During the rounds.
    pub calls: Vec<Calls>,
    /// Bytes that each process has held at most.
    pub memory: Vec<u64>,
    /// Bytes of JavaScript heap and of WebAssembly memory that an isolate holds, of some.
    pub isolates: Vec<Option<[u64; 2]>>,
}

/// One Worker's figures.
pub struct Row {
    pub name: String,
    gzip: u64,
    requests: usize,
    /// CPU µs a request: lowest round, median, highest.
    pub cpu: [f64; 3],
    /// Requests a second, the median of rounds.
    rate: f64,
    /// Milliseconds.
    p50: f64,
    p99: f64,
    /// Calls of the stores for each request.
    d1: f64,
    kv: f64,
    /// Bytes that the process has held at most.
    memory: u64,
    /// Bytes of JavaScript heap and of WebAssembly memory that its isolate holds.
    isolate: Option<[u64; 2]>,
    /// Times the CPU of the Workers that others are compared with; the median of the rounds' ratios.
    ratios: Vec<(&'static str, f64)>,
    /// Times the CPU of the same row of each other clone (`--against`), with the name of that row.
    against: Vec<(String, f64)>,
}

/// What our own rows are called, with or without a variant behind it.
const OURS: &str = "Edge Auth";

/// What the others are compared with, by the name in `bench/start.mjs` and the column's head.
const BASES: [(&str, &str); 6] = [
    ("empty JS Worker", "x empty"),
    ("Hono + jose + KV", "x Hono"),
    ("better-auth + D1", "x better-auth"),
    ("Hono + argon2-wasm-edge", "x argon2"),
    ("validate, 200", "x validate"),
    ("1,000 people", "x 1,000"),
];

/// The figures of every target.
pub fn rows(targets: &[Target], measured: &Measured) -> Vec<Row> {
    let bases: Vec<(&'static str, usize)> = BASES
        .iter()
        .filter_map(|(name, head)| {
            let index = targets.iter().position(|target| target.name == *name)?;
            Some((*head, index))
        })
        .collect();
    targets
        .iter()
        .enumerate()
        .map(|(index, target)| Row {
            against: against(targets, index, measured),
            ..row(target, index, measured, &bases)
        })
        .collect()
}

/// The ratios of one of our rows to the same rows of other clones: `Edge Auth, strict` to `Edge Auth of old, strict`.
fn against(targets: &[Target], index: usize, measured: &Measured) -> Vec<(String, f64)> {
    let Some(variant) = targets[index].name.strip_prefix(OURS) else {
        return Vec::new();
    };
    if variant.starts_with(" of ") {
        return Vec::new();
    }
    let is_same = |name: &str| {
        let clone = name
            .strip_prefix(OURS)
            .and_then(|name| name.strip_prefix(" of "));
        clone.is_some_and(|clone| {
            clone
                .strip_suffix(variant)
                .is_some_and(|clone| !clone.contains(','))
        })
    };
    let others = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| is_same(&target.name));
    others
        .map(|(other, target)| (target.name.clone(), ratio(measured, index, other)))
        .collect()
}

/// The median of the rounds' ratios of CPU.
fn ratio(measured: &Measured, index: usize, base: usize) -> f64 {
    let ratios = measured
        .rounds
        .iter()
        .map(|round| cost(&round[index]) / cost(&round[base]));
    median(&sorted(ratios))
}

fn row(target: &Target, index: usize, measured: &Measured, bases: &[(&'static str, usize)]) -> Row {
    let rounds = &measured.rounds;
    let slices: Vec<&Slice> = rounds.iter().map(|round| &round[index]).collect();
    let cpu = sorted(slices.iter().map(|slice| cost(slice)));
    let mut latencies: Vec<Duration> = slices
        .iter()
        .flat_map(|slice| slice.latencies.iter().copied())
        .collect();
    latencies.sort_unstable();
    let per_request = |calls: u64| bytes(calls) / count(latencies.len());
    let rate = |slice: &&Slice| count(slice.latencies.len()) / slice.elapsed.as_secs_f64();
    Row {
        name: target.name.clone(),
        gzip: target.gzip,
        requests: latencies.len(),
        cpu: [cpu[0], median(&cpu), cpu[cpu.len() - 1]],
        rate: median(&sorted(slices.iter().map(rate))),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        d1: per_request(measured.calls[index].d1),
        kv: per_request(measured.calls[index].kv),
        memory: measured.memory[index],
        isolate: measured.isolates[index],
        ratios: bases
            .iter()
            .map(|(head, base)| (*head, ratio(measured, index, *base)))
            .collect(),
        against: Vec::new(),
    }
}

/// For people.
pub fn text(group: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "{group:<34} {:>8} {:>13} {:>7} {:>7} {:>7} {:>6} {:>6} {:>6} {:>8}",
        "CPU us", "spread", "req/s", "p50 ms", "p99 ms", "KV", "D1", "MB", "gzip KB"
    );
    for (head, _) in rows
        .first()
        .map(|row| row.ratios.as_slice())
        .unwrap_or_default()
    {
        let _ = write!(text, " {head:>13}");
    }
    for row in rows {
        let [low, middle, high] = row.cpu;
        let spread = format!("{low:.0}-{high:.0}");
        let _ = write!(
            text,
            "\n{:<34} {middle:>8.1} {spread:>13} {:>7.0} {:>7.2} {:>7.2} {:>6.2} {:>6.2} {:>6.0} {:>8.1}",
            row.name,
            row.rate,
            row.p50,
            row.p99,
            row.kv,
            row.d1,
            bytes(row.memory) / 1e6,
            bytes(row.gzip) / 1e3
        );
        for (_, ratio) in &row.ratios {
            let _ = write!(text, " {ratio:>13.2}");
        }
    }
    for row in rows {
        for (name, ratio) in &row.against {
            let _ = write!(text, "\n{}: {ratio:.3} x {name}", row.name);
        }
    }
    for row in rows {
        if let Some([heap, wasm]) = row.isolate.map(|parts| parts.map(|part| bytes(part) / 1e6)) {
            let _ = write!(
                text,
                "\nIn the isolate of {}: {heap:.1} MB of JavaScript heap, {wasm:.1} MB of WebAssembly memory.",
                row.name
            );
        }
    }
    text
}

/// For programs.
pub fn json(rows: &[Row]) -> Value {
    let one = |row: &Row| {
        let [low, middle, high] = row.cpu.map(rounded);
        let ratios: serde_json::Map<String, Value> = row
            .ratios
            .iter()
            .map(|(head, ratio)| ((*head).to_owned(), rounded(*ratio).into()))
            .collect();
        json!({
            "name": row.name,
            "requests": row.requests,
            "cpu_us": { "median": middle, "lowest": low, "highest": high },
            "requests_per_second": rounded(row.rate),
            "p50_ms": rounded(row.p50),
            "p99_ms": rounded(row.p99),
            "kv_calls": rounded(row.kv),
            "d1_calls": rounded(row.d1),
            "memory_bytes": row.memory,
            "isolate_bytes": row.isolate.map(|[heap, wasm]| json!({ "heap": heap, "wasm": wasm })),
            "gzip_bytes": row.gzip,
            "cpu_ratios": ratios,
            "against": row.against.iter().map(|(name, ratio)| (name.clone(), json!((ratio * 1e3).round() / 1e3))).collect::<serde_json::Map<String, Value>>(),
        })
    };
    rows.iter().map(one).collect()
}

/// CPU µs a request; infinite if there was none.
fn cost(slice: &Slice) -> f64 {
    slice.cpu.as_secs_f64() * 1e6 / count(slice.latencies.len())
}

pub fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of values in order, of which there is at least one.
pub fn median(values: &[f64]) -> f64 {
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// Milliseconds within which so many of a hundred latencies are; they come in order.
fn percentile(latencies: &[Duration], percent: usize) -> f64 {
    let index = latencies.len() * percent / 100;
    latencies
        .get(index)
        .map_or(f64::INFINITY, |latency| latency.as_secs_f64() * 1_000.0)
}

pub fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn bytes(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::{Measured, Row, median, rows, text};
    use crate::bench::{
        load::{Slice, Target},
        workers::Calls,
    };
    use serde_json::json;
    use std::time::Duration;

    fn target(name: &str) -> Target {
        let value = json!({
            "name": name, "address": "127.0.0.1:1", "process": 1, "requests": [""], "status": 200, "connections": 1,
            "atLeast": 0, "renews": false, "gzip": 1500
        });
        Target::read(&value).expect("a whole target")
    }

    fn slice(cpu_us: u64) -> Slice {
        Slice {
            cpu: Duration::from_micros(cpu_us * 4),
            elapsed: Duration::from_secs(2),
            latencies: [1, 2, 3, 4].map(Duration::from_millis).to_vec(),
        }
    }

    impl Row {
        /// One that took this much CPU, in µs, in a single round.
        pub fn of(name: &str, cpu: f64) -> Self {
            let duration = Duration::from_secs_f64(cpu / 1e6);
            let measured = Measured {
                rounds: vec![vec![Slice {
                    cpu: duration,
                    elapsed: duration,
                    latencies: vec![duration],
                }]],
                calls: vec![Calls { d1: 0, kv: 0 }],
                memory: vec![0],
                isolates: vec![None],
            };
            super::row(&target(name), 0, &measured, &[])
        }
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let targets = [target("empty JS Worker"), target("Edge Auth")];
        let measured = Measured {
            // The second round met a busy machine.
            rounds: vec![
                vec![slice(50), slice(100)],
                vec![slice(500), slice(1000)],
                vec![slice(60), slice(120)],
            ],
            calls: vec![Calls { d1: 0, kv: 0 }, Calls { d1: 24, kv: 3 }],
            memory: vec![1, 2_000_000],
            isolates: vec![None, Some([5_000_000, 21_000_000])],
        };
        let rows = rows(&targets, &measured);
        let figures = super::json(&rows);
        assert_eq!(figures[1]["cpu_us"]["median"], 120.0);
        assert_eq!(figures[1]["cpu_us"]["highest"], 1000.0);
        assert_eq!(figures[1]["cpu_ratios"]["x empty"], 2.0);
        assert_eq!(figures[1]["requests_per_second"], 2.0);
        assert_eq!(figures[1]["p50_ms"], 3.0);
        assert_eq!(figures[1]["d1_calls"], 2.0);
        assert_eq!(figures[1]["kv_calls"], 0.25);
        let text = text("validate", &rows);
        assert!(
            text.contains("x empty") && !text.contains("x Hono"),
            "{text}"
        );
        assert!(text.contains("100-1000"), "{text}");
        assert!(
            text.ends_with(
                "of Edge Auth: 5.0 MB of JavaScript heap, 21.0 MB of WebAssembly memory."
            ),
            "{text}"
        );
    }

    #[test]
    fn a_row_is_compared_with_the_same_row_of_another_clone() {
        let names = [
            "Edge Auth",
            "Edge Auth, strict (D1)",
            "Edge Auth of old",
            "Edge Auth of old, strict (D1)",
        ];
        let targets = names.map(target);
        let measured = Measured {
            rounds: vec![vec![slice(90), slice(300), slice(100), slice(200)]],
            calls: names.map(|_| Calls { d1: 0, kv: 0 }).into(),
            memory: vec![0; 4],
            isolates: vec![None; 4],
        };
        let rows = rows(&targets, &measured);
        assert_eq!(rows[0].against, [("Edge Auth of old".to_owned(), 0.9)]);
        assert_eq!(
            rows[1].against,
            [("Edge Auth of old, strict (D1)".to_owned(), 1.5)]
        );
        assert!(rows[2].against.is_empty() && rows[3].against.is_empty());
        let text = text("validate", &rows);
        assert!(
            text.contains("Edge Auth: 0.900 x Edge Auth of old\n"),
            "{text}"
        );
    }

    #[test]
    fn the_median_of_an_even_count_is_between() {
        assert!((median(&[1.0, 2.0, 4.0, 9.0]) - 3.0).abs() < f64::EPSILON);
        assert!((median(&[7.0]) - 7.0).abs() < f64::EPSILON);
    }
}
