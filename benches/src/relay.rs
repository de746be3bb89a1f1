//! A network, simulated.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Passes on, later, whatever goes to and comes from a port of this host.
///
/// A delay, and no limit of bandwidth. Threads, because the timers of tokio count in milliseconds.
/// They end with the process.
#[derive(Debug)]
pub struct Relay {
    port: u16,
}

impl Relay {
    /// Starts one; `delay` is for each way.
    ///
    /// # Errors
    ///
    /// When the loopback interface offers no port.
    pub fn start(server: u16, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for client in listener.incoming() {
                let connected = client.and_then(|client| connect(client, server, delay));
                connected.expect("the relay reaches the server");
            }
        });
        Ok(Self { port })
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn connect(client: TcpStream, server: u16, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    for socket in [&client, &server] {
        socket.set_nodelay(true)?;
    }
    relay(client.try_clone()?, server.try_clone()?, delay);
    relay(server, client, delay);
    Ok(())
}

/// One thread notes when something arrived, the other waits until it is due.
fn relay(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (arrived, due) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
                Ok(length) => {
                    if arrived.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
                        break;
                    }
                }
            }
        }
    });
    thread::spawn(move || {
        for (at, bytes) in due {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
