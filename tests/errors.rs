//! Checks that the reference of error codes matches the code. To regenerate it after a change of `http/error_codes.rs`, run
//! `WRITE_ERRORS=1 cargo test --test errors`.

use edge_auth::http::error_codes::ErrorCode;
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/errors.md");

/// The page up to the rows of its table.
const HEAD: &str = "\
# Error codes

Every error response carries its code in the header `Edge-Auth-Error`. The message in the body is for humans. Its text may
change unless an API specification fixes it. Programs should decide by the code, or by the status if they do not know the code:
new codes may be added. Below `/oauth`, the body also has a code of OAuth (RFC 6749), which is less precise.

Every response carries `X-Request-Id`, the id of the request in the audit log and in Cloudflare's logs. Include it when you report
a problem.

These two headers, `Edge-Auth-Expires`, `Retry-After`, `WWW-Authenticate` and `Preference-Applied` are exposed to browsers on
allowed origins.

`WWW-Authenticate` of a 401 response contains `error=\"invalid_token\"` if the request had a token that is not valid
(`invalid_token` and `token_expired`), and no `error` otherwise.

| Code | Status | Meaning | What to do |
|---|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for code in ErrorCode::ALL {
        let (name, status) = (code.as_str(), code.status());
        let (meaning, action) = (code.meaning(), code.action());
        writeln!(page, "| `{name}` | {status} | {meaning} | {action} |").expect("text");
    }
    page
}

#[test]
fn reference_lists_every_error_code() {
    let page = page();
    if std::env::var_os("WRITE_ERRORS").is_some() {
        fs::write(FILE, &page).expect("errors.md is writable");
    }
    let committed = fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(
        committed, page,
        "run WRITE_ERRORS=1 cargo test --test errors"
    );
}
