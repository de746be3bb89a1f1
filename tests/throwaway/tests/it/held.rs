//! A process of its own that holds a server.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

/// A running `hold`, which leads its own process group as it would in a terminal.
pub(crate) struct Held {
    pub(crate) process: Child,
    directory: PathBuf,
    server: Pid,
    address: String,
}

impl Held {
    pub(crate) fn start(mode: &str) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_hold")).arg(mode))
    }

    pub(crate) fn run(command: &mut Command) -> Self {
        let mut process = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("hold starts a server").unwrap();
        let (directory, server, url) = (PathBuf::from(line()), line(), line());
        let address = url.split(['@', '/']).nth(3).unwrap().to_owned();
        Self {
            process,
            directory,
            server: Pid::from_raw(server.parse().unwrap()).unwrap(),
            address,
        }
    }

    /// The major version, as the server's data has it.
    #[cfg(feature = "external")]
    pub(crate) fn version(&self) -> String {
        std::fs::read_to_string(self.directory.join("data/PG_VERSION")).unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// Waits for the process, then a few seconds at most for the server and its directory to go.
    pub(crate) fn assert_cleaned_up(mut self) {
        self.process.wait().unwrap();
        until(|| self.is_gone());
    }

    pub(crate) fn is_running(&self) -> bool {
        self.directory.join("data").is_dir()
            && test_kill_process(self.server).is_ok()
            && TcpStream::connect(&self.address).is_ok()
    }

    fn is_gone(&self) -> bool {
        !self.directory.exists()
            && test_kill_process(self.server).is_err()
            && TcpStream::connect(&self.address).is_err()
    }
}

impl Drop for Held {
    /// A failed test leaves no process behind.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until something is so, for some seconds at most.
#[track_caller]
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited 10 seconds in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A directory that is removed with its content.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("throwaway-test-{name}-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap();
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
