//! Comparing a database with what the tags ask for.

#![allow(clippy::disallowed_methods, reason = "reads the catalog on a connection without scope")]

use diesel::connection::SimpleConnection;
use diesel::result::Error as DieselError;
use diesel::{PgConnection, RunQueryDsl};
use tenants_core::catalog::{Catalog, SEARCH_PATH};
use tenants_core::plan::Comparison;
use tenants_core::{Registry, Roles};

use super::checkout::close_on_return;
use super::tenant_pool::TenantPool;
use crate::catalog::{CatalogError, Queries, Rows};
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
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(tenants: tenants_diesel::sync::TenantPool) -> Result<(), tenants_diesel::CheckError> {
    /// let comparison = tenants.check()?;
    /// assert!(comparison.is_clean(), "{comparison}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self) -> Result<Comparison, CheckError> {
        let mut connection = self.shared.runtime.checkout()?;
        let (registry, roles) = (&self.shared.registry, &self.scoping.scope.roles);
        let catalog = read_catalog(&mut connection, registry, roles);
        close_on_return(&mut connection);
        let catalog = catalog?;
        Ok(Comparison::new(registry, &catalog, roles, catalog.database.signing))
    }
}

/// Reads what `registry` is compared with, all of it as of the same moment.
fn read_catalog(
    conn: &mut PgConnection,
    registry: &Registry,
    roles: &Roles,
) -> Result<Catalog, CatalogError> {
    let queries = Queries::new(registry, roles);
    let rows = conn
        .build_transaction()
        .read_only()
        .repeatable_read()
        .run::<_, DieselError, _>(|conn| load(&queries, conn))?;
    rows.into_catalog()
}

fn load(queries: &Queries, conn: &mut PgConnection) -> Result<Rows, DieselError> {
    conn.batch_execute(SEARCH_PATH)?;
    Ok(Rows {
        database: queries.database().get_result(conn)?,
        schemas: queries.schemas().load(conn)?,
        relations: queries.relations().load(conn)?,
        policies: queries.policies().load(conn)?,
        sequences: queries.sequences().load(conn)?,
        grants: queries.grants().load(conn)?,
        keys: queries.keys().load(conn)?,
        views: queries.views().load(conn)?,
        untagged: queries.untagged().load(conn)?,
        functions: Queries::functions().load(conn)?,
        unique_keys: queries.unique_keys().load(conn)?,
        foreign_keys: queries.foreign_keys().load(conn)?,
    })
}
