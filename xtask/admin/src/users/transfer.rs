//! `cargo xtask user export`, `export-all` and `import`.

use super::{Subject, without_success};
use crate::http::Call;
use crate::output::Output;
use crate::service::Service;
use crate::table::cell;
use crate::terminal;
use anyhow::{Context as _, Result};
use cli::Output as OutputOptions;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::Path;

/// The media type of JSON Lines.
const JSON_LINES: &str = "application/x-ndjson";
/// Maximum number of bytes and of lines of a request that the service accepts.
const MAX_CHUNK_BYTES: usize = 1024 * 1024;
const MAX_CHUNK_LINES: usize = 500;

pub fn export(options: &cli::Service, typed: &str, output: &OutputOptions) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let mut output = Output::create(output.output.as_deref())?;
    let page = |query: &str| {
        let path = subject.path(&format!("/export{query}"));
        subject.service.json(&Call::get(path))
    };
    let mut whole = page("")?;
    // Later pages have further entries of the audit log.
    while let Some(next) = whole["next"].as_str() {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("cursor", next)
            .finish();
        let mut part = page(&format!("?{query}"))?;
        whole["next"] = part["next"].take();
        if let (Some(all), Some(more)) =
            (whole["audit"].as_array_mut(), part["audit"].as_array_mut())
        {
            all.append(more);
        }
    }
    whole.as_object_mut().map(|fields| fields.remove("next"));
    output.write(&format!("{:#}\n", without_success(whole)))?;
    Ok(written("Export", &output))
}

pub fn export_all(options: &cli::Service, output: &OutputOptions) -> Result<String> {
    let service = Service::connect(options)?;
    let mut output = Output::create(output.output.as_deref())?;
    let mut body = Map::new();
    loop {
        let call = Call::post("users/export").json(&Value::Object(body.clone()));
        let response = service.call(&call.that_reads())?;
        let is_wanted = output.write(&response.text)?;
        match response.header("edge-auth-next") {
            Some(next) if is_wanted => body.insert("cursor".into(), json!(next)),
            _ => return Ok(written("Export", &output)),
        };
    }
}

fn written(what: &str, output: &Output) -> String {
    match output.place() {
        Some(path) => format!("{what} written to {path}."),
        None => String::new(),
    }
}

/// An import.
pub struct Import<'i> {
    pub file: &'i Path,
    pub is_dry_run: bool,
    pub from_line: u64,
}

impl Import<'_> {
    /// Sends the file in parts. Returns the text to print.
    ///
    /// # Errors
    /// A file that cannot be read, or the error of the service, with the line at which to continue.
    pub fn run(&self, options: &cli::Service) -> Result<String> {
        let name = self.file.display();
        let reader: Box<dyn BufRead> = if self.file == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(self.file).with_context(|| format!("cannot read {name}"))?;
            Box::new(BufReader::new(file))
        };
        let service = Service::connect(options)?;
        let mut chunks = Chunks::new(reader, self.from_line);
        let mut report = Report::default();
        while let Some(chunk) = chunks
            .next()
            .with_context(|| format!("cannot read {name}"))?
        {
            let query = if self.is_dry_run { "?dry_run=true" } else { "" };
            let call = Call::post(format!("users/import{query}")).body(JSON_LINES, chunk.text);
            let response = service.json(&call).with_context(|| {
                format!(
                    "all lines before line {0} were processed; continue with --from-line {0}",
                    chunk.first
                )
            })?;
            report.add(&response, chunk.first);
            if io::stderr().is_terminal() {
                terminal::note(format_args!("{} lines", chunk.last));
            }
        }
        Ok(if options.json {
            report.json(self.is_dry_run).to_string()
        } else {
            report.text(self.is_dry_run)
        })
    }
}

/// Lines of a file that are sent together.
#[derive(Debug, PartialEq)]
struct Chunk {
    /// Number of the first line.
    first: u64,
    /// Number of the last line.
    last: u64,
    text: String,
}

/// Divides a file between its lines.
struct Chunks<R> {
    lines: io::Lines<R>,
    /// Number of the last line that was read.
    number: u64,
    from_line: u64,
    /// A line that did not fit into the previous chunk.
    left: Option<String>,
}

impl<R: BufRead> Chunks<R> {
    fn new(reader: R, from_line: u64) -> Self {
        Self {
            lines: reader.lines(),
            number: 0,
            from_line,
            left: None,
        }
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        if let Some(line) = self.left.take() {
            return Ok(Some(line));
        }
        loop {
            let Some(line) = self.lines.next().transpose()? else {
                return Ok(None);
            };
            self.number += 1;
            if self.number >= self.from_line {
                return Ok(Some(line));
            }
        }
    }

    /// The next chunk. A line that is longer than a chunk is one by itself, which the service refuses.
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let (mut text, mut count, mut first) = (String::new(), 0, 0);
        while let Some(line) = self.line()? {
            let is_full = count == MAX_CHUNK_LINES || text.len() + line.len() >= MAX_CHUNK_BYTES;
            if count > 0 && is_full {
                self.left = Some(line);
                break;
            }
            if count == 0 {
                first = self.number;
            }
            count += 1;
            text.push_str(&line);
            text.push('\n');
        }
        let last = self.number - u64::from(self.left.is_some());
        Ok((count > 0).then_some(Chunk { first, last, text }))
    }
}

/// The responses to all parts, added up.
#[derive(Default)]
struct Report {
    /// The numbers of [`COUNTS`].
    counts: [u64; 4],
    lines: Vec<Value>,
}

/// The counts of a response, and how they are named in the summary.
const COUNTS: [(&str, &str); 4] = [
    ("created", "with a password"),
    ("created_without_password", "without a password"),
    ("existing", "existing and not changed"),
    ("refused", "refused"),
];

impl Report {
    /// Adds the response to a part that begins with this line.
    fn add(&mut self, response: &Value, first: u64) {
        for (total, (name, _)) in self.counts.iter_mut().zip(COUNTS) {
            *total += response[name].as_u64().unwrap_or_default();
        }
        for line in response["lines"].as_array().into_iter().flatten() {
            let mut line = line.clone();
            let number = line["line"].as_u64().unwrap_or_default();
            line["line"] = json!((number + first).saturating_sub(1));
            self.lines.push(line);
        }
    }

    fn json(self, is_dry_run: bool) -> Value {
        let mut report = json!({ "dry_run": is_dry_run, "lines": self.lines });
        for (count, (name, _)) in self.counts.into_iter().zip(COUNTS) {
            report[name] = json!(count);
        }
        report
    }

    /// The counts, and each line that was refused.
    fn text(&self, is_dry_run: bool) -> String {
        let counts: Vec<String> = (self.counts.iter().zip(COUNTS))
            .map(|(count, (_, words))| format!("{count} {words}"))
            .collect();
        let what = if is_dry_run {
            "Users that would be imported"
        } else {
            "Users imported"
        };
        let mut text = format!("{what}: {}.", counts.join(", "));
        for line in &self.lines {
            let outcome = line["outcome"].as_str();
            if !matches!(
                outcome,
                Some("created" | "created_without_password" | "exists")
            ) {
                let _ = write!(text, "\nline {}: {}", line["line"], cell(outcome));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(text: &str, from_line: u64) -> Vec<Chunk> {
        let mut chunks = Chunks::new(text.as_bytes(), from_line);
        std::iter::from_fn(|| chunks.next().expect("readable")).collect()
    }

    #[test]
    fn file_is_divided_between_lines() {
        let long = "x".repeat(MAX_CHUNK_BYTES / 2);
        let parts = chunks(&format!("a\n{long}\n{long}\nb"), 1);
        let numbers: Vec<_> = parts.iter().map(|part| (part.first, part.last)).collect();
        assert_eq!(numbers, [(1, 2), (3, 4)]);
        assert_eq!(parts[0].text, format!("a\n{long}\n"));
        assert!(parts.iter().all(|part| part.text.len() <= MAX_CHUNK_BYTES));
        let many = "a\n".repeat(MAX_CHUNK_LINES + 1);
        let numbers = |from_line| -> Vec<_> {
            let parts = chunks(&many, from_line);
            parts.iter().map(|part| (part.first, part.last)).collect()
        };
        assert_eq!(numbers(1), [(1, 500), (501, 501)]);
        assert_eq!(numbers(500), [(500, 501)]);
        assert!(numbers(502).is_empty() && chunks("", 1).is_empty());
    }

    #[test]
    fn line_that_is_too_long_is_sent_by_itself() {
        let long = "x".repeat(MAX_CHUNK_BYTES + 1);
        let parts = chunks(&format!("a\n{long}\nb\n"), 1);
        let numbers: Vec<_> = parts.iter().map(|part| (part.first, part.last)).collect();
        assert_eq!(numbers, [(1, 1), (2, 2), (3, 3)]);
    }

    #[test]
    fn report_numbers_the_lines_of_the_file() {
        let mut report = Report::default();
        let response = json!({"created": 1, "created_without_password": 1, "existing": 0, "refused": 1, "lines": [
            {"line": 1, "outcome": "created"}, {"line": 3, "outcome": "invalid_email"}]});
        report.add(&response, 1);
        report.add(&response, 501);
        assert_eq!(
            report.text(false),
            "Users imported: 2 with a password, 2 without a password, 0 existing and not changed, 2 refused.\n\
             line 3: invalid_email\nline 503: invalid_email"
        );
        let json = report.json(true);
        assert_eq!(
            (&json["created"], &json["dry_run"]),
            (&json!(2), &json!(true))
        );
        assert_eq!(json["lines"][2]["line"], 501);
    }
}
