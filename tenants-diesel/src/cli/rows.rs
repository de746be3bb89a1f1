//! Reading and deleting the rows of one tenant: what `tenants export` and `tenants erase` share.

use std::io;

use tenants_core::catalog::{Kind, SEARCH_PATH};
use tenants_core::rows::{self, ForeignKey, LiveTable, TableFault, TenantTable};
use tenants_core::{
    Identifier, IdentifierError, Registry, RegistryError, TableName, TenantId, TenantIdError,
};
use thiserror::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, IsolationLevel, Row, Transaction};

use super::args::{DatabaseUrl, TenantArgs};
use super::connect::{ConnectError, QueryError, client};

/// Why the rows of a tenant were not looked at.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The tagged structs make no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A tenant column spells the id differently.
    #[error(transparent)]
    Id(#[from] TenantIdError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Nobody ever had these rows.
    #[error("there is no such tenant: `tenants` takes the id exactly as it was created")]
    Unknown,
    /// Rows are missing or hidden.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// The login may not read what it would have to.
    #[error(
        "this login may not see the rows of all tenants: connect as the login for cross-tenant work (`tenants setup --admin-login ..`), after `tenants setup` of this version"
    )]
    Denied(#[source] QueryError),
    /// A query failed.
    #[error("the rows could not be looked at")]
    Database(#[source] QueryError),
    /// The server has a name that it should not be able to have.
    #[error("the catalog holds a name that is none")]
    Name(#[from] IdentifierError),
    /// The operating system refused a thread or a timer.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl RowsError {
    /// Whether the arguments or the program are wrong, and no database was asked.
    pub(super) fn is_of_arguments(&self) -> bool {
        matches!(self, Self::Registry(_) | Self::Id(_))
    }
}

impl From<tokio_postgres::Error> for RowsError {
    fn from(error: tokio_postgres::Error) -> Self {
        let error = QueryError::from(error);
        let denied = [
            SqlState::INSUFFICIENT_PRIVILEGE,
            SqlState::UNDEFINED_FUNCTION,
            SqlState::INVALID_SCHEMA_NAME,
        ];
        if denied.iter().any(|code| error.has_code(code)) {
            Self::Denied(error)
        } else {
            Self::Database(error)
        }
    }
}

/// The rows of a tenant, and a connection that sees them.
pub(super) struct TenantRows {
    pub(super) id: TenantId,
    /// The tables that hold them, sorted by name.
    pub(super) tables: Vec<TenantTable>,
    client: Client,
    /// What the transactions run as, if not as the login.
    role: Option<Identifier>,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// All that is read is of one moment.
    Read,
    /// Each statement sees what others have committed.
    Delete,
}

impl TenantRows {
    pub(super) async fn connect(args: &TenantArgs, url: &DatabaseUrl) -> Result<Self, RowsError> {
        let tables = rows::of_tenant(&Registry::collect()?, &args.tenant)?;
        let client = client(url).await?;
        let found = client.query_one(rows::MAY_BECOME, &[&args.admin_role.as_str()]).await?;
        let role = found.try_get::<_, bool>("found")?.then(|| args.admin_role.clone());
        let mut this = Self { id: args.tenant.clone(), tables, client, role };
        let tables = this.tables.clone();
        // A lock would say less of what is missing or hidden.
        look(&this.begin(Access::Read).await?, &tables).await?;
        Ok(this)
    }

    /// Begins a transaction as the admin role, or as the login itself if it cannot become that.
    pub(super) async fn begin(&mut self, access: Access) -> Result<Transaction<'_>, RowsError> {
        let begin = self.client.build_transaction();
        let begin = match access {
            Access::Read => begin.isolation_level(IsolationLevel::RepeatableRead).read_only(true),
            Access::Delete => begin.isolation_level(IsolationLevel::ReadCommitted).read_only(false),
        };
        let transaction = begin.start().await?;
        transaction.batch_execute(SEARCH_PATH).await?;
        if let Some(role) = &self.role {
            transaction.batch_execute(rows::become_role(role).as_str()).await?;
        }
        Ok(transaction)
    }
}

/// The tenant's status: `active`, `suspended` or `deleted`.
pub(super) async fn status(
    transaction: &Transaction<'_>,
    id: &TenantId,
) -> Result<String, RowsError> {
    let row = transaction.query_one(rows::STATUS, &[&id.as_str()]).await?;
    row.try_get::<_, Option<String>>("status")?.ok_or(RowsError::Unknown)
}

/// The tables as they are, once it is certain that all of their rows are seen until the transaction ends.
///
/// Begins with the locks, which take no snapshot: what the catalog says then holds for all that is read.
pub(super) async fn see(
    transaction: &Transaction<'_>,
    tables: &[TenantTable],
) -> Result<Vec<LiveTable>, RowsError> {
    if let Some(lock) = TenantTable::lock(tables) {
        transaction.batch_execute(lock.as_str()).await?;
    }
    look(transaction, tables).await
}

async fn look(
    transaction: &Transaction<'_>,
    tables: &[TenantTable],
) -> Result<Vec<LiveTable>, RowsError> {
    let (schemas, names) = parameters(tables);
    let live = live(transaction, &schemas, &names).await?;
    rows::check(tables, &live)?;
    Ok(live)
}

async fn live(
    transaction: &Transaction<'_>,
    schemas: &[&str],
    names: &[&str],
) -> Result<Vec<LiveTable>, RowsError> {
    let rows = transaction.query(rows::TABLES, &[&schemas, &names]).await?;
    let table = |row: Row| {
        Ok(LiveTable {
            name: table_name(row.try_get("schema")?, row.try_get("name")?)?,
            kind: Kind::from_relkind(row.try_get("kind")?),
            is_filtered: row.try_get("is_filtered")?,
            is_hidden: row.try_get("is_hidden")?,
            columns: identifiers(row.try_get("columns")?)?,
            heirs: row.try_get("heirs")?,
        })
    };
    rows.into_iter().map(table).collect()
}

/// The foreign keys that the tables are ordered by.
pub(super) async fn foreign_keys(
    transaction: &Transaction<'_>,
    tables: &[TenantTable],
) -> Result<Vec<ForeignKey>, RowsError> {
    let (schemas, names) = parameters(tables);
    let rows = transaction.query(rows::FOREIGN_KEYS, &[&schemas, &names]).await?;
    let key = |row: Row| {
        let columns = identifiers(row.try_get("columns")?)?;
        let referenced = identifiers(row.try_get("referenced_columns")?)?;
        Ok(ForeignKey {
            from: table_name(row.try_get("schema")?, row.try_get("name")?)?,
            to: table_name(row.try_get("referenced_schema")?, row.try_get("referenced_name")?)?,
            changes_rows: row.try_get("changes_rows")?,
            columns: columns.into_iter().zip(referenced).collect(),
        })
    };
    rows.into_iter().map(key).collect()
}

/// How many rows the tenant has in each table.
pub(super) async fn count(
    transaction: &Transaction<'_>,
    tables: &[TenantTable],
    id: &TenantId,
) -> Result<Vec<(TableName, i64)>, RowsError> {
    let mut counts = Vec::with_capacity(tables.len());
    for table in tables {
        let row = transaction.query_one(table.count(id).as_str(), &[]).await?;
        counts.push((table.name.clone(), row.try_get(0)?));
    }
    Ok(counts)
}

fn parameters(tables: &[TenantTable]) -> (Vec<&str>, Vec<&str>) {
    tables.iter().map(|it| (it.name.schema().as_str(), it.name.name().as_str())).unzip()
}

pub(super) fn table_name(schema: String, name: String) -> Result<TableName, IdentifierError> {
    Ok(TableName::new(Some(Identifier::new(schema)?), Identifier::new(name)?))
}

pub(super) fn identifiers(names: Vec<String>) -> Result<Vec<Identifier>, IdentifierError> {
    names.into_iter().map(Identifier::new).collect()
}
