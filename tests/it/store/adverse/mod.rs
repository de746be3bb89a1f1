//! What others do to records, what is dropped half-way, and what the server undoes.

mod admission;
mod cancelled;
mod records;
mod undone;

use diesel_async::pooled_connection::AsyncDieselConnectionManager as Manager;
use diesel_async::pooled_connection::deadpool::Pool;
use tenants_diesel::store::{DatabaseStore, NewTenant};

use super::places::{AsyncPg, Store};
use crate::migrations::scratch::Scratch;

/// As the login that administers tenants, which owns nothing.
fn store(scratch: &Scratch, connections: usize) -> Store<AsyncPg> {
    let manager = Manager::new(scratch.url("provisioner"));
    DatabaseStore::new(Pool::builder(manager).max_size(connections).build().unwrap())
}

/// Of that id and slug.
fn tenant(name: &str) -> NewTenant {
    NewTenant::new(name.try_into().unwrap(), name.parse().unwrap())
}
