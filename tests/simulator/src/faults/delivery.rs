//! Turns the response of an operation into what a faulty upstream would send.

use super::members::with_faulty_members;
use super::xml;
use super::{ResponseFault, UPSTREAM_MARKER};
use crate::http::Response;

const HUGE_BODY_BYTES: usize = 100 * 1024 * 1024;
const NESTING_DEPTH: usize = 100_000;

/// The data that is sent to the client.
pub(crate) enum Delivery {
    /// A response that the HTTP server sends.
    Response(Response),
    /// Bytes that no HTTP server would send.
    Raw(RawDelivery),
}

/// Bytes that are written to the socket, and what comes after them.
pub(crate) struct RawDelivery {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

pub(crate) enum End {
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing is sent any more.
    Hang,
    /// These bytes are sent one by one.
    Trickle(Vec<u8>),
    /// This many bytes of padding are sent, then these bytes.
    Flood(usize, Vec<u8>),
}

/// The data of the request that a fault uses.
pub(crate) struct Context<'c> {
    /// A URL on the canary host.
    pub(crate) canary_url: &'c str,
    /// Makes an error of this status and name in the error format of the service.
    pub(crate) error: &'c dyn Fn(u16, &str) -> Response,
}

impl ResponseFault {
    /// Replaces a response.
    pub(crate) fn apply(self, response: Response, context: &Context<'_>) -> Delivery {
        match self.as_raw(&response) {
            Some(delivery) => Delivery::Raw(delivery),
            None => Delivery::Response(self.as_response(response, context)),
        }
    }

    /// The faults that the HTTP server cannot send.
    fn as_raw(self, response: &Response) -> Option<RawDelivery> {
        let raw = |bytes, end| Some(RawDelivery { bytes, end });
        match self {
            Self::Reset => raw(Vec::new(), End::Reset),
            Self::CloseBeforeResponse => raw(Vec::new(), End::Close),
            Self::HangBeforeStatus => raw(Vec::new(), End::Hang),
            Self::HangMidHeaders => raw(half(&response.head(None)), End::Hang),
            Self::ResetMidBody => raw(half_of_body(response), End::Reset),
            Self::CloseMidBody => raw(half_of_body(response), End::Close),
            Self::HangMidBody => raw(half_of_body(response), End::Hang),
            Self::Trickle => {
                let body = not_empty(&response.body);
                raw(response.head(Some(body.len())), End::Trickle(body))
            }
            Self::HugeBody => Some(flood(response, true)),
            Self::HugeBodyWithoutLength => Some(flood(response, false)),
            Self::ShortContentLength => {
                let head = response.head(Some(response.body.len() / 2));
                raw([head, response.body.clone()].concat(), End::Close)
            }
            Self::TwoContentLengths => {
                let response = response.clone().with("content-length", "3");
                let head = response.head(Some(response.body.len()));
                raw([head, response.body].concat(), End::Close)
            }
            Self::NotHttp => raw(
                format!("220 {UPSTREAM_MARKER} ESMTP\r\n").into_bytes(),
                End::Close,
            ),
            _ => None,
        }
    }

    /// All other faults.
    fn as_response(self, response: Response, context: &Context<'_>) -> Response {
        let error = context.error;
        let html =
            format!("<!DOCTYPE html><title>{UPSTREAM_MARKER}</title><h1>{UPSTREAM_MARKER}</h1>");
        let xml = |body: String| Response::new(200, "text/xml", body);
        let redirect = |status| {
            Response::new(status, "text/plain", UPSTREAM_MARKER)
                .with("location", context.canary_url)
        };
        match self {
            Self::InternalError => error(500, "InternalServerException"),
            Self::PlainTextError => Response::new(500, "text/plain", UPSTREAM_MARKER),
            Self::BadGateway => Response::new(502, "text/html", html),
            Self::Unavailable => error(503, "ServiceUnavailable").with("retry-after", "7"),
            Self::GatewayTimeout => Response::new(504, "text/plain", ""),
            Self::TooManyRequests => {
                error(429, "TooManyRequestsException").with("retry-after", "7")
            }
            Self::Throttling => error(400, "Throttling"),
            Self::UnknownError => error(400, "UnknownErrorOfNoModelException"),
            Self::ForbiddenWithoutBody => Response::empty(403),
            Self::UnexpectedStatus => Response::new(418, "text/plain", UPSTREAM_MARKER),
            Self::Html => Response::new(200, "text/html", html),
            Self::EmptyBody => response.with_body(""),
            Self::NoContent => Response::empty(204),
            Self::TruncatedBody => {
                let body = half(&response.body);
                response.with_body(body)
            }
            Self::TrailingText => {
                let body = [&response.body[..], b"}{\"x\":", UPSTREAM_MARKER.as_bytes()].concat();
                response.with_body(body)
            }
            Self::DeepNesting => {
                let body = "[".repeat(NESTING_DEPTH) + &"]".repeat(NESTING_DEPTH);
                Response::new(200, "application/json", body)
            }
            Self::HugeHeader => response.with("x-padding", "a".repeat(1024 * 1024)),
            Self::InvalidGzip => response.with("content-encoding", "gzip"),
            Self::InvalidUtf8 => {
                let body = with_invalid_utf8(&response.body);
                response.with_body(body)
            }
            Self::WrongCharset => in_utf16(response),
            Self::XmlBomb => xml(xml::bomb()),
            Self::XmlExternalEntity => xml(xml::external_entity(context.canary_url)),
            Self::Redirect301 => redirect(301),
            Self::Redirect302 => redirect(302),
            Self::Redirect303 => redirect(303),
            Self::Redirect307 => redirect(307),
            Self::Redirect308 => redirect(308),
            _ => {
                let body = with_faulty_members(self, &response.body);
                response.with_body(body)
            }
        }
    }
}

fn half(bytes: &[u8]) -> Vec<u8> {
    bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec()
}

/// The body, or another one if it is empty and therefore has no middle.
fn not_empty(body: &[u8]) -> Vec<u8> {
    if body.is_empty() {
        b"{\"padding\":\"................................\"}".to_vec()
    } else {
        body.to_vec()
    }
}

/// The head with the right `Content-Length`, and half of the body.
fn half_of_body(response: &Response) -> Vec<u8> {
    let body = not_empty(&response.body);
    [response.head(Some(body.len())), half(&body)].concat()
}

fn flood(response: &Response, has_length: bool) -> RawDelivery {
    let (before, after) = match response.body.strip_suffix(b"}") {
        Some(members) => ([members, b",\"padding\":\""].concat(), b"\"}".to_vec()),
        None => (b"<padding>".to_vec(), b"</padding>".to_vec()),
    };
    let length = before.len() + HUGE_BODY_BYTES + after.len();
    let response = response.clone().with("connection", "close");
    RawDelivery {
        bytes: [response.head(has_length.then_some(length)), before].concat(),
        end: End::Flood(HUGE_BODY_BYTES, after),
    }
}

/// Invalid bytes before the first letter, which in JSON is inside of a string.
fn with_invalid_utf8(body: &[u8]) -> Vec<u8> {
    let position = body.iter().position(u8::is_ascii_alphabetic).unwrap_or(0);
    let (before, after) = body.split_at(position);
    [before, b"\xff\xfe\xc0\x80", after].concat()
}

fn in_utf16(response: Response) -> Response {
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let body: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    response
        .with_body(body)
        .with("content-type", "application/json; charset=utf-16le")
}
