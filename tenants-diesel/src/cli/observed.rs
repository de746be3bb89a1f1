//! `tenants observed`.

#![allow(clippy::disallowed_methods, reason = "reads what was recorded on the owner's connection")]

use std::io;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::{Value, json};
use tenants_core::observation::{
    CLEAR, IS_FULL, KINDS, Observation, Observed, ObservedTable, State, TABLES, VACUUM,
};
use tenants_core::{Registry, RegistryError};
use thiserror::Error;

use super::Examined;
use super::args::{DatabaseUrl, Format};
use super::connect::{ConnectError, connect};
use super::runtime::block_on;

/// Lists what enforced policies would have hidden or refused, the newest first, and which tables are observed.
///
/// `tenants migration generate NAME --observe` begins to observe, and the same without `--observe` enforces. Statements
/// are shown as clients sent them, with the values that they wrote into the text. Exit codes: 0 nothing was recorded
/// and every table is observed or enforced, 1 something was, or a table is neither, 2 wrong arguments, or the database
/// could not be asked.
#[derive(Debug, clap::Args)]
pub(super) struct ObservedArgs {
    /// Where to connect, as the owner of the database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: DatabaseUrl,
    /// Forget what was recorded, and begin anew
    #[arg(long, conflicts_with = "format")]
    clear: bool,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Why nothing is known of what was recorded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ObservedError {
    /// The tagged structs make no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A query failed.
    #[error(
        "what was recorded could not be read or forgotten: connect as the owner of the database, and run `tenants setup` first"
    )]
    Database(#[from] DieselError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

pub(super) fn run(args: &ObservedArgs) -> Result<Examined, ObservedError> {
    if args.clear {
        let is_full = block_on(clear(&args.database_url)).map_err(ObservedError::Runtime)??;
        let mut report = "Forgot what was recorded.\n".to_owned();
        if is_full {
            report.push_str(
                "There is no room yet, while older transactions are open: run it again.\n",
            );
        }
        return Ok(Examined { report, notes: String::new(), is_clean: !is_full });
    }
    let registry = Registry::collect()?;
    let observed =
        block_on(observed(&args.database_url, &registry)).map_err(ObservedError::Runtime)??;
    let report = match args.format {
        Format::Text => observed.to_string(),
        Format::Json => render(&observed),
    };
    Ok(Examined { report, notes: String::new(), is_clean: observed.is_clean() })
}

/// Whether there is no room for more all the same.
async fn clear(url: &DatabaseUrl) -> Result<bool, ObservedError> {
    let mut conn = connect(url).await?;
    conn.batch_execute(CLEAR).await?;
    conn.batch_execute(VACUUM).await?;
    Ok(is_full(&mut conn).await?)
}

async fn observed(url: &DatabaseUrl, registry: &Registry) -> Result<Observed, ObservedError> {
    let mut conn = connect(url).await?;
    let of_tenants = || registry.tables().filter(|table| table.tenant_type().is_some());
    let schemas: Vec<_> = of_tenants().map(|table| table.name.schema().as_str()).collect();
    let names: Vec<_> = of_tenants().map(|table| table.name.name().as_str()).collect();
    let tables = diesel::sql_query(TABLES)
        .bind::<Array<Text>, _>(schemas)
        .bind::<Array<Text>, _>(names)
        .load::<TableRow>(&mut conn)
        .await?;
    let kinds: Vec<KindRow> = diesel::sql_query(KINDS).load(&mut conn).await?;
    Ok(Observed {
        tables: tables.into_iter().map(ObservedTable::from).collect(),
        observations: kinds.into_iter().map(Observation::from).collect(),
        is_full: is_full(&mut conn).await?,
    })
}

async fn is_full(conn: &mut AsyncPgConnection) -> Result<bool, DieselError> {
    let row: FullRow = diesel::sql_query(IS_FULL).get_result(conn).await?;
    Ok(row.is_full)
}

/// The shape only grows.
fn render(observed: &Observed) -> String {
    let value = json!({
        "version": 1,
        "clean": observed.is_clean(),
        "full": observed.is_full,
        "tables": observed.tables.iter().map(table).collect::<Vec<_>>(),
        "observations": observed.observations.iter().map(observation).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn table(ObservedTable { table, state, since }: &ObservedTable) -> Value {
    json!({ "table": table, "state": state.as_str(), "since": since })
}

fn observation(seen: &Observation) -> Value {
    json!({
        "table": seen.table,
        "side": seen.side,
        "scoped": seen.is_scoped,
        "login": seen.login,
        "role": seen.role,
        "application": seen.application,
        "statement": seen.statement,
        "records": seen.records,
        "first": seen.first,
        "last": seen.last,
    })
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct TableRow {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Text>)]
    since: Option<String>,
}

impl From<TableRow> for ObservedTable {
    fn from(row: TableRow) -> Self {
        Self { table: row.table, state: State::from_column(&row.state), since: row.since }
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct KindRow {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    side: String,
    #[diesel(sql_type = Bool)]
    is_scoped: bool,
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Text)]
    application: String,
    #[diesel(sql_type = Text)]
    statement: String,
    #[diesel(sql_type = BigInt)]
    records: i64,
    #[diesel(sql_type = Text)]
    first: String,
    #[diesel(sql_type = Text)]
    last: String,
}

impl From<KindRow> for Observation {
    fn from(row: KindRow) -> Self {
        Self {
            table: row.table,
            side: row.side,
            is_scoped: row.is_scoped,
            login: row.login,
            role: row.role,
            application: row.application,
            statement: row.statement,
            records: row.records,
            first: row.first,
            last: row.last,
        }
    }
}

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct FullRow {
    #[diesel(sql_type = Bool)]
    is_full: bool,
}
