//! A shell that outlives this process by just as long as it takes to clean up.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::{self, RunAs};

/// What the watched server is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Starting,
    Ready,
    Ended,
}

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// `prepare`, `serve` and `stop` of the shell.
    pub(crate) script: &'static str,
    /// Whether the server of this directory accepts connections.
    pub(crate) is_ready: fn(&Path) -> bool,
}

/// A running server, its directory and the shell that ends both.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
    directory: PathBuf,
    is_ready: fn(&Path) -> bool,
}

impl Watchdog {
    /// Lets a shell prepare a server of these programs and run it with these arguments.
    pub(crate) fn spawn(
        kind: Kind,
        programs: &Path,
        run_as: RunAs,
        arguments: &[String],
    ) -> io::Result<Self> {
        let directory = new_directory()?;
        let shell = spawn_shell(kind.script, &directory, programs, run_as, arguments)
            .inspect_err(|_| drop(fs::remove_dir(&directory)))?;
        Ok(Self { shell, directory, is_ready: kind.is_ready })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    pub(crate) fn state(&mut self) -> io::Result<State> {
        if self.shell.try_wait()?.is_some() || self.directory.join("ended").exists() {
            return Ok(State::Ended);
        }
        Ok(if (self.is_ready)(&self.directory) { State::Ready } else { State::Starting })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn spawn_shell(
    script: &str,
    directory: &Path,
    programs: &Path,
    run_as: RunAs,
    arguments: &[String],
) -> io::Result<Child> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("{script}{}", include_str!("watchdog.sh")), "throwaway"]);
    shell.args([directory, programs]).args(arguments);
    shell
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C goes to the whole group of the process in the foreground.
        .process_group(0)
        // Cargo's, which may lead to another libpq than the one of these programs.
        .env_remove("LD_LIBRARY_PATH")
        // macOS refuses to start a server under some user locales.
        .env("LC_ALL", "C")
        // What a session speaks that sets `lc_messages` to another locale than C, if the programs
        // have the messages: `C.UTF-8` is on every Linux, `de_DE.UTF-8` is not.
        .env("LANGUAGE", "de");
    if let RunAs::Other(account) = run_as {
        chown(directory, Some(account.uid), Some(account.gid))?;
        shell.uid(account.uid).gid(account.gid);
    }
    shell.spawn()
}

/// Makes a directory that nobody else could have made before.
fn new_directory() -> io::Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let parent = account::temporary_directory();
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = parent.join(format!("throwaway-{}-{count}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| directory),
        }
    }
}
