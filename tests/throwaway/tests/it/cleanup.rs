//! However the process ends, the server and its directory go.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rustix::process::{Signal, kill_process, kill_process_group};

use crate::held::{Held, Scratch, until};

#[test]
fn after_a_drop() {
    Held::start("drop").assert_cleaned_up();
}

#[test]
fn after_an_exit_without_a_drop() {
    Held::start("exit").assert_cleaned_up();
}

#[test]
fn after_a_panic() {
    Held::start("panic").assert_cleaned_up();
}

#[test]
fn after_an_abort() {
    Held::start("abort").assert_cleaned_up();
}

#[test]
fn after_sigterm() {
    after(Signal::TERM);
}

#[test]
fn after_sigkill() {
    after(Signal::KILL);
}

#[test]
fn after_sigint() {
    after(Signal::INT);
}

/// The server is told to stop when it can hardly listen yet.
#[test]
fn after_sigkill_while_the_server_starts() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_hold")).spawn().unwrap();
    let directory = std::env::temp_dir().join(format!("throwaway-{}-0", process.id()));
    until(|| directory.join("data").exists());
    process.kill().unwrap();
    process.wait().unwrap();
    until(|| !directory.exists());
}

/// As root, the account of the server could remove nothing from this directory.
#[test]
fn where_the_temporary_directory_is_closed_to_others() {
    let closed = Scratch::new("closed");
    std::fs::set_permissions(closed.path(), Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hold"));
    Held::run(command.arg("exit").env("TMPDIR", closed.path())).assert_cleaned_up();
}

/// Ctrl-C: the terminal signals every process in the foreground.
#[test]
fn after_sigint_to_the_process_group() {
    let held = Held::start("wait");
    assert!(held.is_running());
    kill_process_group(held.pid(), Signal::INT).unwrap();
    held.assert_cleaned_up();
}

#[cfg(feature = "external")]
#[test]
fn after_sigkill_of_who_held_a_mariadb() {
    after_mode("mariadb", Signal::KILL);
}

fn after(signal: Signal) {
    after_mode("wait", signal);
}

fn after_mode(mode: &str, signal: Signal) {
    let held = Held::start(mode);
    assert!(held.is_running());
    kill_process(held.pid(), signal).unwrap();
    held.assert_cleaned_up();
}
