//! However it ends, what it made goes.

use rustix::process::Signal;

use crate::run::{Place, Waiting, is_running, until};
use crate::server::Existing;

fn with_a_server_of_its_own(end: impl FnOnce(Waiting)) {
    let place = Place::new();
    let waiting = Waiting::start(&place, place.quickstart());
    let server = place.server();
    assert!(is_running(server));
    end(waiting);
    until(|| !is_running(server) && place.entries("").is_empty());
}

fn on_the_server_of_database_url(end: impl Fn(Waiting)) {
    let (existing, place) = (Existing::start(), Place::new());
    for url in [existing.superuser_url(), existing.ordinary_url()] {
        let before = existing.names();
        let waiting = Waiting::start(&place, place.quickstart_on(&url));
        until(|| existing.databases().iter().any(|name| name.starts_with("tenants_quickstart_")));
        end(waiting);
        until(|| existing.names() == before && place.entries("").is_empty());
    }
}

#[test]
fn killed_with_a_server_of_its_own() {
    with_a_server_of_its_own(|waiting| waiting.end_by(Signal::KILL));
}

#[test]
fn interrupted_with_a_server_of_its_own() {
    with_a_server_of_its_own(|waiting| waiting.end_by(Signal::INT));
}

#[test]
fn panicked_with_a_server_of_its_own() {
    with_a_server_of_its_own(Waiting::end_by_panic);
}

#[test]
fn killed_on_the_server_of_database_url() {
    on_the_server_of_database_url(|waiting| waiting.end_by(Signal::KILL));
}

#[test]
fn interrupted_on_the_server_of_database_url() {
    on_the_server_of_database_url(|waiting| waiting.end_by(Signal::INT));
}

#[test]
fn panicked_on_the_server_of_database_url() {
    on_the_server_of_database_url(Waiting::end_by_panic);
}

/// Whoever kills its remover, too, finds what it left removed by the next run.
#[test]
fn the_next_run_removes_what_the_dead_left_and_nothing_of_the_living() {
    let (existing, place, other) = (Existing::start(), Place::new(), Place::new());
    let before = existing.names();
    let living = Waiting::start(&place, place.quickstart_on(&existing.superuser_url()));
    until(|| existing.databases().iter().any(|name| name.starts_with("tenants_quickstart_")));
    let alive = existing.names();
    existing.run("CREATE ROLE tenants_quickstart_0123456789ab_login");
    existing.run("CREATE ROLE tenants_quickstart_0123456789ab_app");
    existing.run("CREATE DATABASE tenants_quickstart_0123456789ab");
    existing.run("CREATE DATABASE tenants_quickstart_of_somebody_else");

    let output = other.quickstart_on(&existing.superuser_url()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    existing.run("DROP DATABASE tenants_quickstart_of_somebody_else");
    assert_eq!(existing.names(), alive);
    assert!(living.go_on().status.success());
    assert_eq!(existing.names(), before);
}
