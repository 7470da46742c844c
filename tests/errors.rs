//! The reference of error codes is the one that the code gives. After a change of `web/error_codes.rs`:
//! `WRITE_ERRORS=1 cargo test --test errors`.

use edge_auth::web::error_codes::Code;
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/errors.md");

/// The page as far as its table.
const HEAD: &str = "\
# Error codes

Every error response carries its code in the header `Edge-Auth-Error`. The message in the body is for people, and its text
may change where the API's documents do not fix it. Programs decide by the code, or by the status for a code that they do
not know: codes may be added.

Every response carries `X-Request-Id`, the id under which the audit log and Cloudflare's logs know the request. Mention it
when you report a problem.

Both headers, `Edge-Auth-Expires`, `Retry-After`, `WWW-Authenticate` and `Preference-Applied` are exposed to browsers on
allowed origins.

`WWW-Authenticate` of a 401 has `error=\"invalid_token\"` if a token was sent and is not valid (`invalid_token` and
`token_expired`), and no `error` otherwise.

| Code | Status | Meaning | What to do |
|---|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for code in Code::ALL {
        let (name, status) = (code.as_str(), code.status());
        let (meaning, action) = (code.meaning(), code.action());
        writeln!(page, "| `{name}` | {status} | {meaning} | {action} |").expect("text");
    }
    page
}

#[test]
fn the_reference_lists_every_error_code() {
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
