//! Just enough HTTP/1.1: one request read within bounds, one reply as bytes.
//!
//! Refused: request bodies without a length, more than [`MAX_HEAD`] of head or [`MAX_BODY`] of body, and a request that
//! takes longer than [`READ_TIME`] to arrive.

use crate::form;
use std::io::{self, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes of request line and headers; a role session's headers take about two thousand.
const MAX_HEAD: usize = 64 * 1024;
/// Bytes of body; the largest genuine one is a token request of about four thousand.
const MAX_BODY: usize = 256 * 1024;
/// How long one request may take to arrive, and how long a connection may idle.
pub(crate) const READ_TIME: Duration = Duration::from_secs(20);

/// A request as it came.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    /// Names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn raw_query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub(crate) fn query(&self) -> Vec<(String, String)> {
        form::pairs(self.raw_query())
    }

    /// The first header of that lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn accepts(&self, media: &str) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.to_ascii_lowercase().contains(media))
    }

    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form::pairs(&String::from_utf8_lossy(&self.body))
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, media: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), media.into())],
            body: body.into(),
        }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Status line and headers with the empty line; `length` as `Content-Length` unless `None`.
    pub(crate) fn head(&self, length: Option<usize>) -> Vec<u8> {
        use std::fmt::Write;
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            // Writing to a String cannot fail. A line break in a value would end the header early.
            let _ = write!(head, "{name}: {}\r\n", value.replace(['\r', '\n'], " "));
        }
        if let Some(length) = length {
            let _ = write!(head, "Content-Length: {length}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(Some(self.body.len()));
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Other",
    }
}

/// Why no request came.
pub(crate) enum Unreadable {
    /// The other side has closed, or was silent for too long: nothing to say.
    Gone,
    /// It sent what this server refuses; the reply says why.
    Refused(Reply),
}

impl From<io::Error> for Unreadable {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// Reads one request **but for its last byte**, which stays in the socket: closing a socket with unread data makes
/// the kernel send a reset, which std has no other way to ask for. Whoever answers calls [`take_last_byte`] first.
pub(crate) fn read_request(stream: &TcpStream) -> Result<Request, Unreadable> {
    let mut received = Vec::new();
    let mut chunk = [0; 8192];
    let mut began = None;
    loop {
        let waited = began.map_or(Duration::ZERO, |began: Instant| began.elapsed());
        let left = READ_TIME
            .saturating_sub(waited)
            .max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left))?;
        let count = stream.peek(&mut chunk)?;
        if count == 0 || waited >= READ_TIME {
            return Err(Unreadable::Gone);
        }
        began.get_or_insert_with(Instant::now);
        let before = received.len();
        received.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let (consumed, request) = match parse(&received) {
            Parsed::Whole(length, request) => (length - before - 1, Some(request)),
            Parsed::Partial => (count, None),
            Parsed::Refused(status, why) => {
                let body = format!("{why}\n");
                return Err(Unreadable::Refused(Reply::new(status, "text/plain", body)));
            }
        };
        let mut stream = stream;
        stream.read_exact(chunk.get_mut(..consumed).unwrap_or_default())?;
        if let Some(request) = request {
            return Ok(request);
        }
    }
}

/// Takes the byte that [`read_request`] left.
pub(crate) fn take_last_byte(mut stream: &TcpStream) -> io::Result<()> {
    stream.read_exact(&mut [0])
}

enum Parsed {
    /// Its length in bytes, always longer than what was there before the last chunk.
    Whole(usize, Request),
    Partial,
    Refused(u16, &'static str),
}

fn parse(received: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Request::new(&mut headers);
    let head_length = match head.parse(received) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if received.len() <= MAX_HEAD => return Parsed::Partial,
        Ok(httparse::Status::Partial) => return Parsed::Refused(431, "too much of a head"),
        Err(_) => return Parsed::Refused(400, "this is not HTTP"),
    };
    let mut request = Request {
        method: head.method.unwrap_or_default().into(),
        target: head.path.unwrap_or_default().into(),
        headers: Vec::new(),
        body: Vec::new(),
        keep_alive: head.version == Some(1),
    };
    for header in head.headers.iter() {
        let value = String::from_utf8_lossy(header.value).into_owned();
        request
            .headers
            .push((header.name.to_ascii_lowercase(), value));
    }
    if request.header("transfer-encoding").is_some() {
        return Parsed::Refused(411, "a body needs its length");
    }
    if request
        .header("connection")
        .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    {
        request.keep_alive = false;
    }
    let length = match request.header("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) if length <= MAX_BODY => length,
        Some(Ok(_)) => return Parsed::Refused(413, "too much of a body"),
        Some(Err(_)) => return Parsed::Refused(400, "this is no length"),
    };
    let end = head_length + length;
    match received.get(head_length..end) {
        Some(body) => {
            request.body = body.to_vec();
            Parsed::Whole(end, request)
        }
        None => Parsed::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> Option<u16> {
        match parse(bytes) {
            Parsed::Refused(status, _) => Some(status),
            Parsed::Partial | Parsed::Whole(..) => None,
        }
    }

    #[test]
    fn a_request_is_read_to_its_last_byte_and_not_beyond() {
        let text = b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyzGET";
        for cut in 0..text.len() - 3 {
            assert!(matches!(
                parse(text.get(..cut).unwrap_or_default()),
                Parsed::Partial
            ));
        }
        let Parsed::Whole(length, request) = parse(text) else {
            panic!("not whole")
        };
        assert_eq!(length, text.len() - 3);
        assert_eq!(request.path(), "/a");
        assert_eq!(request.query(), [("b".to_owned(), "c".to_owned())]);
        assert_eq!(request.body, b"xyz");
        assert!(request.keep_alive);
    }

    #[test]
    fn garbage_and_excess_are_refused() {
        assert_eq!(refused(b"\x16\x03\x01\x02\x00\x01"), Some(400));
        assert_eq!(
            refused(b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
            Some(400)
        );
        assert_eq!(
            refused(b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"),
            Some(413)
        );
        assert_eq!(
            refused(b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Some(411)
        );
        let long = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &vec![b'a'; MAX_HEAD]].concat();
        assert_eq!(refused(&long), Some(431));
        let many = "A: b\r\n".repeat(101);
        assert_eq!(
            refused(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()),
            Some(400)
        );
    }

    #[test]
    fn a_header_value_cannot_break_the_line() {
        let reply = Reply::new(200, "text/plain", "").with("X", "a\r\nB: c");
        assert!(!String::from_utf8_lossy(&reply.bytes()).contains("\r\nB:"));
    }
}
