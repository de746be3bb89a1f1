//! The policies of a tenant's table: three that enforce, or one that only observes in the place of two.

use std::collections::BTreeSet;

use crate::catalog;
use crate::quote::{Deparsed, Identifier, List, Sql, TableName, sql};
use crate::roles::Roles;
use crate::signature::Signing;
use crate::table::TenantType;

use super::{default, observe};

/// One of the policies that each table has, and each of its partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// `tenants_isolation`, for everybody: a row is visible to its tenant.
    Isolation(Signing),
    /// `tenants_guard`, restrictive: whatever policies are added later, none widens what the
    /// runtime role sees.
    Guard(Signing),
    /// `tenants_admin`: cross-tenant work, as another role instead of as another condition,
    /// which every query of every tenant would have to evaluate.
    Admin,
    /// `tenants_observe`, for everybody: lets each row through, and records what the others would not.
    Observe,
}

impl Policy {
    /// All of them, in the order in which they are created.
    #[must_use]
    pub const fn all(signing: Signing) -> [Self; 3] {
        [Self::Isolation(signing), Self::Guard(signing), Self::Admin]
    }

    /// Those of a table that is observed, in the same order. Cross-tenant work is as it will be, so that none
    /// of it is recorded.
    #[must_use]
    pub const fn observing() -> [Self; 2] {
        [Self::Observe, Self::Admin]
    }

    /// The policy's name, the same on every table.
    #[must_use]
    pub fn name(self) -> Identifier {
        Identifier::fixed(match self {
            Self::Isolation(_) => "tenants_isolation",
            Self::Guard(_) => "tenants_guard",
            Self::Admin => "tenants_admin",
            Self::Observe => "tenants_observe",
        })
    }

    /// Whether the policy widens what is visible; a restrictive one narrows it.
    #[must_use]
    pub const fn is_permissive(self) -> bool {
        !matches!(self, Self::Guard(_))
    }

    /// The roles it applies to; empty for `PUBLIC`.
    ///
    /// `PUBLIC` where possible: no role can take itself out of it, and `DROP OWNED` does not
    /// reach it. Tenant roles inherit the guard from the runtime role.
    #[must_use]
    pub fn roles(self, roles: &Roles) -> BTreeSet<Identifier> {
        match self {
            Self::Isolation(_) | Self::Observe => BTreeSet::new(),
            Self::Guard(_) => BTreeSet::from([roles.app.clone()]),
            Self::Admin => BTreeSet::from([roles.admin.clone()]),
        }
    }

    /// Creates the policy.
    ///
    /// The cast stands on the function's side: on the column's side it would disable the index.
    #[must_use]
    pub fn create(
        self,
        table: &TableName,
        column: &Identifier,
        column_type: TenantType,
        roles: &Roles,
    ) -> Sql {
        match self {
            Self::Isolation(signing) => sql!(
                r#"CREATE POLICY "tenants_isolation" ON {table} AS PERMISSIVE FOR ALL TO PUBLIC
    USING ({column} = {tenant})
    WITH CHECK ({column} = {tenant})"#,
                table = table,
                column = column,
                tenant = tenant(signing, column_type),
            ),
            Self::Guard(signing) => sql!(
                r#"CREATE POLICY "tenants_guard" ON {table} AS RESTRICTIVE FOR ALL TO {app}
    USING ({column} = {tenant})
    WITH CHECK ({column} = {tenant})"#,
                table = table,
                app = roles.app,
                column = column,
                tenant = tenant(signing, column_type),
            ),
            Self::Admin => sql!(
                r#"CREATE POLICY "tenants_admin" ON {table} AS PERMISSIVE FOR ALL TO {admin}
    USING (true)
    WITH CHECK (true)"#,
                table = table,
                admin = roles.admin,
            ),
            Self::Observe => observe::create(table, column, column_type),
        }
    }

    /// Whether the live policy is this one: roles, command, kind and both expressions.
    ///
    /// The server writes an expression down in one way only, under an empty search path.
    #[must_use]
    pub fn is(
        self,
        live: &catalog::Policy,
        column: &catalog::Column,
        column_type: TenantType,
        roles: &Roles,
    ) -> bool {
        let name = &column.quoted_name;
        let tenant = match self {
            Self::Isolation(Signing::On) | Self::Guard(Signing::On) => deparsed_proof(column_type),
            _ => default::deparsed(column_type),
        };
        let expression = match (self, column_type) {
            (Self::Admin, _) => "true".to_owned(),
            (_, TenantType::Text) if column.type_name != "text" => {
                format!("(({name})::text = {tenant})")
            }
            _ => format!("({name} = {tenant})"),
        };
        let [using, check] = match self {
            Self::Observe => observe::deparsed(&expression),
            _ => [expression.clone(), expression],
        };
        let same = |live: &Option<Deparsed>, ours: &str| {
            live.as_ref().is_some_and(|live| live.as_str() == ours)
        };
        live.is_permissive == self.is_permissive()
            && live.command == "*"
            && live.roles == self.roles(roles)
            && same(&live.using, &using)
            && same(&live.check, &check)
    }

    /// The same policy where scopes are signed if this is the one where they are not, and the other way
    /// round; `None` if it does not depend on it.
    #[must_use]
    pub const fn other(self) -> Option<Self> {
        match self {
            Self::Isolation(signing) => Some(Self::Isolation(signing.other())),
            Self::Guard(signing) => Some(Self::Guard(signing.other())),
            Self::Admin | Self::Observe => None,
        }
    }

    /// Puts the policy in the place of the [other](Self::other) one, in one statement: at no time is there
    /// none.
    #[must_use]
    pub fn replace(
        self,
        table: &TableName,
        column: &Identifier,
        column_type: TenantType,
    ) -> Option<Sql> {
        let (Self::Isolation(signing) | Self::Guard(signing)) = self else { return None };
        Some(sql!(
            "ALTER POLICY {name} ON {table}
    USING ({column} = {tenant})
    WITH CHECK ({column} = {tenant})",
            name = self.name(),
            table = table,
            column = column,
            tenant = tenant(signing, column_type),
        ))
    }

    /// Removes the policy.
    #[must_use]
    pub fn drop(self, table: &TableName) -> Sql {
        drop(&self.name(), table)
    }
}

/// Whether one of ours has this name.
pub(crate) fn is_ours(name: &Identifier) -> bool {
    let mut ours = Policy::all(Signing::Off).into_iter().chain([Policy::Observe]);
    ours.any(|policy| policy.name() == *name)
}

/// Removes a policy, or nothing: the table may have been dropped and created again since it was made.
#[must_use]
pub fn drop(policy: &Identifier, table: &TableName) -> Sql {
    sql!("DROP POLICY IF EXISTS {policy} ON {table}", policy = policy, table = table)
}

/// Creates a policy again as it was, whoever made it.
#[must_use]
pub fn restore(live: &catalog::Policy, table: &TableName) -> Sql {
    let roles: Vec<_> = live.roles.iter().cloned().collect();
    let to =
        if roles.is_empty() { Sql::fixed("PUBLIC") } else { sql!("{roles}", roles = List(&roles)) };
    let using = live.using.as_ref().map(|using| sql!("\n    USING ({using})", using = using));
    let check = live.check.as_ref().map(|check| sql!("\n    WITH CHECK ({check})", check = check));
    let nothing = || Sql::fixed("");
    sql!(
        "CREATE POLICY {name} ON {table} AS {kind} FOR {command} TO {to}{using}{check}",
        name = live.name,
        table = table,
        kind = Sql::fixed(if live.is_permissive { "PERMISSIVE" } else { "RESTRICTIVE" }),
        command = Sql::fixed(match &*live.command {
            "r" => "SELECT",
            "a" => "INSERT",
            "w" => "UPDATE",
            "d" => "DELETE",
            _ => "ALL",
        }),
        to = to,
        using = using.unwrap_or_else(nothing),
        check = check.unwrap_or_else(nothing),
    )
}

/// The tenant that a policy compares with.
///
/// The proof stands in a query of its own, which the planner runs once a statement, and once for both
/// policies: bare it runs for each row (800 ms instead of 7 for 100,000 rows). Nothing else may stand beside
/// it. With the claim in one policy and the proof in the other, PostgreSQL compares the two with each other before it
/// runs the statement, and then finds the rows by the claim, which the statement itself may have changed.
fn tenant(signing: Signing, column_type: TenantType) -> Sql {
    match (signing, column_type) {
        (Signing::Off, _) => default::tenant(column_type),
        (Signing::On, TenantType::Text) => Sql::fixed(r#"(SELECT "tenants"."verified_tenant"())"#),
        (Signing::On, TenantType::Int4) => {
            Sql::fixed(r#"(SELECT "tenants"."verified_tenant"()::integer)"#)
        }
        (Signing::On, TenantType::Int8) => {
            Sql::fixed(r#"(SELECT "tenants"."verified_tenant"()::bigint)"#)
        }
        (Signing::On, TenantType::Uuid) => {
            Sql::fixed(r#"(SELECT "tenants"."verified_tenant"()::uuid)"#)
        }
    }
}

/// The same for [`Signing::On`], as the server writes it down.
fn deparsed_proof(column_type: TenantType) -> &'static str {
    match column_type {
        TenantType::Text => "( SELECT tenants.verified_tenant() AS verified_tenant)",
        TenantType::Int4 => "( SELECT (tenants.verified_tenant())::integer AS verified_tenant)",
        TenantType::Int8 => "( SELECT (tenants.verified_tenant())::bigint AS verified_tenant)",
        TenantType::Uuid => "( SELECT (tenants.verified_tenant())::uuid AS verified_tenant)",
    }
}
