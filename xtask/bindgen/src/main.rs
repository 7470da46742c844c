//! `wasm-bindgen` as worker-build calls it (`WASM_BINDGEN_BIN`): its words, and the library behind the program of that
//! name. The program itself also runs tests in browsers, and takes three times as long to compile for that.
//!
//! A word that is not known here is an error, so a worker-build that asks for more is noticed at once.

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().skip(1).collect();
    let mut bindgen = Bindgen::new();
    // The linker has left no names of ours; those of wasm-bindgen's glue would only be sent along.
    bindgen.remove_name_section(true);
    let outcome = read(&mut bindgen, words).and_then(|out_dir| {
        bindgen
            .generate(out_dir)
            .map_err(|error| format!("{error:?}"))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the library what the words say; returns the folder for the output.
fn read(bindgen: &mut Bindgen, words: Vec<OsString>) -> Result<PathBuf, String> {
    let mut words = words.into_iter();
    let mut out_dir = None;
    let mut has_input = false;
    while let Some(word) = words.next() {
        let Some(name) = word.to_str().filter(|word| word.starts_with("--")) else {
            bindgen.input_path(word);
            has_input = true;
            continue;
        };
        let mut value = || words.next().ok_or(format!("{name} needs a value"));
        match name {
            "--out-dir" => out_dir = Some(PathBuf::from(value()?)),
            "--out-name" => {
                let value = value()?;
                let text = value.to_str().ok_or("--out-name has to be UTF-8")?;
                bindgen.out_name(text);
            }
            "--target" => {
                let set = match value()?.to_str() {
                    Some("bundler") => bindgen.bundler(true),
                    Some("module") => bindgen.module(true),
                    _ => return Err("--target is bundler or module".to_owned()),
                };
                set.map_err(|error| format!("{error:?}"))?;
            }
            "--typescript" | "--no-typescript" => {
                bindgen.typescript(name == "--typescript");
            }
            "--debug" => {
                bindgen.debug(true);
            }
            "--no-demangle" => {
                bindgen.demangle(false);
            }
            "--keep-debug" => {
                bindgen.keep_debug(true);
            }
            "--omit-default-module-path" => {
                bindgen.omit_default_module_path(true);
            }
            "--split-linked-modules" => {
                bindgen.split_linked_modules(true);
            }
            "--experimental-reset-state-function" => {
                bindgen.reset_state_function(true);
            }
            "--force-enable-abort-handler" => {
                bindgen.force_enable_abort_handler(true);
            }
            _ => return Err(format!("{name} means nothing here")),
        }
    }
    if !has_input {
        return Err("no wasm file is named".to_owned());
    }
    out_dir.ok_or("--out-dir is missing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::path::PathBuf;
    use wasm_bindgen_cli_support::Bindgen;

    fn outcome(line: &str) -> Result<PathBuf, String> {
        let words = line.split_whitespace().map(Into::into).collect();
        read(&mut Bindgen::new(), words)
    }

    #[test]
    fn what_worker_build_says_is_understood() {
        assert_eq!(
            outcome(
                "x/edge_auth.wasm --out-dir build/.tmp --no-typescript --target module --out-name index \
                 --experimental-reset-state-function --force-enable-abort-handler"
            ),
            Ok(PathBuf::from("build/.tmp"))
        );
    }

    #[test]
    fn every_mistake_is_named() {
        for (line, sentence) in [
            ("a.wasm --out-dir", "--out-dir needs a value"),
            ("a.wasm --out-name x", "--out-dir is missing"),
            ("--out-dir x", "no wasm file is named"),
            (
                "a.wasm --out-dir x --target web",
                "--target is bundler or module",
            ),
            (
                "a.wasm --out-dir x --weak-refs",
                "--weak-refs means nothing here",
            ),
        ] {
            assert_eq!(outcome(line), Err(sentence.to_owned()), "{line}");
        }
    }
}
