//! The SQL statements in the sources of the Worker, and the costly steps that are allowed. `Statement::new` takes a
//! `&'static str`, so each statement is a string literal.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Statements with a costly step, and the reason why its cost does not grow with the number of users.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "store/access_tokens.rs: DELETE_EXPIRED",
        "SEARCH revoked_access_tokens USING INDEX revoked_access_tokens_end (expires_at<?)",
        "up to the limit",
    ),
    (
        "store/audit.rs: LATEST",
        "SEARCH audit USING INDEX audit_at (at>? AND at<?)",
        "in the order that is asked for, up to the limit",
    ),
    (
        "store/audit.rs: LATEST_OF_USER",
        "USE TEMP B-TREE FOR ORDER BY",
        "two searches that end at the limit, put together",
    ),
    (
        "store/audit_accounts.rs: OF_KEYS_AFTER",
        "SEARCH audit_accounts USING INDEX audit_accounts_key (key>?)",
        "in order, up to the limit",
    ),
    (
        "store/audit_accounts.rs: OF_KEYS_BEFORE",
        "SEARCH audit_accounts USING INDEX audit_accounts_key (key<?)",
        "in order, up to the limit",
    ),
    (
        "store/audit_accounts.rs: ROLES_OF_ROWS",
        "SEARCH audit_accounts USING INDEX audit_accounts_role (role_number>? AND role_number<?)",
        "up to the limit",
    ),
    (
        "store/audit_accounts.rs: STATUS_OF_ROWS",
        "SEARCH audit_accounts USING INDEX audit_accounts_status (status_number>? AND status_number<?)",
        "up to the limit",
    ),
    (
        "store/audit_archive.rs: ARCHIVES_BEFORE",
        "SCAN audit_archives",
        "in order, up to the limit; there is one row for some 2,000 entries",
    ),
    (
        "store/audit_archive.rs: ARCHIVE_AFTER",
        "SEARCH audit_archives USING INDEX sqlite_autoindex_audit_archives_1 (last>?)",
        "in order, the first",
    ),
    (
        "store/audit_archive.rs: CHECK",
        "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "no row is left",
    ),
    (
        "store/audit_archive.rs: CHECKPOINTS_OF",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>? AND last<?)",
        "at most one for each of the 2,000 entries of an archive",
    ),
    (
        "store/audit_archive.rs: DELETE_CLIENTS",
        "SEARCH audit_clients USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "2,000 entries at most",
    ),
    (
        "store/audit_archive.rs: DELETE_ROWS",
        "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "2,000 entries at most",
    ),
    (
        "store/audit_archive.rs: DUE",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>? AND last<?)",
        "at most one for each of the 2,000 entries of an archive",
    ),
    (
        "store/audit_clients.rs: ERASE",
        "SCAN audit_clients",
        "in order, up to the limit",
    ),
    (
        "store/audit_webhook.rs: PENDING",
        "SEARCH audit USING INTEGER PRIMARY KEY (rowid>?)",
        "in order, up to the limit",
    ),
    (
        "store/audit_webhook.rs: RESET",
        "SEARCH audit USING COVERING INDEX audit_at (at<?)",
        "in order, the first",
    ),
    (
        "store/oauth_clients/create.rs: CREATE",
        "SCAN oauth_clients",
        "500 clients at most, and deleted ones until the cron event removes them",
    ),
    (
        "store/oauth_clients/create.rs: CREATES",
        "SCAN oauth_clients",
        "500 clients at most, and deleted ones until the cron event removes them",
    ),
    (
        "store/oauth_clients/create.rs: IS_FULL",
        "SCAN oauth_clients",
        "500 clients at most, and deleted ones until the cron event removes them",
    ),
    (
        "store/oauth_clients/list.rs: LIST",
        "SEARCH oauth_clients USING INDEX oauth_clients_list ((name_search,id)>(?,?) AND name_search<?)",
        "in order, 500 clients at most",
    ),
    (
        "store/oauth_clients/revoke_grants.rs: DELETE_CLIENTS",
        "SCAN oauth_clients",
        "500 clients at most, and deleted ones until the cron event removes them",
    ),
    (
        "store/oauth_clients/revoke_grants.rs: DELETE_CONSENTS",
        "SCAN oauth_clients",
        "500 clients at most, and deleted ones until the cron event removes them",
    ),
    (
        "store/oauth_clients/revoke_grants.rs: DELETE_GRANTS",
        "SCAN oauth_clients",
        "500 clients at most, and deleted ones until the cron event removes them",
    ),
    (
        "store/oauth_grants/create.rs: EVICT",
        "USE TEMP B-TREE FOR ORDER BY",
        "300 grants of one user at most",
    ),
    (
        "store/oauth_grants/mod.rs: DELETE_EXPIRED",
        "SEARCH oauth_grants USING INDEX oauth_grants_end (expires_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/pending_sign_ins.rs: DELETE_EXPIRED",
        "SEARCH pending_sign_ins USING INDEX pending_sign_ins_end (expires_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/status.rs: LOCKED",
        "SEARCH sign_in_attempts USING INDEX sign_in_attempts_locked (key>? AND key<?)",
        "locked counters, up to the limit",
    ),
    (
        "store/status.rs: OLDEST",
        "SCAN audit",
        "in order, the first",
    ),
    (
        "store/status.rs: USERS",
        "SCAN users USING COVERING INDEX sqlite_autoindex_users_1",
        "up to the limit",
    ),
    (
        "store/audit_export.rs: CHECKPOINTS_BETWEEN",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>? AND last<?)",
        "in order, at most one for each entry of the page",
    ),
    (
        "store/checkpoints.rs: ENTRIES_AFTER",
        "SEARCH audit USING INTEGER PRIMARY KEY (rowid>?)",
        "in order, up to the limit",
    ),
    (
        "store/checkpoints.rs: LAST_CHECKPOINTS",
        "SEARCH audit_checkpoints USING INTEGER PRIMARY KEY (rowid>?)",
        "two rows",
    ),
    (
        "store/checkpoints.rs: ROWS_BETWEEN",
        "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        "in order, up to the limit",
    ),
    (
        "store/checkpoints.rs: CHECKPOINTS_AFTER",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>?)",
        "in order, up to the limit",
    ),
    (
        "store/checkpoints.rs: CHECKPOINT_BEFORE",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last<?)",
        "in order, the first",
    ),
    (
        "store/bootstrap.rs: STATE",
        "SEARCH users USING COVERING INDEX users_list_role_created (role=? AND is_active=?)",
        "ends at the first super administrator",
    ),
    (
        "store/bootstrap.rs: CREATE",
        "SEARCH users USING COVERING INDEX users_list_role_created (role=? AND is_active=?)",
        "ends at the first super administrator",
    ),
    (
        "store/bootstrap.rs: CREATES",
        "SEARCH users USING COVERING INDEX users_list_role_created (role=? AND is_active=?)",
        "ends at the first super administrator",
    ),
    (
        "store/bootstrap.rs: DELETE_EXPIRED",
        "SEARCH bootstrap_secrets USING INDEX bootstrap_secrets_end (expires_at<?)",
        "rows that have expired since the last cleanup",
    ),
    (
        "store/password_links.rs: DELETE_EXPIRED",
        "SEARCH password_links USING COVERING INDEX password_links_end (expires_at<?)",
        "rows that have expired since the last cleanup",
    ),
    (
        "store/email_links/mod.rs: DELETE_EXPIRED",
        "SEARCH email_links USING COVERING INDEX email_links_end (expires_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/email_requests.rs: DELETE_EXPIRED",
        "SEARCH email_requests USING COVERING INDEX email_requests_end (at<?)",
        "in order, up to the limit",
    ),
    (
        "store/used_assertions.rs: DELETE_EXPIRED",
        "SEARCH used_assertions USING INDEX used_assertions_end (expires_at<?)",
        "up to the limit",
    ),
    (
        "store/used_challenges.rs: DELETE_EXPIRED",
        "SEARCH used_challenges USING INDEX used_challenges_end (expires_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/used_proofs.rs: DELETE_EXPIRED",
        "SEARCH used_proofs USING INDEX used_proofs_end (ends_at<?)",
        "rows that have expired since the last cleanup",
    ),
    (
        "store/integrity.rs: ACCOUNTS",
        "SEARCH users USING INDEX sqlite_autoindex_users_1 (id>?)",
        "in order, up to the limit",
    ),
    (
        "store/integrity.rs: ENTRIES_OF_SUPER_ADMINS",
        "SCAN audit_accounts",
        "only for the holder of a bootstrap secret while no user is an active super administrator",
    ),
    (
        "store/integrity.rs: NAMED_SUPER_ADMINS",
        "SCAN audit_accounts",
        "only for the holder of a bootstrap secret while no user is an active super administrator",
    ),
    (
        "store/integrity.rs: NAMED_SUPER_ADMINS",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>?)",
        "in order, the first",
    ),
    (
        "store/integrity.rs: PRIVILEGED",
        "SEARCH users USING INDEX users_privileged (id>?)",
        "in order, up to the limit",
    ),
    (
        "store/integrity.rs: ACCOUNTS",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>?)",
        "in order, the first",
    ),
    (
        "store/integrity.rs: PRIVILEGED",
        "SEARCH audit_checkpoints USING INDEX sqlite_autoindex_audit_checkpoints_1 (last>?)",
        "in order, the first",
    ),
    (
        "store/integrity.rs: SCHEMA",
        "SCAN sqlite_master",
        "some fifty objects of the migrations, up to the limit",
    ),
    (
        "store/integrity.rs: SCHEMA",
        "USE TEMP B-TREE FOR ORDER BY",
        "the same objects, triggers and views first",
    ),
    (
        "store/sessions/begin.rs: EVICT",
        "USE TEMP B-TREE FOR ORDER BY",
        "300 sessions of one user at most",
    ),
    (
        "store/sessions/issued.rs: ISSUED_COOKIES",
        "SEARCH sessions USING INDEX sessions_issued_cookie (rotated_at>? AND rotated_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/sessions/issued.rs: ISSUED_TOKENS",
        "SEARCH sessions USING INDEX sessions_issued (rotated_at>? AND rotated_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/sessions/mod.rs: DELETE_EXPIRED",
        "SEARCH sessions USING INDEX sessions_end (ends_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/status.rs: TOTP_OF_OTHER_KEYS",
        "SEARCH totp USING COVERING INDEX totp_key (key_id<?)",
        "up to the limit",
    ),
    (
        "store/status.rs: TOTP_OF_OTHER_KEYS",
        "SEARCH totp USING COVERING INDEX totp_key (key_id>?)",
        "up to the limit",
    ),
    (
        "store/status.rs: PENDING_SIGN_INS",
        "SEARCH pending_sign_ins USING INDEX pending_sign_ins_end (expires_at>?)",
        "those of five minutes, up to the limit",
    ),
    (
        "store/throttle/unlock.rs: UNLOCK",
        "SEARCH sign_in_attempts USING COVERING INDEX sqlite_autoindex_sign_in_attempts_1 (key>? AND key<?)",
        "the devices of one user",
    ),
    (
        "store/throttle/unlock.rs: UNLOCKS",
        "SEARCH sign_in_attempts USING COVERING INDEX sqlite_autoindex_sign_in_attempts_1 (key>? AND key<?)",
        "the devices of one user",
    ),
    (
        "store/users/update.rs: CHANGE",
        "SEARCH other USING COVERING INDEX users_list_role_created (role=? AND is_active=?)",
        "ends at the first other super administrator",
    ),
    (
        "store/users/update.rs: CHANGES",
        "SEARCH other USING COVERING INDEX users_list_role_created (role=? AND is_active=?)",
        "ends at the first other super administrator",
    ),
    (
        "store/users/search.rs: FIND",
        "SEARCH users USING COVERING INDEX users_search_email ((email_search,id)>(?,?) AND email_search<?)",
        "in order, up to the limit",
    ),
    (
        "store/users/search.rs: FIND",
        "SEARCH users USING COVERING INDEX users_search_name ((name_search,id)>(?,?) AND name_search<?)",
        "in order, up to the limit",
    ),
    (
        "store/throttle/cleanup.rs: REMOVE_NETWORKS",
        "SEARCH address_attempts USING INDEX address_attempts_end (empty_at_ms<?)",
        "in order, up to the limit",
    ),
    (
        "store/throttle/cleanup.rs: DELETE_EXPIRED",
        "SEARCH sign_in_attempts USING INDEX sign_in_attempts_end (ends_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/throttle/cleanup.rs: REMOVE_WITH_SESSIONS",
        "SEARCH sessions USING INDEX sessions_end (ends_at<?)",
        "in order, up to the limit",
    ),
    (
        "store/throttle/revert.rs: RESTORE",
        "SEARCH sign_in_attempts USING COVERING INDEX sqlite_autoindex_sign_in_attempts_1 (key>? AND key<?)",
        "the devices of one user",
    ),
    (
        "store/users/kept.rs: ATTEMPTS",
        "SEARCH sign_in_attempts USING INDEX sqlite_autoindex_sign_in_attempts_1 (key>? AND key<?)",
        "the devices of one user",
    ),
    (
        "store/users/export.rs: PAGE",
        "SEARCH users USING INDEX sqlite_autoindex_users_1 (id>?)",
        "in order, up to the limit",
    ),
    (
        "store/users/erase.rs: DELETE_ACCOUNT_ATTEMPTS",
        "SEARCH sign_in_attempts USING COVERING INDEX sqlite_autoindex_sign_in_attempts_1 (key>? AND key<?)",
        "the devices of one user",
    ),
];

/// The keywords that a statement can begin with.
const VERBS: [&str; 16] = [
    "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CREATE", "DELETE", "DROP", "EXPLAIN", "INSERT",
    "PRAGMA", "REINDEX", "REPLACE", "SELECT", "UPDATE", "VACUUM", "WITH",
];

/// Every string literal of `src` that is SQL, by file and constant.
pub fn statements() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &mut |path| {
        let text = fs::read_to_string(path).expect("a source is UTF-8");
        let tokens = text.parse().expect("a source is Rust");
        let file = path.strip_prefix(&root).expect("below src");
        gather(&file.display().to_string(), tokens, &mut found);
    });
    found
}

/// The costly steps that are allowed, by statement.
pub fn allowed() -> BTreeSet<(String, String)> {
    let step = |(name, step, _): &(&str, &str, &str)| ((*name).to_owned(), (*step).to_owned());
    ALLOWED.iter().map(step).collect()
}

/// Calls `visit` with every Rust source below a folder.
pub fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("src is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            visit(&path);
        }
    }
}

/// Collects the SQL literals from the tokens of a file.
pub fn gather(file: &str, tokens: TokenStream, found: &mut BTreeMap<String, String>) {
    let mut name = String::new();
    let mut is_const = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => gather(file, group.stream(), found),
            // The compiler sees a doc comment as this attribute.
            TokenTree::Ident(word) if word == "doc" => return,
            TokenTree::Ident(word) => {
                if is_const {
                    name = word.to_string();
                }
                is_const = word == "const";
            }
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                let text = literal
                    .trim_start_matches(['r', '#'])
                    .trim_matches(['"', '#']);
                let verb = text.split_whitespace().next().unwrap_or_default();
                if literal.contains('"') && text.trim() != verb && VERBS.contains(&verb) {
                    assert!(!text.contains('\\'), "{file}: an escape in {text}");
                    let name = if name.is_empty() { text } else { &name };
                    let key = format!("{file}: {name}");
                    let before = found.insert(key, text.to_owned());
                    assert_eq!(before, None, "{file}: two statements in {name}");
                }
            }
            TokenTree::Punct(mark) => {
                if mark.as_char() == ';' {
                    name.clear();
                }
            }
        }
    }
}
