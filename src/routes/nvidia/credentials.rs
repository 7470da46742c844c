//! `GET /api/auth/nvidia-credentials`: shows an administrator the service's NVIDIA key in masked form, with sample programs
//! that call a model.

use crate::app::RequestContext;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::mask::mask;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::sample_programs::{Examples, nvidia};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/nvidia-credentials",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Admin(|context, request, session| Box::pin(handle(context, request, session))),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// Number of stars in a masked API key.
const MASK_STARS: usize = 36;

/// The NVIDIA key of the service in masked form.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct NvidiaCredentialsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The masked key and sample programs.
    pub credentials: NvidiaCredentials,
}

/// The masked NVIDIA key, with sample programs.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NvidiaCredentials {
    /// Masked API key: its first and last four characters, or only asterisks if it is short.
    pub api_key: String,
    /// Base URL of the API.
    pub base_url: &'static str,
    /// Endpoint for chat completions.
    pub endpoint: &'static str,
    /// Sample program for a shell with curl.
    pub curl_example: String,
    /// Sample program for Node.js.
    pub node_example: String,
    /// Sample program for Python.
    pub python_example: String,
}

impl NvidiaCredentialsResponse {
    /// The response for this key and this model.
    #[must_use]
    pub fn new(key: &Secret, model: &str) -> Self {
        let Examples { curl, node, python } = nvidia::examples(model);
        let credentials = NvidiaCredentials {
            api_key: mask(key, MASK_STARS),
            base_url: nvidia::BASE_URL,
            endpoint: nvidia::ENDPOINT,
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

fn not_configured() -> ApiError {
    ApiError::new(ErrorCode::CredentialsNotConfigured)
        .with_text("NVIDIA credentials are not configured")
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let config = &context.app.config;
    let key = config.nvidia.api_key.as_ref().ok_or_else(not_configured)?;
    // The view is recorded before the key is shown.
    let entry = request
        .client_info()
        .entry(&context, Kind::NvidiaCredentialsViewed)?;
    context
        .record(entry.by(session.user.id).of_session(&session.id))
        .await?;
    let page = NvidiaCredentialsResponse::new(key, &config.nvidia.model_id);
    Ok(Response::ok(&page))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    let key = Secret::new("nvapi-0123456789abcdef0123456789abcdefxxxx");
    let example = NvidiaCredentialsResponse::new(&key, "nvidia/nemotron-3-super-120b-a12b");
    Operation::new("getNvidiaCredentials", "NVIDIA", "Get masked NVIDIA credentials")
        .describe("Requires the role `admin` or higher. Includes sample programs that call a model. To run one, set the variable that it names.")
        .returns::<NvidiaCredentialsResponse>(schemas, json!(example))
        .errors([not_configured()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(key: &str) -> String {
        let page = NvidiaCredentialsResponse::new(&Secret::new(key), "nvidia/model");
        serde_json::to_string(&page).unwrap()
    }

    proptest! {
        /// Five characters that also appear in the response for another key do not come from the key. NVIDIA's keys consist of
        /// the characters in this pattern.
        #[test]
        fn no_five_characters_of_a_key_are_in_the_response(key in "[A-Za-z0-9_-]{1,200}") {
            let (page, of_another) = (page(&key), page(""));
            for start in 0..key.len().saturating_sub(4) {
                let five = &key[start..start + 5];
                prop_assert!(of_another.contains(five) || !page.contains(five), "{}", five);
            }
        }

        #[test]
        fn response_depends_on_the_ends_of_a_key_only(
            ends in "\\PC{8}",
            (one, other) in ("\\PC{16,192}", "\\PC{16,192}"),
            (short, other_short) in ("\\PC{1,23}", "\\PC{1,23}"),
        ) {
            let (first, last) = ends.split_at(ends.char_indices().nth(4).unwrap().0);
            let with = |middle: &str| page(&format!("{first}{middle}{last}"));
            prop_assert_eq!(with(&one), with(&other));
            prop_assert_eq!(page(&short), page(&other_short));
        }
    }
}
