//! The arguments.

use std::convert::Infallible;
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use tenants_core::plan::Enforcement;
use tenants_core::signature::Signing;
use tenants_core::{Identifier, IdentifierError, Isolation, OperatorSql, Roles, TenantId};
use thiserror::Error;

use super::check::CheckArgs;
use super::completion::CompletionArgs;
use super::doctor::DoctorArgs;
use super::migration_dir::MigrationName;
use super::observed::ObservedArgs;
use super::tenant::TenantCommand;

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
    #[command(subcommand)]
    Key(KeyCommand),
    #[command(subcommand)]
    Tenant(TenantCommand),
    Check(CheckArgs),
    Doctor(DoctorArgs),
    Observed(ObservedArgs),
    Export(ExportArgs),
    Erase(EraseArgs),
    Backfill(BackfillArgs),
    Completion(CompletionArgs),
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
    /// The role that creates, deletes, restores and lists tenants, which the login then may not; where
    /// each tenant has a role, it needs CREATEROLE
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
    #[arg(required_unless_present = "into")]
    pub(super) name: Option<MigrationName>,
    /// Instead of writing a migration, complete this one, which is not applied yet and makes tagged tables: its
    /// directory.
    ///
    /// For a database of development: its `up.sql` is run in a transaction that is rolled back, once as it is and once
    /// completed. Until then it holds the locks that its statements take, and it waits at most 5 seconds for each.
    /// What no transaction takes back, such as `setval`, stays.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["name", "signing", "migration_dir"])]
    pub(super) into: Option<PathBuf>,
    /// For a database that serves requests: the same in a series of migrations, none of which locks a table for longer
    /// than a moment. It also adds the tenant column where a table has none; docs/OPERATIONS.md says how its rows get
    /// their tenants.
    #[arg(long, conflicts_with = "into")]
    pub(super) online: bool,
    /// Where to connect, as the owner of the tables
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: DatabaseUrl,
    /// Whether the guards of all tables ask for signed scopes; without it, they go on as they are
    #[arg(long, value_enum)]
    pub(super) signing: Option<SigningArg>,
    /// Observe tables that are not enforced yet, instead of enforcing them: their policies let every row through and
    /// record what enforced ones would hide or refuse (`tenants observed`). Without it, all tables are enforced
    #[arg(long, conflicts_with_all = ["into", "signing"])]
    pub(super) observe: bool,
    /// Leave tables as they are that were tagged once, as it seems: another program's
    #[arg(long)]
    pub(super) ignore_untagged: bool,
    /// Where migrations are; otherwise as `diesel` finds them
    #[arg(long, value_name = "DIR")]
    pub(super) migration_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) roles: RolesArgs,
}

impl GenerateArgs {
    pub(super) fn enforcement(&self) -> Enforcement {
        if self.observe { Enforcement::Observe } else { Enforcement::Enforce }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SigningArg {
    /// Only scopes that a pool has signed (`signed`)
    On,
    /// Every scope
    Off,
}

impl From<SigningArg> for Signing {
    fn from(arg: SigningArg) -> Self {
        match arg {
            SigningArg::On => Self::On,
            SigningArg::Off => Self::Off,
        }
    }
}

/// The keys with which pools sign their scopes
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Makes a key, beside those that are there, and shows it this once.
    ///
    /// Give it to every pool of this database (`TenantPool::builder(..).signed(key)`), then let the guards ask for
    /// signatures (`tenants migration generate --signing on`).
    Add(AddKeyArgs),
    /// Makes a key and lets all others retire.
    ///
    /// Give it to every pool (`signed`, or `rotate_key` where one runs) before they do.
    Rotate(RotateKeyArgs),
    /// Lists the keys by their ids, without the secrets
    List(KeyArgs),
    /// Removes a key: what is signed with it counts no more, from the next statement on.
    Remove(RemoveKeyArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct KeyArgs {
    /// Where to connect, as the owner of the database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: DatabaseUrl,
}

#[derive(Debug, clap::Args)]
pub(super) struct AddKeyArgs {
    #[command(flatten)]
    pub(super) connection: KeyArgs,
    /// Write the key into this new file, for its owner alone, instead of the standard output
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RotateKeyArgs {
    #[command(flatten)]
    pub(super) add: AddKeyArgs,
    /// How long the other keys still count, such as `90s`, `2h` or `7days`
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    pub(super) grace: Duration,
}

#[derive(Debug, clap::Args)]
pub(super) struct RemoveKeyArgs {
    #[command(flatten)]
    pub(super) connection: KeyArgs,
    /// Which key: the 8 digits that `tenants key list` shows
    pub(super) id: KeyId,
    /// Remove it also if it is the last one that counts, after which guards that ask for signatures refuse
    /// everything
    #[arg(long)]
    pub(super) last: bool,
}

/// The public part of a key.
#[derive(Debug, Clone)]
pub(super) struct KeyId(pub(super) String);

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(id: &str) -> Result<Self, KeyIdError> {
        let is_id = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_id { Ok(Self(id.to_owned())) } else { Err(KeyIdError) }
    }
}

/// Why an argument names no key. It may be the key itself, so it is not shown.
#[derive(Debug, Error)]
#[error("this is no id of a key: expected the 8 hexadecimal digits that `tenants key list` shows")]
pub(super) struct KeyIdError;

/// Writes all rows of one tenant, as of one moment, into a new directory.
///
/// One file for each table, in the format of COPY, and `manifest.json`, which is written last: a directory
/// without it is incomplete. docs/OPERATIONS.md says how the rows come back.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) tenant: TenantArgs,
    /// The directory, which must not be there; otherwise `tenants-export-<time>`, in the current one
    #[arg(long, value_name = "DIR")]
    pub(super) to: Option<PathBuf>,
}

/// Deletes all rows of one tenant from all registered tables, and proves that none is left.
///
/// The tenant must not be active: delete it first. Rows go in batches, each of which is committed, so a command
/// that was interrupted goes on when it is run again. The tenant stays known as deleted.
#[derive(Debug, clap::Args)]
pub(super) struct EraseArgs {
    #[command(flatten)]
    pub(super) tenant: TenantArgs,
    /// How many rows of a table go at once
    #[arg(long, value_name = "ROWS", default_value = "10000")]
    pub(super) batch: NonZeroU32,
    /// Where another login connects to count what is left, such as one with BYPASSRLS; without it, the same login
    /// does, on a new connection
    #[arg(long, value_name = "URL")]
    pub(super) proof_url: Option<DatabaseUrl>,
    /// Delete the rows; without it, they are only counted
    #[arg(long)]
    pub(super) yes: bool,
}

/// Fills in the tenant column of rows that have none, while others read and write the table.
///
/// In batches, each of which is committed, so a command that was interrupted goes on when it is run again, and writes no
/// row twice. Rows that others have locked are left for the next pass; new ones are found by it, too. It ends when no
/// row is left without a tenant. docs/OPERATIONS.md says what comes before and behind.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("value").required(true))]
pub(super) struct BackfillArgs {
    /// A tagged table, as `table` or `schema.table`
    pub(super) table: String,
    /// The tenant of a row: an SQL expression of your own, in which the columns of the table have their names. It runs
    /// with all rights of the login, several times for a row
    #[arg(long, value_name = "EXPRESSION", group = "value", value_parser = operator_sql)]
    pub(super) set: Option<OperatorSql>,
    /// The tenant of a row: that of the row which this foreign key of the table references, by the name of its
    /// constraint
    #[arg(long, value_name = "KEY", group = "value", value_parser = |name: &str| Identifier::new(name))]
    pub(super) through: Option<Identifier>,
    /// How many rows get their tenant at once, at most
    #[arg(long, value_name = "ROWS", default_value = "5000")]
    pub(super) batch_size: NonZeroU32,
    /// How long to leave the server alone behind each batch, such as `50ms`
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    pub(super) pause: Duration,
    /// Where to connect, as the owner of the table or as another login that may change its rows and sees all of them
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: DatabaseUrl,
}

/// Whose rows, and who sees them.
#[derive(Debug, clap::Args)]
pub(super) struct TenantArgs {
    /// The tenant's id, as the pool takes it
    #[arg(allow_negative_numbers = true)]
    pub(super) tenant: TenantId,
    /// Where to connect, as the login for cross-tenant work (`tenants setup --admin-login`) or as a superuser
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: DatabaseUrl,
    /// The role for cross-tenant work
    #[arg(long, value_name = "ROLE", default_value = "tenants_admin", value_parser = role)]
    pub(super) admin_role: Identifier,
}

/// How something is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
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
    pub(super) fn new(url: &str) -> Self {
        Self(url.to_owned())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(url: &str) -> Result<Self, Infallible> {
        Ok(Self::new(url))
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

/// Why an argument is no expression.
#[derive(Debug, Error)]
#[error("an expression is what can stand in `SELECT <expression> FROM <table>`")]
pub(super) struct OperatorSqlError;

fn operator_sql(text: &str) -> Result<OperatorSql, OperatorSqlError> {
    OperatorSql::new(text).ok_or(OperatorSqlError)
}
