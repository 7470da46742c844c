//! The browser pages in `build/pages`: esbuild bundles `pages/src/entries/`, and each entry gets an HTML file that names its
//! scripts. The names of scripts and styles contain a hash of their content, so browsers may keep them.

use crate::build::Profile;
use crate::{cache, node, process, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pages: the name of the entry and of the HTML file, and the title until the script of the page sets it.
const PAGES: &[(&str, &str)] = &[
    ("404", "Page not found"),
    ("account", "Your account"),
    ("admin", "Administration"),
    ("bootstrap", "Create the first administrator"),
    ("confirm-email", "Confirm your e-mail address"),
    ("consent", "Allow access"),
    ("error", "Something went wrong"),
    ("forgot-password", "Forgotten password"),
    ("revert-email", "Restore your e-mail address"),
    ("set-password", "Set your password"),
    ("sign-in", "Sign in"),
    ("sign-out", "Sign out"),
    ("signed-out", "Signed out"),
];

/// What esbuild writes below `build/`, relative to the repository.
const OUTPUT: &str = "build/pages";

/// The OpenAPI document, relative to the repository.
const OPENAPI: &str = "src/routes/openapi.json";

/// The licences of the packages in the scripts. Browsers do not load this file.
const LICENCES: &str = "assets/licences.txt";

/// Builds the pages if their sources have changed. A release build also checks their types, which takes seconds, so that a
/// missing text or a route that does not exist fails it.
pub fn ensure(profile: Profile) -> Result<()> {
    let record = workspace::root().join("build/.pages-built-from");
    let sources = key_of_sources()?;
    let state = |profile| format!("{sources} {profile:?}");
    let recorded = fs::read_to_string(&record).unwrap_or_default();
    let is_current = recorded == state(Profile::Release) || recorded == state(profile);
    if is_current && workspace::root().join(OUTPUT).is_dir() {
        return Ok(());
    }
    if profile == Profile::Release {
        check_types()?;
    }
    build()?;
    fs::write(&record, state(profile)).with_context(|| format!("cannot write {}", record.display()))
}

/// Prints a warning if `wrangler.toml` names a logo that the built pages do not have.
pub fn check_logo() -> Result<()> {
    for line in workspace::read("wrangler.toml")?.lines() {
        let logo = workspace::variable(line, "BRAND_LOGO");
        if let Some(path) = logo.and_then(|logo| logo.strip_prefix('/'))
            && !workspace::root().join(OUTPUT).join(path).is_file()
        {
            terminal::note(format_args!(
                "warning: the file /{path} of BRAND_LOGO in wrangler.toml does not exist"
            ));
        }
    }
    Ok(())
}

fn key_of_sources() -> Result<String> {
    let root = workspace::root();
    let mut files = vec![
        root.join("package-lock.json"),
        root.join("xtask/src/pages.rs"),
        // The types of the API are generated from it, and the Worker serves it.
        root.join(OPENAPI),
    ];
    files.extend(workspace::files_below(&root.join("pages")));
    cache::key_of_files(&files)
}

/// Compiles the sources under strict TypeScript, against types that are generated from the OpenAPI document.
fn check_types() -> Result<()> {
    let script = |path: &str| {
        let mut command = Command::new(node::node());
        command
            .arg(node::node_modules().join(path))
            .current_dir(workspace::root());
        command
    };
    let mut generate = script("openapi-typescript/bin/cli.js");
    generate.args([OPENAPI, "--output", "build/openapi.d.ts"]);
    process::run("Generating the types of the API", &mut generate)?;
    let mut check = script("typescript/bin/tsc");
    check.args(["--project", "pages"]);
    process::run("Checking the types of the pages", &mut check)
}

fn build() -> Result<()> {
    let root = workspace::root();
    let output = root.join(OUTPUT);
    let (assets, pages) = (output.join("assets"), output.join("html"));
    remove_content(&output);
    for folder in [&assets, &pages, &output.join("brand")] {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let metafile = root.join("build/pages-metafile.json");
    bundle(&assets, &metafile)?;
    let built = Built::read(&metafile)?;
    let template = workspace::read("pages/page.html")?;
    for (name, title) in PAGES {
        let html = built.html(&template, name, title)?;
        write(&pages.join(format!("{name}.html")), &html)?;
    }
    write(&pages.join("openapi.json"), &workspace::read(OPENAPI)?)?;
    write(&output.join(LICENCES), &built.licences()?)?;
    write(
        &output.join("_headers"),
        &workspace::read("pages/_headers")?,
    )?;
    for file in workspace::files_below(&root.join("pages/brand")) {
        let name = file.file_name().unwrap_or_default();
        fs::copy(&file, output.join("brand").join(name))
            .with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

/// Removes everything in the folder, so that no file of an earlier build is served. The folder itself stays, because a running
/// wrangler watches it.
fn remove_content(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
}

fn bundle(assets: &Path, metafile: &Path) -> Result<()> {
    let mut command = Command::new(node::program("esbuild"));
    command.current_dir(workspace::root());
    for (name, _) in PAGES {
        command.arg(format!("pages/src/entries/{name}.tsx"));
    }
    command
        .arg("pages/style.css")
        .args(["--bundle", "--splitting", "--format=esm", "--target=es2022"])
        .args(["--minify", "--charset=utf8", "--log-level=warning"])
        .args(["--jsx=automatic", "--jsx-import-source=preact"])
        .args(["--entry-names=[name]-[hash]", "--chunk-names=chunk-[hash]"])
        .arg(format!("--outdir={}", assets.display()))
        .arg(format!("--metafile={}", metafile.display()))
        .env("NODE_PATH", node::node_modules())
        .env("PATH", node::path());
    process::run("Building the pages", &mut command)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// What esbuild wrote.
struct Built(Value);

impl Built {
    fn read(metafile: &Path) -> Result<Self> {
        let text = fs::read_to_string(metafile)
            .with_context(|| format!("cannot read {}", metafile.display()))?;
        Ok(Self(serde_json::from_str(&text)?))
    }

    /// The HTML file of a page.
    fn html(&self, template: &str, page: &str, title: &str) -> Result<String> {
        let (script, output) = self.output_of(&format!("pages/src/entries/{page}.tsx"))?;
        let (style, _) = self.output_of("pages/style.css")?;
        let mut styles = vec![stylesheet(style)];
        // The style that the entry imports for itself.
        styles.extend(output["cssBundle"].as_str().map(stylesheet));
        let mut scripts = vec![format!(
            r#"<script type="module" src="{}"></script>"#,
            url(script)
        )];
        // Otherwise the browser would find the chunks only after it has the script.
        for import in output["imports"].as_array().into_iter().flatten() {
            if import["kind"] == "import-statement" {
                let path = import["path"].as_str().unwrap_or_default();
                scripts.push(format!(
                    r#"<link rel="modulepreload" href="{}">"#,
                    url(path)
                ));
            }
        }
        Ok(template
            .replace("{{title}}", title)
            .replace("{{styles}}", &styles.join("\n    "))
            .replace("{{scripts}}", &scripts.join("\n    ")))
    }

    /// Path and description of the output that was built from this source.
    fn output_of(&self, source: &str) -> Result<(&str, &Value)> {
        let outputs = self.0["outputs"].as_object().into_iter().flatten();
        for (path, output) in outputs {
            if output["entryPoint"] == source {
                return Ok((path, output));
            }
        }
        bail!("esbuild wrote nothing for {source}")
    }

    /// The licence of each npm package in the scripts, as its licence requires.
    fn licences(&self) -> Result<String> {
        let inputs = self.0["inputs"].as_object().into_iter().flatten();
        let packages: BTreeSet<&str> = inputs.filter_map(|(path, _)| package(path)).collect();
        let mut text = String::new();
        for name in packages {
            let folder = node::node_modules().join(name);
            let licence = licence_in(&folder)
                .with_context(|| format!("{} has no licence file", folder.display()))?;
            let licence = fs::read_to_string(licence)?;
            let _ = write!(text, "{name}\n\n{}\n\n", licence.trim());
        }
        Ok(text)
    }
}

fn stylesheet(path: &str) -> String {
    format!(r#"<link rel="stylesheet" href="{}">"#, url(path))
}

/// The npm package that a source belongs to.
fn package(path: &str) -> Option<&str> {
    let (_, inside) = path.rsplit_once("node_modules/")?;
    let names = if inside.starts_with('@') { 2 } else { 1 };
    let end = inside.match_indices('/').nth(names - 1)?.0;
    inside.get(..end)
}

fn licence_in(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    let mut files = files.map(|file| file.path());
    files.find(|file| {
        let name = file.file_stem().unwrap_or_default();
        name.eq_ignore_ascii_case("license") || name.eq_ignore_ascii_case("licence")
    })
}

/// The URL of a file that esbuild wrote.
fn url(path: &str) -> String {
    path.strip_prefix(OUTPUT).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{PAGES, package, url};
    use crate::workspace;

    #[test]
    fn package_of_a_source_is_the_innermost_one() {
        for (path, name) in [
            ("node_modules/preact/dist/preact.mjs", Some("preact")),
            ("../x/node_modules/@a/b/c.js", Some("@a/b")),
            ("node_modules/a/node_modules/b/c.js", Some("b")),
            ("pages/src/api.ts", None),
        ] {
            assert_eq!(package(path), name, "{path}");
        }
        assert_eq!(url("build/pages/assets/a.js"), "/assets/a.js");
    }

    #[test]
    fn every_entry_is_a_page() {
        let entries = workspace::files_below(&workspace::root().join("pages/src/entries"));
        let names: Vec<_> = entries
            .iter()
            .map(|file| file.file_stem().expect("a name"))
            .collect();
        let pages: Vec<_> = PAGES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, pages);
    }
}
