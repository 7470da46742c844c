//! Load for one Worker, and what it cost: closed loops over keep-alive connections.

use super::accounting::cpu_time;
use crate::{failed::Failed, process};
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

/// A reply that takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running Worker and the requests that it gets.
pub struct Target {
    pub name: String,
    /// Bytes of the bundle, each module gzipped.
    pub gzip: u64,
    address: String,
    pub process: i32,
    /// As they go over the wire, at least one; sent in turn.
    pub requests: Vec<RwLock<String>>,
    /// Requests that it has to have answered before its memory is read.
    pub at_least: usize,
    /// Whether a reply's token takes the place of its request's.
    renews: bool,
    /// Of every reply.
    status: u16,
    /// That send at a time.
    connections: usize,
}

impl Target {
    /// From what `bench/start.mjs` prints.
    pub fn read(value: &Value) -> Option<Self> {
        let number = |name: &str| value[name].as_u64();
        let request = |request: &Value| request.as_str().map(|text| RwLock::new(text.to_owned()));
        let requests: Vec<RwLock<String>> = value["requests"]
            .as_array()?
            .iter()
            .map(request)
            .collect::<Option<_>>()?;
        Some(Self {
            name: value["name"].as_str()?.to_owned(),
            gzip: number("gzip")?,
            address: value["address"].as_str()?.to_owned(),
            process: number("process")?.try_into().ok()?,
            at_least: number("atLeast")?.try_into().ok()?,
            requests: Some(requests).filter(|requests| !requests.is_empty())?,
            renews: value["renews"].as_bool()?,
            status: number("status")?.try_into().ok()?,
            connections: number("connections")?.try_into().ok()?,
        })
    }
}

/// How much load.
#[derive(Clone, Copy)]
pub enum Amount {
    Time(Duration),
    Requests(usize),
}

/// What one slice of load gave.
pub struct Slice {
    /// CPU time of the process.
    pub cpu: Duration,
    /// Wall time.
    pub elapsed: Duration,
    /// Of every request, in order of size.
    pub latencies: Vec<Duration>,
}

/// Loads a Worker.
pub fn run(target: &Target, amount: Amount) -> Result<Slice, Failed> {
    if process::is_interrupted() {
        return Err(Failed::interrupted());
    }
    let cpu = cpu_time(target.process)?;
    let (start, begun) = (Instant::now(), AtomicUsize::new(0));
    // The number of the next request, if there is to be one.
    let next = || {
        let number = begun.fetch_add(1, Ordering::Relaxed);
        let goes_on = match amount {
            Amount::Time(length) => start.elapsed() < length,
            Amount::Requests(count) => number < count && !process::is_interrupted(),
        };
        goes_on.then_some(number)
    };
    let outcomes: Vec<io::Result<Vec<Duration>>> = thread::scope(|scope| {
        let connections: Vec<_> = (0..target.connections)
            .map(|_| scope.spawn(|| connection(target, next)))
            .collect();
        connections
            .into_iter()
            .map(|thread| {
                let lost = |_| Err(io::Error::other("a thread was lost"));
                thread.join().unwrap_or_else(lost)
            })
            .collect()
    });
    let elapsed = start.elapsed();
    let mut latencies = Vec::new();
    for outcome in outcomes {
        latencies.extend(outcome.map_err(|error| {
            Failed::because(format!("{} did not answer: {error}.", target.name))
        })?);
    }
    latencies.sort_unstable();
    Ok(Slice {
        cpu: cpu_time(target.process)?.saturating_sub(cpu),
        elapsed,
        latencies,
    })
}

/// One closed loop.
fn connection(target: &Target, next: impl Fn() -> Option<usize>) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(&target.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut latencies = Vec::new();
    while let Some(number) = next() {
        let place = &target.requests[number % target.requests.len()];
        let sent = Instant::now();
        stream.write_all(read(place).as_bytes())?;
        let (status, body) = read_reply(&mut reader)?;
        if status != target.status {
            return Err(io::Error::other(format!(
                "status {status} in place of {}",
                target.status
            )));
        }
        latencies.push(sent.elapsed());
        if target.renews {
            let next = renewed(&read(place), &body)
                .ok_or_else(|| io::Error::other("there is no token in the reply"))?;
            *place.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
    }
    Ok(latencies)
}

fn read(place: &RwLock<String>) -> RwLockReadGuard<'_, String> {
    place.read().unwrap_or_else(PoisonError::into_inner)
}

/// The request with the token of this reply.
fn renewed(request: &str, body: &[u8]) -> Option<String> {
    const HEADER: &str = "authorization: Bearer ";
    let reply: Value = serde_json::from_slice(body).ok()?;
    let (before, rest) = request.split_once(HEADER)?;
    let (_, after) = rest.split_once('\r')?;
    let token = reply["access_token"].as_str()?;
    Some(format!("{before}{HEADER}{token}\r{after}"))
}

/// Reads one reply (RFC 9112 §6) to its end; its status and body.
pub fn read_reply(reader: &mut impl BufRead) -> io::Result<(u16, Vec<u8>)> {
    let malformed = || io::Error::other("it is no HTTP reply");
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
    use super::{read_reply, renewed};

    #[test]
    fn a_reply_is_read_to_its_end_and_not_further() {
        let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}\
                   HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let mut reader = two.as_bytes();
        assert_eq!(read_reply(&mut reader).ok(), Some((200, b"{}".to_vec())));
        assert_eq!(read_reply(&mut reader).ok(), Some((401, b"abc".to_vec())));
        assert!(reader.is_empty());
        assert!(read_reply(&mut reader).is_err());
        assert!(
            read_reply(&mut "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".as_bytes())
                .is_err()
        );
    }

    #[test]
    fn a_renewed_request_has_the_token_of_the_reply() {
        let request = "POST / HTTP/1.1\r\nauthorization: Bearer old\r\nx: y\r\n\r\n";
        assert_eq!(
            renewed(request, br#"{"access_token":"new.er"}"#).as_deref(),
            Some("POST / HTTP/1.1\r\nauthorization: Bearer new.er\r\nx: y\r\n\r\n")
        );
        assert_eq!(renewed(request, b"{}"), None);
    }
}
