//! Runs libFuzzer on one of the targets, which `EDGE_AUTH_FUZZ` names. The value `list` prints the names of all
//! targets.
#![cfg_attr(feature = "libfuzzer-sys", no_main)]

#[cfg(feature = "libfuzzer-sys")]
mod fuzzing {
    use edge_auth_fuzz::{Target, targets};
    use std::path::PathBuf;
    use std::sync::LazyLock;

    static TARGET: LazyLock<&Target> = LazyLock::new(|| {
        let name = std::env::var("EDGE_AUTH_FUZZ").unwrap_or_default();
        if name == "list" {
            for target in targets() {
                println!("{}", target.name);
            }
            std::process::exit(0);
        }
        targets()
            .find(|target| target.name == name)
            .expect("EDGE_AUTH_FUZZ names a target")
    });

    /// libFuzzer reads its corpus and its dictionary after this.
    fn write_seeds() {
        let Some(folder) = std::env::var_os("EDGE_AUTH_FUZZ_SEEDS").map(PathBuf::from) else {
            LazyLock::force(&TARGET);
            return;
        };
        for (number, seed) in (TARGET.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed is written");
        }
        let dictionary: String = TARGET.words.iter().map(|word| entry(word)).collect();
        std::fs::write(folder.with_extension("dict"), dictionary).expect("a dictionary is written");
    }

    /// A line of a dictionary. Every byte is written in hexadecimal digits, so that no quotes need escaping.
    fn entry(word: &str) -> String {
        let bytes: Vec<String> = word.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        format!("\"{}\"\n", bytes.concat())
    }

    libfuzzer_sys::fuzz_target!(
        init: write_seeds(),
        |data: &[u8]| {
            (TARGET.run)(data);
        }
    );
}

#[cfg(not(feature = "libfuzzer-sys"))]
fn main() {
    eprintln!("`cargo xtask fuzz` builds and runs this.");
}
