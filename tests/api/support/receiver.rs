//! A receiver of the audit webhook, on this machine.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A message as it was received.
#[derive(Clone)]
pub struct Message {
    pub headers: HeaderMap,
    pub body: String,
}

/// The response of the receiver.
#[derive(Clone, Copy, PartialEq)]
pub enum Answer {
    /// This status line and these headers.
    Status(&'static str),
    /// None.
    Hangs,
    /// The connection is closed.
    Closes,
}

pub const ACCEPTED: Answer = Answer::Status("204 No Content");

/// A running receiver. It ends with the test.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    messages: Arc<Mutex<Vec<Message>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let receiver = Self {
            url: format!("http://127.0.0.1:{port}/hook?a=b"),
            messages: Arc::default(),
            answer: Arc::new(Mutex::new(ACCEPTED)),
        };
        let running = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(running.clone().receive(stream));
            }
        });
        receiver
    }

    /// Responds in this way from now on.
    pub fn respond(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// The messages that were received since the last call.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.messages.lock().unwrap())
    }

    async fn receive(self, mut stream: TcpStream) {
        let mut received = Vec::new();
        let end = loop {
            if let Some(end) = find(&received, b"\r\n\r\n") {
                break end + 4;
            }
            if !matches!(stream.read_buf(&mut received).await, Ok(1..)) {
                return;
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
        let mut headers = HeaderMap::new();
        for line in head.lines().skip(1) {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            let name: HeaderName = name.parse().expect("a name");
            headers.insert(name, HeaderValue::from_str(value).expect("a value"));
        }
        let length = headers.get("content-length").expect("a length");
        let length: usize = length.to_str().expect("text").parse().expect("a number");
        while received.len() < end + length {
            if !matches!(stream.read_buf(&mut received).await, Ok(1..)) {
                return;
            }
        }
        let body = String::from_utf8(received[end..].to_vec()).expect("UTF-8");
        self.messages
            .lock()
            .unwrap()
            .push(Message { headers, body });
        let answer = *self.answer.lock().unwrap();
        match answer {
            Answer::Status(status) => {
                let text =
                    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Answer::Hangs => std::future::pending().await,
            Answer::Closes => {}
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
