//! Load for one Worker, and what it cost: closed loops over keep-alive connections.

use super::accounting::cpu_time;
use crate::{failed::Failed, process};
use serde_json::Value;
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
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
    pub requests: Vec<String>,
    /// Requests that it has to have answered before its memory is read.
    pub at_least: usize,
    /// Of every reply.
    status: u16,
    /// That send at a time.
    connections: usize,
}

impl Target {
    /// From what `bench/start.mjs` prints.
    pub fn read(value: &Value) -> Option<Self> {
        let number = |name: &str| value[name].as_u64();
        let request = |request: &Value| request.as_str().map(str::to_owned);
        let requests: Vec<String> = value["requests"]
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
        let sent = Instant::now();
        let request = &target.requests[number % target.requests.len()];
        stream.write_all(request.as_bytes())?;
        let status = read_reply(&mut reader)?;
        if status != target.status {
            return Err(io::Error::other(format!(
                "status {status} in place of {}",
                target.status
            )));
        }
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// Reads one reply (RFC 9112 §6) to its end; its status.
pub fn read_reply(reader: &mut impl BufRead) -> io::Result<u16> {
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
    if let Some(length) = length {
        skip(reader, length)?;
        return Ok(status);
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim_end(), 16).map_err(|_| malformed())?;
        // The chunk and the line end after it.
        skip(reader, size.saturating_add(2))?;
        if size == 0 {
            return Ok(status);
        }
    }
}

fn skip(reader: &mut impl BufRead, length: u64) -> io::Result<()> {
    match io::copy(&mut reader.take(length), &mut io::sink())? {
        read if read == length => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::read_reply;

    #[test]
    fn a_reply_is_read_to_its_end_and_not_further() {
        let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}\
                   HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let mut reader = two.as_bytes();
        assert_eq!(read_reply(&mut reader).ok(), Some(200));
        assert_eq!(read_reply(&mut reader).ok(), Some(401));
        assert!(reader.is_empty());
        assert!(read_reply(&mut reader).is_err());
        assert!(
            read_reply(&mut "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".as_bytes())
                .is_err()
        );
    }
}
