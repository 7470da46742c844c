//! The layers of `src`: a module imports only from its own layer and the layers below it, trait implementations are in
//! the layer of one of their types, and only the listed modules use the platform's types.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Item, ItemImpl, ItemUse, Type, UseTree};

/// The modules of `src`, from the top layer to the bottom layer.
const LAYERS: &[&[&str]] = &[
    &["lib"],
    &["events"],
    &["openapi"],
    &["router"],
    &["routes"],
    &["http"],
    &["app"],
    &["config"],
    &["store", "aws"],
    &["runtime"],
    &["domain"],
    &["crypto"],
    &["json", "timestamp", "unicode"],
];

/// Modules of the same layer that must not import each other.
const SIBLINGS: &[(&str, &str)] = &[("store", "aws"), ("aws", "store")];

/// The modules that may use the platform's types. `unicode.rs` calls JavaScript for pure functions.
const PLATFORM: &[&str] = &[
    "events/",
    "runtime/",
    "store/",
    "app/context.rs",
    "aws/client.rs",
    "unicode.rs",
];

const PLATFORM_CRATES: &[&str] = &["worker", "worker_sys", "web_sys", "js_sys", "wasm_bindgen"];

struct Source {
    /// Path below `src`, with slashes.
    name: String,
    module: String,
    file: syn::File,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("src is readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    assert!(files.len() > 30, "found only {} files", files.len());
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source is UTF-8");
            let below = path.strip_prefix(&root).expect("below src");
            let name = below.to_string_lossy().replace('\\', "/");
            let module = name.split('/').next().expect("not empty");
            Source {
                module: module.trim_end_matches(".rs").to_owned(),
                file: syn::parse_file(&text).expect("a source is valid Rust"),
                name,
            }
        })
        .collect()
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|modules| modules.contains(&module))
        .unwrap_or_else(|| panic!("module {module} is in no layer"))
}

/// The modules and crates that a source names, and the module in which each imported type is defined.
#[derive(Default)]
struct Names {
    modules: BTreeSet<String>,
    crates: BTreeSet<String>,
    types: BTreeMap<String, String>,
    /// Types and traits that the file defines.
    defined: BTreeSet<String>,
}

impl Names {
    fn of(file: &syn::File) -> Self {
        let mut names = Self::default();
        names.visit_file(file);
        names
    }

    fn path(&mut self, segments: &[String]) {
        match segments {
            [first, module, ..] if first == "crate" => {
                self.modules.insert(module.clone());
            }
            [first, ..] => {
                self.crates.insert(first.clone());
            }
            [] => {}
        }
    }

    fn tree(&mut self, prefix: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.tree(prefix, &path.tree);
                prefix.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(prefix, tree);
                }
            }
            UseTree::Name(name) => self.import(prefix, &name.ident, &name.ident),
            UseTree::Rename(rename) => self.import(prefix, &rename.ident, &rename.rename),
            UseTree::Glob(_) => self.path(prefix),
        }
    }

    fn import(&mut self, prefix: &[String], name: &syn::Ident, local: &syn::Ident) {
        let mut segments = prefix.to_vec();
        segments.push(name.to_string());
        self.path(&segments);
        if let [first, module, _, ..] = segments.as_slice()
            && first == "crate"
        {
            self.types.insert(local.to_string(), module.clone());
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.defined.insert(item.ident.to_string());
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.defined.insert(item.ident.to_string());
        visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.defined.insert(item.ident.to_string());
        visit::visit_item_trait(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
            .collect();
        if segments.len() > 1 {
            self.path(&segments);
        }
        visit::visit_path(self, path);
    }
}

/// The modules in which the types of a trait implementation are defined: those of the type itself, of the trait, and of the
/// trait's arguments. Types that are neither imported nor written as `crate::…` belong to the module of the file.
fn modules_of_impl(item: &ItemImpl, names: &Names, own: &str) -> Vec<String> {
    struct Types<'a> {
        names: &'a Names,
        own: &'a str,
        modules: Vec<String>,
    }
    impl<'ast> Visit<'ast> for Types<'_> {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            let segments: Vec<String> = path
                .segments
                .iter()
                .map(|one| one.ident.to_string())
                .collect();
            match segments.as_slice() {
                [first, module, ..] if first == "crate" => self.modules.push(module.clone()),
                [first, ..] if first == "super" || first == "self" || first == "Self" => {
                    self.modules.push(self.own.to_owned());
                }
                [first, ..] => {
                    if let Some(module) = self.names.types.get(first) {
                        self.modules.push(module.clone());
                    } else if self.names.defined.contains(first) {
                        self.modules.push(self.own.to_owned());
                    }
                }
                [] => {}
            }
            visit::visit_path(self, path);
        }
    }
    let mut types = Types {
        names,
        own,
        modules: Vec::new(),
    };
    if let Type::Path(path) = item.self_ty.as_ref() {
        types.visit_type_path(path);
        // A type of this file, or of a sibling file that is imported by `super::`.
        if types.modules.is_empty() {
            types.modules.push(own.to_owned());
        }
    }
    if let Some((_, path, _)) = &item.trait_ {
        types.visit_path(path);
    }
    types.modules
}

#[test]
fn modules_import_only_from_lower_layers() {
    let mut violations = Vec::new();
    for source in sources() {
        for module in Names::of(&source.file).modules {
            let (from, to) = (source.module.as_str(), module.as_str());
            if layer(from) > layer(to) || SIBLINGS.contains(&(from, to)) {
                violations.push(format!("{} imports from {to}", source.name));
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn trait_implementations_are_in_the_module_of_one_of_their_types() {
    let mut violations = Vec::new();
    for source in sources() {
        let names = Names::of(&source.file);
        for item in &source.file.items {
            let Item::Impl(item) = item else { continue };
            if item.trait_.is_none() {
                continue;
            }
            let modules = modules_of_impl(item, &names, &source.module);
            if !modules.contains(&source.module) {
                violations.push(format!(
                    "{} implements a trait for types of {modules:?}",
                    source.name
                ));
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn platform_types_appear_only_in_listed_modules() {
    for source in sources() {
        if PLATFORM
            .iter()
            .any(|allowed| source.name.starts_with(allowed))
        {
            continue;
        }
        let crates = Names::of(&source.file).crates;
        for name in PLATFORM_CRATES {
            assert!(!crates.contains(*name), "{} uses {name}", source.name);
        }
    }
}

#[test]
fn nested_imports_and_inline_paths_are_found() {
    let text = "use crate::{http::{a, b}, store::d1}; fn f() -> crate::app::X { web_sys::y() }";
    let names = Names::of(&syn::parse_file(text).expect("valid"));
    let modules: Vec<&str> = names.modules.iter().map(String::as_str).collect();
    assert_eq!(modules, ["app", "http", "store"]);
    assert!(names.crates.contains("web_sys"));
}

#[test]
fn implementation_for_types_of_two_other_modules_is_found() {
    let text = "use crate::runtime::StoreError; use crate::app::failure::Failure;
        impl From<StoreError> for Failure { fn from(_: StoreError) -> Self { Self::A } }";
    let file = syn::parse_file(text).expect("valid");
    let names = Names::of(&file);
    let Some(Item::Impl(item)) = file.items.last() else {
        panic!("an implementation")
    };
    assert_eq!(modules_of_impl(item, &names, "http"), ["app", "runtime"]);
}
