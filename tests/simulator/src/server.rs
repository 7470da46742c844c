//! Listening, a thread for each connection, and an end to all of them.

use crate::damage::{Delivery, Then};
use crate::http::{Request, Unreadable, read_request, take_last_byte};
use crate::simulator::lock;
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// More connections than these are closed unheard.
const MAX_CONNECTIONS: usize = 512;
/// No misbehaving reply lasts longer.
const PATIENCE: Duration = Duration::from_mins(1);
const BETWEEN_BYTES: Duration = Duration::from_millis(400);

/// What a listener does with a request.
pub(crate) type Handler = Arc<dyn Fn(&Request) -> Delivery + Send + Sync>;

/// A listening socket and its connections; all of it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) gate: Gate,
    accepting: Option<JoinHandle<()>>,
}

/// Opens and closes the listener from any thread.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Door>);

struct Door {
    address: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
    connections: Mutex<Connections>,
}

#[derive(Default)]
struct State {
    wanted: Mode,
    is_listening: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Open,
    Refusing,
    Ended,
}

#[derive(Default)]
struct Connections {
    next: u64,
    open: HashMap<u64, TcpStream>,
}

impl Server {
    pub(crate) fn start(listener: TcpListener, handler: Handler) -> io::Result<Self> {
        let gate = Gate(Arc::new(Door {
            address: listener.local_addr()?,
            state: Mutex::new(State {
                wanted: Mode::Open,
                is_listening: true,
            }),
            changed: Condvar::new(),
            connections: Mutex::default(),
        }));
        let door = Arc::clone(&gate.0);
        let accepting = thread::Builder::new()
            .name("aws-simulator".into())
            .spawn(move || accept(&door, listener, &handler))?;
        Ok(Self {
            gate,
            accepting: Some(accepting),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.gate.set(Mode::Ended);
        if let Some(accepting) = self.accepting.take() {
            // It has panicked or it has ended; both are an end.
            let _ = accepting.join();
        }
        self.gate.hang_up();
        let deadline = Instant::now() + Duration::from_secs(2);
        while !lock(&self.gate.0.connections).open.is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Gate {
    /// Closes the listener and every connection: the kernel refuses whoever comes. Returns when it is so.
    pub(crate) fn refuse(&self) {
        self.set(Mode::Refusing);
        self.wait_until(|state| !state.is_listening);
        self.hang_up();
    }

    /// Listens again on the same port. Returns when it does, or when somebody else has taken the port.
    pub(crate) fn accept(&self) {
        self.set(Mode::Open);
        self.wait_until(|state| state.is_listening);
    }

    fn set(&self, mode: Mode) {
        lock(&self.0.state).wanted = mode;
        self.0.changed.notify_all();
        // Wakes the thread out of accept(). Nobody listening is fine too: then it waits for the change.
        let _ = TcpStream::connect_timeout(&self.0.address, Duration::from_millis(200));
    }

    fn wait_until(&self, done: impl Fn(&State) -> bool) {
        let limit = Duration::from_secs(5);
        let waited = self
            .0
            .changed
            .wait_timeout_while(lock(&self.0.state), limit, |state| !done(state));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn hang_up(&self) {
        for stream in lock(&self.0.connections).open.values() {
            // One that is closed already needs no closing.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(door: &Arc<Door>, mut listener: TcpListener, handler: &Handler) {
    loop {
        let accepted = listener.accept();
        let wanted = lock(&door.state).wanted;
        match (wanted, accepted) {
            (Mode::Open, Ok((stream, _))) => attend(door, stream, handler),
            // Out of file handles, most likely: let some be closed.
            (Mode::Open, Err(_)) => thread::sleep(Duration::from_millis(10)),
            (Mode::Refusing, _) => {
                drop(listener);
                match reopened(door) {
                    Some(again) => listener = again,
                    None => return,
                }
            }
            (Mode::Ended, _) => return,
        }
    }
}

/// Waits, listening to nobody, until the door is to be opened; `None` at the end.
fn reopened(door: &Door) -> Option<TcpListener> {
    let mut state = lock(&door.state);
    state.is_listening = false;
    door.changed.notify_all();
    let mut state = door
        .changed
        .wait_while(state, |state| state.wanted == Mode::Refusing)
        .unwrap_or_else(PoisonError::into_inner);
    for _ in 0..100 {
        if state.wanted == Mode::Ended {
            return None;
        }
        if let Ok(listener) = TcpListener::bind(door.address) {
            state.is_listening = true;
            door.changed.notify_all();
            return Some(listener);
        }
        drop(state);
        thread::sleep(Duration::from_millis(20));
        state = lock(&door.state);
    }
    None
}

fn attend(door: &Arc<Door>, stream: TcpStream, handler: &Handler) {
    let Ok(clone) = stream.try_clone() else {
        return;
    };
    let mut connections = lock(&door.connections);
    if connections.open.len() >= MAX_CONNECTIONS {
        return;
    }
    connections.next += 1;
    let number = connections.next;
    connections.open.insert(number, clone);
    drop(connections);
    let (door, handler) = (Arc::clone(door), Arc::clone(handler));
    let registered = Registered {
        door: Arc::clone(&door),
        number,
    };
    // Should no thread start, the closure is dropped and the connection with it.
    let _ = thread::Builder::new()
        .name(format!("connection {number}"))
        .spawn(move || {
            // The other side has gone: nothing is left to be done.
            let _ = converse(&stream, &handler);
            // The clone goes first. The socket closes with the last handle, and what is unread then decides how.
            drop(registered);
            drop(stream);
        });
}

struct Registered {
    door: Arc<Door>,
    number: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.door.connections).open.remove(&self.number);
    }
}

fn converse(stream: &TcpStream, handler: &Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut writer = stream;
    loop {
        let request = match read_request(stream) {
            Ok(request) => request,
            Err(Unreadable::Gone) => return Ok(()),
            Err(Unreadable::Refused(reply)) => {
                writer.write_all(&reply.with("Connection", "close").bytes())?;
                return drain(stream);
            }
        };
        let delivery = handler(&request);
        if matches!(delivery.then, Then::Reset) {
            writer.write_all(&delivery.bytes)?;
            if !delivery.bytes.is_empty() {
                // A reset may overtake what was sent before it.
                thread::sleep(Duration::from_millis(50));
            }
            return Ok(());
        }
        take_last_byte(stream)?;
        writer.write_all(&delivery.bytes)?;
        match delivery.then {
            Then::Go if request.keep_alive => {}
            Then::Go | Then::Close | Then::Reset => return Ok(()),
            Then::Hang => return wait_for_end(stream),
            Then::Trickle(bytes) => return trickle(writer, &bytes),
            Then::Flood(count, end) => {
                flood(writer, count)?;
                return writer.write_all(&end);
            }
        }
    }
}

/// Says that no more will come and reads what the other side still sends, so that it reads the reply and no reset.
fn drain(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut reader = stream;
    let mut buffer = [0; 8192];
    for _ in 0..1000 {
        if reader.read(&mut buffer)? == 0 {
            break;
        }
    }
    Ok(())
}

fn wait_for_end(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = stream;
    while reader.read(&mut [0; 512])? > 0 {}
    Ok(())
}

fn trickle(mut writer: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    let end = Instant::now() + PATIENCE;
    for byte in bytes {
        if Instant::now() > end {
            break;
        }
        thread::sleep(BETWEEN_BYTES);
        writer.write_all(&[*byte])?;
    }
    Ok(())
}

fn flood(mut writer: &TcpStream, count: u64) -> io::Result<()> {
    let chunk = vec![b'a'; 64 * 1024];
    let mut left = count;
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        writer.write_all(chunk.get(..size).unwrap_or_default())?;
        left -= size as u64;
    }
    Ok(())
}
