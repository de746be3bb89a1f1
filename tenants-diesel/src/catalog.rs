//! Reads from a live database what the registered tables are compared with.
//!
//! [`read`] serves tools of your own; [`TenantPool::check`](crate::TenantPool::check) compares the database of a
//! pool.

#![allow(clippy::disallowed_methods, reason = "reads the catalog on a connection without scope")]

mod keys;
mod rows;

use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Nullable, Text};
use tenants_core::catalog;
use tenants_core::login::Tables;
use tenants_core::{IdentifierError, Registry, Roles, Table, Tenancy};
use thiserror::Error;

#[cfg(feature = "cli")]
pub(crate) use crate::pool::read_catalog_within as read_within;
#[cfg(feature = "async")]
pub use crate::pool::{read_catalog as read, read_functions};
#[cfg(feature = "async")]
pub(crate) use rows::FunctionRow;
pub(crate) use rows::Rows;

/// Why the catalog could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A query failed.
    #[error("the catalog could not be read")]
    Database(#[from] DieselError),
    /// The server has a name that it should not be able to have.
    #[error("the catalog holds a name that is none")]
    Name(#[from] IdentifierError),
}

/// The queries of [`tenants_core::catalog`], with their parameters.
pub(crate) struct Queries {
    schemas: Vec<String>,
    names: Vec<String>,
    columns: Vec<Option<String>>,
    app: String,
    admin: String,
}

type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

impl Queries {
    pub(crate) fn new(registry: &Registry, roles: &Roles) -> Self {
        let Tables { schemas, names, .. } = Tables::of(registry);
        let column = |table: &Table| match &table.tenancy {
            Tenancy::PerTenant { column, .. } => Some(column.as_str().to_owned()),
            _ => None,
        };
        Self {
            schemas,
            names,
            columns: registry.tables().map(column).collect(),
            app: roles.app.as_str().to_owned(),
            admin: roles.admin.as_str().to_owned(),
        }
    }

    pub(crate) fn database(&self) -> Query {
        self.with_roles(diesel::sql_query(catalog::DATABASE).into_boxed())
    }

    pub(crate) fn schemas(&self) -> Query {
        let query = diesel::sql_query(catalog::SCHEMAS).into_boxed();
        self.with_roles(query.bind::<Array<Text>, _>(self.schemas.clone()))
    }

    pub(crate) fn relations(&self) -> Query {
        self.with_roles(self.with_columns(catalog::RELATIONS))
    }

    pub(crate) fn policies(&self) -> Query {
        self.of_tables(catalog::POLICIES)
    }

    pub(crate) fn sequences(&self) -> Query {
        self.with_roles(self.of_tables(catalog::SEQUENCES))
    }

    pub(crate) fn grants(&self) -> Query {
        self.with_roles(self.of_tables(catalog::GRANTS))
    }

    pub(crate) fn keys(&self) -> Query {
        self.with_columns(catalog::KEYS)
    }

    pub(crate) fn unique_keys(&self) -> Query {
        self.with_columns(catalog::UNIQUE_KEYS)
    }

    pub(crate) fn foreign_keys(&self) -> Query {
        self.with_columns(catalog::FOREIGN_KEYS)
    }

    pub(crate) fn views(&self) -> Query {
        self.of_tables(catalog::VIEWS).bind::<Text, _>(self.app.clone())
    }

    pub(crate) fn untagged(&self) -> Query {
        self.with_roles(self.with_columns(catalog::UNTAGGED))
    }

    pub(crate) fn functions() -> SqlQuery {
        diesel::sql_query(catalog::FUNCTIONS)
    }

    fn of_tables(&self, sql: &'static str) -> Query {
        diesel::sql_query(sql)
            .into_boxed()
            .bind::<Array<Text>, _>(self.schemas.clone())
            .bind::<Array<Text>, _>(self.names.clone())
    }

    fn with_columns(&self, sql: &'static str) -> Query {
        self.of_tables(sql).bind::<Array<Nullable<Text>>, _>(self.columns.clone())
    }

    fn with_roles(&self, query: Query) -> Query {
        query.bind::<Text, _>(self.app.clone()).bind::<Text, _>(self.admin.clone())
    }
}
