//! The HTTP server: a listener that can be closed and opened again, in a thread of its own.

pub(crate) mod socket;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket::{ServerIo, Socket};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// Further connections are closed immediately.
const MAX_CONNECTIONS: usize = 512;
/// Timeout for the head of a request, and for an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// A port that was just closed is bound again with this many attempts, at this interval.
const BIND_ATTEMPTS: u32 = 100;
const BIND_INTERVAL: Duration = Duration::from_millis(20);

/// A running server; stopped when dropped.
pub(crate) struct Server {
    control: ServerControl,
    thread: Option<JoinHandle<()>>,
}

/// Opens and closes the listener.
#[derive(Clone)]
pub(crate) struct ServerControl(UnboundedSender<Command>);

/// Each is confirmed by a message or by the end of the sender.
enum Command {
    Refuse(mpsc::Sender<()>),
    Accept(mpsc::Sender<()>),
    Stop,
}

impl Server {
    pub(crate) fn start(listener: std::net::TcpListener, router: Router) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (sender, commands) = unbounded_channel();
        // A runtime must not be dropped in another runtime, in which tests may run; therefore the thread owns it.
        let thread = thread::Builder::new()
            .name("aws-simulator".into())
            .spawn(move || run(runtime, listener, router, commands))?;
        Ok(Self {
            control: ServerControl(sender),
            thread: Some(thread),
        })
    }

    pub(crate) fn control(&self) -> &ServerControl {
        &self.control
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // This fails if the thread has ended already, which is not an error.
        let _ = self.control.0.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl ServerControl {
    /// Closes the listener and all connections. Returns when that is done.
    pub(crate) fn refuse(&self) {
        self.command(Command::Refuse);
    }

    /// Listens again on the same port. Returns when it does, or when another program has taken the port.
    pub(crate) fn accept(&self) {
        self.command(Command::Accept);
    }

    fn command(&self, command: impl FnOnce(mpsc::Sender<()>) -> Command) {
        let (sender, done) = mpsc::channel();
        let _ = self.0.send(command(sender));
        let _ = done.recv();
    }
}

fn run(
    runtime: Runtime,
    listener: std::net::TcpListener,
    router: Router,
    commands: UnboundedReceiver<Command>,
) {
    runtime.block_on(async move {
        let address = listener.local_addr();
        if let (Ok(address), Ok(listener)) = (address, TcpListener::from_std(listener)) {
            serve(address, listener, router, commands).await;
        }
    });
    runtime.shutdown_background();
}

async fn serve(
    address: SocketAddr,
    listener: TcpListener,
    router: Router,
    mut commands: UnboundedReceiver<Command>,
) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                None | Some(Command::Stop) => return,
                Some(Command::Refuse(done)) => {
                    listener = None;
                    connections.shutdown().await;
                    drop(done);
                }
                Some(Command::Accept(done)) => {
                    if listener.is_none() {
                        listener = bind(address).await;
                    }
                    drop(done);
                }
            },
            stream = accept(listener.as_ref()) => {
                if connections.len() < MAX_CONNECTIONS {
                    connections.spawn(serve_connection(stream, router.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The next connection; waits forever without a listener.
async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Usually there are no file descriptors left, until some connections are closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn bind(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..BIND_ATTEMPTS {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        tokio::time::sleep(BIND_INTERVAL).await;
    }
    None
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let Ok(socket) = Socket::new(stream) else {
        return;
    };
    let io = TokioIo::new(ServerIo(Arc::clone(&socket)));
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&socket));
        let service = TowerToHyperService::new(router.clone());
        hyper::service::Service::call(&service, request.map(axum::body::Body::new))
    });
    // Fails if the client disconnects or sends bytes that are not HTTP, and after a faulty response.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(io, service)
        .await;
}
