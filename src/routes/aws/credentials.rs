//! `GET /api/auth/aws-credentials`: shows an administrator the service credentials in masked form, with sample programs that
//! call Bedrock.

use crate::app::RequestContext;
use crate::aws::region::Region;
use crate::aws::sigv4::Credentials;
use crate::domain::audit::Kind;
use crate::domain::mask::mask;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::sample_programs::{Examples, bedrock};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/aws-credentials",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Admin(|context, request, session| Box::pin(handle(context, request, session))),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Number of stars in a masked secret access key.
const MASK_STARS: usize = 28;

/// The service credentials of AWS in masked form.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AwsCredentialsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The masked keys and sample programs.
    pub credentials: AwsCredentials,
}

/// The masked service credentials, with sample programs.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AwsCredentials {
    /// The administrator's region if Bedrock is available there; otherwise `AWS_REGION`, or `us-east-1` if Bedrock is not
    /// available in `AWS_REGION`.
    pub region: &'static str,
    /// Access key id, not masked because it is not a secret.
    pub access_key_id: String,
    /// Masked secret access key: its first and last four characters, or only asterisks if it is short.
    pub secret_access_key: String,
    /// Bedrock endpoint for the configured model.
    pub endpoint: String,
    /// Authentication method of the endpoint.
    pub auth_method: &'static str,
    /// Sample program for a shell with curl.
    pub curl_example: String,
    /// Sample program for Node.js.
    pub node_example: String,
    /// Sample program for Python.
    pub python_example: String,
}

impl AwsCredentialsResponse {
    /// The response for these keys, this region and this model.
    #[must_use]
    pub fn new(keys: &Credentials, region: Region, model: &str) -> Self {
        let Examples { curl, node, python } =
            bedrock::examples(region, model, keys.session_token.is_some());
        let credentials = AwsCredentials {
            region: region.as_str(),
            access_key_id: keys.access_key_id.reveal().to_owned(),
            secret_access_key: mask(&keys.secret_access_key, MASK_STARS),
            endpoint: bedrock::converse_url(region, model),
            auth_method: "AWS Signature Version 4",
            curl_example: curl,
            node_example: node,
            python_example: python,
        };
        Self {
            success: true,
            credentials,
        }
    }
}

/// The administrator's own region if Bedrock is available there. Otherwise the configured region, or the region in which its
/// keys can use Bedrock.
fn region(own: Option<&str>, configured: Region) -> Option<Region> {
    own.and_then(Region::parse)
        .filter(|region| region.has_bedrock())
        .or_else(|| configured.for_bedrock())
}

fn not_configured() -> ApiError {
    ApiError::new(ErrorCode::CredentialsNotConfigured)
        .with_text("AWS credentials are not configured")
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let admin = &session.user;
    let aws = &context.app.config.aws;
    let keys = aws.credentials.as_ref().ok_or_else(not_configured)?;
    let region = region(admin.aws_region.as_deref(), aws.region).ok_or_else(not_configured)?;
    // The view is recorded before the keys are shown.
    let entry = request
        .client_info()
        .entry(&context, Kind::AwsCredentialsViewed)?;
    context
        .record(entry.by(admin.id).of_session(&session.id))
        .await?;
    let page = AwsCredentialsResponse::new(keys, region, &aws.bedrock_model_id);
    Ok(Response::ok(&page))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::crypto::secret::Secret;
    use crate::http::operation::Operation;
    use serde_json::json;
    // The example keys of the AWS documentation.
    let keys = Credentials {
        access_key_id: Secret::new("AKIAIOSFODNN7EXAMPLE"),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYX"),
        session_token: None,
    };
    let region = Region::parse("eu-north-1").unwrap_or_default();
    let example = AwsCredentialsResponse::new(&keys, region, "global.anthropic.claude-sonnet-4-6");
    Operation::new("getAwsCredentials", "AWS", "Get masked AWS credentials")
        .describe("Requires the role `admin` or higher. Includes sample programs that call Bedrock. To run one, set the variables that it names.")
        .returns::<AwsCredentialsResponse>(schemas, json!(example))
        .errors([not_configured()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::secret::Secret;
    use proptest::prelude::*;

    fn page(secret: &str, token: Option<&str>) -> String {
        let keys = Credentials {
            access_key_id: Secret::new("AKIAIOSFODNN7EXAMPLE"),
            secret_access_key: Secret::new(secret),
            session_token: token.map(Secret::new),
        };
        let model = "global.anthropic.claude-sonnet-4-6";
        let page = AwsCredentialsResponse::new(&keys, Region::default(), model);
        serde_json::to_string(&page).unwrap()
    }

    #[test]
    fn own_region_is_used_if_bedrock_is_available_there() {
        let stockholm = Region::parse("eu-north-1").unwrap();
        for (own, configured, shown) in [
            (Some("eu-west-3"), stockholm, Some("eu-west-3")),
            (Some("us-gov-west-1"), stockholm, Some("us-gov-west-1")),
            (None, stockholm, Some("eu-north-1")),
            (Some("ap-east-1"), stockholm, Some("eu-north-1")),
            (Some("$(reboot)"), stockholm, Some("eu-north-1")),
            (Some("EU-WEST-3"), stockholm, Some("eu-north-1")),
            (None, Region::parse("ap-east-1").unwrap(), Some("us-east-1")),
            (None, Region::parse("cn-north-1").unwrap(), None),
        ] {
            let chosen = region(own, configured);
            assert_eq!(chosen.map(Region::as_str), shown, "{own:?}");
        }
    }

    proptest! {
        /// The secrets consist of the characters that AWS uses. Five characters that also appear in the response for another
        /// secret, such as `crede` or a part of the key id, do not come from the secret.
        #[test]
        fn no_five_characters_of_a_secret_are_in_the_response(
            secret in "[A-Za-z0-9/+=]{1,200}",
            token in "[A-Za-z0-9/+=]{1,200}",
        ) {
            let (page, of_another) = (page(&secret, Some(&token)), page("", Some("")));
            for text in [&secret, &token] {
                for start in 0..text.len().saturating_sub(4) {
                    let five = &text[start..start + 5];
                    prop_assert!(of_another.contains(five) || !page.contains(five), "{}", five);
                }
            }
        }

        /// The response depends neither on the middle of a secret nor on the session token.
        #[test]
        fn response_depends_on_the_ends_of_a_secret_only(
            ends in "\\PC{8}",
            (one, other) in ("\\PC{16,192}", "\\PC{16,192}"),
            (token, other_token) in ("\\PC{1,200}", "\\PC{1,200}"),
            (short, other_short) in ("\\PC{1,23}", "\\PC{1,23}"),
        ) {
            let (first, last) = ends.split_at(ends.char_indices().nth(4).unwrap().0);
            let with = |middle: &str, token: &str| page(&format!("{first}{middle}{last}"), Some(token));
            prop_assert_eq!(with(&one, &token), with(&other, &other_token));
            prop_assert_eq!(page(&short, None), page(&other_short, None));
        }
    }
}
