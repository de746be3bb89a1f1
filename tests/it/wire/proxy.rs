//! Stands between a pool and the server and writes down what passes.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::message::{Client, Received, Sent, Server};

/// What passed through a proxy, on all connections together: a test uses one at a time.
///
/// Round trips are counted by messages, not by time: a new one begins whenever the client sends
/// something although everything it sent before is answered. For an async pool this is exact in a
/// runtime with a single thread, where all that the pool queues is written before anything is read; a
/// sync pool waits for each answer.
#[derive(Clone)]
pub(crate) struct Wire {
    url: String,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    sent: Vec<Sent>,
    refused: Vec<String>,
    trips: usize,
    unanswered: usize,
}

impl Wire {
    /// Puts a proxy in front of the server in a URL as `tenants_tests::Database::url` returns it.
    pub(crate) async fn before(url: &str) -> Self {
        let (login, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{login}@{}/{database}", listener.local_addr().unwrap());
        let wire = Self { url, log: Arc::default() };
        tokio::spawn(accept(listener, server.to_owned(), Arc::clone(&wire.log)));
        wire
    }

    /// The URL that leads through this proxy.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Round trips since the last [`clear`](Self::clear).
    pub(crate) fn trips(&self) -> usize {
        self.lock().trips
    }

    /// Messages of the client since the last `clear`.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    /// The statements among them that the server was to run, in order.
    pub(crate) fn statements(&self) -> Vec<String> {
        self.lock().sent.iter().filter_map(Sent::runs).map(str::to_owned).collect()
    }

    /// SQLSTATEs with which the server refused since the last `clear`, when all is answered: a
    /// call whose scope failed returns before that.
    pub(crate) async fn refused(&self) -> Vec<String> {
        self.until(|log| (log.unanswered == 0).then(|| log.refused.clone())).await
    }

    /// Forgets what passed, after the last of it was answered: what a pool sends when a connection
    /// comes back, it does not wait for.
    ///
    /// `last` is the beginning of the last statement that the pool has to send.
    pub(crate) async fn clear_after(&self, last: &str) {
        self.until(|log| log.is_over(last).then(|| *log = Log::default())).await;
    }

    /// Waits until such a statement is the last, and answered.
    pub(crate) async fn ends_with(&self, last: &str) {
        self.until(|log| log.is_over(last).then_some(())).await;
    }

    /// Forgets what passed, when all of it is answered.
    pub(crate) async fn clear(&self) {
        self.until(|log| (log.unanswered == 0).then(|| *log = Log::default())).await;
    }

    async fn until<R>(&self, mut ready: impl FnMut(&mut Log) -> Option<R>) -> R {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            {
                let mut log = self.lock();
                if let Some(value) = ready(&mut log) {
                    return value;
                }
                assert!(Instant::now() < deadline, "{:?}", log.sent);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }
}

async fn accept(listener: TcpListener, server: String, log: Arc<Mutex<Log>>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(&server).await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (mut requests, mut answers) = (Client::default(), Server::default());
        let (sent, received) = (Arc::clone(&log), Arc::clone(&log));
        tokio::spawn(forward(from_client, to_server, move |bytes| {
            sent.lock().unwrap().send(requests.read(bytes));
        }));
        tokio::spawn(forward(from_server, to_client, move |bytes| {
            received.lock().unwrap().receive(answers.read(bytes));
        }));
    }
}

/// Writes down before it passes on: whoever has an answer finds it in the log.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut write_down: impl FnMut(&[u8]),
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        write_down(&buffer[..length]);
        // A client that closed its socket wants no answers, but they are given.
        let _ = to.write_all(&buffer[..length]).await;
    }
    let _ = to.shutdown().await;
}

impl Log {
    fn is_over(&self, last: &str) -> bool {
        let statement = self.sent.iter().rev().find_map(Sent::runs);
        self.unanswered == 0 && statement.is_some_and(|statement| statement.starts_with(last))
    }

    fn send(&mut self, messages: Vec<Sent>) {
        if !messages.is_empty() && self.unanswered == 0 {
            self.trips += 1;
        }
        self.unanswered += messages.iter().filter(|message| message.is_answered()).count();
        self.sent.extend(messages);
    }

    fn receive(&mut self, messages: Vec<Received>) {
        for message in messages {
            match message {
                // Saturating: the end of a connection is a message without an answer.
                Received::ReadyForQuery => self.unanswered = self.unanswered.saturating_sub(1),
                Received::Error(code) => self.refused.push(code),
                Received::Other => {}
            }
        }
    }
}
