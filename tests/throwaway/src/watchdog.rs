//! A shell that outlives this process by just as long as it takes to clean up.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::{self, RunAs};
use crate::programs::Programs;

/// What the watched server is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Starting,
    Ready,
    Ended,
}

/// A running server, its directory and the shell that ends both.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
    directory: PathBuf,
}

impl Watchdog {
    /// Lets a shell make a cluster and run a server with these settings on it.
    pub(crate) fn spawn(
        programs: &Programs,
        run_as: RunAs,
        settings: &[(String, String)],
    ) -> io::Result<Self> {
        let directory = new_directory()?;
        let shell = spawn_shell(&directory, programs, run_as, settings)
            .inspect_err(|_| drop(fs::remove_dir(&directory)))?;
        Ok(Self { shell, directory })
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
        // The eighth line of the file by which the server tells `pg_ctl` how far it is.
        let file = fs::read_to_string(self.directory.join("data/postmaster.pid"));
        let status = file.as_deref().unwrap_or_default().lines().nth(7);
        Ok(match status {
            Some(status) if status.trim_end() == "ready" => State::Ready,
            _ => State::Starting,
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn spawn_shell(
    directory: &Path,
    programs: &Programs,
    run_as: RunAs,
    settings: &[(String, String)],
) -> io::Result<Child> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", include_str!("watchdog.sh"), "throwaway"]);
    shell.args([directory, programs.directory()]);
    for (name, value) in settings {
        shell.arg("-c").arg(format!("{name}={value}"));
    }
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
