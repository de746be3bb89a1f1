//! Stands between a pool and the server, and does to a request what networks, servers and operators do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::message::take_whole;
use crate::raw::Raw;

/// What becomes of one request: of a message that the server answers, and those that lead up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server fails before it has begun with the request, as it does when it is asked to cancel.
    Refused,
    /// The answer comes late.
    Slow,
    /// From here on nothing passes, in either direction, and nobody is told.
    NeverSent,
    /// The request passes, and then nothing more.
    NeverAnswered,
    /// The connection ends in the place of the request.
    CutBefore,
    /// The connection ends behind the request, which the server gets.
    CutBehind,
    /// The server process ends before it gets the request.
    Terminated,
}

impl Fault {
    /// Those that a caller who waits hears of.
    pub(crate) const TOLD: [Self; 5] =
        [Self::Refused, Self::Slow, Self::CutBefore, Self::CutBehind, Self::Terminated];
    /// Those that only giving up ends.
    pub(crate) const UNTOLD: [Self; 2] = [Self::NeverSent, Self::NeverAnswered];
}

/// What a slow answer takes.
const LATE: Duration = Duration::from_millis(20);

/// A proxy whose faults a test arms. Requests to connect count, requests to cancel pass.
pub(crate) struct Gate {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    requests: usize,
    /// By number of the request, from the last count on.
    at: Vec<(usize, Fault)>,
    /// For each request with this text.
    on: Option<(&'static str, Fault)>,
    /// Ends all connections when it changes.
    cut: Arc<Notify>,
}

impl Gate {
    /// Puts a gate in front of the server in a URL as `tenants_tests::Database::url` returns it.
    pub(crate) async fn before(url: &str) -> Self {
        let (login, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Self {
            url: format!("{login}@{}/{database}", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let superuser = format!("postgres://postgres@{server}/{database}");
        tokio::spawn(accept(listener, server.to_owned(), superuser, Arc::clone(&gate.state)));
        gate
    }

    /// The URL that leads through this gate.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Begins to count, and lets a fault happen to a request: to the first for 1.
    pub(crate) fn arm(&self, at: usize, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        (state.requests, state.at) = (0, vec![(at, fault)]);
    }

    /// Lets a fault happen to all requests that hold this text.
    pub(crate) fn arm_all(&self, text: &'static str, fault: Fault) {
        self.state.lock().unwrap().on = Some((text, fault));
    }

    /// Lets everything pass, on connections that are not dead yet; how many requests there were.
    pub(crate) fn disarm(&self) -> usize {
        let mut state = self.state.lock().unwrap();
        (state.at, state.on) = (Vec::new(), None);
        std::mem::take(&mut state.requests)
    }

    /// Ends all connections that are open now.
    pub(crate) fn cut(&self) {
        self.state.lock().unwrap().cut.notify_waiters();
    }
}

impl State {
    fn next(&mut self, request: &[u8]) -> Option<Fault> {
        self.requests += 1;
        let here = self.at.iter().find(|(at, _)| *at == self.requests).map(|(_, fault)| *fault);
        let text = self
            .on
            .filter(|(text, _)| request.windows(text.len()).any(|part| part == text.as_bytes()));
        here.or(text.map(|(_, fault)| fault))
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    superuser: String,
    state: Arc<Mutex<State>>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&server).await else { continue };
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let link = Arc::new(Link::default());
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (superuser, state) = (superuser.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            let cut = Arc::clone(&state.lock().unwrap().cut);
            let requests = requests(from_client, to_server, &link, &state, &superuser);
            // Either end closes the other, as keepalives do in the end.
            tokio::select! {
                // Ahead of what came in behind it.
                biased;
                () = cut.notified() => {}
                () = requests => {}
                () = answers(from_server, to_client, &link) => {}
            }
        });
    }
}

/// What the two directions of a connection know of each other.
#[derive(Default)]
struct Link {
    answers: Mutex<VecDeque<Option<Fault>>>,
    /// Of the server, from its first answer.
    process: Mutex<u32>,
}

async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    link: &Link,
    state: &Mutex<State>,
    superuser: &str,
) {
    const CANCEL: [u8; 4] = 80_877_102_u32.to_be_bytes();
    let (mut bytes, mut started, mut dead) = (Vec::new(), false, false);
    let mut request = Vec::new();
    while let Ok(1..) = client.read_buf(&mut bytes).await {
        while let Some(message) = take_whole(&mut bytes, usize::from(started)) {
            let is_answered =
                if started { matches!(message[0], b'Q' | b'S') } else { message[4..8] != CANCEL };
            let is_complete = is_answered || !started || message[0] == b'X';
            started = true;
            request.extend(message);
            if !is_complete {
                continue;
            }
            let mut request = std::mem::take(&mut request);
            if dead {
                continue;
            }
            if is_answered {
                let fault = state.lock().unwrap().next(&request);
                link.answers.lock().unwrap().push_back(fault);
                match fault {
                    None | Some(Fault::Slow) => {}
                    Some(Fault::Refused) => request = refused(),
                    Some(Fault::NeverSent) => {
                        dead = true;
                        continue;
                    }
                    Some(Fault::NeverAnswered) => dead = true,
                    Some(Fault::CutBefore) => return,
                    Some(Fault::CutBehind) => {
                        let _ = server.write_all(&request).await;
                        return;
                    }
                    Some(Fault::Terminated) => terminate(superuser, link).await,
                }
            }
            if server.write_all(&request).await.is_err() {
                return;
            }
        }
    }
}

async fn answers(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, link: &Link) {
    let mut bytes = Vec::new();
    while let Ok(1..) = server.read_buf(&mut bytes).await {
        while let Some(message) = take_whole(&mut bytes, 1) {
            if message[0] == b'K' {
                *link.process.lock().unwrap() =
                    u32::from_be_bytes(message[5..9].try_into().unwrap());
            }
            let fault = link.answers.lock().unwrap().front().copied().flatten();
            match fault {
                Some(Fault::NeverSent | Fault::NeverAnswered) => continue,
                Some(Fault::Slow) if message[0] == b'Z' => tokio::time::sleep(LATE).await,
                _ => {}
            }
            if message[0] == b'Z' {
                link.answers.lock().unwrap().pop_front();
            }
            if client.write_all(&message).await.is_err() {
                return;
            }
        }
    }
}

/// A request that fails by itself, and as one that was cancelled.
fn refused() -> Vec<u8> {
    const SQL: &str = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'query_canceled'; END $$\0";
    let length = u32::try_from(SQL.len() + 4).unwrap();
    [b"Q", &length.to_be_bytes()[..], SQL.as_bytes()].concat()
}

async fn terminate(superuser: &str, link: &Link) {
    let process = *link.process.lock().unwrap();
    let superuser = Raw::connect(superuser).await;
    superuser.run(&format!("SELECT pg_terminate_backend({process}, 10000)")).await.unwrap();
}
