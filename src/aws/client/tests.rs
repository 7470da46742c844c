//! Calls to a local server that responds correctly, late, partly or not at all.

use super::*;
use crate::aws::endpoint::Endpoint;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The action of a server on a connection, after it has read the head of the request.
#[derive(Clone, Debug)]
enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends these bytes and keeps the connection open.
    Hang(Vec<u8>),
    /// Waits for this many milliseconds, then sends and closes.
    Late(u64, Vec<u8>),
    /// Sends the first bytes, then the second ones repeatedly.
    Flood(Vec<u8>, Vec<u8>),
}

struct Server {
    endpoint: Endpoint,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that performs one action per connection, and the last act for all further connections.
    async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let turn = counted.fetch_add(1, Ordering::SeqCst);
                let act = acts[turn.min(acts.len() - 1)].clone();
                tokio::spawn(async move {
                    let mut head = [0; 4_096];
                    let _ = stream.read(&mut head).await;
                    match act {
                        Act::Send(bytes) => drop(stream.write_all(&bytes).await),
                        Act::Hang(bytes) => {
                            let _ = stream.write_all(&bytes).await;
                            std::future::pending::<()>().await;
                        }
                        Act::Late(milliseconds, bytes) => {
                            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                            let _ = stream.write_all(&bytes).await;
                        }
                        Act::Flood(head, piece) => {
                            let _ = stream.write_all(&head).await;
                            while stream.write_all(&piece).await.is_ok() {}
                        }
                    }
                });
            }
        });
        Self {
            endpoint: Endpoint::overridden(&format!("http://{address}")).unwrap(),
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

fn client(timeout_ms: u64) -> Client {
    Client {
        timeout: Duration::from_millis(timeout_ms),
        ..Client::new()
    }
}

#[test]
fn call_has_a_timeout_of_8_seconds() {
    assert_eq!(Client::new().timeout, Duration::from_secs(8));
}

#[tokio::test]
async fn response_is_read_whatever_its_status() {
    for (status, code) in [
        ("200 OK", 200),
        ("204 No", 204),
        ("400 Bad", 400),
        ("429 Slow", 429),
    ] {
        let bytes = response(status, "X-Amzn-ErrorType: SlowDownException:\r\n", "");
        let server = Server::start(vec![Act::Send(bytes)]).await;
        let read = Client::new()
            .send(&AwsRequest::get(&server.endpoint, "/"))
            .await
            .unwrap();
        assert_eq!(read.status, code);
        assert_eq!(read.error_type.as_deref(), Some("SlowDownException:"));
    }
}

#[tokio::test]
async fn redirect_is_not_followed() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See",
        "307 Temporary",
        "308 Permanent",
    ] {
        let target = Server::start(vec![Act::Send(response("200 OK", "", "{}"))]).await;
        let location = format!("Location: {}\r\n", target.endpoint.url("/stolen"));
        let server = Server::start(vec![Act::Send(response(status, &location, ""))]).await;
        let request =
            AwsRequest::get(&server.endpoint, "/").with_header("x-amz-sso_bearer_token", "t");
        let read = Client::new().send(&request).await.unwrap();
        assert_eq!(read.success(), Err(AwsError::InvalidResponse), "{status}");
        assert_eq!((server.connections(), target.connections()), (1, 0));
    }
}

#[tokio::test]
async fn server_that_hangs_at_any_stage_causes_a_timeout() {
    let client = client(600);
    for bytes in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let server = Server::start(vec![Act::Hang(bytes.into())]).await;
        let began = Instant::now();
        let read = client.send(&AwsRequest::get(&server.endpoint, "/")).await;
        assert_eq!(read, Err(AwsError::Timeout), "{bytes:?}");
        assert!(began.elapsed() < Duration::from_secs(3));
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn retry_has_only_the_remaining_time() {
    let server = Server::start(vec![
        Act::Late(1_000, response("500 Error", "", "")),
        Act::Hang(Vec::new()),
    ])
    .await;
    let client = client(1_500);
    let began = Instant::now();
    let read = client.send(&AwsRequest::get(&server.endpoint, "/")).await;
    assert_eq!(read, Err(AwsError::Timeout));
    assert_eq!(server.connections(), 2);
    assert!(
        began.elapsed() < Duration::from_millis(2_400),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn idempotent_request_is_retried_once_and_others_are_not() {
    let good = Act::Send(response("200 OK", "", "{}"));
    for (first, retried, sent_once) in [
        (Act::Send(response("503 Out", "", "")), 200, Ok(503)),
        (Act::Send(Vec::new()), 200, Err(AwsError::ConnectionError)),
        (
            Act::Send(b"nonsense\r\n\r\n".to_vec()),
            200,
            Err(AwsError::ConnectionError),
        ),
        (
            Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            200,
            Err(AwsError::ConnectionError),
        ),
    ] {
        let server = Server::start(vec![first.clone(), good.clone()]).await;
        let request = AwsRequest::get(&server.endpoint, "/");
        let read = Client::new()
            .send(&request)
            .await
            .map(|response| response.status);
        assert_eq!((read, server.connections()), (Ok(retried), 2), "{first:?}");

        let server = Server::start(vec![first.clone(), good.clone()]).await;
        let request = AwsRequest::get(&server.endpoint, "/").not_idempotent();
        let read = Client::new()
            .send(&request)
            .await
            .map(|response| response.status);
        assert_eq!((read, server.connections()), (sent_once, 1), "{first:?}");
    }
    let server = Server::start(vec![Act::Send(response("503 Out", "", ""))]).await;
    let read = Client::new()
        .send(&AwsRequest::get(&server.endpoint, "/"))
        .await
        .unwrap();
    assert_eq!((read.status, server.connections()), (503, 2));
    // A 429 is not retried.
    let server = Server::start(vec![Act::Send(response("429 Slow", "", "")), good]).await;
    let read = Client::new()
        .send(&AwsRequest::get(&server.endpoint, "/"))
        .await
        .unwrap();
    assert_eq!((read.status, server.connections()), (429, 1));
}

#[tokio::test]
async fn refused_connection_is_a_connection_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = Endpoint::overridden(&format!("http://{address}")).unwrap();
    let read = Client::new().send(&AwsRequest::get(&endpoint, "/")).await;
    assert_eq!(read, Err(AwsError::ConnectionError));
    // Plain HTTP where TLS is expected.
    let server = Server::start(vec![Act::Send(response("200 OK", "", "{}"))]).await;
    let endpoint =
        Endpoint::overridden(&server.endpoint.url("").replace("http:", "https:")).unwrap();
    let read = Client::new().send(&AwsRequest::get(&endpoint, "/")).await;
    assert_eq!(read, Err(AwsError::ConnectionError));
}

#[tokio::test]
async fn body_over_64_kib_is_an_invalid_response() {
    let exact = "x".repeat(MAX_BODY_BYTES);
    let server = Server::start(vec![Act::Send(response("200 OK", "", &exact))]).await;
    let read = Client::new()
        .send(&AwsRequest::get(&server.endpoint, "/"))
        .await
        .unwrap();
    assert_eq!(read.body.len(), MAX_BODY_BYTES);

    let server = Server::start(vec![Act::Send(response(
        "200 OK",
        "",
        &format!("{exact}x"),
    ))])
    .await;
    let read = Client::new()
        .send(&AwsRequest::get(&server.endpoint, "/"))
        .await;
    assert_eq!(
        (read, server.connections()),
        (Err(AwsError::InvalidResponse), 1)
    );

    // The body has no length and no end.
    let flood = Act::Flood(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 1_000]);
    let server = Server::start(vec![flood]).await;
    let read = Client::new()
        .send(&AwsRequest::get(&server.endpoint, "/"))
        .await;
    assert_eq!(read, Err(AwsError::InvalidResponse));
}
