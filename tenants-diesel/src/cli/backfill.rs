//! `tenants backfill`.

use std::io::{self, Write};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tenants_core::backfill::{self, Backfill, BackfillFault, ForeignKey, Heap};
use tenants_core::catalog::SEARCH_PATH;
use tenants_core::ddl::row_security;
use tenants_core::rows::TenantTable;
use tenants_core::{Identifier, Registry, RegistryError, TableName, TenantType};
use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, IsolationLevel, Row, Transaction};

use super::Examined;
use super::args::BackfillArgs;
use super::connect::{ConnectError, QueryError, client};
use super::rows::{RowsError, identifiers, see, table_name};
use super::runtime::block_on_telling;

/// Why rows are left without a tenant.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackfillError {
    /// The tagged structs make no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The table, its tenant column or the foreign key is not as it would have to be.
    #[error(transparent)]
    Fault(#[from] BackfillFault),
    /// The rows cannot be seen.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The server refused the expression, or a row that it filled in.
    #[error(
        "rows of {table} could not be filled in: what is filled in stays, and running this again goes on"
    )]
    Batch {
        /// The table or partition.
        table: TableName,
        /// What the server said.
        source: QueryError,
    },
    /// Something that the expression reads is not for this role, or not all of it.
    #[error(
        "rows of {table} could not be filled in: policies, or a missing right, keep what has to be read from this role; connect as a role that no policy binds, or take the tenant by `--through`"
    )]
    Denied {
        /// The table or partition.
        table: TableName,
        /// What the server said.
        source: QueryError,
    },
    /// The referenced rows, or the references, have changed meanwhile, or were others from the start.
    #[error(
        "{filled} rows were filled in, and {rows} rows of {table} have another tenant than the row that the foreign key references: correct these, or set them to NULL and run this again"
    )]
    Differing {
        /// The table.
        table: TableName,
        /// How many rows have another one.
        rows: i64,
        /// How many rows were filled in.
        filled: u64,
    },
    /// The expression has no tenant for these rows.
    #[error(
        "{filled} rows were filled in, and {rows} rows of {table} are left without a tenant, because the expression is NULL for them: run this with another one"
    )]
    Left {
        /// The table.
        table: TableName,
        /// How many rows have none.
        rows: i64,
        /// How many have one now.
        filled: u64,
    },
    /// Transactions of others do not end, or a trigger or a policy keeps the rows as they are.
    #[error(
        "{filled} rows were filled in, and {rows} rows of {table} are left without a tenant, which others keep locked, or a trigger or policy as they are: run this again"
    )]
    Kept {
        /// The table.
        table: TableName,
        /// How many rows have none.
        rows: i64,
        /// How many have one now.
        filled: u64,
    },
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl BackfillError {
    fn of_heap(table: &TableName, error: tokio_postgres::Error) -> Self {
        let (table, source) = (table.clone(), QueryError::from(error));
        if source.has_code(&SqlState::INSUFFICIENT_PRIVILEGE) {
            Self::Denied { table, source }
        } else {
            Self::Batch { table, source }
        }
    }

    /// Whether the arguments or the program are wrong, and no database was asked.
    pub(super) fn is_of_arguments(&self) -> bool {
        matches!(
            self,
            Self::Registry(_)
                | Self::Fault(
                    BackfillFault::Unregistered(_)
                        | BackfillFault::Ambiguous(_)
                        | BackfillFault::Global(_)
                )
        )
    }

    /// Whether the same may succeed in a moment.
    fn is_momentary(&self) -> bool {
        let (Self::Batch { source, .. } | Self::Rows(RowsError::Database(source))) = self else {
            return false;
        };
        let momentary = [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ];
        momentary.iter().any(|code| source.has_code(code))
    }
}

pub(super) fn run(args: &BackfillArgs, errors: &mut dyn Write) -> Result<Examined, BackfillError> {
    let registry = Registry::collect()?;
    let work = |progress| backfill(args, &registry, progress);
    let report = block_on_telling(errors, work).map_err(BackfillError::Runtime)??;
    Ok(Examined { report, notes: String::new(), is_clean: true })
}

async fn backfill(
    args: &BackfillArgs,
    registry: &Registry,
    progress: Sender<String>,
) -> Result<String, BackfillError> {
    let (table, column, column_type) = backfill::find(registry, &args.table)?;
    let mut client = client(&args.database_url).await?;
    let heaps = heaps(&mut client, &table, &column, column_type).await?;
    let (values, parent) = match (&args.set, &args.through) {
        (Some(value), _) => (Backfill::set(&table, &column, value), None),
        (None, Some(key)) => {
            let key = key_of(&mut client, &table, key).await?;
            let values = Backfill::through(&key, &column, column_type, registry)?;
            (values, Some(key.parent))
        }
        // clap asks for one of them.
        (None, None) => return Err(BackfillFault::Unregistered(args.table.clone()).into()),
    };
    let seen = [&table].into_iter().chain(&heaps).chain(&parent);
    let seen = seen.map(|name| TenantTable { name: name.clone(), column: column.clone() });
    let seen = seen.collect();
    let progress = Progress { table: table.clone(), to: progress, told: Instant::now(), filled: 0 };
    let size = i64::from(args.batch_size.get());
    let mut walk = Walk { client, values, heaps, seen, size, pause: args.pause, progress };
    walk.run().await?;
    let filled = walk.progress.filled;
    Ok(format!("Filled in {filled} rows of {table}. None is left without a tenant.\n"))
}

/// What holds the rows: the table and those that inherit from it.
async fn heaps(
    client: &mut Client,
    table: &TableName,
    column: &Identifier,
    registered: TenantType,
) -> Result<Vec<TableName>, BackfillError> {
    let transaction = begin(client).await?;
    // Says what is missing or hidden.
    see(&transaction, &[TenantTable { name: table.clone(), column: column.clone() }]).await?;
    let (schema, name) = (table.schema().as_str(), table.name().as_str());
    let rows = transaction.query(backfill::TREE, &[&schema, &name, &column.as_str()]).await;
    let heap = |row: Row| {
        let name = table_name(row.try_get("schema")?, row.try_get("name")?)?;
        Ok::<_, RowsError>(Heap { name, column_type: row.try_get("column_type")? })
    };
    let heaps: Result<Vec<_>, _> = rows.map_err(RowsError::from)?.into_iter().map(heap).collect();
    let checked = heaps?.into_iter().map(|heap| match heap.column_type {
        Some(live) if registered.is(&live) => Ok(heap.name),
        Some(live) => Err(BackfillFault::ColumnType { table: heap.name, registered, live }),
        None => {
            let column = column.clone();
            Err(BackfillFault::NoColumn { table: heap.name, column, column_type: registered })
        }
    });
    Ok(checked.collect::<Result<_, _>>()?)
}

async fn key_of(
    client: &mut Client,
    table: &TableName,
    wanted: &Identifier,
) -> Result<ForeignKey, BackfillError> {
    let transaction = begin(client).await?;
    let (schema, name) = (table.schema().as_str(), table.name().as_str());
    let rows = transaction.query(backfill::KEYS, &[&schema, &name]).await;
    let key = |row: Row| {
        let columns = identifiers(row.try_get("columns")?)?;
        let referenced = identifiers(row.try_get("referenced_columns")?)?;
        Ok::<_, RowsError>(ForeignKey {
            name: Identifier::new(row.try_get::<_, String>("key")?)?,
            parent: table_name(row.try_get("schema")?, row.try_get("name")?)?,
            is_partitioned: row.try_get("is_partitioned")?,
            columns: columns.into_iter().zip(referenced).collect(),
        })
    };
    let keys: Result<Vec<_>, _> = rows.map_err(RowsError::from)?.into_iter().map(key).collect();
    let keys = keys?;
    keys.iter().find(|key| key.name == *wanted).cloned().ok_or_else(|| {
        let known = keys.iter().map(|key| format!("`{}`", key.name.as_str())).collect();
        BackfillFault::NoKey { table: table.clone(), key: wanted.clone(), known }.into()
    })
}

/// Each statement of the transaction sees what others have committed.
async fn begin(client: &mut Client) -> Result<Transaction<'_>, RowsError> {
    let begin = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let transaction = begin.read_only(false).start().await?;
    transaction.batch_execute(backfill::GIVE_UP).await?;
    transaction.batch_execute(SEARCH_PATH).await?;
    Ok(transaction)
}

/// Begins a transaction that reads all rows, or fails.
///
/// The expression may read further tables. Policies of these would hide rows in silence, so PostgreSQL is told to
/// refuse that; where policies let all rows of the table itself through, it would refuse the table, too.
async fn begin_seeing<'a>(
    client: &'a mut Client,
    seen: &[TenantTable],
) -> Result<Transaction<'a>, RowsError> {
    let transaction = begin(client).await?;
    let live = see(&transaction, seen).await?;
    if !live.iter().any(|table| table.is_filtered) {
        transaction.batch_execute(row_security::off_for_this_transaction().as_str()).await?;
    }
    transaction.batch_execute(backfill::OWN_SEARCH_PATH).await?;
    Ok(transaction)
}

/// How far it is, told about once a second.
struct Progress {
    table: TableName,
    to: Sender<String>,
    told: Instant,
    filled: u64,
}

impl Progress {
    const INTERVAL: Duration = Duration::from_secs(1);

    fn tell(&mut self, what: &str) {
        self.told = Instant::now();
        let _ = self.to.send(format!("{}: {what}, {} rows filled in", self.table, self.filled));
    }

    fn of_pass(&mut self, pass: u32, page: i64, pages: i64) {
        if self.told.elapsed() >= Self::INTERVAL {
            let percent = (page * 100).checked_div(pages).unwrap_or(100).min(100);
            self.tell(&format!("pass {pass}, {percent} %"));
        }
    }
}

/// Waits for a moment, and longer each time.
struct BackOff(u32);

impl BackOff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);
    /// About a minute in all.
    const TIMES: u32 = 18;

    /// Whether it is worth trying again.
    async fn wait(&mut self) -> bool {
        if self.0 == Self::TIMES {
            return false;
        }
        let time = Self::FIRST.saturating_mul(1 << self.0.min(16)).min(Self::LONGEST);
        tokio::time::sleep(time).await;
        self.0 += 1;
        true
    }
}

/// The way through all pages, again and again.
struct Walk {
    client: Client,
    values: Backfill,
    heaps: Vec<TableName>,
    /// The tables whose rows must not be hidden.
    seen: Vec<TenantTable>,
    size: i64,
    pause: Duration,
    progress: Progress,
}

impl Walk {
    /// Until no row lacks a tenant, or nothing changes any more.
    async fn run(&mut self) -> Result<(), BackfillError> {
        let (mut pass, mut back_off) = (0, BackOff(0));
        loop {
            pass += 1;
            let before = self.progress.filled;
            for heap in self.heaps.clone() {
                self.pass(pass, &heap).await?;
            }
            self.progress.tell(&format!("pass {pass} is done"));
            let (rows, fillable) = self.count().await?;
            if rows == 0 || fillable == 0 {
                self.agree().await?;
            }
            if rows == 0 {
                return Ok(());
            }
            if self.progress.filled > before {
                back_off = BackOff(0);
                continue;
            }
            let (table, filled) = (self.progress.table.clone(), self.progress.filled);
            if fillable == 0 {
                return Err(BackfillError::Left { table, rows, filled });
            }
            if !back_off.wait().await {
                return Err(BackfillError::Kept { table, rows, filled });
            }
        }
    }

    async fn pass(&mut self, pass: u32, heap: &TableName) -> Result<(), BackfillError> {
        let pages = Backfill::pages(heap);
        let pages = self.client.query_one(pages.as_str(), &[]).await;
        let pages: i64 = pages.and_then(|row| row.try_get(0)).map_err(RowsError::from)?;
        let mut page = 0;
        // What is added meanwhile is the next pass's.
        while page < pages {
            let filled = self.batch_at_last(heap, page).await?;
            self.progress.filled += filled;
            self.progress.of_pass(pass, page, pages);
            if filled > 0 && !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
            if i64::try_from(filled).is_ok_and(|filled| filled < self.size) {
                page += backfill::WINDOW;
            }
        }
        Ok(())
    }

    async fn batch_at_last(&mut self, heap: &TableName, page: i64) -> Result<u64, BackfillError> {
        let mut back_off = BackOff(0);
        loop {
            match self.batch(heap, page).await {
                Err(error) if error.is_momentary() && back_off.wait().await => {}
                done => return done,
            }
        }
    }

    /// Fills in rows of one window, in a transaction.
    ///
    /// Policies are asked for each time: since the last batch the table may have got some, and who is bound by them
    /// finds no rows, without an error.
    async fn batch(&mut self, heap: &TableName, page: i64) -> Result<u64, BackfillError> {
        let statement = self.values.batch(heap);
        let [from, to] = [page, page + backfill::WINDOW].map(|page| format!("({page},0)"));
        let transaction = begin_seeing(&mut self.client, &self.seen).await?;
        let failed = |error| BackfillError::of_heap(heap, error);
        let filled = transaction.execute(statement.as_str(), &[&from, &to, &self.size]).await;
        let filled = filled.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(filled)
    }

    /// How many rows have no tenant, and how many of these would get one.
    async fn count(&mut self) -> Result<(i64, i64), BackfillError> {
        let mut back_off = BackOff(0);
        loop {
            match self.count_once().await {
                Err(error) if error.is_momentary() && back_off.wait().await => {}
                done => return done,
            }
        }
    }

    async fn count_once(&mut self) -> Result<(i64, i64), BackfillError> {
        let transaction = begin_seeing(&mut self.client, &self.seen).await?;
        let (mut rows, mut fillable) = (0, 0);
        for heap in &self.heaps {
            let failed = |error| BackfillError::of_heap(heap, error);
            let row = transaction.query_one(self.values.count(heap).as_str(), &[]).await;
            let row = row.map_err(failed)?;
            rows += row.try_get::<_, i64>(0).map_err(failed)?;
            fillable += row.try_get::<_, i64>(1).map_err(failed)?;
        }
        Ok((rows, fillable))
    }

    /// Whether rows have the tenants of those that they reference, which others may have changed meanwhile.
    async fn agree(&mut self) -> Result<(), BackfillError> {
        let mut back_off = BackOff(0);
        let rows = loop {
            match self.differing_once().await {
                Err(error) if error.is_momentary() && back_off.wait().await => {}
                done => break done?,
            }
        };
        if rows == 0 {
            return Ok(());
        }
        let (table, filled) = (self.progress.table.clone(), self.progress.filled);
        Err(BackfillError::Differing { table, rows, filled })
    }

    async fn differing_once(&mut self) -> Result<i64, BackfillError> {
        let transaction = begin_seeing(&mut self.client, &self.seen).await?;
        let mut rows = 0;
        for heap in &self.heaps {
            let Some(differing) = self.values.differing(heap) else { continue };
            let failed = |error| BackfillError::of_heap(heap, error);
            let row = transaction.query_one(differing.as_str(), &[]).await.map_err(failed)?;
            rows += row.try_get::<_, i64>(0).map_err(failed)?;
        }
        Ok(rows)
    }
}
