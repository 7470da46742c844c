//! Load for one Worker and its cost: closed loops over keep-alive connections.
//!
//! Uses plain sockets, because the client shares its cores with the Worker that is measured.

use super::{accounting::cpu_time, comparison::Role, statistics::as_f64};
use crate::process;
use anyhow::Error;
use serde::Deserialize;
use serde_json::Value;
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A response that takes longer is a failure.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A running Worker and its requests, as `bench/start.mjs` prints it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub name: String,
    pub role: Role,
    pub settings: String,
    /// Bytes of the bundle, each module gzipped.
    pub gzip: u64,
    address: String,
    pub process: i32,
    /// The bytes on the wire, sent in turn.
    pub requests: Vec<RwLock<String>>,
    bursts: Option<Bursts>,
    /// The number of requests sent so far.
    #[serde(skip)]
    sent: AtomicUsize,
    /// Where the token of a response replaces that of its request.
    refreshes: Option<Refreshes>,
    /// Whether each request can be sent only once.
    pub is_single_use: bool,
    /// The expected status of every response.
    status: u16,
    /// Another status, which a few responses may have.
    tolerated_status: Option<u16>,
    /// The number of requests in flight.
    connections: usize,
}

impl Target {
    fn next_request(&self) -> &RwLock<String> {
        let place = self.sent.fetch_add(1, Ordering::Relaxed);
        let count = self.requests.len();
        let all_in_turn = Bursts {
            size: count,
            repeats: 1,
        };
        let index = self.bursts.unwrap_or(all_in_turn).index(place, count);
        &self.requests[index]
    }
}

/// `size` requests are sent `repeats` times before the next ones.
#[derive(Clone, Copy, Deserialize)]
struct Bursts {
    size: usize,
    repeats: usize,
}

impl Bursts {
    /// The index, among `count` requests, of the request at this position in the order.
    fn index(self, place: usize, count: usize) -> usize {
        let burst = place / (self.size * self.repeats);
        (burst * self.size + place % self.size) % count
    }
}

/// The place of the token in a request that a response refreshes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refreshes {
    /// `access_token` of the response, in the header `Authorization`.
    Bearer,
    /// `refresh_token` of the response, in the form; not its first field.
    Form,
}

/// The amount of load.
#[derive(Clone, Copy)]
pub enum Amount {
    Time(Duration),
    Requests(usize),
    /// Each request of the Worker once.
    EachOnce,
}

/// The result of one slice of load.
pub struct Slice {
    /// CPU time of the process.
    cpu: Duration,
    elapsed: Duration,
    /// Of every request.
    pub latencies: Vec<Duration>,
}

impl Slice {
    /// Infinite if there was no response.
    pub fn cpu_us_per_request(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / as_f64(self.latencies.len())
    }

    pub fn requests_per_second(&self) -> f64 {
        as_f64(self.latencies.len()) / self.elapsed.as_secs_f64()
    }
}

/// Loads a Worker.
pub fn run(target: &Target, amount: Amount) -> Result<Slice, Error> {
    if process::is_interrupted() {
        return Err(process::Interrupted.into());
    }
    let cpu = cpu_time(target.process)?;
    let (start, started) = (Instant::now(), AtomicUsize::new(0));
    // The next request, if there is one.
    let next = || {
        let number = started.fetch_add(1, Ordering::Relaxed);
        let goes_on = match amount {
            Amount::Time(length) => start.elapsed() < length,
            Amount::Requests(count) => number < count && !process::is_interrupted(),
            Amount::EachOnce => return target.requests.get(number),
        };
        goes_on.then(|| target.next_request())
    };
    let outcomes: Vec<io::Result<Vec<Duration>>> = thread::scope(|scope| {
        let connections: Vec<_> = (0..target.connections)
            .map(|_| scope.spawn(|| send_in_turn(target, next)))
            .collect();
        connections
            .into_iter()
            .map(|thread| {
                let panicked = |_| Err(io::Error::other("a thread panicked"));
                thread.join().unwrap_or_else(panicked)
            })
            .collect()
    });
    let elapsed = start.elapsed();
    let mut latencies = Vec::new();
    for outcome in outcomes {
        latencies
            .extend(outcome.map_err(|error| {
                Error::msg(format!("{} did not respond: {error}", target.name))
            })?);
    }
    Ok(Slice {
        cpu: cpu_time(target.process)?.saturating_sub(cpu),
        elapsed,
        latencies,
    })
}

/// Sends one request after the other over one connection.
fn send_in_turn<'a>(
    target: &Target,
    next: impl Fn() -> Option<&'a RwLock<String>>,
) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(&target.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut latencies = Vec::new();
    while let Some(request) = next() {
        let sent = Instant::now();
        stream.write_all(read(request).as_bytes())?;
        let (status, body) = read_response(&mut reader)?;
        if status != target.status && Some(status) != target.tolerated_status {
            let (expected, body) = (target.status, String::from_utf8_lossy(&body));
            return Err(io::Error::other(format!(
                "status {status} instead of {expected}: {body}"
            )));
        }
        latencies.push(sent.elapsed());
        if let Some(refreshes) = target.refreshes {
            let next = refreshes
                .with_new_token(&read(request), &body)
                .ok_or_else(|| io::Error::other("the response has no token"))?;
            *request.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
    }
    Ok(latencies)
}

fn read(request: &RwLock<String>) -> RwLockReadGuard<'_, String> {
    request.read().unwrap_or_else(PoisonError::into_inner)
}

impl Refreshes {
    /// The request with the token of this response in place of its own.
    fn with_new_token(self, request: &str, body: &[u8]) -> Option<String> {
        let (name, before, after) = match self {
            Self::Bearer => ("access_token", "authorization: Bearer ", '\r'),
            Self::Form => ("refresh_token", "&refresh_token=", '&'),
        };
        let response: Value = serde_json::from_slice(body).ok()?;
        let token = response[name].as_str()?;
        let (start, rest) = request.split_once(before)?;
        let old = rest.split(after).next()?;
        // The header Content-Length remains true.
        let is_as_long = matches!(self, Self::Bearer) || old.len() == token.len();
        let end = rest.get(old.len()..).filter(|_| is_as_long)?;
        Some(format!("{start}{before}{token}{end}"))
    }
}

/// Reads one response (RFC 9112 section 6) to its end. Returns its status and body.
pub fn read_response(reader: &mut impl BufRead) -> io::Result<(u16, Vec<u8>)> {
    let malformed = || io::Error::other("not an HTTP response");
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(malformed)?;
    let mut length = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
    let mut body = Vec::new();
    if let Some(length) = length {
        take(reader, length, &mut body)?;
        return Ok((status, body));
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim_end(), 16).map_err(|_| malformed())?;
        take(reader, size, &mut body)?;
        // The line end after the chunk.
        take(reader, 2, &mut Vec::new())?;
        if size == 0 {
            return Ok((status, body));
        }
    }
}

fn take(reader: &mut impl BufRead, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
    match io::copy(&mut reader.take(length), into)? {
        read if read == length => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bursts, Refreshes, read_response};

    #[test]
    fn burst_is_repeated_before_the_next() {
        let bursts = Bursts {
            size: 2,
            repeats: 2,
        };
        let order: Vec<usize> = (0..10).map(|place| bursts.index(place, 4)).collect();
        assert_eq!(order, [0, 1, 0, 1, 2, 3, 2, 3, 0, 1]);
    }

    #[test]
    fn response_is_read_to_its_end_and_not_further() {
        let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}\
                   HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let mut reader = two.as_bytes();
        assert_eq!(read_response(&mut reader).ok(), Some((200, b"{}".to_vec())));
        assert_eq!(
            read_response(&mut reader).ok(),
            Some((401, b"abc".to_vec()))
        );
        assert!(reader.is_empty());
        assert!(read_response(&mut reader).is_err());
        assert!(
            read_response(&mut "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".as_bytes())
                .is_err()
        );
    }

    #[test]
    fn request_with_new_token_has_the_token_of_the_response() {
        let request = "POST / HTTP/1.1\r\nauthorization: Bearer old\r\nx: y\r\n\r\n";
        assert_eq!(
            Refreshes::Bearer
                .with_new_token(request, br#"{"access_token":"new.er"}"#)
                .as_deref(),
            Some("POST / HTTP/1.1\r\nauthorization: Bearer new.er\r\nx: y\r\n\r\n")
        );
        assert!(Refreshes::Bearer.with_new_token(request, b"{}").is_none());
    }

    #[test]
    fn form_with_new_token_has_the_token_of_the_response_and_the_same_length() {
        let new = br#"{"access_token":"a","refresh_token":"new"}"#;
        for (form, expected) in [
            ("a=b&refresh_token=old", Some("a=b&refresh_token=new")),
            (
                "a=b&refresh_token=old&c=d",
                Some("a=b&refresh_token=new&c=d"),
            ),
            ("a=b&refresh_token=older", None),
            ("a=b", None),
        ] {
            let refreshed = Refreshes::Form.with_new_token(form, new);
            assert_eq!(refreshed.as_deref(), expected, "{form}");
        }
    }
}
