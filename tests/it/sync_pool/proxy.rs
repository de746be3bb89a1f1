//! Counts the round trips between a pool and the server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Stands between clients and a server. A round trip is counted when the client speaks after the
/// server did.
pub(super) struct Proxy {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    round_trips: AtomicUsize,
    is_stopped: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub(super) fn start(url: &str) -> Self {
        let (login, address) = url.split_once('@').unwrap();
        let (server, database) = address.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{login}@{}/{database}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let (server, accepting) = (server.to_owned(), Arc::clone(&shared));
        thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                accepting.relay(client.unwrap(), TcpStream::connect(&server).unwrap());
            }
        });
        Self { url, shared }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Round trips of one call.
    pub(super) fn count(&self, call: impl FnOnce()) -> usize {
        let before = self.shared.round_trips.load(Ordering::SeqCst);
        call();
        self.shared.round_trips.load(Ordering::SeqCst) - before
    }

    /// Closes all connections and accepts no more.
    pub(super) fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn relay(self: &Arc<Self>, client: TcpStream, server: TcpStream) {
        let server_spoke = Arc::new(AtomicBool::new(true));
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            self.streams.lock().unwrap().push(stream.try_clone().unwrap());
        }
        let directions = [
            (client.try_clone().unwrap(), server.try_clone().unwrap(), true),
            (server, client, false),
        ];
        for (mut from, mut to, from_client) in directions {
            let (shared, server_spoke) = (Arc::clone(self), Arc::clone(&server_spoke));
            thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(length @ 1..) = from.read(&mut buffer) {
                    let had_spoken = server_spoke.swap(!from_client, Ordering::SeqCst);
                    if from_client && had_spoken {
                        shared.round_trips.fetch_add(1, Ordering::SeqCst);
                    }
                    if to.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    }
}
