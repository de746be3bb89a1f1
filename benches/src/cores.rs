//! Which cores the client and the server run on.
//!
//! Left to itself, the system decides for each connection whether its two ends share a core. That changes what
//! a message costs by a factor of three, and decides a comparison more than what is compared.

use std::process::Command;

use crate::cpu::postmaster;

/// Where new connections find the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cores {
    /// Each end has a core of its own, as on two machines: what others wait for counts.
    Apart,
    /// Both ends share one: what is done in total counts.
    Shared,
}

impl Cores {
    /// Moves this thread and the server, for the connections that are made from now on.
    ///
    /// # Panics
    ///
    /// Without `taskset`, which is part of `util-linux`, or with one core.
    pub fn take(self) {
        let (client, server) = match self {
            Self::Apart => ("0", "1"),
            Self::Shared => ("0", "0"),
        };
        move_to(server, postmaster().expect("a server with a process id"));
        move_to(client, &std::process::id().to_string());
    }
}

fn move_to(core: &str, process: &str) {
    let moved = Command::new("taskset").args(["--cpu-list", "--pid", core, process]).output();
    let moved = moved.expect("`taskset` runs");
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
}
