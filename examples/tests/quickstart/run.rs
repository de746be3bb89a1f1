//! A quickstart in a process of its own.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};
use throwaway::Programs;

/// Where a quickstart and its server keep their files, and nobody else.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        let name = format!("quickstart-test-{}", uuid::Uuid::new_v4().simple());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        // Like `/tmp`, where the account of the server may make and remove its own.
        fs::set_permissions(&directory, Permissions::from_mode(0o1777)).unwrap();
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A quickstart that has a server of its own, of programs that are there already.
    pub(crate) fn quickstart(&self) -> Command {
        let mut command = self.searching();
        command.env("TENANTS_PG_BIN", Programs::find().unwrap().directory());
        command
    }

    /// A quickstart that has a server of its own, of programs that it looks for.
    pub(crate) fn searching(&self) -> Command {
        // The tests are in `deps`, next to `examples`.
        let tests = std::env::current_exe().unwrap();
        let program = tests.ancestors().nth(2).unwrap().join("examples/quickstart");
        assert!(program.exists(), "`cargo test -p tenants-examples` builds the example, too");
        let mut command = Command::new(program);
        command.env("TMPDIR", &self.0).env_remove("DATABASE_URL").process_group(0);
        command
    }

    /// A quickstart on the server that a URL names.
    pub(crate) fn quickstart_on(&self, url: &str) -> Command {
        let mut command = self.quickstart();
        command.env("DATABASE_URL", url);
        command
    }

    pub(crate) fn entries(&self, prefix: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let named =
            |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
        entries.filter(named).collect()
    }

    /// The process of the server that a quickstart started here.
    pub(crate) fn server(&self) -> Pid {
        let directory = self.entries("throwaway-").pop().expect("a server's directory");
        let file = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
        Pid::from_raw(file.lines().next().unwrap().parse().unwrap()).unwrap()
    }

    pub(crate) fn assert_empty(&self) {
        let left = self.entries("");
        assert!(left.is_empty(), "{left:?}");
    }

    /// As `assert_empty`, but for the cache that `throwaway` keeps where root has no other place.
    pub(crate) fn assert_holds_nothing_but_a_cache(&self) {
        let (left, cache) = (self.entries(""), self.entries("tenants-throwaway-"));
        assert_eq!(left, cache);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A quickstart that has made all that must go, and waits because nobody reads what it says.
pub(crate) struct Waiting {
    process: Child,
    output: UnixStream,
}

impl Waiting {
    pub(crate) fn start(place: &Place, mut command: Command) -> Self {
        let (output, full) = UnixStream::pair().unwrap();
        fill(&full);
        let process = command.stdout(OwnedFd::from(full)).spawn().unwrap();
        let waiting = Self { process, output };
        until(|| !place.entries("tenants_quickstart_").is_empty());
        waiting
    }

    /// As a terminal's Ctrl-C, or as `kill -9` by whoever wants to see all of it gone.
    pub(crate) fn end_by(mut self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.process), signal).unwrap();
        let status = self.process.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
    }

    /// Nobody can read what it says, at which `println!` panics.
    pub(crate) fn end_by_panic(self) {
        let Self { process, output } = self;
        drop(output);
        let status = process.wait_with_output().unwrap().status;
        assert_eq!(status.code(), Some(101), "{status}");
    }

    /// Lets it go on, and returns how it ended.
    pub(crate) fn go_on(self) -> Output {
        let Self { process, mut output } = self;
        let reader = thread::spawn(move || {
            let mut said = Vec::new();
            output.read_to_end(&mut said).unwrap();
        });
        let output = process.wait_with_output().unwrap();
        reader.join().unwrap();
        output
    }
}

/// Writes until nothing more fits.
fn fill(mut stream: &UnixStream) {
    stream.set_nonblocking(true).unwrap();
    loop {
        match stream.write(&[b'\n'; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_nonblocking(false).unwrap();
}

pub(crate) fn is_running(process: Pid) -> bool {
    test_kill_process(process).is_ok()
}

/// Waits until something is so, for half a minute at most.
#[track_caller]
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited 30 seconds in vain");
        thread::sleep(Duration::from_millis(10));
    }
}
