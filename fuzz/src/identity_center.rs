//! Responses of Identity Center: its OIDC service, its portal and its directory.

use crate::{Target, choose, seed};
use edge_auth::aws::endpoint::{Endpoint, Service};
use edge_auth::aws::error::AwsError;
use edge_auth::aws::region::Region;
use edge_auth::aws::wire::AwsResponse;
use edge_auth::aws::{identity_store, sso_oidc, sso_portal};

pub const TARGET: Target = Target {
    name: "identity_center",
    run,
    seeds,
    words: &[
        r"\n", r"\u0000", r"\u00e9", r#""""#, "null", "[]", "-1", "0", "http://", "1e99",
    ],
};

const STATUSES: [u16; 4] = [200, 400, 204, 503];
const ERROR_TYPES: [Option<&str>; 3] = [
    None,
    Some("AuthorizationPendingException:http://internal.amazon.com/"),
    Some("com.amazon#InvalidGrantException"),
];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let choice = usize::from(choice);
    let status = STATUSES[choice % STATUSES.len()];
    let error_type = ERROR_TYPES[choice / STATUSES.len() % ERROR_TYPES.len()];
    let response = AwsResponse {
        status,
        error_type: error_type.map(str::to_owned),
        body: input.to_vec(),
    };
    oidc(&response);
    portal(&response);
    directory(&response);
    check_outcome(status, sso_portal::logged_out(&response), |()| {});
}

/// Only a success has a value, and an error has a known name.
fn check_outcome<T>(status: u16, read: Result<T, AwsError>, check: impl FnOnce(T)) {
    match read {
        Ok(value) => {
            assert!(status == 200 || status == 204);
            check(value);
        }
        Err(AwsError::Refused(code)) => assert!(status >= 400 && code.as_str().len() < 64),
        Err(error) => assert!(!error.code().is_empty()),
    }
}

fn oidc(response: &AwsResponse) {
    let endpoint = Endpoint::of(
        Service::SsoOidc,
        Region::parse("us-east-1").expect("a region"),
    );
    check_outcome(
        response.status,
        sso_oidc::registration(response),
        |registration| {
            assert_header_value(registration.client_id.reveal());
            assert_header_value(registration.client_secret.reveal());
            assert!(registration.expires_at.seconds() > 0);
        },
    );
    check_outcome(
        response.status,
        sso_oidc::device_authorization(&endpoint, response),
        |device| {
            assert_header_value(device.device_code.reveal());
            for uri in [&device.verification_uri, &device.verification_uri_complete] {
                assert_header_value(uri);
                assert!(uri.starts_with("https://"), "{uri}");
            }
            assert_header_value(&device.user_code);
            assert!(device.expires_in > 0 && device.interval > 0);
        },
    );
    check_outcome(response.status, sso_oidc::access_token(response), |token| {
        assert_header_value(token.reveal());
    });
}

fn portal(response: &AwsResponse) {
    check_outcome(response.status, sso_portal::accounts(response), |page| {
        let is_account =
            |id: &String| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        assert!(page.items.iter().all(is_account), "{:?}", page.items);
    });
    check_outcome(
        response.status,
        sso_portal::account_roles(response),
        |page| {
            let is_name =
                |name: &String| !name.is_empty() && !name.contains(['/', '&', '?', '\n', ' ']);
            assert!(page.items.iter().all(is_name), "{:?}", page.items);
        },
    );
    check_outcome(
        response.status,
        sso_portal::role_credentials(response),
        |credentials| {
            assert_header_value(credentials.access_key_id.reveal());
            assert_header_value(credentials.secret_access_key.reveal());
            assert_header_value(
                credentials
                    .session_token
                    .expect("temporary credentials")
                    .reveal(),
            );
        },
    );
}

fn directory(response: &AwsResponse) {
    check_outcome(response.status, identity_store::user_id(response), |id| {
        assert!(!id.is_empty());
    });
    check_outcome(response.status, identity_store::user(response), |user| {
        assert!(!user.user_id.is_empty() && !user.user_name.is_empty());
    });
}

fn assert_header_value(text: &str) {
    assert!(
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()),
        "{text:?}"
    );
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        seed(
            0,
            r#"{"clientId":"abc","clientSecret":"def","clientIdIssuedAt":1,"clientSecretExpiresAt":1704974400}"#,
        ),
        seed(
            0,
            r#"{"deviceCode":"x","userCode":"ABCD-EFGH","verificationUri":"https://device.sso.us-east-1.amazonaws.com/","verificationUriComplete":"https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH","expiresIn":600,"interval":1}"#,
        ),
        seed(
            0,
            r#"{"accessToken":"aoa","tokenType":"Bearer","expiresIn":28800}"#,
        ),
        seed(
            0,
            r#"{"accountList":[{"accountId":"123456789012","accountName":"a","emailAddress":"a@b.example"}],"nextToken":"x"}"#,
        ),
        seed(
            0,
            r#"{"roleList":[{"roleName":"Developer","accountId":"123456789012"}],"nextToken":null}"#,
        ),
        seed(
            0,
            r#"{"roleCredentials":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"s","sessionToken":"t","expiration":1704974400000}}"#,
        ),
        seed(
            0,
            r#"{"UserId":"9067f7a1b2-0001","IdentityStoreId":"d-9067f7a1b2"}"#,
        ),
        seed(
            0,
            r#"{"UserId":"9067f7a1b2-0001","UserName":"ada","DisplayName":"Ada","Emails":[{"Value":"a@b.example","Primary":true}],"UserStatus":"ENABLED"}"#,
        ),
        seed(
            1,
            r#"{"error":"authorization_pending","error_description":null}"#,
        ),
        seed(
            5,
            r#"{"__type":"com.amazonaws#ThrottlingException","message":"no"}"#,
        ),
    ]
}
