//! OAuth clients as texts for a terminal.

use crate::table::{self, cell};
use serde_json::Value;

/// A table of OAuth clients.
pub fn table(clients: &[Value]) -> String {
    let header = [
        "NAME",
        "KIND",
        "AUTHENTICATION",
        "GRANTS",
        "STATUS",
        "LAST USED",
        "ID",
    ];
    let rows = clients.iter().map(|client| {
        let text = |name: &str| cell(client[name].as_str());
        let status = if client["is_active"] == false {
            "disabled"
        } else {
            "active"
        };
        [
            text("client_name"),
            text("kind"),
            text("token_endpoint_auth_method"),
            grants(&client["grant_types"]),
            status.to_owned(),
            text("last_used_at"),
            text("client_id"),
        ]
    });
    table::table(header, rows)
}

fn grants(list: &Value) -> String {
    let grants = list.as_array().into_iter().flatten();
    let grants: Vec<&str> = grants.filter_map(Value::as_str).collect();
    cell(Some(&grants.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::table;
    use serde_json::json;

    #[test]
    fn clients_are_listed_in_columns() {
        let clients = [
            json!({"client_id": "1", "client_name": "App", "kind": "public", "token_endpoint_auth_method": "none",
                   "grant_types": ["authorization_code", "refresh_token"], "is_active": true, "last_used_at": null}),
            json!({"client_id": "2", "client_name": "\u{1b}[2JB", "kind": "confidential",
                   "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
                   "is_active": false, "last_used_at": "2026-01-02T00:00:00Z"}),
        ];
        let expected = "\
NAME   KIND          AUTHENTICATION   GRANTS                             STATUS    LAST USED             ID
App    public        none             authorization_code, refresh_token  active    -                     1
?[2JB  confidential  private_key_jwt  client_credentials                 disabled  2026-01-02T00:00:00Z  2";
        assert_eq!(table(&clients), expected);
    }
}
