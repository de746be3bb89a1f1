//! `tenants migration generate`.

use std::fmt::Write;
use std::io;

use tenants_core::catalog::Catalog;
use tenants_core::plan::{Enforcement, Note, Plan, Refused};
use tenants_core::signature::Signing;
use tenants_core::{Registry, RegistryError};
use thiserror::Error;

use super::args::GenerateArgs;
use super::complete::{self, CompleteError};
use super::connect::{ConnectError, connect};
use super::diesel_toml::{MigrationsDirectoryError, Surroundings};
use super::migration_dir::{self, MigrationName, MigrationNameError, WriteError};
use super::online;
use super::runtime::block_on;
use super::tenants_toml::{self, TenantsTomlError};
use crate::catalog::{self, CatalogError};

/// Why no migration was generated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The tagged structs make no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// What is asked for all tables cannot be read.
    #[error(transparent)]
    TenantsToml(#[from] TenantsTomlError),
    /// It has no name.
    #[error(transparent)]
    Name(#[from] MigrationNameError),
    /// There is no place for it.
    #[error(transparent)]
    Directory(#[from] MigrationsDirectoryError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The live catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The tagged tables and the database disagree.
    #[error("the tagged tables and the database disagree:\n{0}")]
    Refused(Refused),
    /// The files could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The migration that was to be completed is as it was.
    #[error(transparent)]
    Complete(#[from] CompleteError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

pub(super) fn run(args: &GenerateArgs) -> Result<String, GenerateError> {
    let registry = tenants_toml::apply(Registry::collect()?)?;
    match (&args.into, &args.name) {
        (Some(directory), _) => complete::run(args, directory, &registry),
        (None, Some(name)) if args.online => online::run(args, name, &registry),
        (None, Some(name)) => write(args, name, &registry),
        (None, None) => Err(MigrationNameError::Empty.into()),
    }
}

fn write(
    args: &GenerateArgs,
    name: &MigrationName,
    registry: &Registry,
) -> Result<String, GenerateError> {
    let directory = Surroundings::of_process(args.migration_dir.clone())?.migrations_directory()?;
    let (catalog, signing) = block_on(read(args, registry)).map_err(GenerateError::Runtime)??;
    let roles = args.roles.to_roles();
    let plan = match args.enforcement() {
        Enforcement::Enforce => Plan::with_signing(registry, &catalog, &roles, signing),
        Enforcement::Observe => Plan::observing(registry, &catalog, &roles),
    };
    let plan = plan.map_err(GenerateError::Refused)?;
    if plan.is_empty() {
        return Ok(notes(&plan.notes) + NOTHING);
    }
    let (up, down) = (plan.up_sql(), plan.down_sql());
    let path = migration_dir::write(&directory, chrono::Utc::now(), name, &up, &down)?;
    let mut report = String::new();
    for file in ["up.sql", "down.sql"] {
        let _ = writeln!(report, "Creating {}", path.join(file).display());
    }
    report.push_str(&notes(&plan.notes));
    report.push_str("Read it, then apply it with `diesel migration run`.\n");
    Ok(report)
}

pub(super) const NOTHING: &str = "Nothing to do: no tagged table lacks anything that a migration would add. No migration was written.\n";

pub(super) fn notes(notes: &[Note]) -> String {
    notes.iter().fold(String::new(), |notes, note| notes + &format!("Note: {note}\n"))
}

/// What the database is, and whether its guards are to ask for signatures.
pub(super) async fn read(
    args: &GenerateArgs,
    registry: &Registry,
) -> Result<(Catalog, Signing), GenerateError> {
    let mut conn = connect(&args.database_url).await?;
    let mut catalog = catalog::read(&mut conn, registry, &args.roles.to_roles()).await?;
    if args.ignore_untagged {
        catalog.untagged.clear();
    }
    let signing = args.signing.map_or(catalog.database.signing, Signing::from);
    Ok((catalog, signing))
}
