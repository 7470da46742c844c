//! Checks that the committed `OpenAPI` document matches the types and tables. To regenerate it, run
//! `WRITE_OPENAPI=1 cargo test --test openapi`.

use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes/openapi.json");

#[test]
fn served_document_matches_the_code() {
    let document = edge_auth::openapi::document();
    let text = document.to_string();
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        fs::write(FILE, &text).expect("openapi.json is writable");
    }
    let committed = fs::read_to_string(FILE).expect("openapi.json is readable");
    // Not `assert_eq`, which would print both documents.
    assert!(
        committed == text,
        "src/routes/openapi.json is outdated: run WRITE_OPENAPI=1 cargo test --test openapi"
    );
}
