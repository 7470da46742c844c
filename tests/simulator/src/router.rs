//! The routes of the server: the control API, and everything else.

use crate::control;
use crate::faults::delivery::Delivery;
use crate::http::{Request, Response};
use crate::journal::CanaryRequest;
use crate::server::socket::Socket;
use crate::shared::{Shared, lock};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::{Extension, Router};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;

/// The largest request is a token request with about four thousand bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
const CREDENTIAL_HEADERS: [&str; 3] = [
    "authorization",
    "x-amz-sso_bearer_token",
    "x-amz-security-token",
];

/// The routes of the simulator.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .nest("/_simulator", control::router())
        .fallback(process)
        .with_state(shared)
}

/// The routes of the canary host: it records every request.
pub(crate) fn canary_router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(record_on_canary).with_state(shared)
}

async fn process(
    State(shared): State<Arc<Shared>>,
    Extension(socket): Extension<Arc<Socket>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let request = match read(request).await {
        Ok(request) => request,
        Err(response) => return response.into_response(),
    };
    // In a separate task, so that the request is processed even if the client disconnects.
    let task = tokio::spawn(async move { shared.process(&request).await });
    match task.await {
        Ok(Delivery::Response(response)) => response.into_response(),
        Ok(Delivery::Raw(delivery)) => {
            socket.take_over(delivery).await;
            // This response is never sent, because the fault has taken over the socket.
            Response::empty(500).into_response()
        }
        Err(_) => Response::new(500, "text/plain", "the simulator panicked\n").into_response(),
    }
}

async fn record_on_canary(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let request = match read(request).await {
        Ok(request) => request,
        Err(response) => return response.into_response(),
    };
    let headers = request.headers.keys();
    lock(&shared.canary).push(CanaryRequest {
        method: request.method.to_string(),
        target: request.target().into(),
        headers: headers.map(ToString::to_string).collect(),
        has_credentials: CREDENTIAL_HEADERS
            .iter()
            .any(|name| request.headers.contains_key(*name)),
        body_length: request.body.len(),
    });
    Response::new(200, "application/json", "{}").into_response()
}

async fn read(request: axum::extract::Request) -> Result<Request, Response> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(BODY_TIMEOUT, read_body(body))
        .await
        .unwrap_or(Err((408, "the body did not arrive in time\n")));
    let body = body.map_err(|(status, text)| Response::new(status, "text/plain", text))?;
    Ok(Request {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body,
    })
}

/// Reads a body that is too large to its end, so that the client receives the response instead of a reset.
async fn read_body(mut body: axum::body::Body) -> Result<Bytes, (u16, &'static str)> {
    let mut bytes = Vec::new();
    let mut is_too_large = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| (400, "the body is incomplete\n"))?;
        let data = frame.into_data().unwrap_or_default();
        is_too_large |= bytes.len() + data.len() > MAX_BODY_BYTES;
        if !is_too_large {
            bytes.extend_from_slice(&data);
        }
    }
    if is_too_large {
        return Err((413, "the body is too large\n"));
    }
    Ok(bytes.into())
}
