//! The commands of a README, as a reader would run them.

use std::fs;
use std::path::Path;

/// The code block in which this text occurs.
pub fn block(folder: &Path, text: &str) -> String {
    let readme = fs::read_to_string(folder.join("README.md")).expect("a README");
    let blocks = readme.split("```sh\n").skip(1);
    let mut blocks = blocks.filter_map(|rest| Some(rest.split_once("```")?.0));
    let block = blocks.find(|block| block.contains(text));
    block
        .unwrap_or_else(|| panic!("the README has no command `{text}`"))
        .trim_end()
        .to_owned()
}
