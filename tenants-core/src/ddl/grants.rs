//! What each role may do, and nothing more.
//!
//! Never `ALL`, never `ON ALL TABLES`: `TRUNCATE` ignores policies, `REFERENCES` and `TRIGGER` let
//! one tenant probe or attack another, and default privileges expose every table to come. What was
//! granted beyond is taken back.

use std::fmt;

use crate::quote::{Hole, Identifier, List, Sql, TableName, sql};
use crate::roles::Isolation;
use crate::table::{GlobalAccess, Tenancy};

/// A right on a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// `SELECT`
    Select,
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// `TRUNCATE`, which ignores policies.
    Truncate,
    /// `REFERENCES`, with which a foreign key shows whether rows are there.
    References,
    /// `TRIGGER`, with which one tenant's code runs for another.
    Trigger,
    /// `MAINTAIN`, from PostgreSQL 17 on: locks the table for everybody.
    Maintain,
}

impl Privilege {
    /// All that a role ever gets.
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// All that there are.
    pub const KNOWN: [Self; 8] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Truncate,
        Self::References,
        Self::Trigger,
        Self::Maintain,
    ];

    /// The keyword, as `GRANT` and the catalog write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
            Self::Maintain => "MAINTAIN",
        }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Hole for Privilege {}

/// Who has a right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// Everybody.
    Public,
    /// One role, and those that inherit from it.
    Role(Identifier),
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("PUBLIC"),
            Self::Role(role) => role.fmt(f),
        }
    }
}

impl Hole for Grantee {}

/// The rights of the runtime role on a table.
#[must_use]
pub fn for_app(tenancy: &Tenancy) -> &'static [Privilege] {
    match tenancy {
        Tenancy::Global(GlobalAccess::Read) => &[Privilege::Select],
        Tenancy::Global(GlobalAccess::ReadWrite) | Tenancy::PerTenant { .. } => &Privilege::ALL,
    }
}

/// The rights that `PUBLIC` may keep: none on what belongs to tenants.
#[must_use]
pub fn for_public(tenancy: &Tenancy) -> &'static [Privilege] {
    match tenancy {
        Tenancy::Global(_) => for_app(tenancy),
        Tenancy::PerTenant { .. } => &[],
    }
}

/// The rights of the admin role on every table, also on those that tenants share and only read.
pub const FOR_ADMIN: [Privilege; 4] = Privilege::ALL;

/// Grants rights on a table.
#[must_use]
pub fn table(privileges: &[Privilege], table: &TableName, roles: &[Identifier]) -> Sql {
    sql!(
        "GRANT {privileges} ON TABLE {table} TO {roles}",
        privileges = List(privileges),
        table = table,
        roles = List(roles),
    )
}

/// Takes [`table`] back.
#[must_use]
pub fn revoke_table(privileges: &[Privilege], table: &TableName, roles: &[Identifier]) -> Sql {
    sql!(
        "REVOKE {privileges} ON TABLE {table} FROM {roles}",
        privileges = List(privileges),
        table = table,
        roles = List(roles),
    )
}

/// Takes rights on a table from one grantee, and with them the same rights on single columns.
#[must_use]
pub fn revoke_excess(privileges: &[Privilege], table: &TableName, from: &Grantee) -> Sql {
    sql!(
        "REVOKE {privileges} ON TABLE {table} FROM {from}",
        privileges = List(privileges),
        table = table,
        from = from,
    )
}

/// Takes a part of [`revoke_excess`] back: what was granted on a table, or on some of its columns.
#[must_use]
pub fn restore_excess(
    privilege: Privilege,
    columns: &[Identifier],
    table: &TableName,
    to: &Grantee,
    option: GrantOption,
) -> Sql {
    let mut rights = sql!("{privilege}", privilege = privilege);
    if !columns.is_empty() {
        rights = sql!("{rights} ({columns})", rights = rights, columns = List(columns));
    }
    let grant =
        sql!("GRANT {rights} ON TABLE {table} TO {to}", rights = rights, table = table, to = to);
    with_option(grant, option)
}

/// Says of [`restore_excess`] on a table of tenants what it opens.
#[must_use]
pub(crate) fn outlives_policies(grants: &Sql) -> Sql {
    sql!(
        "-- Warning: granted before up.sql, and without its policies it is a right on the rows of all tenants.
-- Leave out what nobody needs:
{grants}",
        grants = grants
    )
}

/// Says of a statement that lifts the policies who keeps its rights.
#[must_use]
pub(crate) fn kept_without_policies(app: &Identifier, disable: &Sql) -> Sql {
    sql!(
        "-- Warning: {app} had rights on this table before up.sql, and keeps them on the rows of all tenants.
{disable}",
        app = app,
        disable = disable
    )
}

/// Whether a grantee may grant a right on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantOption {
    /// It may not.
    Without,
    /// `WITH GRANT OPTION`
    With,
}

/// Lets roles draw numbers for a `serial` column; identity columns need no right.
#[must_use]
pub fn sequence(sequence: &TableName, roles: &[Identifier]) -> Sql {
    sql!("GRANT USAGE ON SEQUENCE {sequence} TO {roles}", sequence = sequence, roles = List(roles),)
}

/// Takes [`sequence`] back.
#[must_use]
pub fn revoke_sequence(sequence: &TableName, roles: &[Identifier]) -> Sql {
    sql!(
        "REVOKE USAGE ON SEQUENCE {sequence} FROM {roles}",
        sequence = sequence,
        roles = List(roles),
    )
}

/// Takes rights on a sequence from one grantee: to read it, which shows how much all tenants insert, or to set it.
#[must_use]
pub fn revoke_sequence_excess(
    privileges: &[Privilege],
    sequence: &TableName,
    from: &Grantee,
) -> Sql {
    sql!(
        "REVOKE {privileges} ON SEQUENCE {sequence} FROM {from}",
        privileges = List(privileges),
        sequence = sequence,
        from = from,
    )
}

/// Takes a part of [`revoke_sequence_excess`] back.
#[must_use]
pub fn restore_sequence_excess(
    privilege: Privilege,
    sequence: &TableName,
    to: &Grantee,
    option: GrantOption,
) -> Sql {
    let grant = sql!(
        "GRANT {privilege} ON SEQUENCE {sequence} TO {to}",
        privilege = privilege,
        sequence = sequence,
        to = to,
    );
    with_option(grant, option)
}

fn with_option(grant: Sql, option: GrantOption) -> Sql {
    match option {
        GrantOption::Without => grant,
        GrantOption::With => sql!("{grant} WITH GRANT OPTION", grant = grant),
    }
}

/// Lets roles name the objects of a schema.
#[must_use]
pub fn schema(schema: &Identifier, roles: &[Identifier]) -> Sql {
    sql!("GRANT USAGE ON SCHEMA {schema} TO {roles}", schema = schema, roles = List(roles))
}

/// Takes [`schema`] back.
#[must_use]
pub fn revoke_schema(schema: &Identifier, roles: &[Identifier]) -> Sql {
    sql!("REVOKE USAGE ON SCHEMA {schema} FROM {roles}", schema = schema, roles = List(roles))
}

/// What everybody who is ever scoped needs of schema `tenants`: to name its objects, to ask for
/// the current tenant, and to be refused.
///
/// It goes before [`logins`], since it takes all other rights there from these roles
/// and from `PUBLIC`: default privileges of whoever installed the schema may have opened it. Five functions
/// stay open to all, since they tell nothing: policies and defaults call them in the name of whoever uses a table. Two
/// of them record what that table's policy lets through, and nothing where there is no such policy.
#[must_use]
pub fn scoped(roles: &[Identifier]) -> Vec<Sql> {
    vec![
        sql!(r#"REVOKE ALL ON SCHEMA "tenants" FROM PUBLIC, {roles}"#, roles = List(roles)),
        sql!(
            r#"REVOKE ALL ON ALL TABLES IN SCHEMA "tenants" FROM PUBLIC, {roles}"#,
            roles = List(roles)
        ),
        sql!(
            r#"REVOKE ALL ON ALL ROUTINES IN SCHEMA "tenants" FROM PUBLIC, {roles}"#,
            roles = List(roles)
        ),
        schema(&Identifier::fixed("tenants"), roles),
        sql!(
            r#"GRANT EXECUTE ON FUNCTION
    "tenants"."current_tenant"(),
    "tenants"."observe"(oid, text),
    "tenants"."record_observation"(oid, text),
    "tenants"."refuse"(text),
    "tenants"."verified_tenant"()
    TO PUBLIC, {roles}"#,
            roles = List(roles)
        ),
    ]
}

/// What the runtime role needs beyond [`scoped`]: pools have it denied what is there to be denied.
#[must_use]
pub fn runtime(app: &Identifier) -> Vec<Sql> {
    vec![
        sql!(r#"GRANT EXECUTE ON FUNCTION "tenants"."denials"() TO {app}"#, app = app),
        sql!(
            r#"GRANT SELECT, INSERT, UPDATE ON TABLE "tenants"."tenants_probe" TO {app}"#,
            app = app
        ),
    ]
}

/// What the admin role needs beyond [`scoped`]: whose rows may be exported or erased depends on the tenant's status.
///
/// It reads what was observed, too: statements, but no row and no tenant.
#[must_use]
pub fn admin(admin: &Identifier) -> Vec<Sql> {
    vec![
        sql!(
            r#"GRANT EXECUTE ON FUNCTION "tenants"."tenant_status"(text) TO {admin}"#,
            admin = admin
        ),
        sql!(r#"GRANT SELECT ON TABLE "tenants"."observation" TO {admin}"#, admin = admin),
    ]
}

/// What logins need beyond [`scoped`].
///
/// The runtime login asks whether a tenant is active, and creates missing tenants where those have no roles.
/// To create, delete, restore and list tenants is for the provisioner: injected SQL can become the
/// runtime login. Without a provisioner that login does it, as far as it takes no roles. Nothing of it is for
/// [`Roles::app`](crate::Roles::app), which runs scoped code.
#[must_use]
pub fn logins(
    runtime: &Identifier,
    provisioner: Option<&Identifier>,
    isolation: Isolation,
) -> Vec<Sql> {
    let mut grants = vec![sql!(
        r#"GRANT EXECUTE ON FUNCTION
    "tenants"."admit"(text),
    "tenants"."tenant_exists"(text)
    TO {runtime}"#,
        runtime = runtime
    )];
    if isolation == Isolation::SharedRole {
        grants.push(sql!(
            r#"GRANT EXECUTE ON FUNCTION "tenants"."ensure_tenant"(text) TO {runtime}"#,
            runtime = runtime
        ));
    }
    grants.push(match (provisioner, isolation) {
        // Functions that make roles run with the caller's rights, so it needs what they call, too.
        (Some(provisioner), _) => sql!(
            r#"GRANT EXECUTE ON FUNCTION
    "tenants"."create_tenant"(text),
    "tenants"."delete_tenant"(text),
    "tenants"."list_tenants"(),
    "tenants"."restore_tenant"(text),
    "tenants"."tenant_exists"(text),
    "tenants"."provision_tenant"(text, text, text),
    "tenants"."provision_role"(text, text, text),
    "tenants"."restore_tenant"(text, text, text)
    TO {provisioner}"#,
            provisioner = provisioner
        ),
        (None, Isolation::SharedRole) => sql!(
            r#"GRANT EXECUTE ON FUNCTION
    "tenants"."create_tenant"(text),
    "tenants"."delete_tenant"(text),
    "tenants"."list_tenants"(),
    "tenants"."restore_tenant"(text)
    TO {runtime}"#,
            runtime = runtime
        ),
        (None, Isolation::RolePerTenant) => sql!(
            r#"GRANT EXECUTE ON FUNCTION
    "tenants"."delete_tenant"(text),
    "tenants"."list_tenants"()
    TO {runtime}"#,
            runtime = runtime
        ),
    });
    // A store of tenants reads and writes all records, which nobody else does, and hears which ones were changed.
    if let Some(provisioner) = provisioner {
        grants.push(sql!(
            r#"GRANT SELECT, INSERT, UPDATE ON TABLE "tenants"."tenant" TO {provisioner}"#,
            provisioner = provisioner
        ));
        grants.push(sql!(
            r#"GRANT EXECUTE ON FUNCTION "tenants"."notice_key"() TO {provisioner}"#,
            provisioner = provisioner
        ));
    }
    grants
}
