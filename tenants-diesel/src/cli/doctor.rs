//! `tenants doctor`.

mod allow_file;
mod json;
mod sarif;

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use tenants_core::doctor::{AllowList, LINTS, Lint, Reads, Report, Severity, Target};
use tenants_core::{Identifier, Registry, RegistryError};
use thiserror::Error;

use super::Examined;
use super::args::{DatabaseUrl, RolesArgs, role};
use super::connect::{ConnectError, connect};
use super::runtime::block_on;
use crate::doctor::examine;

pub use allow_file::AllowFileError;

/// Looks for everything that weakens the isolation of tenants in a database, and says what repairs it.
///
/// It changes nothing and, unless `--data` is given, reads the catalog alone, so any login will do. docs/doctor.md explains each finding.
/// Exit codes: 0 nothing was found, 1 something was found, or could not be looked at, 2 wrong arguments or a
/// wrong file of allowances.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// Where to connect
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: DatabaseUrl,
    /// The role that pools connect as
    #[arg(long, value_name = "ROLE", value_parser = role)]
    login: Identifier,
    /// The role that connects for cross-tenant work; with it, any other login that may do so is a finding
    #[arg(long, value_name = "ROLE", value_parser = role)]
    admin_login: Option<Identifier>,
    #[command(flatten)]
    roles: RolesArgs,
    /// How the findings are written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// A file of findings that may stay, each with its reason
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
    /// Read rows, too: whether foreign keys hold across tenants. It takes a login that no policy binds, such as a
    /// superuser, and the time to read the tables
    #[arg(long)]
    data: bool,
    /// The least severity that fails: critical, high, medium, low or info
    #[arg(long, value_name = "SEVERITY", default_value_t = Severity::Low)]
    fail_on: Severity,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
}

/// Why a database was not examined.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// The tagged structs make no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The file of allowances is none.
    #[error(transparent)]
    Allow(#[from] AllowFileError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

pub(super) fn run(args: &DoctorArgs) -> Result<Examined, DoctorError> {
    let registry = Registry::collect()?;
    let (allowed, notes) = match &args.allow {
        Some(path) => allow_file::read(path, chrono::Utc::now().date_naive())?,
        None => (AllowList::default(), String::new()),
    };
    let lints = LINTS.iter().filter(|lint| args.data || lint.reads() == Reads::Catalog).collect();
    let report = block_on(report(args, &registry, lints)).map_err(DoctorError::Runtime)??;
    let report = report.allow(&allowed);
    let is_clean = report.is_clean(args.fail_on);
    let report = match args.format {
        Format::Table => report.to_string(),
        Format::Json => json::render(&report, args.fail_on),
        Format::Sarif => sarif::render(&report, &registry),
    };
    Ok(Examined { report, notes, is_clean })
}

async fn report(
    args: &DoctorArgs,
    registry: &Registry,
    lints: Vec<&'static Lint>,
) -> Result<Report, DoctorError> {
    let admin_login = args.admin_login.as_ref().map(Identifier::as_str);
    let target = Target::new(registry, &args.roles.to_roles(), args.login.as_str(), admin_login);
    let mut connection = connect(&args.database_url).await?;
    let mut other = connect(&args.database_url).await?;
    Ok(examine(&mut connection, Some(&mut other), &target, lints).await)
}
