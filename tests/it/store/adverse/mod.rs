//! What others do to records, what is dropped half-way, and what the server undoes.

mod admission;
mod cancelled;
mod records;
mod undone;

use tenants_diesel::store::NewTenant;

use super::places::{AsyncPg, Store, postgres_at};
use crate::migrations::scratch::Scratch;

/// As the login that administers tenants, which owns nothing.
fn store(scratch: &Scratch, connections: usize) -> Store<AsyncPg> {
    postgres_at(scratch.url("provisioner"), connections)
}

/// Of that id and slug.
fn tenant(name: &str) -> NewTenant {
    NewTenant::new(name.try_into().unwrap(), name.parse().unwrap())
}
