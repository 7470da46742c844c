//! Tests of the API of the built Worker from outside: in workerd, with real local D1 and KV (`support`).
//!
//! | folder | contents |
//! |---|---|
//! | `session`, `factors`, `grants`, `password`, `device`, `aws`, `nvidia`, `clients`, `audit`, `system`, `oauth` | one file per endpoint, as in `src/routes`: documented bodies, errors, access |
//! | `properties` | one file per guarantee that concerns several endpoints |
//! | `pages.rs` | the browser pages as HTTP serves them |
//! | `browser` | the pages, and web applications, in Chromium |
//! | `slow` | volumes, floods and kills |
//! | `weekly` | measured times, and larger volumes |
//!
//! `cargo test-all` also runs the slow tests, in `slow` and in other folders. `cargo test-weekly` runs the tests in `weekly`.
//!
//! The two API specifications, sentence by sentence, and the tests for each:
//!
//! | sentence | test |
//! |---|---|
//! | **Authentication API Documentation** | |
//! | All endpoints are relative to the base URL: `/api/auth` | `properties/routing::other_spellings_of_a_path_return_404`, `system/openapi::document_is_openapi_3_1` |
//! | `/me`: Gets the current user's information. | `session/me::me_returns_the_documented_body` |
//! | `/me`: Method: `GET` | `properties/routing::other_method_returns_405_with_the_allowed_ones` |
//! | `/me`: Auth required: Yes | `session/me::me_without_a_valid_token_returns_the_documented_401` |
//! | `/me`: Permissions required: None | `session/me::me_returns_the_documented_body`, in which John has the role `user` |
//! | `/me`: `200 OK`, content example | `session/me::me_returns_the_documented_body` |
//! | `/me`: `401 Unauthorized`, content example | `session/me::me_without_a_valid_token_returns_the_documented_401`, `properties/token_attacks::every_forged_token_returns_the_same_401_and_reads_no_store` |
//! | `/refresh`: Refreshes the JWT token. | `session/refresh::refresh_returns_the_next_token_of_the_session` |
//! | `/refresh`: Method: `POST` | `properties/routing::other_method_returns_405_with_the_allowed_ones` |
//! | `/refresh`: Auth required: Yes | `properties/routing::challenge_of_a_401_has_an_error_only_if_a_token_was_sent` |
//! | `/refresh`: Permissions required: None | `session/logout::logout_revokes_the_session_on_every_route`, in which Ada has the role `user` |
//! | `/refresh`: `200 OK` | `session/refresh::refresh_returns_the_documented_body` |
//! | **Authentication APIs** | |
//! | Authenticates a user and returns a JWT token. | `session/login::login_returns_the_documented_body`, `properties/tokens::token_contains_session_user_times_and_nothing_else` |
//! | `"username"`: Email or username | `properties/login_names::username_and_email_in_any_case_sign_in`, `properties/login_names::name_of_any_script_and_spelling_signs_in` |
//! | login: Response (200 OK) | `session/login::login_returns_the_documented_body`, `session/login::login_of_a_user_without_organization_returns_null_fields` |
//! | login: 400 Bad Request, Username and password are required | `session/login::login_without_username_and_password_returns_the_documented_400`, `properties/request_bodies::invalid_body_returns_the_400_of_its_route`, `session/login::login_with_an_empty_username_or_password_returns_400` |
//! | login: 401 Unauthorized, Invalid username or password | `session/login::login_with_a_wrong_password_returns_the_documented_401`, `properties/enumeration::refused_logins_of_every_reason_return_one_response` |
//! | Validates an existing JWT token and returns user information. | `session/validate::validate_returns_the_documented_body`, `session/validate::validate_returns_the_user_of_login_from_the_cache_and_from_d1` |
//! | Authorization: Bearer eyJ… | `session/validate::bearer_scheme_is_case_insensitive`, `session/validate::token_in_the_query_or_in_a_cookie_is_ignored` |
//! | validate: Response (200 OK) | `session/validate::validate_returns_the_documented_body` |
//! | validate: 401 Unauthorized, No token provided | `session/validate::validate_without_a_token_returns_the_documented_401` |
//! | validate: 401 Unauthorized, Invalid or expired token | `session/validate::validate_with_an_invalid_token_returns_the_documented_401`, `properties/token_attacks::every_forged_token_returns_the_same_401_and_reads_no_store` |
//! | Logs out the current user. | `session/logout::logout_revokes_the_session_on_every_route`, `session/logout::logout_keeps_other_sessions_of_the_user` |
//! | Client should delete the stored token. | `session/logout::logout_without_a_valid_token_returns_200_without_reading_d1`: a client that did may repeat the request |
//! | logout: Response (200 OK) | `session/logout::logout_returns_the_documented_body` |
//! | aws-credentials: Admin/Super Admin only. | `aws/credentials::aws_credentials_requires_an_administrator`, `aws/credentials::aws_credentials_reads_the_role_from_d1` |
//! | Retrieves masked AWS credentials and example API calls. | `aws/credentials::aws_credentials_returns_the_documented_body`, `aws/credentials::no_five_characters_of_an_aws_secret_are_returned_or_logged`, `properties/example_programs/bedrock::examples_run_and_fail_with_a_wrong_secret` |
//! | aws-credentials: Response (200 OK) | `aws/credentials::aws_credentials_returns_the_documented_body` |
//! | nvidia-credentials: Admin/Super Admin only. | `nvidia/credentials::nvidia_credentials_requires_an_administrator` |
//! | Retrieves masked NVIDIA API key and example API calls. | `nvidia/credentials::nvidia_credentials_returns_the_documented_body`, `nvidia/credentials::no_five_characters_of_an_nvidia_key_are_returned_or_logged`, `properties/example_programs/nvidia::examples_run_and_fail_with_a_wrong_key` |
//! | nvidia-credentials: Response (200 OK) | `nvidia/credentials::nvidia_credentials_returns_the_documented_body` |
//! | Always use HTTPS in production | `properties/headers::every_kind_of_response_has_the_common_headers`: `Strict-Transport-Security` tells browsers to use it |
//! | Store tokens securely (localStorage or httpOnly cookies) | `properties/cors::every_route_allows_credentials_to_a_web_origin`: tokens are only in bodies and in their header; the cookie is not a token |
//! | Include Bearer prefix in Authorization header | `properties/routing::challenge_of_a_401_has_an_error_only_if_a_token_was_sent` |
//! | Handle token expiration gracefully (24 hour lifetime) | `session/validate::token_is_valid_for_24_hours`, `properties/tokens::token_contains_session_user_times_and_nothing_else` |
//! | Clear tokens on logout | `session/logout::logout_revokes_the_session_on_every_route`: a token that the client kept is refused |

mod audit;
mod aws;
mod bootstrap;
mod browser;
mod clients;
mod device;
mod email;
mod factors;
mod grants;
mod interop;
mod nvidia;
mod oauth;
mod pages;
mod passkeys;
mod password;
mod properties;
mod session;
mod slow;
mod support;
mod system;
mod users;
mod weekly;

#[test]
fn table_of_sentences_names_existing_tests() {
    let rows = include_str!("main.rs")
        .lines()
        .filter(|line| line.starts_with("//! | ") && line.contains("::"));
    let mut named = 0;
    for word in rows.flat_map(|row| row.split('`')) {
        let Some((file, test)) = word.split_once("::") else {
            continue;
        };
        let path = format!("{}/tests/api/{file}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(&path).expect(&path);
        assert!(source.contains(&format!("fn {test}()")), "{word}");
        named += 1;
    }
    assert!(named > 30, "{named}");
}
