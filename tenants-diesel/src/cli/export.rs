//! `tenants export`.

mod directory;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::mpsc::Sender;

use futures_util::TryStreamExt;
use tenants_core::TableName;
use tenants_core::rows::{self, LiveTable, TenantTable};
use thiserror::Error;
use tokio_postgres::Transaction;

use super::Examined;
use super::args::ExportArgs;
use super::connect::QueryError;
use super::rows::{Access, RowsError, TenantRows, foreign_keys, see, status};
use super::runtime::block_on_telling;
use directory::{Directory, Exported};

/// Why the rows of a tenant were not exported, or not all of them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The rows cannot be seen.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The rows of other tables would be left out.
    #[error(
        "{} inherit from {table} and are not registered, so their rows would be left out: tag them, too",
        heirs.join(", ")
    )]
    Heirs {
        /// The registered table.
        table: TableName,
        /// Those that inherit from it, as `schema.table`.
        heirs: Vec<String>,
    },
    /// The server stopped in the middle of a table.
    #[error("the rows of {table} could not be read: what is in the directory so far is incomplete")]
    Table {
        /// The table.
        table: TableName,
        /// What the server said.
        source: QueryError,
    },
    /// The directory is there already, or cannot be written.
    #[error("`{}` cannot be written, and an export without `manifest.json` is incomplete", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

pub(super) fn run(args: &ExportArgs, errors: &mut dyn Write) -> Result<Examined, ExportError> {
    let work = |progress| export(args, progress);
    let report = block_on_telling(errors, work).map_err(RowsError::Runtime)??;
    Ok(Examined { report, notes: String::new(), is_clean: true })
}

async fn export(args: &ExportArgs, progress: Sender<String>) -> Result<String, ExportError> {
    let url = &args.tenant.database_url;
    let mut rows = TenantRows::connect(&args.tenant, url).await?;
    let (id, tables) = (rows.id.clone(), rows.tables.clone());
    let transaction = rows.begin(Access::Read).await?;
    let live = see(&transaction, &tables).await?;
    status(&transaction, &id).await?;
    let keys = foreign_keys(&transaction, &tables).await?;
    transaction.batch_execute(rows::SPELLING).await.map_err(RowsError::from)?;
    let by_name = |table: &TenantTable| live.iter().find(|live| live.name == table.name);
    if let Some(LiveTable { name, heirs, .. }) = live.iter().find(|live| !live.heirs.is_empty()) {
        return Err(ExportError::Heirs { table: name.clone(), heirs: heirs.clone() });
    }

    let mut directory = Directory::create(args.to.clone())?;
    // Parents first, as they can be imported.
    let groups = rows::groups(&tables, &keys);
    for table in groups.iter().rev().flat_map(|group| group.tables()) {
        let Some(live) = by_name(table) else { continue };
        let copy = table.copy_out(live, &id);
        let exported = copy_out(&transaction, table, copy.as_str(), &mut directory).await?;
        let _ = progress.send(format!("{}: {} rows", table.name, exported.rows));
        directory.add(exported, table, live);
    }
    transaction.commit().await.map_err(RowsError::from)?;
    let (tables, rows) = directory.totals();
    let path = directory.finish(&id)?;
    let mut report = String::new();
    let _ = writeln!(report, "Wrote {rows} rows of {tables} tables to {}.", path.display());
    Ok(report)
}

/// Streams a table into its file.
async fn copy_out(
    transaction: &Transaction<'_>,
    table: &TenantTable,
    copy: &str,
    directory: &mut Directory,
) -> Result<Exported, ExportError> {
    let failed = |error: tokio_postgres::Error| ExportError::Table {
        table: table.name.clone(),
        source: error.into(),
    };
    let mut file = directory.file(&table.name)?;
    let mut stream = pin!(transaction.copy_out(copy).await.map_err(failed)?);
    while let Some(rows) = stream.try_next().await.map_err(failed)? {
        file.write(&rows)?;
    }
    file.finish()
}
