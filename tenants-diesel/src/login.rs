//! The server's report on a login, as a row.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, Bool, Nullable, Text};
use tenants_core::login::{LoginReport, REPORT, table_parameters};
use tenants_core::{Isolation, Registry, Roles};

/// A row of [`REPORT`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct LoginRow {
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Text)]
    current_role: String,
    #[diesel(sql_type = Bool)]
    superuser: bool,
    #[diesel(sql_type = Bool)]
    bypass_rls: bool,
    #[diesel(sql_type = Bool)]
    create_role: bool,
    #[diesel(sql_type = Array<Text>)]
    owned_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    writable_schemas: Vec<String>,
    #[diesel(sql_type = Bool)]
    may_become_app: bool,
    #[diesel(sql_type = Bool)]
    may_become_admin: bool,
    #[diesel(sql_type = Nullable<Bool>)]
    shared_role: Option<bool>,
    #[diesel(sql_type = Bool)]
    may_admit: bool,
}

impl From<LoginRow> for LoginReport {
    fn from(row: LoginRow) -> Self {
        Self {
            login: row.login,
            current_role: row.current_role,
            superuser: row.superuser,
            bypass_rls: row.bypass_rls,
            create_role: row.create_role,
            owned_tables: row.owned_tables,
            writable_schemas: row.writable_schemas,
            may_become_app: row.may_become_app,
            may_become_admin: row.may_become_admin,
            isolation: row.shared_role.map(|shared| {
                if shared { Isolation::SharedRole } else { Isolation::RolePerTenant }
            }),
            may_admit: row.may_admit,
        }
    }
}

/// The query of [`REPORT`] with its parameters bound.
pub(crate) fn report(roles: &Roles, registry: &Registry) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    let (schemas, names) = table_parameters(registry.tables().map(|table| &table.name));
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    diesel::sql_query(REPORT)
        .into_boxed()
        .bind::<Text, _>(roles.app.as_str().to_owned())
        .bind::<Text, _>(roles.admin.as_str().to_owned())
        .bind::<Array<Text>, _>(owned(schemas))
        .bind::<Array<Text>, _>(owned(names))
}
