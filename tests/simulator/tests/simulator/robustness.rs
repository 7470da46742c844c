//! Invalid requests, concurrency, refused connections, and the end of the simulator.

use crate::client::{Request, SignIn, start};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn invalid_requests_get_4xx_or_are_dropped() {
    let simulator = start();
    let host = simulator.url().trim_start_matches("http://");
    let mut noise = 1_u64;
    for round in 0..200 {
        let mut stream = TcpStream::connect(host).expect("connected");
        let bytes: Vec<u8> = (0..round * 7)
            .map(|_| {
                // A linear congruential generator, so that each run sends the same bytes.
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (noise >> 56) as u8
            })
            .collect();
        // The server may close the connection before everything is written.
        let _ = stream.write_all(&bytes);
    }
    for body in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{\"clientId\":[]}",
        "{\"deviceCode\":1e999}",
        "\u{0}",
        "%%%",
        "{{{{",
    ] {
        for path in [
            "/token",
            "/client/register",
            "/device_authorization",
            "/",
            "/approve",
            "/_simulator/rules",
            "/logout",
        ] {
            let status = Request::post(path, body).send(simulator.url()).status;
            assert!((400..500).contains(&status), "{path} {body}: {status}");
        }
    }
    for target in [
        "*",
        "/%",
        "/device?user_code=%ff%fe",
        "/assignment/accounts?%",
        "//",
        "/_simulator/",
        "/..%2f",
    ] {
        let status = Request::get(target).send(simulator.url()).status;
        assert!((400..500).contains(&status), "{target}: {status}");
    }
    let huge = Request::post("/token", "x".repeat(300_000)).send(simulator.url());
    assert_eq!(huge.status, 413);
}

#[test]
fn connection_serves_pipelined_requests() {
    let simulator = start();
    let host = simulator.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("connected");
    let one = "GET /device HTTP/1.1\r\nHost: x\r\n\r\n";
    // One and a half requests, then the rest and one more request.
    let (half, rest) = one.split_at(9);
    stream
        .write_all(format!("{one}{half}").as_bytes())
        .expect("written");
    thread::sleep(Duration::from_millis(50));
    stream
        .write_all(format!("{rest}{one}").as_bytes())
        .expect("written");
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .expect("set");
    let mut received = Vec::new();
    let end = stream.read_to_end(&mut received).expect_err("kept alive");
    assert_eq!(end.kind(), ErrorKind::WouldBlock);
    assert_eq!(
        String::from_utf8_lossy(&received)
            .matches("HTTP/1.1 200 OK")
            .count(),
        3
    );
}

#[test]
fn concurrent_polls_for_one_code_return_one_token() {
    let simulator = start();
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                let sign_in = SignIn::start(&simulator);
                assert!(sign_in.token(&simulator, "ada.lovelace").starts_with("aoa"));
            });
        }
    });
    let sign_in = SignIn::start(&simulator);
    simulator
        .approve(sign_in.user_code(), "ada.lovelace")
        .expect("approved");
    let tokens: Vec<bool> = thread::scope(|scope| {
        let polls: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| sign_in.poll().send(simulator.url()).status == 200))
            .collect();
        polls
            .into_iter()
            .map(|poll| poll.join().expect("polled"))
            .collect()
    });
    assert_eq!(tokens.iter().filter(|got| **got).count(), 1);
}

#[test]
fn connections_are_refused_and_accepted_again_on_the_same_port() {
    let simulator = start();
    let host = simulator.url().trim_start_matches("http://");
    let mut open = TcpStream::connect(host).expect("connected");
    Request::get("/device").send(simulator.url());
    for _ in 0..3 {
        simulator.refuse_connections();
        let refused = TcpStream::connect(host).expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        simulator.accept_connections();
        assert_eq!(Request::get("/device").send(simulator.url()).status, 200);
    }
    assert_eq!(
        open.read(&mut [0; 1]).unwrap_or(0),
        0,
        "the open one was closed"
    );
    let asked = Request::post("/_simulator/refuse", r#"{"for_ms":300}"#).send(simulator.url());
    assert_eq!(asked.status, 200);
    thread::sleep(Duration::from_millis(150));
    assert!(TcpStream::connect(host).is_err());
    thread::sleep(Duration::from_millis(500));
    assert!(TcpStream::connect(host).is_ok());
}

#[test]
fn drop_ends_all_connections_within_a_second() {
    let simulator = start();
    let url = simulator.url().to_owned();
    let host = url.trim_start_matches("http://");
    simulator
        .add_rule(aws_simulator::Rule::new(
            aws_simulator::ResponseFault::HangBeforeStatus,
        ))
        .expect("a rule");
    let idle = TcpStream::connect(host).expect("connected");
    let hanging = Request::post("/token", "{}");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| hanging.bytes(&url, Duration::from_secs(30)));
        thread::sleep(Duration::from_millis(200));
        let began = Instant::now();
        drop(simulator);
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(waiting.join().expect("joined").unwrap_or_default(), b"");
    });
    assert!(TcpStream::connect(host).is_err());
    drop(idle);
}

#[test]
fn address_that_is_not_loopback_is_an_error() {
    let config = aws_simulator::Config {
        address: ([0, 0, 0, 0], 0).into(),
        ..aws_simulator::Config::default()
    };
    assert!(aws_simulator::start(config).is_err());
}
