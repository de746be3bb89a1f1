//! The server's report on a login, as a row.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
#[cfg(feature = "async")]
use diesel::sql_types::Integer;
use diesel::sql_types::{Array, Bool, Nullable, Text};
#[cfg(feature = "async")]
use tenants_core::login::NAMED;
use tenants_core::login::{ENCODING, LoginReport, Observation, REPORT, Right, Tables};
use tenants_core::{Isolation, Registry, Roles, TenantType};

/// A row of [`ENCODING`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct EncodingRow {
    #[diesel(sql_type = Text)]
    pub(crate) encoding: String,
}

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
    #[diesel(sql_type = Bool)]
    replication: bool,
    #[diesel(sql_type = Array<Text>)]
    predefined_roles: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    owned_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    writable_schemas: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    schema_writers: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    schema_makers: Vec<String>,
    #[diesel(sql_type = Bool)]
    inherits_app: bool,
    #[diesel(sql_type = Array<Text>)]
    held_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    table_holders: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    unprotected_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    observed_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    uncovered_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    uncovered_rights: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    shadowed_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    shadows: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    policy_types: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    unsigned_tables: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    signed_tables: Vec<String>,
    #[diesel(sql_type = Bool)]
    may_set: bool,
    #[diesel(sql_type = Array<Text>)]
    key_readers: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    may_not_unlock: Vec<String>,
    #[diesel(sql_type = Bool)]
    may_become_app: bool,
    #[diesel(sql_type = Bool)]
    may_become_admin: bool,
    #[diesel(sql_type = Nullable<Bool>)]
    shared_role: Option<bool>,
    #[diesel(sql_type = Bool)]
    may_admit: bool,
    #[diesel(sql_type = Bool)]
    may_administer: bool,
}

impl From<LoginRow> for LoginReport {
    fn from(row: LoginRow) -> Self {
        Self {
            login: row.login,
            current_role: row.current_role,
            superuser: row.superuser,
            bypass_rls: row.bypass_rls,
            create_role: row.create_role,
            replication: row.replication,
            predefined_roles: row.predefined_roles,
            owned_tables: row.owned_tables,
            writable_schemas: rights(row.schema_writers, row.writable_schemas),
            schema_makers: row.schema_makers,
            inherits_app: row.inherits_app,
            held_tables: rights(row.table_holders, row.held_tables),
            unprotected_tables: row.unprotected_tables,
            observed_tables: row.observed_tables,
            uncovered_tables: row.uncovered_tables.into_iter().zip(row.uncovered_rights).collect(),
            shadowed_tables: row.shadowed_tables.into_iter().zip(row.shadows).collect(),
            policy_types: row
                .policy_types
                .iter()
                .filter_map(|name| TenantType::from_typname(name))
                .collect(),
            unsigned_tables: row.unsigned_tables,
            signed_tables: row.signed_tables,
            may_set: row.may_set,
            key_readers: row.key_readers,
            may_not_unlock: row.may_not_unlock,
            may_become_app: row.may_become_app,
            may_become_admin: row.may_become_admin,
            isolation: row.shared_role.map(|shared| {
                if shared { Isolation::SharedRole } else { Isolation::RolePerTenant }
            }),
            may_admit: row.may_admit,
            may_administer: row.may_administer,
        }
    }
}

fn rights(roles: Vec<String>, objects: Vec<String>) -> Vec<Right> {
    roles.into_iter().zip(objects).map(|(role, object)| Right { role, object }).collect()
}

/// A row of [`NAMED`].
#[cfg(feature = "async")]
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct NamedRow {
    #[diesel(sql_type = Integer)]
    pub(crate) pid: i32,
    #[diesel(sql_type = Bool)]
    pub(crate) is_named: bool,
}

/// The query of [`NAMED`].
#[cfg(feature = "async")]
pub(crate) fn named() -> SqlQuery {
    diesel::sql_query(NAMED)
}

/// Whether scopes of a pool are observed, which it logs if it was told to expect that: nobody should leave
/// it so.
pub(crate) fn observes(observation: Observation, login: &LoginReport) -> bool {
    let tables = &login.observed_tables;
    match observation {
        Observation::Allowed if tables.is_empty() => tracing::warn!(
            target: "tenants::pool",
            "no table is observed any more: build the pool without `allow_unenforced_tables`"
        ),
        Observation::Allowed => tracing::warn!(
            target: "tenants::pool",
            tables = tables.join(", "),
            "policies are not enforced: every tenant sees the rows of all others"
        ),
        Observation::Refused => {}
    }
    !tables.is_empty()
}

/// The query of [`ENCODING`].
pub(crate) fn encoding() -> SqlQuery {
    diesel::sql_query(ENCODING)
}

/// The query of [`REPORT`] with its parameters bound.
pub(crate) fn report(roles: &Roles, registry: &Registry) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    let Tables { schemas, names, of_tenants } = Tables::of(registry);
    diesel::sql_query(REPORT)
        .into_boxed()
        .bind::<Text, _>(roles.app.as_str().to_owned())
        .bind::<Text, _>(roles.admin.as_str().to_owned())
        .bind::<Array<Text>, _>(schemas)
        .bind::<Array<Text>, _>(names)
        .bind::<Array<Bool>, _>(of_tenants)
}
