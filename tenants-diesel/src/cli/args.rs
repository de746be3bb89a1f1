//! The arguments.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};
use tenants_core::{Identifier, IdentifierError, Isolation, Roles};
use thiserror::Error;

use super::doctor::DoctorArgs;
use super::migration_dir::MigrationName;

/// Keeps the rows of tenants apart in one PostgreSQL database.
#[derive(Debug, Parser)]
#[command(name = "tenants")]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Setup(SetupArgs),
    #[command(subcommand)]
    Migration(MigrationCommand),
    Doctor(DoctorArgs),
}

/// Writes migrations for the tables that `#[derive(WithRls)]` tags
#[derive(Debug, Subcommand)]
pub(super) enum MigrationCommand {
    Generate(GenerateArgs),
}

/// Creates the roles, installs schema `tenants` and grants what the login needs; where each tenant
/// has a role, also makes the roles of the tenants that are there.
///
/// It takes the right to create temporary tables in this database from everybody but its owner and
/// those to whom it was granted by name.
///
/// Run it as the owner of the database, with CREATEROLE unless the roles are there; it needs no
/// superuser, and can be run again at any time.
#[derive(Debug, clap::Args)]
pub(super) struct SetupArgs {
    /// Where to connect, as the owner of the database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(required_unless_present = "print")]
    pub(super) database_url: Option<DatabaseUrl>,
    /// The role that pools connect as; make it with `CREATE ROLE .. LOGIN NOINHERIT PASSWORD ..`
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(super) login: Identifier,
    /// The role that connects for cross-tenant work
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(super) admin_login: Option<Identifier>,
    /// The role that creates tenants, where each tenant has a role; it needs CREATEROLE
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(super) provisioner: Option<Identifier>,
    /// What keeps tenants apart; without it, a database keeps what it has. Changing it asks for pools
    /// that are built for the other one
    #[arg(long, value_enum)]
    pub(super) isolation: Option<IsolationArg>,
    #[command(flatten)]
    pub(super) roles: RolesArgs,
    /// Print the SQL that makes the roles and closes the database to temporary tables, for an
    /// administrator, and connect to nothing
    #[arg(long)]
    pub(super) print: bool,
}

/// Compares the tagged tables with the database and writes a migration for what is missing.
///
/// An ordinary Diesel migration: apply it with `diesel migration run`.
#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    /// What the migration is called, such as `protect_posts`
    pub(super) name: MigrationName,
    /// Where to connect, as the owner of the tables
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: DatabaseUrl,
    /// Where migrations are; otherwise as `diesel` finds them
    #[arg(long, value_name = "DIR")]
    pub(super) migration_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) roles: RolesArgs,
}

#[derive(Debug, Clone, clap::Args)]
pub(super) struct RolesArgs {
    /// The role that scoped code runs as; where each tenant has a role, databases of one cluster that
    /// share tenant ids need the same one
    #[arg(long, value_name = "ROLE", default_value = "tenants_app", value_parser = role)]
    pub(super) app_role: Identifier,
    /// The role for cross-tenant work
    #[arg(long, value_name = "ROLE", default_value = "tenants_admin", value_parser = role)]
    pub(super) admin_role: Identifier,
}

impl RolesArgs {
    pub(super) fn to_roles(&self) -> Roles {
        Roles { app: self.app_role.clone(), admin: self.admin_role.clone() }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum IsolationArg {
    /// One role for all tenants, and a setting that names the tenant
    SharedRole,
    /// One role for each tenant
    RolePerTenant,
}

impl From<IsolationArg> for Isolation {
    fn from(arg: IsolationArg) -> Self {
        match arg {
            IsolationArg::SharedRole => Self::SharedRole,
            IsolationArg::RolePerTenant => Self::RolePerTenant,
        }
    }
}

/// A URL, which may hold a password and so is never shown.
#[derive(Clone)]
pub(super) struct DatabaseUrl(String);

impl DatabaseUrl {
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(url: &str) -> Result<Self, Infallible> {
        Ok(Self(url.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

/// Why an argument names no role.
#[derive(Debug, Error)]
pub(super) enum RoleError {
    /// It is where to connect. As a name, it would be shown in messages and statements.
    #[error("this is where to connect, not a role: pass it as `--database-url` or `DATABASE_URL`")]
    Connection,
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
}

pub(super) fn role(name: &str) -> Result<Identifier, RoleError> {
    if name.contains("://") || name.contains("password=") {
        return Err(RoleError::Connection);
    }
    Ok(Identifier::new(name)?)
}
