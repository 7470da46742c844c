//! The output of wrangler: kept until the Worker is ready, and printed from then on.

use super::configuration_error;
use crate::{process, terminal};
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines of standard output and standard error, in the order of arrival.
#[derive(Clone, Default)]
pub struct Output(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lines: Vec<String>,
    is_shown: bool,
}

impl Output {
    /// Enough for a page of compiler errors.
    const MAX_LINES: usize = 400;

    /// Reads a pipe until it ends, on a thread of its own.
    pub fn collect(&self, pipe: Option<impl Read + Send + 'static>) {
        let output = self.clone();
        process::each_line(pipe, move |line| output.push(line));
    }

    fn push(&self, line: String) {
        let mut state = self.lock();
        if !state.is_shown {
            if state.lines.len() == Self::MAX_LINES {
                state.lines.remove(0);
            }
            state.lines.push(line);
            return;
        }
        drop(state);
        let error = configuration_error::find(&line);
        // A closed pipe is noticed by the loop that waits for wrangler to end.
        let _ = terminal::print(line);
        if let Some(error) = error {
            terminal::note(format_args!(
                "The configuration is invalid: {error}. Correct .dev.vars or wrangler.toml."
            ));
        }
    }

    /// Whether a line contains this text.
    pub fn contains(&self, text: &str) -> bool {
        self.lock().lines.iter().any(|line| line.contains(text))
    }

    /// The lines so far, at most the last 400.
    pub fn text(&self) -> String {
        self.lock().lines.join("\n")
    }

    /// From now on, prints lines instead of keeping them.
    pub fn show(&self) {
        self.lock().is_shown = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Output;

    #[test]
    fn only_the_last_lines_are_kept() {
        let output = Output::default();
        for number in 0..1000 {
            output.push(number.to_string());
        }
        let text = output.text();
        assert!(text.starts_with("600\n") && text.ends_with("\n999"));
        assert!(output.contains("999") && !output.contains("599"));
    }
}
