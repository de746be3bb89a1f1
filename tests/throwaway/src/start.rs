//! A port for a server, and patience until it is ready.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::StartError;
use crate::watchdog::{State, Watchdog};

pub(crate) const ATTEMPTS: usize = 5;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a server on a port that is free. The kernel's free port is only free now: another process may take it while
/// the server is prepared.
pub(crate) fn on(
    mut next_port: impl FnMut() -> io::Result<u16>,
    spawn: impl Fn(u16) -> io::Result<Watchdog>,
) -> Result<(Watchdog, u16), StartError> {
    for _ in 0..ATTEMPTS {
        let port = next_port().map_err(|source| StartError::Port { source })?;
        let watchdog = spawn(port).map_err(|source| StartError::Watchdog { source })?;
        match until_ready(watchdog) {
            Ok(watchdog) => return Ok((watchdog, port)),
            // Asking the port: the log may speak any language.
            Err(StartError::Ended { .. }) if is_taken(port) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StartError::PortsTaken { attempts: ATTEMPTS })
}

fn until_ready(mut watchdog: Watchdog) -> Result<Watchdog, StartError> {
    let start = Instant::now();
    loop {
        match watchdog.state().map_err(|source| StartError::Watchdog { source })? {
            State::Ready => return Ok(watchdog),
            State::Ended => return Err(StartError::Ended { log: watchdog.log() }),
            State::Starting if start.elapsed() > PATIENCE => {
                return Err(StartError::Slow { log: watchdog.log() });
            }
            State::Starting => thread::sleep(Duration::from_millis(5)),
        }
    }
}

pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}
