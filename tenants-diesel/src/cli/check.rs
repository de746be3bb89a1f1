//! `tenants check`.

use std::io;

use serde_json::{Value, json};
use tenants_core::catalog::Catalog;
use tenants_core::plan::{Comparison, Difference};
use tenants_core::signature::Signing;
use tenants_core::{Registry, RegistryError, Roles};
use thiserror::Error;

use super::Examined;
use super::args::{DatabaseUrl, Format, RolesArgs, SigningArg};
use super::connect::{ConnectError, connect};
use super::runtime::block_on;
use super::tenants_toml::{self, TenantsTomlError};
use crate::catalog::{self, CatalogError};

/// Compares the database with the tagged tables: policies, rights, defaults, indexes, views, and the functions that
/// they call.
///
/// It changes nothing and reads the catalog alone, so any login will do. `tenants migration generate` writes the
/// migration that repairs what is found. Exit codes: 0 nothing is different, 1 something is, or could not be looked
/// at, 2 wrong arguments, or no table is registered.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Where to connect
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: DatabaseUrl,
    /// Whether the guards of all tables must ask for signed scopes; without it, all must do as some do
    #[arg(long, value_enum)]
    signing: Option<SigningArg>,
    /// Accept tables that are observed; without it, each is a difference, since nothing keeps its tenants apart
    #[arg(long, conflicts_with = "signing")]
    observe: bool,
    /// Say nothing of tables that look like those of tenants and are not tagged: another program's
    #[arg(long)]
    ignore_untagged: bool,
    #[command(flatten)]
    roles: RolesArgs,
    /// How the differences are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Why a database was not compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckCommandError {
    /// The tagged structs make no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// What is asked for all tables cannot be read.
    #[error(transparent)]
    TenantsToml(#[from] TenantsTomlError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The live catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

pub(super) fn run(args: &CheckArgs) -> Result<Examined, CheckCommandError> {
    let registry = tenants_toml::apply(Registry::collect()?)?;
    let comparison = block_on(compared(args, &registry)).map_err(CheckCommandError::Runtime)??;
    let report = match args.format {
        Format::Text => comparison.to_string(),
        Format::Json => render(&comparison),
    };
    Ok(Examined { report, notes: String::new(), is_clean: comparison.is_clean() })
}

async fn compared(args: &CheckArgs, registry: &Registry) -> Result<Comparison, CheckCommandError> {
    let roles = args.roles.to_roles();
    let mut catalog = read(&args.database_url, registry, &roles).await?;
    if args.ignore_untagged {
        catalog.untagged.clear();
    }
    if args.observe {
        return Ok(Comparison::observing(registry, &catalog, &roles));
    }
    let signing = args.signing.map_or(catalog.database.signing, Signing::from);
    Ok(Comparison::new(registry, &catalog, &roles, signing))
}

async fn read(
    url: &DatabaseUrl,
    registry: &Registry,
    roles: &Roles,
) -> Result<Catalog, CheckCommandError> {
    let mut conn = connect(url).await?;
    Ok(catalog::read(&mut conn, registry, roles).await?)
}

/// Compares a database with the tagged tables of this program, as `tenants check` does; blocks until it is done.
///
/// [`drift_test!`](crate::drift_test) makes a test of it.
///
/// # Executed SQL
///
/// As for [`TenantPool::check`](crate::TenantPool::check), on a connection of its own. Any login will do.
///
/// # Errors
///
/// [`CheckCommandError`] if the database could not be asked. It does not hold the URL.
pub fn compare(url: &str, roles: &Roles) -> Result<Comparison, CheckCommandError> {
    let registry = Registry::collect()?;
    let url = DatabaseUrl::new(url);
    let catalog = block_on(read(&url, &registry, roles)).map_err(CheckCommandError::Runtime)??;
    Ok(Comparison::new(&registry, &catalog, roles, catalog.database.signing))
}

/// Writes a test that fails if a database is not what the tags of the program ask for, and says what repairs it.
///
/// The program must link the crates whose structs are tagged; those of the crate under test are.
///
/// # Examples
///
/// ```no_run
/// tenants_diesel::drift_test!(the_database_is_what_the_tags_ask_for, std::env::var("DATABASE_URL").unwrap());
/// ```
#[macro_export]
macro_rules! drift_test {
    ($name:ident, $url:expr) => {
        #[test]
        fn $name() {
            match $crate::cli::compare(&$url, &$crate::Roles::default()) {
                Ok(comparison) => assert!(comparison.is_clean(), "{comparison}"),
                Err(error) => panic!("{error}"),
            }
        }
    };
}

/// The shape only grows.
fn render(comparison: &Comparison) -> String {
    let value = json!({
        "version": 1,
        "clean": comparison.is_clean(),
        "differences": comparison.differences.iter().map(difference).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn difference(difference: &Difference) -> Value {
    match difference {
        Difference::Drift { on, drift, repair } => json!({
            "object": on.as_ref().map(ToString::to_string),
            "difference": drift.to_string(),
            "sql": repair.as_str(),
        }),
        // It names what it is about, and what to do.
        Difference::Fault(fault) => {
            json!({ "object": null, "difference": fault.to_string(), "sql": null })
        }
    }
}
