//! `tenants erase`.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::mpsc::Sender;

use tenants_core::rows::{self, Group, TenantTable};
use tenants_core::{TableName, TenantId};
use thiserror::Error;
use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;

use super::Examined;
use super::args::EraseArgs;
use super::connect::QueryError;
use super::rows::{Access, RowsError, TenantRows, count, foreign_keys, see, status};
use super::runtime::block_on_telling;

/// Why rows of a tenant are left.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EraseError {
    /// The rows cannot be seen.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// New rows could appear behind those that went.
    #[error(
        "the tenant is active, so new rows could appear meanwhile: delete it first (`tenants tenant delete`, or `delete_tenant`), and wait until its scopes have ended"
    )]
    Active,
    /// Rows of others would be changed.
    #[error(
        "rows of other tenants in {from} reference rows of this one in {to}, and would be changed or deleted with these: let them reference their own, and let the foreign key hold the tenant column"
    )]
    Strangers {
        /// The table of the others' rows.
        from: TableName,
        /// The table of this tenant's rows.
        to: TableName,
    },
    /// Nobody said yes.
    #[error("nothing was deleted, and {rows} rows would be: pass `--yes`")]
    Unconfirmed {
        /// How many rows the tenant has.
        rows: i64,
    },
    /// A row outside of the tenant's tables needs one that was to go.
    #[error(
        "rows of {} are referenced by others, so they stay: delete or change those first, and run this again",
        tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    Referenced {
        /// The tables.
        tables: Vec<TableName>,
        /// What the server said.
        source: QueryError,
    },
    /// The server refused, or stopped.
    #[error(
        "rows of {} could not be deleted: what is gone is gone, and running this again goes on",
        tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    Table {
        /// The tables.
        tables: Vec<TableName>,
        /// What the server said.
        source: QueryError,
    },
    /// Another look found rows.
    #[error(
        "{rows} rows of the tenant are left in {}: a trigger kept them, or a scope that began earlier wrote them; run this again",
        tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    Left {
        /// The tables.
        tables: Vec<TableName>,
        /// How many rows there are.
        rows: i64,
    },
}

pub(super) fn run(args: &EraseArgs, errors: &mut dyn Write) -> Result<Examined, EraseError> {
    let work = |progress| erase(args, progress);
    let report = block_on_telling(errors, work).map_err(RowsError::Runtime)??;
    Ok(Examined { report, notes: String::new(), is_clean: true })
}

async fn erase(args: &EraseArgs, progress: Sender<String>) -> Result<String, EraseError> {
    let url = &args.tenant.database_url;
    let mut rows = TenantRows::connect(&args.tenant, url).await?;
    let groups = plan(&mut rows).await?;
    if !args.yes {
        let counts = census(&mut rows).await?;
        tell(&progress, &counts);
        let rows = total(&counts);
        // Nothing to say yes to.
        return if rows == 0 {
            Ok(done(0, &counts))
        } else {
            Err(EraseError::Unconfirmed { rows })
        };
    }
    let mut deleted = 0;
    for group in &groups {
        let counts = match group {
            Group::Single(table) => batches(&mut rows, table, args.batch.get()).await?,
            Group::Circle(tables) => circle(&mut rows, tables).await?,
        };
        deleted += total(&counts);
        tell(&progress, &counts);
    }
    let proof_url = args.proof_url.as_ref().unwrap_or(url);
    let mut proof = TenantRows::connect(&args.tenant, proof_url).await?;
    let left = census(&mut proof).await?;
    match total(&left) {
        0 => Ok(done(deleted, &left)),
        rows => {
            let tables = left.into_iter().filter(|(_, rows)| *rows > 0).map(|(name, _)| name);
            Err(EraseError::Left { tables: tables.collect(), rows })
        }
    }
}

/// In which order the tables go, once it is certain that no rows of others go with them.
async fn plan(rows: &mut TenantRows) -> Result<Vec<Group>, EraseError> {
    let (id, tables) = (rows.id.clone(), rows.tables.clone());
    let transaction = rows.begin(Access::Read).await?;
    see(&transaction, &tables).await?;
    inactive(&transaction, &id).await?;
    let keys = foreign_keys(&transaction, &tables).await?;
    for key in &keys {
        let Some(strangers) = TenantTable::strangers(&tables, key, &id) else { continue };
        let found = transaction.query_one(strangers.as_str(), &[]).await;
        let found = found.and_then(|row| row.try_get(0)).map_err(RowsError::from)?;
        if found {
            return Err(EraseError::Strangers { from: key.from.clone(), to: key.to.clone() });
        }
    }
    Ok(rows::groups(&tables, &keys))
}

/// Somebody may restore the tenant at any time, so each transaction asks.
async fn inactive(transaction: &Transaction<'_>, id: &TenantId) -> Result<(), EraseError> {
    match status(transaction, id).await?.as_str() {
        "active" => Err(EraseError::Active),
        _ => Ok(()),
    }
}

/// Counts as who sees all rows, or fails.
async fn census(rows: &mut TenantRows) -> Result<Vec<(TableName, i64)>, RowsError> {
    let (id, tables) = (rows.id.clone(), rows.tables.clone());
    let transaction = rows.begin(Access::Read).await?;
    see(&transaction, &tables).await?;
    count(&transaction, &tables, &id).await
}

/// Deletes the rows of one table, and commits batch by batch.
async fn batches(
    rows: &mut TenantRows,
    table: &TenantTable,
    size: u32,
) -> Result<Vec<(TableName, i64)>, EraseError> {
    let id = rows.id.clone();
    let statement = table.delete_batch(&id);
    let mut deleted = 0;
    loop {
        let transaction = rows.begin(Access::Delete).await?;
        inactive(&transaction, &id).await?;
        let gone = transaction.execute(statement.as_str(), &[&i64::from(size)]).await;
        let failed = |error| failed(std::slice::from_ref(table), error);
        let gone = gone.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        if gone == 0 {
            return Ok(vec![(table.name.clone(), deleted)]);
        }
        deleted += i64::try_from(gone).unwrap_or(i64::MAX);
    }
}

/// Deletes the rows of tables that reference each other, all at once.
async fn circle(
    rows: &mut TenantRows,
    tables: &[TenantTable],
) -> Result<Vec<(TableName, i64)>, EraseError> {
    let id = rows.id.clone();
    let transaction = rows.begin(Access::Delete).await?;
    inactive(&transaction, &id).await?;
    let statement = TenantTable::delete_circle(tables, &id);
    let gone = transaction.query_one(statement.as_str(), &[]).await;
    let failed = |error| failed(tables, error);
    let gone: Vec<i64> = gone.and_then(|row| row.try_get(0)).map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(tables.iter().map(|table| table.name.clone()).zip(gone).collect())
}

fn failed(tables: &[TenantTable], error: tokio_postgres::Error) -> EraseError {
    let tables = tables.iter().map(|table| table.name.clone()).collect();
    let source = QueryError::from(error);
    // From PostgreSQL 18 on, ON DELETE RESTRICT says so.
    let referenced = [SqlState::FOREIGN_KEY_VIOLATION, SqlState::RESTRICT_VIOLATION];
    if referenced.iter().any(|code| source.has_code(code)) {
        return EraseError::Referenced { tables, source };
    }
    EraseError::Table { tables, source }
}

fn total(counts: &[(TableName, i64)]) -> i64 {
    counts.iter().map(|(_, rows)| rows).sum()
}

fn tell(progress: &Sender<String>, counts: &[(TableName, i64)]) {
    for (table, rows) in counts {
        let _ = progress.send(format!("{table}: {rows} rows"));
    }
}

fn done(deleted: i64, left: &[(TableName, i64)]) -> String {
    let mut report = String::new();
    let tables = left.len();
    let _ = writeln!(report, "Deleted {deleted} rows. None is left in any of {tables} tables.");
    report
}
