//! Holds a throwaway server and prints its directory, process number and URL.
//!
//! Run with `cargo run -p throwaway`, end with Ctrl-C. An argument chooses another end, for the tests:
//! `drop`, `exit`, `panic` or `abort`. With `mariadb` it is a MariaDB.

use std::error::Error;
use std::io::{Write, stdout};
use std::sync::OnceLock;

use throwaway::{MariaDb, Server};

/// Never dropped.
static SERVER: OnceLock<Server> = OnceLock::new();

fn main() -> Result<(), Box<dyn Error>> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    if mode == "mariadb" {
        return hold_mariadb();
    }
    let started = match Server::start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    let file = std::fs::read_to_string(started.directory().join("data/postmaster.pid"))?;
    let process = file.lines().next().unwrap_or_default();
    let (directory, url) = (started.directory().display(), started.superuser_url("postgres"));
    writeln!(stdout(), "{directory}\n{process}\n{url}")?;
    if mode == "drop" {
        return Ok(());
    }

    let _ = SERVER.set(started);
    end(&mode)
}

fn hold_mariadb() -> Result<(), Box<dyn Error>> {
    let started = MariaDb::start()?;
    let process = std::fs::read_to_string(started.directory().join("data/pid"))?;
    let directory = started.directory().display();
    writeln!(stdout(), "{directory}\n{}\n{}", process.trim_end(), started.url(""))?;
    end("wait")
}

#[allow(clippy::panic, reason = "one of the ends that the tests ask for")]
fn end(mode: &str) -> Result<(), Box<dyn Error>> {
    match mode {
        "exit" => std::process::exit(0),
        "panic" => panic!("as asked"),
        "abort" => std::process::abort(),
        _ => loop {
            std::thread::park();
        },
    }
}
