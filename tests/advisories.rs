//! Published advisories and bug reports of comparable projects, with the tests that show that this service does not have the same
//! fault.
//!
//! Each row names existing tests. This test parses the sources and fails if one of them was renamed or removed. A row covers the
//! part of the advisory that applies to this service. A new feature, such as a new grant type, adds tests to the rows that apply to
//! it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use syn::{Attribute, Item};

struct Row {
    /// The public id: of the GitHub advisory database, of CVE, or the project and the number of the issue.
    id: &'static str,
    /// The fault.
    fault: &'static str,
    /// Tests below `tests/api`: file and function.
    tests: &'static [&'static str],
}

const ADVISORIES: [Row; 12] = [
    Row {
        id: "better-auth GHSA-7w99",
        fault: "an authorization code is redeemed twice",
        tests: &[
            "oauth/code::of_requests_with_one_code_one_gets_tokens",
            "oauth/code::code_that_is_redeemed_again_ends_the_tokens_issued_from_it",
            "properties/oauth/races::of_forty_redemptions_of_a_code_one_succeeds_and_the_replays_end_its_tokens",
        ],
    },
    Row {
        id: "better-auth CVE-2026-53512",
        fault: "a refresh does not check the secret of the client",
        tests: &["oauth/refresh::token_of_another_client_is_refused_and_stays_valid"],
    },
    Row {
        id: "uploads 891",
        fault: "the removal of a connected application leaves its tokens valid",
        tests: &[
            "grants/remove::removal_revokes_the_grant_forgets_the_consents_and_is_idempotent",
            "properties/validate_token::token_of_a_user_is_valid_until_the_grant_is_revoked",
            "properties/oauth/races::acknowledged_revocation_concurrent_with_refreshes_leaves_no_token",
        ],
    },
    Row {
        id: "better-auth GHSA-392p",
        fault: "concurrent refreshes with one token give several tokens that can be refreshed further",
        tests: &[
            "properties/replay_window::concurrent_refreshes_return_one_token",
            "properties/replay_window::concurrent_refreshes_of_three_generations_get_the_next_token",
            "properties/concurrency::rounds_of_concurrent_refreshes_are_one_refresh_each",
            "oauth/refresh::refreshes_at_the_same_time_rotate_once",
            "properties/oauth/races::forty_refreshes_with_one_token_rotate_it_once_and_return_the_same_one",
        ],
    },
    Row {
        id: "workers-oauth-provider 214",
        fault: "an old refresh token is accepted without notice",
        tests: &[
            "properties/replay_window::reuse_of_an_expired_rotated_out_token_revokes_the_session_and_is_audited",
            "properties/replay_window::window_of_zero_seconds_accepts_no_rotated_out_token",
            "oauth/refresh::earlier_token_ends_the_grant_after_the_window",
            "oauth/refresh::window_of_zero_accepts_the_current_token_only",
        ],
    },
    Row {
        id: "better-auth GHSA-p2fr",
        fault: "a token for one resource is used for another one",
        tests: &[
            "oauth/token::scope_is_that_of_client_resource_and_request",
            "properties/client_access/tokens::token_that_is_not_valid_is_refused_on_every_route",
            "properties/validate_token::access_token_is_for_its_audience_only_and_needs_all_scopes",
            "oauth/refresh::resource_is_that_of_the_grant",
            "oauth/code::request_that_is_not_right_does_not_consume_the_code",
            "properties/oauth/confusion::each_text_is_accepted_in_its_own_place_only",
            "properties/oauth/hostile/token_requests::hostile_token_request_gets_its_error_and_no_token",
        ],
    },
    Row {
        id: "better-auth GHSA-g38m",
        fault: "an account is taken over before its owner signs in, because accounts are linked by an address that is not verified",
        tests: &[
            "device/token/names::name_of_a_password_user_does_not_give_access_to_the_account",
            "device/token/names::derived_address_is_never_that_of_a_password_user",
        ],
    },
    Row {
        id: "better-auth CVE-2025-61928",
        fault: "credentials for a user or service are created without authentication",
        tests: &[
            "clients/mod::administrators_read_and_only_super_administrators_write",
            "clients/mod::writes_need_a_recent_authentication_and_reads_do_not",
            "properties/access::each_route_admits_exactly_the_roles_that_it_requires_with_a_token",
            "properties/access::each_route_admits_exactly_the_roles_that_it_requires_with_a_cookie",
            "properties/client_access::each_route_admits_clients_with_its_scope_only",
        ],
    },
    Row {
        id: "lobu 3623, keeperhub 1836",
        fault: "a device flow that the user has approved stays pending forever",
        tests: &[
            "device/token/polling::client_that_disconnected_gets_its_session_later",
            "device/token/polling::repeated_token_request_within_two_minutes_returns_the_same_bytes",
            "device/token/polling::denied_or_expired_code_is_final",
        ],
    },
    Row {
        id: "better-auth 8081",
        fault: "a sign-in with a passkey loses the authorization request that waits for it",
        tests: &[
            "properties/oauth/continuation::authorization_request_survives_a_sign_in_with_a_passkey",
        ],
    },
    Row {
        id: "better-auth GHSA-5rr4",
        fault: "the service sends a request to an address that a client or user chooses",
        tests: &["properties/oauth/outbound::addresses_in_requests_and_tokens_are_not_fetched"],
    },
    Row {
        id: "lemmary 33",
        fault: "user verification of a passkey is preferred, and its absence is accepted",
        tests: &[
            "passkeys/register::options_ask_for_a_verified_user_and_no_attestation",
            "passkeys/refused::sign_in_is_refused_if_anything_is_different",
        ],
    },
];

/// Rules that the tests of workers-oauth-provider check.
const RULES: [Row; 10] = [
    Row {
        id: "workers-oauth-provider, PKCE and codes",
        fault: "PKCE is absent or plain, or a request that fails consumes the code",
        tests: &[
            "oauth/authorize::error_of_a_request_is_sent_to_the_client_with_state_and_issuer",
            "oauth/code::request_that_is_not_right_does_not_consume_the_code",
            "properties/oauth/hostile/mod::hostile_authorization_request_gets_its_error_and_stays_at_the_service",
            "properties/oauth/hostile/token_requests::hostile_token_request_gets_its_error_and_no_token",
        ],
    },
    Row {
        id: "workers-oauth-provider, redirects",
        fault: "an unknown client or a redirect URI that is not registered leads away from the service",
        tests: &[
            "oauth/authorize::request_without_a_valid_client_and_redirect_uri_leads_to_the_error_page",
            "properties/oauth/hostile/mod::hostile_authorization_request_gets_its_error_and_stays_at_the_service",
        ],
    },
    Row {
        id: "workers-oauth-provider, issuer",
        fault: "an authorization response has no iss, or several",
        tests: &[
            "oauth/authorize::error_of_a_request_is_sent_to_the_client_with_state_and_issuer",
            "oauth/consent::user_who_allows_returns_with_a_code_and_is_recorded",
            "properties/oauth/hostile/responses::each_response_to_a_client_names_the_issuer_once",
        ],
    },
    Row {
        id: "workers-oauth-provider, revocation of a refresh token",
        fault: "the revocation of a refresh token leaves its grant live",
        tests: &["oauth/ends::revoked_refresh_token_ends_the_grant_and_access_token_only_itself"],
    },
    Row {
        id: "workers-oauth-provider, client authentication",
        fault: "a client authenticates with another method than the registered one",
        tests: &[
            "oauth/authentication::client_authenticates_with_its_registered_method_only",
            "properties/oauth/hostile/token_requests::hostile_token_request_gets_its_error_and_no_token",
        ],
    },
    Row {
        id: "workers-oauth-provider, assertions",
        fault: "the record that an assertion was used is a best effort",
        tests: &[
            "oauth/assertions::assertion_is_accepted_once",
            "properties/oauth/races::of_forty_uses_of_an_assertion_one_succeeds",
        ],
    },
    Row {
        id: "workers-oauth-provider, resource",
        fault: "a resource with a fragment, or another one than requested, is accepted at the token endpoint",
        tests: &[
            "oauth/token::scope_is_that_of_client_resource_and_request",
            "oauth/refresh::resource_is_that_of_the_grant",
            "properties/oauth/hostile/mod::hostile_authorization_request_gets_its_error_and_stays_at_the_service",
            "properties/oauth/hostile/token_requests::hostile_token_request_gets_its_error_and_no_token",
        ],
    },
    Row {
        id: "workers-oauth-provider, scope",
        fault: "a request gets more scopes than the client may have",
        tests: &[
            "oauth/token::scope_is_that_of_client_resource_and_request",
            "properties/client_access/tokens::token_has_the_scopes_that_were_requested_and_no_more",
            "oauth/refresh::scope_may_narrow_and_never_widen",
            "properties/oauth/hostile/consent::decision_is_for_what_was_shown_and_counts_once",
            "properties/oauth/hostile/mod::hostile_authorization_request_gets_its_error_and_stays_at_the_service",
            "properties/oauth/hostile/token_requests::hostile_token_request_gets_its_error_and_no_token",
        ],
    },
    Row {
        id: "workers-oauth-provider, revocation by others",
        fault: "a client revokes the token of another one",
        tests: &[
            "oauth/revoke::unknown_and_other_tokens_get_the_same_response_and_stay_as_they_are",
            "oauth/ends::public_client_revokes_its_own_tokens_only",
        ],
    },
    Row {
        id: "workers-oauth-provider, revocation of an access token",
        fault: "the revocation of one access token revokes others",
        tests: &[
            "oauth/revoke::revoked_token_is_not_active_and_is_recorded_once",
            "properties/client_access/tokens::revoked_token_is_refused_at_once_and_another_one_of_the_client_is_not",
            "oauth/ends::revoked_refresh_token_ends_the_grant_and_access_token_only_itself",
        ],
    },
];

/// Whether a function with these attributes is a test.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == "test")
    })
}

/// The names of the tests in a source file.
fn tests_in(source: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).expect("valid Rust");
    let name = |item: Item| match item {
        Item::Fn(function) if is_test(&function.attrs) => Some(function.sig.ident.to_string()),
        _ => None,
    };
    file.items.into_iter().filter_map(name).collect()
}

#[test]
fn each_row_names_existing_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api");
    let mut missing = Vec::new();
    for Row { id, fault, tests } in ADVISORIES.iter().chain(&RULES) {
        assert!(!tests.is_empty() && !fault.is_empty(), "{id}");
        for name in *tests {
            let (file, test) = name.split_once("::").expect("file and function");
            let source = fs::read_to_string(folder.join(format!("{file}.rs")));
            if !source.is_ok_and(|source| tests_in(&source).contains(test)) {
                missing.push(format!("{id}: {name}"));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn rows_are_distinct() {
    let rows = ADVISORIES.iter().chain(&RULES);
    let ids: BTreeSet<&str> = rows.map(|row| row.id).collect();
    assert_eq!(ids.len(), ADVISORIES.len() + RULES.len());
}

#[test]
fn only_functions_that_are_tests_count() {
    let source =
        "#[tokio::test] async fn one() {} #[test] fn two() {} fn three() {} // fn four() {}";
    let expected = ["one", "two"].map(str::to_owned);
    assert_eq!(tests_in(source), BTreeSet::from(expected));
}
