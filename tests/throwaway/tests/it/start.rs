//! Servers that start, and servers that say why they do not.

use std::net::TcpStream;

use throwaway::{Server, StartError};

use crate::held::until;

#[test]
fn servers_do_not_share_anything() {
    let (one, other) = (Server::start().unwrap(), Server::start().unwrap());
    assert_ne!(one.port(), other.port());
    assert_ne!(one.directory(), other.directory());
    assert_eq!(one.url("a", "b"), format!("postgres://a@127.0.0.1:{}/b", one.port()));
    assert_eq!(other.superuser_url("c"), other.url("postgres", "c"));
    assert!(one.programs().bin("initdb").is_file());
}

#[test]
fn a_setting_takes_effect() {
    let server = Server::builder().setting("log_connections", "on").start().unwrap();
    TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    until(|| server.log().contains("connection received: host=127.0.0.1"));
}

#[test]
fn an_unknown_setting_is_named() {
    let error = Server::builder().setting("no_such_setting", "1").start().unwrap_err();
    assert!(matches!(&error, StartError::Ended { log } if log.contains("no_such_setting")));
}
