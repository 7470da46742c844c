//! The API of the built Worker, tested from outside: in workerd, with a real local D1 and KV. See `support`.
//!
//! What the API's two documents say, sentence by sentence, and the tests that show it:
//!
//! | sentence | test |
//! |---|---|
//! | **Authentication API Documentation** | |
//! | All endpoints are relative to the base URL: `/api/auth` | `envelopes::a_path_has_one_spelling`, `openapi::it_is_openapi_3_1` |
//! | `/me`: Gets the current user's information. | `me::the_documented_example` |
//! | `/me`: Method: `GET` | `envelopes::another_method_is_405_and_is_told_what_is_allowed` |
//! | `/me`: Auth required: Yes | `me::the_documented_401_is_that_of_no_token_and_of_a_token_that_is_not_good` |
//! | `/me`: Permissions required: None | `me::the_documented_example`, whose John is a plain user |
//! | `/me`: `200 OK`, content example | `me::the_documented_example` |
//! | `/me`: `401 Unauthorized`, content example | `me::the_documented_401_is_that_of_no_token_and_of_a_token_that_is_not_good`, `tokens::every_attack_is_the_same_401_and_asks_no_store` |
//! | `/refresh`: Refreshes the JWT token. | `refresh::a_refresh_gives_the_next_token_of_the_same_session` |
//! | `/refresh`: Method: `POST` | `envelopes::another_method_is_405_and_is_told_what_is_allowed` |
//! | `/refresh`: Auth required: Yes | `envelopes::a_401_names_the_scheme_and_an_error_only_if_a_token_came` |
//! | `/refresh`: Permissions required: None | `logout::the_token_is_dead_everywhere_afterwards`, whose Ada is a plain user |
//! | `/refresh`: `200 OK` | `tokens::a_refreshed_token_comes_with_its_person` |
//! | **Authentication APIs** | |
//! | Authenticates a user and returns a JWT token. | `login::the_documented_example`, `tokens::a_token_says_whose_session_it_is_until_when_and_nothing_else` |
//! | `"username"`: Email or username | `login::a_username_or_an_email_in_any_case_signs_in`, `login::a_name_of_any_script_signs_in_however_it_is_typed` |
//! | login: Response (200 OK) | `login::the_documented_example`, `login::nothing_is_left_out_and_nothing_invented` |
//! | login: 400 Bad Request, Username and password are required | `login::the_documented_400`, `bodies::what_is_no_body_of_the_route_is_400_with_the_routes_text`, `bodies::an_empty_username_or_password_is_a_missing_one` |
//! | login: 401 Unauthorized, Invalid username or password | `login::the_documented_401`, `login::unknown_disabled_passwordless_and_wrong_are_one_answer` |
//! | Validates an existing JWT token and returns user information. | `validate::the_documented_example`, `validate::the_user_is_the_same_as_in_the_sign_in_from_the_copy_and_from_the_record` |
//! | Authorization: Bearer eyJ… | `validate::the_scheme_is_bearer_in_any_case`, `validate::a_token_elsewhere_than_in_the_header_is_no_token` |
//! | validate: Response (200 OK) | `validate::the_documented_example` |
//! | validate: 401 Unauthorized, No token provided | `validate::the_documented_401_without_a_token` |
//! | validate: 401 Unauthorized, Invalid or expired token | `validate::the_documented_401_with_a_token_that_is_not_good`, `tokens::every_attack_is_the_same_401_and_asks_no_store` |
//! | Logs out the current user. | `logout::the_token_is_dead_everywhere_afterwards`, `logout::the_persons_other_sessions_live_on` |
//! | Client should delete the stored token. | `logout::nobody_is_logged_out_as_well`: one that did may ask again |
//! | logout: Response (200 OK) | `logout::the_documented_example` |
//! | aws-credentials: Admin/Super Admin only. | `aws_credentials::administrators_only`, `aws_credentials::who_is_no_administrator_any_more_is_refused_at_the_next_call` |
//! | Retrieves masked AWS credentials and example API calls. | `aws_credentials::the_documented_example`, `aws_credentials::no_five_characters_of_a_secret_come_out`, `examples/bedrock::the_examples_run_and_a_wrong_secret_does_not` |
//! | aws-credentials: Response (200 OK) | `aws_credentials::the_documented_example` |
//! | nvidia-credentials: Admin/Super Admin only. | `nvidia_credentials::administrators_only` |
//! | Retrieves masked NVIDIA API key and example API calls. | `nvidia_credentials::the_documented_example`, `nvidia_credentials::no_five_characters_of_a_key_come_out`, `examples/nvidia::the_examples_run_and_a_wrong_key_does_not` |
//! | nvidia-credentials: Response (200 OK) | `nvidia_credentials::the_documented_example` |
//! | Always use HTTPS in production | `headers::every_kind_of_reply_has_them`: browsers are told to |
//! | Store tokens securely (localStorage or httpOnly cookies) | `cors::every_route_allows_credentials_to_an_allowed_web_origin`: a token travels in bodies and in its header only, the cookie is no token |
//! | Include Bearer prefix in Authorization header | `envelopes::a_401_names_the_scheme_and_an_error_only_if_a_token_came` |
//! | Handle token expiration gracefully (24 hour lifetime) | `validate::a_token_is_good_for_24_hours`, `tokens::a_token_says_whose_session_it_is_until_when_and_nothing_else` |
//! | Clear tokens on logout | `logout::the_token_is_dead_everywhere_afterwards`: one that is kept opens nothing |

mod addresses;
mod argon2id;
mod audit;
mod aws;
mod aws_credentials;
mod bodies;
mod browser;
mod calls;
mod canary;
mod change_password;
mod command_line;
mod configuration;
mod cors;
mod cron;
mod durability;
mod edge;
mod enumeration;
mod envelopes;
mod error_codes;
mod examples;
mod flood;
mod harness;
mod headers;
mod health;
mod hostile;
mod isolate;
mod limits;
mod login;
mod logout;
mod many_sessions;
mod matrix;
mod me;
mod not_before;
mod nvidia_credentials;
mod openapi;
mod outages;
mod plans;
mod promise;
mod races;
mod refresh;
mod rehash;
mod revocations;
mod schemathesis;
mod session_routes;
mod sessions;
mod set_password;
mod simultaneous;
mod strict;
mod support;
mod throttle;
mod timing;
mod tokens;
mod uploads;
mod validate;
mod waits;

#[test]
fn the_table_names_tests_that_are_there() {
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
