//! `tenants migration generate --into`: a new table gets its policies in the migration that makes it.

#![allow(clippy::disallowed_methods, reason = "runs a migration on the owner's connection")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::catalog::Catalog;
use tenants_core::plan::{Plan, TablePlan};
use tenants_core::{Registry, Roles, Table, TableName, rehearsal};
use thiserror::Error;

use super::args::GenerateArgs;
use super::connect::connect;
use super::generate::{GenerateError, notes};
use super::runtime::block_on;
use super::unapplied::Unapplied;
use crate::catalog::{self, CatalogError};

/// Why a migration was not completed: its files and the database are as they were.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompleteError {
    /// There is no such migration. Its name is not told: it could be a URL in the wrong place.
    #[error(
        "what `--into` names is no directory of a migration, which has an `up.sql` and a `down.sql`: there is no `{file}`"
    )]
    NoMigration {
        /// What is not there.
        file: &'static str,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Diesel would not run it in a transaction, in which alone policies come with their table.
    #[error(
        "`{}` turns the transaction off, without which a table could be there before its policies: say `run_in_transaction = true`, or leave what needs it off to a migration of its own",
        path.display()
    )]
    TransactionOff {
        /// `metadata.toml`
        path: PathBuf,
    },
    /// The database has it already, and so may others.
    #[error(
        "the migration `{}` is applied already: revert it first (`diesel migration revert`), or generate another one (`tenants migration generate NAME`)",
        path.display()
    )]
    Applied {
        /// The directory.
        path: PathBuf,
    },
    /// A statement needs to be outside of a transaction, or begins or ends one.
    #[error(
        "`{}` has a statement that cannot run inside of a transaction, such as CREATE INDEX CONCURRENTLY or COMMIT: move it to a migration of its own",
        path.display()
    )]
    NotInTransaction {
        /// `up.sql`
        path: PathBuf,
        /// What the server said.
        source: DieselError,
    },
    /// It does not run as it is.
    #[error("`{}` does not run on this database, whose migrations before it must be applied", path.display())]
    Fails {
        /// `up.sql`
        path: PathBuf,
        /// What the server said.
        source: DieselError,
    },
    /// It runs as it is, and not with what it lacks at its end.
    #[error(
        "`{}` runs, but not with what would be added to it: let its last statement end with `;`, and no comment follow",
        path.display()
    )]
    FailsCompleted {
        /// `up.sql`
        path: PathBuf,
        /// What the server said; nothing if its tables lack something still.
        source: Option<DieselError>,
    },
    /// The server could not be asked.
    #[error("the database could not be asked for what is applied")]
    Database(#[from] DieselError),
}

/// Adds to a migration what the tables that it makes lack.
///
/// # Executed SQL
///
/// After a look at `__diesel_schema_migrations` and at the catalog, with `up.sql` as it is and then as it would be:
///
/// ```sql
/// BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '5s';
/// DO $$ .. BEGIN EXECUTE '<up.sql>'; EXCEPTION .. END $$;
/// .. -- the queries of `tenants_core::catalog`
/// ROLLBACK
/// ```
///
/// The transaction holds the locks that the statements of `up.sql` take: on new tables nobody waits for them, on those
/// that they change or reference everybody may. It is meant for a database of development.
pub(super) fn run(
    args: &GenerateArgs,
    directory: &Path,
    registry: &Registry,
) -> Result<String, GenerateError> {
    let migration = Unapplied::read(directory)?;
    let made = block_on(made(args, &migration, registry)).map_err(GenerateError::Runtime)??;
    let mut report = String::new();
    if !made.plan.is_empty() {
        let (up, down) = made.complete(&migration);
        migration.replace(&up, &down)?;
        for file in ["up.sql", "down.sql"] {
            let _ = writeln!(report, "Completing {}", migration.file(file).display());
        }
    }
    report.push_str(&made.notes());
    report.push_str(match made.plan.is_empty() {
        false => "Read it, then apply it with `diesel migration run`.\n",
        true => "Nothing to do: the migration makes no tagged table that lacks anything.\n",
    });
    Ok(report)
}

/// What a migration makes of the tagged tables.
#[derive(Debug)]
struct Made {
    /// What those lack that were not there before. What others lack is not its business: it would be taken back with
    /// a migration that has nothing to do with them.
    plan: Plan,
    /// Tables that were there before, and lack something.
    others: Vec<TableName>,
    /// Tables that are not there.
    missing: Vec<TableName>,
}

impl Made {
    fn new(
        registry: &Registry,
        before: &Catalog,
        after: &Catalog,
        roles: &Roles,
    ) -> Result<Self, GenerateError> {
        let is_there = |table: &Table| after.relations.contains_key(&table.name);
        let is_new = |table: &Table| is_there(table) && !before.relations.contains_key(&table.name);
        // With those that were there before: a new table may not inherit from one of another kind.
        let all = Plan::new(&part(registry, is_there)?, after, roles);
        let plan = Plan::new(&part(registry, is_new)?, after, roles);
        let (all, mut plan) =
            (all.map_err(GenerateError::Refused)?, plan.map_err(GenerateError::Refused)?);
        // They were there before, too.
        plan.functions.clear();
        // Nobody waits for a table that is not there yet, and it has no rows.
        plan.notes.retain(|note| !note.is_about_rows());
        let hardened = all.hardening.into_iter().filter_map(|step| step.on);
        let others = all.tables.into_iter().map(|TablePlan { table, .. }| table);
        let others: BTreeSet<_> = hardened.chain(others).collect();
        let others = others.into_iter().filter(|table| before.relations.contains_key(table));
        let others = others.collect();
        let missing = registry.tables().filter(|table| !is_there(table));
        Ok(Self { plan, others, missing: missing.map(|table| table.name.clone()).collect() })
    }

    fn complete(&self, migration: &Unapplied) -> (String, String) {
        (self.plan.complete_up(&migration.up), self.plan.complete_down(&migration.down))
    }

    fn notes(&self) -> String {
        let mut notes = notes(&self.plan.notes);
        for table in &self.others {
            let _ = writeln!(
                notes,
                "Note: `{table}`: it lacks something too, but was there before: `tenants migration generate NAME` writes a migration for it"
            );
        }
        for table in &self.missing {
            let _ = writeln!(
                notes,
                "Note: `{table}`: it is registered, but neither in the database nor made by this migration"
            );
        }
        notes
    }
}

fn part(registry: &Registry, is_in: impl Fn(&Table) -> bool) -> Result<Registry, GenerateError> {
    Ok(Registry::new(registry.tables().filter(|table| is_in(table)).cloned())?)
}

async fn made(
    args: &GenerateArgs,
    migration: &Unapplied,
    registry: &Registry,
) -> Result<Made, GenerateError> {
    let (roles, path) = (args.roles.to_roles(), migration.file("up.sql"));
    let mut conn = connect(&args.database_url).await?;
    if is_applied(&mut conn, &migration.version()).await.map_err(CompleteError::Database)? {
        return Err(CompleteError::Applied { path: migration.file("") }.into());
    }
    let before = catalog::read(&mut conn, registry, &roles).await?;
    let after = rehearse(&mut conn, &migration.up, registry, &roles).await?;
    let after = after.map_err(|source| match is_not_in_transaction(&source) {
        true => CompleteError::NotInTransaction { path: path.clone(), source },
        false => CompleteError::Fails { path: path.clone(), source },
    })?;
    let made = Made::new(registry, &before, &after, &roles)?;
    if !made.plan.is_empty() {
        // What is written has run.
        let (up, _) = made.complete(migration);
        let completed = rehearse(&mut conn, &up, registry, &roles).await?;
        let fails = |source| CompleteError::FailsCompleted { path: path.clone(), source };
        let completed = completed.map_err(|source| fails(Some(source)))?;
        if !Made::new(registry, &before, &completed, &roles)?.plan.is_empty() {
            return Err(fails(None).into());
        }
    }
    Ok(made)
}

async fn is_applied(conn: &mut AsyncPgConnection, version: &str) -> Result<bool, DieselError> {
    let has_history: Answer = diesel::sql_query(rehearsal::HAS_HISTORY).get_result(conn).await?;
    if !has_history.is_true {
        return Ok(false);
    }
    let is_applied = diesel::sql_query(rehearsal::IS_APPLIED).bind::<Text, _>(version);
    Ok(is_applied.get_result::<Answer>(conn).await?.is_true)
}

/// What the catalog is after `up.sql`, or why that does not run.
async fn rehearse(
    conn: &mut AsyncPgConnection,
    up: &str,
    registry: &Registry,
    roles: &Roles,
) -> Result<Result<Catalog, DieselError>, CatalogError> {
    let Some(statement) = rehearsal::up(up) else {
        let nul = "the file holds a NUL character, which no statement has";
        return Ok(Err(DieselError::QueryBuilderError(nul.into())));
    };
    // Whatever ends this early ends the connection too, and with it the transaction.
    conn.batch_execute(rehearsal::BEGIN).await?;
    let ran = conn.batch_execute(statement.as_str()).await;
    let read = match ran {
        Ok(()) => catalog::read_within(conn, registry, roles).await.map(|mut catalog| {
            // Tables whose tag was removed are not this migration's business.
            catalog.untagged.clear();
            Ok(catalog)
        }),
        Err(error) => Ok(Err(error)),
    };
    conn.batch_execute(rehearsal::ROLLBACK).await?;
    read
}

fn is_not_in_transaction(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(_, details)
        if details.constraint_name() == Some(rehearsal::NOT_IN_TRANSACTION))
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct Answer {
    #[diesel(sql_type = Bool)]
    is_true: bool,
}
