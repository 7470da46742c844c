//! Turns a genuine reply into what a misbehaving upstream would send.

use crate::form::encode;
use crate::http::Reply;
use crate::misbehaviour::{Misbehaviour, UPSTREAM_MARK};
use crate::reshape::reshaped;

/// Bytes for the wire, and how it goes on after them.
pub(crate) struct Delivery {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

pub(crate) enum Then {
    /// The next request may come.
    Go,
    Close,
    Reset,
    Hang,
    /// These bytes, one by one.
    Trickle(Vec<u8>),
    /// So many bytes of text, these, and the end.
    Flood(u64, Vec<u8>),
}

const HUGE: u64 = 100 * 1024 * 1024;
const DEPTH: usize = 100_000;

impl Delivery {
    pub(crate) fn whole(reply: &Reply) -> Self {
        Self {
            bytes: reply.bytes(),
            then: Then::Go,
        }
    }
}

/// `canary` is a URL on the other host; `failed` makes an error in the service's form of a status and a name.
pub(crate) fn apply(
    misbehaviour: Misbehaviour,
    genuine: Reply,
    canary: &str,
    failed: impl Fn(u16, &str) -> Reply,
) -> Delivery {
    use Misbehaviour as M;
    let go = |reply: Reply| Delivery::whole(&reply);
    let text = |status, media, body: String| Delivery::whole(&Reply::new(status, media, body));
    let wire = |bytes, then| Delivery { bytes, then };
    let half = |bytes: &[u8]| bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec();
    let html = format!("<!DOCTYPE html><title>{UPSTREAM_MARK}</title><h1>{UPSTREAM_MARK}</h1>");
    match misbehaviour {
        M::Reset => wire(Vec::new(), Then::Reset),
        M::CloseBeforeReply => wire(Vec::new(), Then::Close),
        M::HangBeforeStatus => wire(Vec::new(), Then::Hang),
        M::HangMidHeaders => wire(half(&genuine.head(None)), Then::Hang),
        M::ResetMidBody | M::CloseMidBody | M::HangMidBody => {
            // Replies without a body get one, so that there is a middle to stop in.
            let genuine = filled(genuine);
            let bytes = [genuine.head(Some(genuine.body.len())), half(&genuine.body)].concat();
            let then = match misbehaviour {
                M::ResetMidBody => Then::Reset,
                M::CloseMidBody => Then::Close,
                _ => Then::Hang,
            };
            wire(bytes, then)
        }
        M::Trickle => {
            let genuine = filled(genuine);
            wire(
                genuine.head(Some(genuine.body.len())),
                Then::Trickle(genuine.body),
            )
        }
        M::InternalError => go(failed(500, "InternalServerException")),
        M::InternalErrorText => text(500, "text/plain", UPSTREAM_MARK.into()),
        M::BadGateway => text(502, "text/html", html),
        M::Unavailable => go(failed(503, "ServiceUnavailable").with("Retry-After", "7")),
        M::GatewayTimeout => text(504, "text/plain", String::new()),
        M::TooManyRequests => go(failed(429, "TooManyRequestsException").with("Retry-After", "7")),
        M::Throttling => go(failed(400, "Throttling")),
        M::UnmodelledError => go(failed(400, "FluxCapacitorException")),
        M::BareForbidden => wire(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec(),
            Then::Go,
        ),
        M::OddStatus => text(418, "text/plain", UPSTREAM_MARK.into()),
        M::Html => text(200, "text/html", html),
        M::EmptyBody => go(replaced(genuine, Vec::new())),
        M::NoContent => wire(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), Then::Go),
        M::TruncatedBody => {
            let body = half(&genuine.body);
            go(replaced(genuine, body))
        }
        M::TrailingGarbage => {
            let body = [&genuine.body[..], b"}{\"x\":", UPSTREAM_MARK.as_bytes()].concat();
            go(replaced(genuine, body))
        }
        M::WrongTypes
        | M::NullMembers
        | M::EmptyTexts
        | M::MissingMembers
        | M::DuplicateKeys
        | M::HugeNumbers
        | M::NegativeNumbers => {
            let body = reshaped(misbehaviour, &genuine.body);
            go(replaced(genuine, body.into_bytes()))
        }
        M::DeepNesting => text(
            200,
            "application/json",
            "[".repeat(DEPTH) + &"]".repeat(DEPTH),
        ),
        M::HugeBody | M::HugeBodyWithoutLength => flood(misbehaviour, &genuine),
        M::HugeHeader => go(genuine.with("X-Padding", "a".repeat(1024 * 1024))),
        M::ShortContentLength => wire(
            [genuine.head(Some(genuine.body.len() / 2)), genuine.body].concat(),
            Then::Close,
        ),
        M::TwoContentLengths => {
            let other = genuine.with("Content-Length", "3");
            wire(other.bytes(), Then::Close)
        }
        M::FalseGzip => go(genuine.with("Content-Encoding", "gzip")),
        M::InvalidUtf8 => {
            let body = broken_text(&genuine.body);
            go(replaced(genuine, body))
        }
        M::WrongCharset => go(in_utf16(genuine)),
        M::XmlBomb => text(200, "text/xml", bomb()),
        M::XmlExternalEntity => text(200, "text/xml", external_entity(canary)),
        M::NotHttp => wire(
            format!("220 {UPSTREAM_MARK} ESMTP\r\n").into_bytes(),
            Then::Close,
        ),
        M::Redirect301 => redirect(301, canary),
        M::Redirect302 => redirect(302, canary),
        M::Redirect303 => redirect(303, canary),
        M::Redirect307 => redirect(307, canary),
        M::Redirect308 => redirect(308, canary),
    }
}

fn replaced(mut reply: Reply, body: Vec<u8>) -> Reply {
    reply.body = body;
    reply
}

fn filled(reply: Reply) -> Reply {
    if reply.body.is_empty() {
        replaced(
            reply,
            b"{\"padding\":\"................................\"}".to_vec(),
        )
    } else {
        reply
    }
}

fn in_utf16(genuine: Reply) -> Reply {
    let text = String::from_utf8_lossy(&genuine.body).into_owned();
    let body = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    replaced(genuine, body).with("Content-Type", "application/json; charset=utf-16le")
}

fn redirect(status: u16, canary: &str) -> Delivery {
    Delivery::whole(&Reply::new(status, "text/plain", UPSTREAM_MARK).with("Location", canary))
}

/// An invalid byte right after the first opening bracket's name, or as the whole body.
fn broken_text(body: &[u8]) -> Vec<u8> {
    let at = body.iter().position(u8::is_ascii_alphabetic).unwrap_or(0);
    let (before, after) = body.split_at(at);
    [before, b"\xff\xfe\xc0\x80", after].concat()
}

fn flood(misbehaviour: Misbehaviour, genuine: &Reply) -> Delivery {
    let json = genuine.body.strip_suffix(b"}");
    let (prefix, suffix) = match json {
        Some(members) => ([members, b",\"padding\":\""].concat(), b"\"}".to_vec()),
        None => (b"<padding>".to_vec(), b"</padding>".to_vec()),
    };
    let length = (misbehaviour == Misbehaviour::HugeBody)
        .then(|| prefix.len() + suffix.len() + usize::try_from(HUGE).unwrap_or(usize::MAX));
    let genuine = genuine.clone().with("Connection", "close");
    Delivery {
        bytes: [genuine.head(length), prefix].concat(),
        then: Then::Flood(HUGE, suffix),
    }
}

fn identity(entity: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{entity}</Arn><UserId>{entity}</UserId><Account>111122223333</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    )
}

fn bomb() -> String {
    let mut xml =
        format!("<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol0 \"{UPSTREAM_MARK}\">");
    for level in 1..=10 {
        let inner = format!("&lol{};", level - 1).repeat(10);
        xml = xml + "<!ENTITY lol" + &level.to_string() + " \"" + &inner + "\">";
    }
    xml + "]>" + &identity("&lol10;")
}

fn external_entity(canary: &str) -> String {
    let url = canary.replace('&', "&amp;");
    format!("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"{url}\">]>") + &identity("&x;")
}

/// The URL on the other host that names where it was met.
pub(crate) fn canary_url(base: &str, operation: &str, user_code: &str) -> String {
    format!(
        "{base}/caught?operation={}&user_code={}",
        encode(operation.as_bytes()),
        encode(user_code.as_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(misbehaviour: Misbehaviour, body: &str) -> String {
        let genuine = Reply::new(200, "application/json", body);
        let failed = |status, name: &str| Reply::new(status, "text/plain", name);
        let delivery = apply(misbehaviour, genuine, "http://other/", failed);
        let text = String::from_utf8_lossy(&delivery.bytes).into_owned();
        text.split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or(text)
    }

    #[test]
    fn members_are_reshaped() {
        let body = r#"{"a":{"n":1},"t":"x"}"#;
        for (misbehaviour, expected) in [
            (Misbehaviour::MissingMembers, "{}".to_owned()),
            (
                Misbehaviour::NullMembers,
                r#"{"a":{"n":null},"t":null}"#.into(),
            ),
            (Misbehaviour::EmptyTexts, r#"{"a":{"n":1},"t":""}"#.into()),
            (
                Misbehaviour::NegativeNumbers,
                r#"{"a":{"n":-1},"t":"x"}"#.into(),
            ),
            (
                Misbehaviour::HugeNumbers,
                r#"{"a":{"n":99999999999999999999999999},"t":"x"}"#.into(),
            ),
            (
                Misbehaviour::DuplicateKeys,
                format!(
                    r#"{{"a":"{UPSTREAM_MARK}","a":{{"n":"{UPSTREAM_MARK}","n":1}},"t":"{UPSTREAM_MARK}","t":"x"}}"#
                ),
            ),
            (Misbehaviour::TruncatedBody, r#"{"a":{"n":"#.into()),
        ] {
            assert_eq!(reply(misbehaviour, body), expected, "{misbehaviour:?}");
        }
    }

    #[test]
    fn xml_leaves_are_reshaped() {
        let xml = "<R>\n  <Arn>a</Arn>\n</R>\n";
        assert_eq!(reply(Misbehaviour::MissingMembers, xml), "<R></R>");
        assert_eq!(reply(Misbehaviour::EmptyTexts, xml), "<R><Arn/></R>");
        let doubled = format!("<R><Arn>{UPSTREAM_MARK}</Arn><Arn>a</Arn></R>");
        assert_eq!(reply(Misbehaviour::DuplicateKeys, xml), doubled);
    }
}
