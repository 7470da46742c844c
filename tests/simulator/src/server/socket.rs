//! A TCP connection that the HTTP server uses, and that a fault can take over.

use crate::faults::delivery::{End, RawDelivery};
use socket2::SockRef;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// The maximum duration of a faulty response.
const RAW_TIMEOUT: Duration = Duration::from_mins(1);
const TRICKLE_INTERVAL: Duration = Duration::from_millis(400);

pub(crate) struct Socket {
    stream: TcpStream,
    is_taken_over: AtomicBool,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Arc<Self>> {
        stream.set_nodelay(true)?;
        Ok(Arc::new(Self {
            stream,
            is_taken_over: AtomicBool::new(false),
        }))
    }

    /// Writes bytes that the HTTP server cannot send, while the server waits for the response. Afterwards every use of
    /// the socket by the server fails, so that it closes the connection.
    pub(crate) async fn take_over(&self, delivery: RawDelivery) {
        // A client that has disconnected is not an error.
        let _ = timeout(RAW_TIMEOUT, self.deliver(delivery)).await;
        self.is_taken_over.store(true, Ordering::SeqCst);
    }

    async fn deliver(&self, RawDelivery { bytes, end }: RawDelivery) -> io::Result<()> {
        self.write(&bytes).await?;
        match end {
            End::Close => Ok(()),
            End::Reset => {
                // A reset discards what the client has not read yet.
                if !bytes.is_empty() {
                    sleep(Duration::from_millis(50)).await;
                }
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
            }
            // If the client closes the connection, the server closes it too, and this wait ends.
            End::Hang => std::future::pending().await,
            End::Trickle(bytes) => {
                let end = Instant::now() + RAW_TIMEOUT;
                for byte in bytes {
                    if Instant::now() > end {
                        break;
                    }
                    sleep(TRICKLE_INTERVAL).await;
                    self.write(&[byte]).await?;
                }
                Ok(())
            }
            End::Flood(count, after) => {
                let chunk = vec![b'a'; 64 * 1024];
                let mut left = count;
                while left > 0 {
                    let size = left.min(chunk.len());
                    self.write(chunk.get(..size).unwrap_or_default()).await?;
                    left -= size;
                }
                self.write(&after).await
            }
        }
    }

    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        if self.is_taken_over.load(Ordering::SeqCst) {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

/// The HTTP server's use of a socket.
pub(crate) struct ServerIo(pub(crate) Arc<Socket>);

impl AsyncRead for ServerIo {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = &self.0;
        loop {
            socket.check()?;
            ready!(socket.stream.poll_read_ready(context))?;
            match socket.stream.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for ServerIo {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let socket = &self.0;
        loop {
            socket.check()?;
            ready!(socket.stream.poll_write_ready(context))?;
            match socket.stream.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.check()?;
        Poll::Ready(SockRef::from(&self.0.stream).shutdown(Shutdown::Write))
    }
}
