//! Parameters and rows of the statements in [`tenants_core::lifecycle`].

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Bool, Text};
use tenants_core::{Identifier, TenantId};

/// A statement that makes a tenant's role: a member of the runtime role, which the login may become.
pub(crate) fn provisioning(
    statement: &str,
    tenant: &TenantId,
    app: &Identifier,
    login: &str,
) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    diesel::sql_query(statement)
        .into_boxed()
        .bind::<Text, _>(tenant.to_string())
        .bind::<Text, _>(app.as_str().to_owned())
        .bind::<Text, _>(login.to_owned())
}

#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(crate) struct IdRow {
    #[diesel(sql_type = Text)]
    pub(crate) id: String,
}

#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(crate) struct ExistsRow {
    #[diesel(sql_type = Bool)]
    pub(crate) found: bool,
}
