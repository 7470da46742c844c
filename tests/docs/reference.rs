//! Checks that reference pages list the items of the code.

use crate::markdown::{Page, root};
use edge_auth::http::error::ErrorFormat;
use edge_auth::http::request::Method;
use edge_auth::router::ROUTES;
use std::fs;

/// The sources of the Worker, without unit tests.
fn sources() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(path).expect("a source");
                let code = text.split("#[cfg(test)]\nmod tests").next();
                texts.push(code.expect("code").to_owned());
            }
        }
    }
    texts
}

/// The words that follow this text, up to the next double quote.
fn words_after<'t>(text: &'t str, before: &str) -> Vec<&'t str> {
    let rest = text.split(before).skip(1);
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn log_events_are_documented_with_their_fields() {
    let page = Page::read("docs/reference/log-events.md").text;
    let mut events = 0;
    for source in sources() {
        for line in source
            .lines()
            .filter(|line| line.contains(r#"{{"event":""#))
        {
            let event = words_after(line, r#""event":""#)[0];
            events += 1;
            let row = page
                .lines()
                .find(|row| row.starts_with(&format!("| `{event}`")));
            let row = row.unwrap_or_else(|| panic!("{event} is not documented"));
            // Field names follow an opening brace or a comma.
            for field in words_after(line, r#",""#) {
                assert!(
                    row.contains(&format!("`{field}`")),
                    "{event}: {field}: {row}"
                );
            }
        }
    }
    assert!(events >= 7, "found only {events} events");
}

#[test]
fn every_route_is_listed_with_its_error_format() {
    let page = Page::read("docs/reference/http-api.md").text;
    for route in ROUTES {
        let method = match route.method {
            Method::Get => "GET",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            _ => "POST",
        };
        let path = route.path.strip_prefix("/api/auth");
        let path = path.unwrap_or(route.path);
        let name = format!("| `{method} {path}` |");
        let row = page.lines().find(|row| row.starts_with(&name));
        let row = row.unwrap_or_else(|| panic!("no row {name}"));
        let format = match route.error_format {
            ErrorFormat::Message => "| M |",
            ErrorFormat::Detail => "| D |",
            ErrorFormat::Oauth => "| O |",
        };
        assert!(row.ends_with(format), "{row}");
    }
}

#[test]
fn audit_kinds_and_verification_results_are_documented() {
    let events = Page::read("docs/reference/audit-events.md").text;
    for kind in edge_auth::domain::audit::Kind::ALL {
        assert!(events.contains(&format!("`{}`", kind.as_str())), "{kind:?}");
    }
    let page = Page::read("docs/reference/log-events.md").text;
    let source = sources()
        .into_iter()
        .find(|text| text.contains("enum ViolationKind"));
    let source = source.expect("the kinds of violation");
    let reasons = words_after(&source, r#"=> ""#);
    assert!(reasons.len() >= 10, "{reasons:?}");
    for reason in reasons {
        assert!(page.contains(&format!("`{reason}`")), "{reason}");
    }
}

#[test]
fn causes_of_failures_are_documented() {
    let page = Page::read("docs/reference/log-events.md").text;
    let mut causes = 0;
    for source in sources() {
        for cause in words_after(&source, "with_cause(\"") {
            causes += 1;
            assert!(page.contains(&format!("`{cause}`")), "{cause}");
        }
    }
    assert!(causes > 0, "no cause was found");
}
