//! Comparing a database with what the tags ask for.

#![allow(clippy::disallowed_methods, reason = "reads the catalog on a connection without scope")]

use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::catalog::{Catalog, Function, SEARCH_PATH};
use tenants_core::plan::Comparison;
use tenants_core::{Registry, Roles};

use super::tenant_pool::{TenantPool, checkout};
use crate::catalog::{CatalogError, FunctionRow, Queries, Rows};
use crate::error::CheckError;

impl TenantPool {
    /// Compares this database with what the tags ask for: policies, rights, defaults, indexes, views, and the functions
    /// that they call. Each difference says what repairs it.
    ///
    /// `tenants check` does the same in CI. What nobody asked for and still weakens the isolation, such as
    /// triggers and other roles, is what [`doctor`](Self::doctor) finds.
    ///
    /// # Executed SQL
    ///
    /// The queries of [`tenants_core::catalog`], which read `pg_catalog` alone, as the runtime login, in one
    /// `BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ`. The connection is closed afterwards.
    ///
    /// # Errors
    ///
    /// [`CheckError`] if the database could not be asked.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing is changed, and the connection is not used again.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(tenants: tenants_diesel::TenantPool) -> Result<(), tenants_diesel::CheckError> {
    /// let comparison = tenants.check().await?;
    /// assert!(comparison.is_clean(), "{comparison}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self) -> Result<Comparison, CheckError> {
        let mut connection = Object::take(checkout(&self.shared.runtime).await?);
        let (registry, roles) = (&self.shared.registry, &self.scoping.scope.roles);
        let catalog = read_catalog(&mut connection, registry, roles).await?;
        Ok(Comparison::new(registry, &catalog, roles, catalog.database.signing))
    }
}

/// Reads what `registry` is compared with by a [`Plan`](tenants_core::plan::Plan), all of it as of
/// the same moment.
///
/// # Executed SQL
///
/// A `READ ONLY` transaction of the queries in [`tenants_core::catalog`], which read `pg_catalog`
/// alone.
///
/// # Errors
///
/// [`CatalogError`].
pub async fn read_catalog(
    conn: &mut AsyncPgConnection,
    registry: &Registry,
    roles: &Roles,
) -> Result<Catalog, CatalogError> {
    let queries = Queries::new(registry, roles);
    let queries = &queries;
    let rows = conn
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run::<_, DieselError, _>(async move |conn| load(queries, conn).await)
        .await?;
    rows.into_catalog()
}

/// The same inside of a transaction that is open, whose `search_path` it sets.
#[cfg(feature = "cli")]
pub(crate) async fn read_catalog_within(
    conn: &mut AsyncPgConnection,
    registry: &Registry,
    roles: &Roles,
) -> Result<Catalog, CatalogError> {
    load(&Queries::new(registry, roles), conn).await?.into_catalog()
}

/// Reads the functions of schema `tenants` alone; none if it is not installed.
///
/// # Executed SQL
///
/// [`FUNCTIONS`](tenants_core::catalog::FUNCTIONS), in a `READ ONLY` transaction.
///
/// # Errors
///
/// A query failed.
pub async fn read_functions(conn: &mut AsyncPgConnection) -> Result<Vec<Function>, DieselError> {
    let rows = conn
        .build_transaction()
        .read_only()
        .run::<_, DieselError, _>(async move |conn| {
            conn.batch_execute(SEARCH_PATH).await?;
            Queries::functions().load::<FunctionRow>(conn).await
        })
        .await?;
    Ok(rows.into_iter().map(FunctionRow::into_function).collect())
}

async fn load(queries: &Queries, conn: &mut AsyncPgConnection) -> Result<Rows, DieselError> {
    conn.batch_execute(SEARCH_PATH).await?;
    Ok(Rows {
        database: queries.database().get_result(conn).await?,
        schemas: queries.schemas().load(conn).await?,
        relations: queries.relations().load(conn).await?,
        policies: queries.policies().load(conn).await?,
        sequences: queries.sequences().load(conn).await?,
        grants: queries.grants().load(conn).await?,
        keys: queries.keys().load(conn).await?,
        views: queries.views().load(conn).await?,
        untagged: queries.untagged().load(conn).await?,
        functions: Queries::functions().load(conn).await?,
        unique_keys: queries.unique_keys().load(conn).await?,
        foreign_keys: queries.foreign_keys().load(conn).await?,
    })
}
