//! What is fetched and cannot be trusted is not run; what cannot be fetched is explained.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::held::Scratch;

/// Runs `hold` where nothing is installed but this script by the name of `npm`, if any.
fn stderr_with(scratch: &Scratch, npm: Option<&str>) -> String {
    let path = scratch.path().join("path");
    fs::create_dir(&path).unwrap();
    if let Some(script) = npm {
        fs::write(path.join("npm"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path.join("npm"), Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_hold"))
        .env("PATH", path)
        .env("XDG_CACHE_HOME", scratch.path())
        .env("TENANTS_PG_FETCH", "1")
        .env_remove("TENANTS_PG_BIN")
        .env_remove("TENANTS_PG_VERSION")
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_version_that_cannot_be_fetched_is_refused_where_another_is_installed() {
    for version in ["13", "15.18", "eighteen", "-15"] {
        let output = Command::new(env!("CARGO_BIN_EXE_hold"))
            .env("TENANTS_PG_VERSION", version)
            .env_remove("TENANTS_PG_BIN")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{version}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.ends_with("can be fetched: 14, 15, 16, 17, 18\n"), "{stderr}");
    }
}

fn cached(scratch: &Scratch) -> Vec<String> {
    names(&scratch.path().join("tenants-throwaway"))
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn without_npm_two_lines_say_how_to_go_on() {
    let stderr = stderr_with(&Scratch::new("no-npm"), None);
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
    assert!(stderr.contains("apt install postgresql") && stderr.contains("DATABASE_URL"));
}

#[test]
fn a_refused_fetch_says_the_same() {
    let scratch = Scratch::new("refused");
    let stderr = stderr_with(&scratch, Some("echo npm error code E403 >&2; exit 1"));
    let (first, rest) = stderr.split_once('\n').unwrap();
    assert!(first.starts_with("fetching PostgreSQL "), "{stderr}");
    assert_eq!(rest.lines().count(), 2, "{stderr}");
    assert!(rest.starts_with("no PostgreSQL found"), "{stderr}");
    assert_eq!(cached(&scratch), [""; 0]);
}

#[test]
fn another_archive_than_ours_is_not_unpacked() {
    let scratch = Scratch::new("checksum");
    let stderr = stderr_with(&scratch, Some("echo malice > package.tgz"));
    assert!(stderr.contains("unexpected SHA-512 checksum"), "{stderr}");
    assert_eq!(cached(&scratch), [""; 0]);
}

#[test]
fn a_cache_that_others_can_write_is_not_used() {
    let scratch = Scratch::new("planted");
    let cache = scratch.path().join("tenants-throwaway");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, Permissions::from_mode(0o777)).unwrap();
    let stderr = stderr_with(&scratch, Some("echo never run > package.tgz"));
    assert!(stderr.contains("another account can write to"), "{stderr}");
    assert_eq!(names(&cache), [""; 0]);
}
