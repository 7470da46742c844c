//! Ids of clients that are unknown, spelled otherwise, or of another client.

use super::{Expected, Hostile, changed};
use crate::support::services::Service;

pub(super) fn all(service: &Service, other: &Service) -> Vec<Hostile> {
    let id = &service.id;
    let unknown = Expected::Page("unknown_client");
    let mut found = Vec::new();
    for text in [
        String::new(),
        "x".to_owned(),
        "00000000-0000-0000-0000-000000000000".to_owned(),
        id.to_uppercase(),
        id.replace('-', ""),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        format!(" {id}"),
        format!("{id} "),
        format!("{id}\n"),
        format!("{id}\0"),
        format!("{id},{}", other.id),
        format!("{id}:canary"),
        format!("{id}' OR '1'='1"),
        format!("[\"{id}\"]"),
        "*".to_owned(),
        "%".to_owned(),
        "../clients".to_owned(),
        "https://canary.example/client.json".to_owned(),
        "https://app.example.com/callback".to_owned(),
        "\u{430}".repeat(36),
        "x".repeat(4_000),
    ] {
        let changes = [("client_id", text.as_str())];
        found.extend(changed("an unknown client", service, &changes, &unknown));
        // Client and redirect URI are checked before everything else.
        let more = [
            changes[0],
            ("redirect_uri", "https://canary.example"),
            ("response_type", "token"),
            ("prompt", "none"),
        ];
        found.extend(changed("an unknown client", service, &more, &unknown));
    }
    let page = Expected::Page("invalid_redirect_uri");
    let another = [("client_id", other.id.as_str())];
    found.extend(changed("another client", service, &another, &page));
    let of_other = [("redirect_uri", "https://canary.example/callback")];
    found.extend(changed("another client", service, &of_other, &page));
    found
}
