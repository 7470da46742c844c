//! The only carrier of requests to AWS: the Worker's fetch, and reqwest where this runs natively.
//!
//! reqwest's side for WebAssembly is not used: it follows redirects before anybody can say no, and the target of one
//! would see the bearer. In both carriers redirects are off before anything is sent, eight seconds bound all of a call,
//! its body and its second attempt included, and not more than 64 KiB of a body are ever held.

use super::error::AwsError;
use super::wire::{AwsRequest, AwsResponse};

/// For one call in all, in milliseconds.
pub const LIMIT_MILLISECONDS: u32 = 8_000;
/// AWS's longest reply here is a page of accounts, some 20 KiB.
pub const LONGEST_BODY: usize = 64 * 1024;
/// Where the name of an error stands, in lower case.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// Carries requests.
#[derive(Clone, Debug)]
pub struct Client {
    carrier: carrier::Transport,
    limit_milliseconds: u32,
}

impl Client {
    /// A client with connections of its own.
    #[must_use]
    pub fn new() -> Self {
        Self {
            carrier: carrier::Transport::new(),
            limit_milliseconds: LIMIT_MILLISECONDS,
        }
    }

    /// Sends a request and reads the whole reply, whatever its status. What is repeatable and meets a broken connection
    /// or a 5xx is sent once more.
    ///
    /// # Errors
    /// `Timeout`, `ConnectionError`, or `InvalidResponse` for a body that is too long.
    pub async fn carry(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let limit = carrier::limit(self.limit_milliseconds);
        let first = self.carrier.attempt(request, &limit).await;
        let is_worth_repeating = match &first {
            Ok(reply) => reply.status >= 500,
            Err(fault) => *fault == AwsError::ConnectionError,
        };
        if request.is_repeatable && is_worth_repeating {
            return self.carrier.attempt(request, &limit).await;
        }
        first
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

/// Adds a piece of a body.
///
/// # Errors
/// `InvalidResponse` once it is too long.
fn append(body: &mut Vec<u8>, piece: &[u8]) -> Result<(), AwsError> {
    if body.len().saturating_add(piece.len()) > LONGEST_BODY {
        return Err(AwsError::InvalidResponse);
    }
    body.extend_from_slice(piece);
    Ok(())
}

#[cfg(target_arch = "wasm32")]
mod carrier {
    use super::{AwsError, AwsRequest, AwsResponse, ERROR_TYPE, LIMIT_MILLISECONDS, append};
    use crate::aws::wire::Method;
    use crate::runtime::wait::settled;
    use js_sys::{Reflect, Uint8Array};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{
        AbortSignal, Headers, ReadableStreamDefaultReader, Request, RequestInit, RequestRedirect,
        Response, WorkerGlobalScope,
    };

    /// Aborts whatever it is given to, the reading of a body too.
    pub(super) fn limit(milliseconds: u32) -> AbortSignal {
        AbortSignal::timeout_with_u32(milliseconds)
    }

    #[derive(Clone, Debug)]
    pub(super) struct Transport;

    impl Transport {
        pub(super) fn new() -> Self {
            Self
        }

        pub(super) async fn attempt(
            &self,
            outbound: &AwsRequest,
            limit: &AbortSignal,
        ) -> Result<AwsResponse, AwsError> {
            // JavaScript's reasons hold addresses and stacks: only whether time ran out is asked.
            let failed = || {
                if limit.aborted() {
                    AwsError::Timeout
                } else {
                    AwsError::ConnectionError
                }
            };
            let request = request(outbound).map_err(|_| AwsError::ConnectionError)?;
            let init = RequestInit::new();
            init.set_signal(Some(limit));
            let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
            let response = scope.fetch_with_request_and_init(&request, &init);
            let response = settled(LIMIT_MILLISECONDS, &response)
                .await
                .map_err(|()| failed())?;
            let response: Response = response.unchecked_into();
            let mut inbound = AwsResponse {
                status: response.status(),
                error_type: response.headers().get(ERROR_TYPE).map_err(|_| failed())?,
                body: Vec::new(),
            };
            let Some(stream) = response.body() else {
                return Ok(inbound);
            };
            let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
            loop {
                let piece = settled(LIMIT_MILLISECONDS, &reader.read())
                    .await
                    .map_err(|()| failed())?;
                if Reflect::get(&piece, &JsValue::from_str("done"))
                    .map_err(|_| failed())?
                    .is_truthy()
                {
                    return Ok(inbound);
                }
                let value =
                    Reflect::get(&piece, &JsValue::from_str("value")).map_err(|_| failed())?;
                let value = Uint8Array::new(&value).to_vec();
                if let Err(fault) = append(&mut inbound.body, &value) {
                    // Closes the connection; nobody waits for that.
                    let _closing = reader.cancel();
                    return Err(fault);
                }
            }
        }
    }

    fn request(outbound: &AwsRequest) -> Result<Request, JsValue> {
        let headers = Headers::new()?;
        for (name, value) in &outbound.headers {
            headers.append(name, value.reveal())?;
        }
        let init = RequestInit::new();
        init.set_method(outbound.method.as_str());
        init.set_redirect(RequestRedirect::Manual);
        init.set_headers(&headers);
        if outbound.method == Method::Post {
            init.set_body(&JsValue::from_str(outbound.body.reveal()));
        }
        Request::new_with_str_and_init(&outbound.url(), &init)
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod carrier {
    use super::{AwsError, AwsRequest, AwsResponse, ERROR_TYPE, append};
    use crate::aws::wire::Method;
    use std::time::Duration;
    use tokio::time::{Instant, timeout_at};

    /// The moment when a call that starts now is given up.
    pub(super) fn limit(milliseconds: u32) -> Instant {
        let now = Instant::now();
        now.checked_add(Duration::from_millis(milliseconds.into()))
            .unwrap_or(now)
    }

    #[derive(Clone, Debug)]
    pub(super) struct Transport(Option<reqwest::Client>);

    impl Transport {
        /// Without a client (no TLS on this machine) every call is a `ConnectionError`.
        pub(super) fn new() -> Self {
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .build();
            Self(client.ok())
        }

        pub(super) async fn attempt(
            &self,
            outbound: &AwsRequest,
            limit: &Instant,
        ) -> Result<AwsResponse, AwsError> {
            timeout_at(*limit, self.exchange(outbound))
                .await
                .unwrap_or(Err(AwsError::Timeout))
        }

        async fn exchange(&self, outbound: &AwsRequest) -> Result<AwsResponse, AwsError> {
            let client = self.0.as_ref().ok_or(AwsError::ConnectionError)?;
            let method = match outbound.method {
                Method::Get => reqwest::Method::GET,
                Method::Post => reqwest::Method::POST,
            };
            let mut request = client
                .request(method, outbound.url())
                .body(outbound.body.reveal().to_owned());
            for (name, value) in &outbound.headers {
                request = request.header(name, value.reveal());
            }
            let failed = |_| AwsError::ConnectionError;
            let mut response = request.send().await.map_err(failed)?;
            let error_type = response.headers().get(ERROR_TYPE);
            let mut inbound = AwsResponse {
                status: response.status().as_u16(),
                error_type: error_type
                    .and_then(|name| name.to_str().ok())
                    .map(str::to_owned),
                body: Vec::new(),
            };
            while let Some(piece) = response.chunk().await.map_err(failed)? {
                append(&mut inbound.body, &piece)?;
            }
            Ok(inbound)
        }
    }
}

#[cfg(test)]
mod tests;
