//! The messages of [PostgreSQL's protocol](https://www.postgresql.org/docs/current/protocol-message-formats.html)
//! that a test wants to know about.

use std::collections::HashMap;

/// A message from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    Startup,
    Cancel,
    /// The simple protocol: all statements of one message.
    Query(String),
    Parse(String),
    /// Runs the prepared statement of this text.
    Bind(String),
    /// `Describe`, `Execute`, `Close`, `Sync` and what else has no text, by its type byte.
    Other(char),
}

impl Sent {
    /// The statement, if it is one that the server runs.
    pub(crate) fn runs(&self) -> Option<&str> {
        match self {
            Self::Query(sql) | Self::Bind(sql) => Some(sql),
            _ => None,
        }
    }

    /// Whether the server answers with `ReadyForQuery`.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self, Self::Startup | Self::Query(_) | Self::Other('S'))
    }
}

/// A message from the server.
pub(super) enum Received {
    ReadyForQuery,
    /// An error, with its SQLSTATE.
    Error(String),
    Other,
}

/// Cuts the bytes of a client into messages.
#[derive(Default)]
pub(super) struct Client {
    started: bool,
    bytes: Vec<u8>,
    /// Text of the prepared statements, by name.
    prepared: HashMap<String, String>,
}

impl Client {
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Sent> {
        self.bytes.extend_from_slice(bytes);
        let mut sent = Vec::new();
        while let Some(message) = self.next() {
            sent.push(message);
        }
        sent
    }

    fn next(&mut self) -> Option<Sent> {
        if !self.started {
            let body = take(&mut self.bytes, 0)?;
            self.started = true;
            let code = u32::from_be_bytes(body[..4].try_into().unwrap());
            return Some(if code == 80_877_102 { Sent::Cancel } else { Sent::Startup });
        }
        let kind = *self.bytes.first()?;
        let body = take(&mut self.bytes, 1)?;
        let mut texts = body.split(|&byte| byte == 0).map(|text| String::from_utf8_lossy(text));
        let mut text = || texts.next().unwrap_or_default().into_owned();
        Some(match kind {
            b'Q' => Sent::Query(text()),
            b'P' => {
                let (name, sql) = (text(), text());
                self.prepared.insert(name, sql.clone());
                Sent::Parse(sql)
            }
            b'B' => {
                let (_portal, name) = (text(), text());
                Sent::Bind(self.prepared.get(&name).cloned().unwrap_or_default())
            }
            kind => Sent::Other(kind.into()),
        })
    }
}

/// Cuts the bytes of a server into messages.
#[derive(Default)]
pub(super) struct Server(Vec<u8>);

impl Server {
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Received> {
        self.0.extend_from_slice(bytes);
        let mut received = Vec::new();
        while let Some(&kind) = self.0.first() {
            let Some(body) = take(&mut self.0, 1) else { break };
            received.push(match kind {
                b'Z' => Received::ReadyForQuery,
                b'E' => {
                    let mut fields = body.split(|&byte| byte == 0);
                    let code = fields.find(|field| field.first() == Some(&b'C'));
                    Received::Error(String::from_utf8_lossy(&code.unwrap()[1..]).into_owned())
                }
                _ => Received::Other,
            });
        }
        received
    }
}

/// Takes the body of the first message, if all of it has arrived.
fn take(bytes: &mut Vec<u8>, kind: usize) -> Option<Vec<u8>> {
    take_whole(bytes, kind).map(|message| message[kind + 4..].to_vec())
}

/// Takes the first message, if all of it has arrived: a type of `kind` bytes, then the length of
/// the rest, in four bytes that count themselves.
pub(super) fn take_whole(bytes: &mut Vec<u8>, kind: usize) -> Option<Vec<u8>> {
    let length = bytes.get(kind..kind + 4)?;
    let end = kind + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    (bytes.len() >= end).then(|| bytes.drain(..end).collect())
}
