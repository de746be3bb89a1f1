//! Where it finds a server.

use std::process::Command;

use crate::run::{Place, Waiting, until};
use crate::server::Existing;

/// What it said, line by line, after it succeeded.
fn said(mut command: Command) -> Vec<String> {
    let output = command.output().unwrap();
    let (said, errors) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    let (said, errors) = (said.unwrap(), errors.unwrap());
    assert!(output.status.success(), "{said}{errors}");
    let lines: Vec<_> = said.lines().map(str::to_owned).collect();
    assert_tells_the_main_job(&lines);
    lines
}

fn assert_tells_the_main_job(lines: &[String]) {
    let position = |text: &str| lines.iter().position(|line| line.contains(text)).expect(text);
    position("CREATE POLICY \"tenants_guard\"");
    let own = [
        "as acme     id 1   tenant acme     title anvils",
        "as acme     id 2   tenant acme     title rockets",
        "as globex   id 3   tenant globex   title lasers",
        "",
    ];
    let filter = position("A forgotten filter");
    assert_eq!(lines[filter + 1..filter + 5], own);
    position("UPDATE .. WHERE tenant = 'globex'   0 rows");
    position("new row violates row-level security policy");
    position("there is no such tenant");
}

#[test]
fn on_a_server_of_its_own() {
    let place = Place::new();
    let lines = said(place.searching());
    assert!(lines[2].starts_with("in a throwaway PostgreSQL from /"), "{}", lines[2]);
    place.assert_holds_nothing_but_a_cache();
}

/// Whatever is installed is hidden.
#[cfg(feature = "external")]
#[test]
fn on_a_server_that_it_fetches() {
    let (place, cache) = (Place::new(), Place::new());
    let mut command = place.searching();
    command.env_remove("TENANTS_PG_BIN").env("TENANTS_PG_FETCH", "1");
    command.env("XDG_CACHE_HOME", cache.path());
    let lines = said(command);
    let fetched = format!("in a throwaway PostgreSQL from {}", cache.path().display());
    assert!(lines[2].starts_with(&fetched), "{}", lines[2]);
    place.assert_empty();
}

#[test]
fn where_nothing_can_be_fetched_two_lines_say_how_to_go_on() {
    let place = Place::new();
    let mut command = place.searching();
    command.env_remove("TENANTS_PG_BIN").env("TENANTS_PG_FETCH", "1");
    command.env("XDG_CACHE_HOME", place.path()).env("PATH", place.path());
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.lines().count(), 2, "{errors}");
    assert!(errors.contains("apt install postgresql") && errors.contains("DATABASE_URL"));
}

#[test]
fn on_the_server_of_database_url_as_superuser_and_as_somebody_ordinary() {
    let existing = Existing::start();
    for url in [existing.superuser_url(), existing.ordinary_url()] {
        let place = Place::new();
        let before = existing.names();
        let lines = said(place.quickstart_on(&url));
        assert!(lines[2].starts_with("in database tenants_quickstart_"), "{}", lines[2]);
        assert_eq!(existing.names(), before);
        place.assert_empty();
    }
}

/// Everybody on the server sees the names of databases.
#[test]
fn the_password_of_its_login_is_not_the_name_of_its_database() {
    let (existing, place) = (Existing::start(), Place::new());
    let waiting = Waiting::start(&place, place.quickstart_on(&existing.superuser_url()));
    let guessed = "SELECT r.rolpassword = 'md5' || md5(d.datname || r.rolname)
        FROM pg_authid AS r JOIN pg_database AS d ON r.rolname = d.datname || '_login'";
    until(|| !existing.values(guessed).is_empty());
    assert_eq!(existing.values(guessed), ["false"]);
    assert!(waiting.go_on().status.success());
}
