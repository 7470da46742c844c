//! A server that imitates Edge Auth and fails in ways that the real service cannot. The token of a request selects the
//! failure.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The token, the response, and the response of an API that fails closed: its status and `Retry-After`.
pub const FAILURES: [(&str, Option<&str>, u16, Option<&str>); 7] = [
    ("disconnects", Some(""), 503, Some("1")),
    ("hangs", None, 503, Some("1")),
    (
        "fails",
        Some("500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"),
        503,
        Some("1"),
    ),
    (
        "is-unavailable",
        Some("503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n"),
        503,
        Some("7"),
    ),
    (
        "limits",
        Some("429 Too Many Requests\r\nretry-after: 42\r\ncontent-length: 0\r\n\r\n"),
        503,
        Some("42"),
    ),
    (
        "redirects",
        Some("307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
        503,
        Some("1"),
    ),
    // The page of a proxy.
    (
        "talks",
        Some("200 OK\r\ncontent-length: 15\r\n\r\n<!doctype html>"),
        503,
        Some("1"),
    ),
];

/// Starts the server and returns its URL.
pub async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(respond(stream));
        }
    });
    format!("http://127.0.0.1:{port}")
}

async fn respond(mut stream: TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut request).await, Ok(1..)) {
            return;
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let failure = FAILURES
        .into_iter()
        .find(|(token, ..)| request.contains(&format!("Bearer {token}\r\n")));
    let response = match failure {
        // If an API follows the redirect, this response says that the token is valid.
        _ if request.starts_with("GET /elsewhere ") => Some(
            "200 OK\r\ncontent-length: 67\r\n\r\n{\"success\":true,\"user\":{\"id\":\"1\",\"username\":\"admin\",\"role\":\"user\"}}",
        ),
        Some((_, response, ..)) => response,
        None => Some("401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
    };
    match response {
        None => std::future::pending().await,
        Some("") => {}
        Some(response) => {
            let text = format!(
                "HTTP/1.1 {}",
                response.replacen("\r\n", "\r\nconnection: close\r\n", 1)
            );
            let _ = stream.write_all(text.as_bytes()).await;
        }
    }
}
