//! What the login of a pool may do, what it must not, and what its database must have.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::registry::Registry;
use crate::roles::{Isolation, Roles};
use crate::scope::Login;
use crate::table::TenantType;

/// Reads a [`LoginReport`].
///
/// Parameters: `$1` the runtime role, `$2` the admin role (both `text`), `$3`, `$4` and `$5`
/// [`Tables`]. It reads the catalog only, so any role may run it, whatever the `search_path`.
pub const REPORT: &str = include_str!("login.sql");

/// The process that answers, as column `pid`, and whether it knows this statement by the name that
/// `tokio_postgres` gave it, as column `is_named`: a pooler that carries prepared statements gives another one.
pub const NAMED: &str = r#"SELECT pg_catalog.pg_backend_pid() AS "pid", EXISTS (
    SELECT
    FROM pg_catalog.pg_prepared_statements AS p
    WHERE p.statement = pg_catalog.current_query() AND p.name ~ '^s[0-9]+$'
) AS "is_named""#;

/// Reads the encoding of the database, for [`DatabaseProblem::of_encoding`]. Ahead of [`REPORT`], which
/// fails where the encoding lacks a character of any role's name.
pub const ENCODING: &str = "SELECT pg_catalog.current_setting('server_encoding') AS \"encoding\"";

/// What the server says of the connection's login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginReport {
    /// Name of the login role.
    pub login: String,
    /// The role that a new connection runs as.
    pub current_role: String,
    /// It is a superuser.
    pub superuser: bool,
    /// It has BYPASSRLS.
    pub bypass_rls: bool,
    /// It has CREATEROLE, with which it can give itself other roles.
    pub create_role: bool,
    /// It has REPLICATION, with which it can read all that is written.
    pub replication: bool,
    /// PostgreSQL's own roles (`pg_read_all_data` and the like) that it may become.
    pub predefined_roles: Vec<String>,
    /// Registered tables and their partitions of which it is the owner, or a member of the owner, and
    /// what else policies rest on, as `schema.table`.
    pub owned_tables: Vec<String>,
    /// Who may create functions and tables in which schema: the runtime role first, then the login and
    /// the roles that it may become.
    pub writable_schemas: Vec<Right>,
    /// Which of the same roles may create schemas.
    pub schema_makers: Vec<String>,
    /// The login has the rights of the runtime role without becoming it.
    pub inherits_app: bool,
    /// Who has a right on which registered table without being scoped: the login, another role that it
    /// may become, or `PUBLIC`.
    pub held_tables: Vec<Right>,
    /// Tables of tenants that scoped code can use although they lack a part of their protection.
    pub unprotected_tables: Vec<String>,
    /// Tables of tenants whose policy lets every row through, and records what enforced ones would not.
    pub observed_tables: Vec<String>,
    /// Tables of tenants, and rights on them of the runtime role that no policy covers.
    pub uncovered_tables: Vec<(String, String)>,
    /// Tables of tenants, and what is found in the place of each by its bare name.
    pub shadowed_tables: Vec<(String, String)>,
    /// The types of all columns that policies of ours compare, also on tables that are not registered.
    pub policy_types: BTreeSet<TenantType>,
    /// Tables of tenants of which a policy takes the tenant as it is told.
    pub unsigned_tables: Vec<String>,
    /// Tables of tenants of which a policy asks for a signature.
    pub signed_tables: Vec<String>,
    /// The login may call `set_config`.
    pub may_set: bool,
    /// The login or a role that it may become, as far as it may read the keys that sign scopes.
    pub key_readers: Vec<String>,
    /// The login or the runtime role, as far as it may not release advisory locks.
    pub may_not_unlock: Vec<String>,
    /// The runtime role exists, and the login may become it.
    pub may_become_app: bool,
    /// The login may become the admin role.
    pub may_become_admin: bool,
    /// What tells tenants apart in this database; `None` without the schema `tenants`.
    pub isolation: Option<Isolation>,
    /// The login may call `tenants.admit`.
    pub may_admit: bool,
    /// The login may call `tenants.delete_tenant`, and what else administers tenants.
    pub may_administer: bool,
}

/// A role that has a right on something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The role, or `PUBLIC`.
    pub role: String,
    /// The schema, or the table as `schema.table`.
    pub object: String,
}

/// Why a database cannot keep tenants apart, whoever connects.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseProblem {
    /// An id that the encoding lacks makes the message of its scope fail as a whole, `BEGIN` included, and
    /// in some encodings two texts are the same bytes.
    #[error(
        "its encoding is {encoding}, in which not every tenant id can be written: create it with `ENCODING 'UTF8'` and restore a dump into it"
    )]
    Encoding {
        /// The encoding.
        encoding: String,
    },
    /// Rows of all tenants can be used.
    #[error(
        "tables of tenants are open to scoped code, but lack row-level security, FORCE or one of the policies `tenants_isolation`, `tenants_guard` and `tenants_admin`, or have another one of that name: run `tenants migration generate` and `diesel migration run`; tag a table that others inherit from, too, or revoke all rights on it: {}",
        tables.join(", ")
    )]
    Unprotected {
        /// The tables.
        tables: Vec<String>,
    },
    /// Rows of all tenants can be used, and that is recorded.
    #[error(
        "the policies of these tables let every row through and only record what enforced ones would hide: run `tenants migration generate` and `diesel migration run`, or call `allow_unenforced_tables` until then: {}",
        tables.join(", ")
    )]
    Observed {
        /// The tables.
        tables: Vec<String>,
    },
    /// Every statement of the pool would be refused.
    #[error(
        "the guards of these tables accept signed scopes alone: give the builder the key that `tenants key add` made (`signed`): {}",
        tables.join(", ")
    )]
    Signed {
        /// The tables.
        tables: Vec<String>,
    },
    /// The pool signs, and nobody asks for it.
    #[error(
        "the pool signs its scopes, but the guards of these tables ask for no signature: run `tenants migration generate --signing on` and `diesel migration run`, or call `allow_unsigned_guards` until then: {}",
        tables.join(", ")
    )]
    Unsigned {
        /// The tables.
        tables: Vec<String>,
    },
    /// What no policy is asked about, scoped code may do.
    #[error(
        "scoped code has {right} on table {table}, which no policy covers: run `tenants migration generate` and `diesel migration run`, or `REVOKE {right} ON TABLE {table} FROM PUBLIC` and from the role that has it (`tenants doctor` names it)"
    )]
    Uncovered {
        /// The first such table.
        table: String,
        /// The right: `TRUNCATE`, `REFERENCES`, `TRIGGER` or `MAINTAIN`.
        right: String,
    },
    /// Queries of a table of tenants reach another one.
    #[error(
        "by its bare name, {table} is not found but {shadow} is, which stands before it in the search path: rename or drop that one, or take its schema out of the `search_path` of the URL and of `ALTER ROLE .. SET`"
    )]
    Shadowed {
        /// The registered table.
        table: String,
        /// What is found.
        shadow: String,
    },
}

impl DatabaseProblem {
    /// Checks that every tenant id can be written in this database, and no two alike.
    ///
    /// # Errors
    ///
    /// [`DatabaseProblem::Encoding`], also of an empty database.
    pub fn of_encoding(encoding: &str) -> Result<(), Self> {
        if encoding == "UTF8" {
            return Ok(());
        }
        Err(Self::Encoding { encoding: encoding.to_owned() })
    }
}

/// Why a login must not serve requests.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoginProblem {
    /// Row-level security does not bind it.
    #[error(
        "login `{login}` is a superuser or has BYPASSRLS, so no policy binds it: connect as a login of its own (`CREATE ROLE .. LOGIN NOINHERIT PASSWORD '..'`, then `tenants setup --login ..`, with `--admin-login ..` for cross-tenant work), or call `allow_powerful_login`"
    )]
    Unbound {
        /// The login.
        login: String,
    },
    /// It could give itself other roles.
    #[error(
        "login `{login}` has CREATEROLE, so it can become other roles: connect as a login of its own (`CREATE ROLE .. LOGIN NOINHERIT PASSWORD '..'`, then `tenants setup --login ..`, with `--admin-login ..` for cross-tenant work), or call `allow_powerful_login`"
    )]
    CreatesRoles {
        /// The login.
        login: String,
    },
    /// It could drop the policies.
    #[error(
        "login `{login}` owns table {table}, or is a member of its owner, so it can drop the policies: connect as a login of its own (`CREATE ROLE .. LOGIN NOINHERIT PASSWORD '..'`, then `tenants setup --login ..`, with `--admin-login ..` for cross-tenant work), or call `allow_powerful_login`"
    )]
    Owner {
        /// The login.
        login: String,
        /// The first such table.
        table: String,
    },
    /// It could read all that is written to the cluster.
    #[error(
        "login `{login}`, or a role that it may become, has REPLICATION, with which all changes of all tenants can be read: connect as a login of its own (`CREATE ROLE .. LOGIN NOINHERIT PASSWORD '..'`, then `tenants setup --login ..`, with `--admin-login ..` for cross-tenant work), or call `allow_powerful_login`"
    )]
    Replicates {
        /// The login.
        login: String,
    },
    /// It could read or do what no policy is asked about.
    #[error(
        "login `{login}` is a member of `{role}`, whose powers no policy binds: revoke it (`REVOKE {role} FROM {login}`, or from the role in between), or call `allow_powerful_login`"
    )]
    Predefined {
        /// The login.
        login: String,
        /// The first such role.
        role: String,
    },
    /// One tenant's functions could run in the name of another.
    #[error(
        "role `{app}` may create functions in schema `{schema}`, which would run for all tenants: `REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {app}`, or call `allow_powerful_login`"
    )]
    Creates {
        /// The runtime role, the login or another role that it may become.
        app: String,
        /// The first such schema.
        schema: String,
    },
    /// The same, in a schema that it makes first.
    #[error(
        "role `{role}` may create schemas, and functions in them that could run for all tenants: `REVOKE CREATE ON DATABASE .. FROM PUBLIC, {role}`, or call `allow_powerful_login`"
    )]
    CreatesSchemas {
        /// The runtime role, the login or another role that it may become.
        role: String,
    },
    /// It has the rights of the runtime role without any scope.
    #[error(
        "login `{login}` has the rights of `{app}` without being scoped: let an administrator run `ALTER ROLE {login} NOINHERIT; REVOKE {app} FROM {login};`, then run `tenants setup --login {login}`, or call `allow_powerful_login`"
    )]
    Inherits {
        /// The login.
        login: String,
        /// The runtime role.
        app: String,
    },
    /// A table can be used without any scope, or past the guard of its policies.
    #[error(
        "`{role}` has rights of its own on table {table}, which login `{login}` can use without being scoped: `REVOKE ALL ON TABLE {table} FROM {role}` (`tenants migration generate` finds them), or call `allow_powerful_login`"
    )]
    Holds {
        /// The login.
        login: String,
        /// The login, another role that it may become, or `PUBLIC`.
        role: String,
        /// The first such table.
        table: String,
    },
    /// It could sign for every tenant.
    #[error(
        "`{role}`, which login `{login}` can be, may read the keys that sign scopes: `REVOKE ALL ON TABLE tenants.scope_key FROM PUBLIC, {role}`, or run `tenants setup` again, and then replace the keys (`tenants key rotate`)"
    )]
    ReadsKeys {
        /// The login.
        login: String,
        /// The login, or a role that it may become.
        role: String,
    },
    /// It cannot show a signature.
    #[error(
        "login `{login}` may not call `set_config`, by which it shows the signature of a scope: `GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {login}`"
    )]
    MayNotSign {
        /// The login.
        login: String,
    },
    /// A scope could not be left.
    #[error(
        "role `{role}` may not call `pg_advisory_unlock_all`, with which each scope is left: `GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO {role}`"
    )]
    MayNotUnlock {
        /// The login or the runtime role.
        role: String,
    },
    /// Its connections start as another role, so leaving a scope would not lead back to the login.
    #[error(
        "connections of login `{login}` start as role `{role}`: take `role` out of the URL's `options` and of `ALTER ROLE .. SET`"
    )]
    BornAsAnother {
        /// The login.
        login: String,
        /// The role.
        role: String,
    },
    /// An injected statement could reach all tenants.
    #[error(
        "login `{login}` is a member of `{admin}`, so an injected statement could reach all tenants: revoke it (`REVOKE {admin} FROM {login}`) and give cross-tenant work its own login (`admin_url`), or call `allow_powerful_login`"
    )]
    ReachesAdmin {
        /// The login.
        login: String,
        /// The admin role.
        admin: String,
    },
    /// A powerful login was allowed, but its connections start as the login itself.
    #[error(
        "connections of the powerful login `{login}` must start as `{app}`: add `options=-c role={app}` to the URL of the existing pool"
    )]
    BornPowerful {
        /// The login.
        login: String,
        /// The runtime role.
        app: String,
    },
    /// It cannot enter a scope.
    #[error(
        "login `{login}` is not a member of `{role}`, or that role does not exist: run `tenants setup` with `--login` or, for cross-tenant work, `--admin-login`"
    )]
    NotAMember {
        /// The login.
        login: String,
        /// The runtime role, or the admin role for the admin login.
        role: String,
    },
    /// It cannot make the roles of tenants.
    #[error(
        "login `{login}` cannot create roles: provision tenants with a login that has CREATEROLE (`tenants setup --provisioner`)"
    )]
    CannotProvision {
        /// The login.
        login: String,
    },
    /// It may not create, delete, restore or list tenants.
    #[error(
        "login `{login}` may not administer tenants: name it to `tenants setup --provisioner {login}`, or build the pool without `provisioning_url`"
    )]
    MayNotAdminister {
        /// The login.
        login: String,
    },
    /// The database was not set up.
    #[error("the database has no schema `tenants`: run `tenants setup --login {login}`")]
    NotSetUp {
        /// The login.
        login: String,
    },
    /// The database isolates tenants in the other way.
    #[error("the database isolates tenants by {}, the pool by {}: give the builder the same `isolation`, or run `tenants setup --isolation` again", isolation_name(*database), isolation_name(*pool))]
    OtherIsolation {
        /// What the database does.
        database: Isolation,
        /// What the pool expects.
        pool: Isolation,
    },
    /// It may not ask for the status of tenants.
    #[error(
        "login `{login}` may not call `tenants.admit`: run `tenants setup --login {login}`, or switch the check off with `admission(Admission::Off)`"
    )]
    MayNotAdmit {
        /// The login.
        login: String,
    },
}

fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::SharedRole => "a shared role",
        Isolation::RolePerTenant => "one role per tenant",
    }
}

/// What a pool asks of the guards of its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningExpectation {
    /// It signs nothing, so that they must not ask.
    Off,
    /// It signs, and they must ask.
    On,
    /// It signs, whether they ask or not.
    Either,
}

/// Whether a pool serves tables whose policies let every row through and only record that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Observation {
    /// It does not.
    #[default]
    Refused,
    /// It does, until they are enforced.
    Allowed,
}

/// What a pool asks of its login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expectation<'a> {
    /// The roles of the pool.
    pub roles: &'a Roles,
    /// The isolation that the pool was built for.
    pub isolation: Isolation,
    /// Whether scopes call `tenants.admit`.
    pub admits: bool,
    /// Whether a powerful login was allowed.
    pub login: Login,
    /// Whether its scopes are signed.
    pub signing: SigningExpectation,
}

impl LoginReport {
    /// Finds the first reason why this login must not serve requests, the most dangerous first.
    ///
    /// # Errors
    ///
    /// That reason, with its remedy.
    pub fn verdict(&self, expected: &Expectation<'_>) -> Result<(), LoginProblem> {
        let login = self.login.clone();
        let app = expected.roles.app.as_str();
        match expected.login {
            Login::Powerless => self.refuse_power(expected.roles)?,
            Login::Powerful if self.current_role != app => {
                return Err(LoginProblem::BornPowerful { login, app: app.to_owned() });
            }
            Login::Powerful => {}
        }
        let Some(database) = self.isolation else {
            return Err(LoginProblem::NotSetUp { login });
        };
        if !self.may_become_app {
            return Err(LoginProblem::NotAMember { login, role: app.to_owned() });
        }
        // Behind the check for the runtime role: if its name is wrong, the right one is found here.
        if expected.login == Login::Powerless {
            self.refuse_rights_beside_the_runtime_role()?;
        }
        if database != expected.isolation {
            return Err(LoginProblem::OtherIsolation { database, pool: expected.isolation });
        }
        if expected.admits && !self.may_admit {
            return Err(LoginProblem::MayNotAdmit { login });
        }
        if expected.signing != SigningExpectation::Off && !self.may_set {
            return Err(LoginProblem::MayNotSign { login });
        }
        self.may_unlock()
    }

    /// Checks that the guards of all tables ask for signatures if the pool makes them, and only then.
    ///
    /// # Errors
    ///
    /// [`DatabaseProblem::Signed`] and [`DatabaseProblem::Unsigned`].
    pub fn signing_verdict(&self, expected: SigningExpectation) -> Result<(), DatabaseProblem> {
        match expected {
            SigningExpectation::Off if !self.signed_tables.is_empty() => {
                Err(DatabaseProblem::Signed { tables: self.signed_tables.clone() })
            }
            SigningExpectation::On if !self.unsigned_tables.is_empty() => {
                Err(DatabaseProblem::Unsigned { tables: self.unsigned_tables.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Checks that all tables of tenants are protected that scoped code can use, or observed where that is allowed.
    ///
    /// # Errors
    ///
    /// [`DatabaseProblem::Observed`], [`Unprotected`](DatabaseProblem::Unprotected),
    /// [`Shadowed`](DatabaseProblem::Shadowed) or [`Uncovered`](DatabaseProblem::Uncovered), whether or not a
    /// powerful login was allowed.
    pub fn protection_verdict(&self, observation: Observation) -> Result<(), DatabaseProblem> {
        if observation == Observation::Refused && !self.observed_tables.is_empty() {
            return Err(DatabaseProblem::Observed { tables: self.observed_tables.clone() });
        }
        let unprotected = self.unprotected_tables.iter();
        let tables: Vec<_> =
            unprotected.filter(|table| !self.observed_tables.contains(table)).cloned().collect();
        if !tables.is_empty() {
            return Err(DatabaseProblem::Unprotected { tables });
        }
        if let Some((table, shadow)) = self.shadowed_tables.first().cloned() {
            return Err(DatabaseProblem::Shadowed { table, shadow });
        }
        if let Some((table, right)) = self.uncovered_tables.first().cloned() {
            return Err(DatabaseProblem::Uncovered { table, right });
        }
        Ok(())
    }

    /// Checks that this login can do cross-tenant work, and nothing beyond: a raw `RESET ROLE` leads
    /// back to the login itself.
    ///
    /// # Errors
    ///
    /// [`LoginProblem::Unbound`], [`Owner`](LoginProblem::Owner),
    /// [`CreatesRoles`](LoginProblem::CreatesRoles), [`Replicates`](LoginProblem::Replicates) or
    /// [`Predefined`](LoginProblem::Predefined) unless a powerful login was allowed;
    /// [`NotAMember`](LoginProblem::NotAMember) if it may not become the admin role,
    /// [`MayNotUnlock`](LoginProblem::MayNotUnlock) if it could not leave it.
    pub fn admin_verdict(&self, expected: &Expectation<'_>) -> Result<(), LoginProblem> {
        if expected.login == Login::Powerless {
            self.refuse_ways_around_policies()?;
        }
        if self.may_become_admin {
            return self.may_unlock();
        }
        let (login, role) = (self.login.clone(), expected.roles.admin.as_str().to_owned());
        Err(LoginProblem::NotAMember { login, role })
    }

    /// Checks that this login can administer tenants, and make their roles where they have some.
    ///
    /// # Errors
    ///
    /// [`LoginProblem::CannotProvision`] if it can create no roles,
    /// [`MayNotAdminister`](LoginProblem::MayNotAdminister) if it was not set up for the rest.
    pub fn provisioning_verdict(&self, isolation: Isolation) -> Result<(), LoginProblem> {
        let login = self.login.clone();
        if isolation == Isolation::RolePerTenant && !(self.create_role || self.superuser) {
            return Err(LoginProblem::CannotProvision { login });
        }
        if !self.may_administer {
            return Err(LoginProblem::MayNotAdminister { login });
        }
        Ok(())
    }

    fn refuse_ways_around_policies(&self) -> Result<(), LoginProblem> {
        let login = self.login.clone();
        if self.superuser || self.bypass_rls {
            return Err(LoginProblem::Unbound { login });
        }
        if let Some(table) = self.owned_tables.first() {
            return Err(LoginProblem::Owner { login, table: table.clone() });
        }
        if self.create_role {
            return Err(LoginProblem::CreatesRoles { login });
        }
        if self.replication {
            return Err(LoginProblem::Replicates { login });
        }
        if let Some(role) = self.predefined_roles.first() {
            return Err(LoginProblem::Predefined { login, role: role.clone() });
        }
        if let Some(role) = self.key_readers.first() {
            return Err(LoginProblem::ReadsKeys { login, role: role.clone() });
        }
        Ok(())
    }

    fn may_unlock(&self) -> Result<(), LoginProblem> {
        match self.may_not_unlock.first() {
            Some(role) => Err(LoginProblem::MayNotUnlock { role: role.clone() }),
            None => Ok(()),
        }
    }

    fn refuse_power(&self, roles: &Roles) -> Result<(), LoginProblem> {
        self.refuse_ways_around_policies()?;
        let login = self.login.clone();
        if self.current_role != login {
            return Err(LoginProblem::BornAsAnother { login, role: self.current_role.clone() });
        }
        if let Some(Right { role, object }) = self.writable_schemas.first().cloned() {
            return Err(LoginProblem::Creates { app: role, schema: object });
        }
        if self.may_become_admin {
            let admin = roles.admin.as_str().to_owned();
            return Err(LoginProblem::ReachesAdmin { login, admin });
        }
        if let Some(role) = self.schema_makers.first().cloned() {
            return Err(LoginProblem::CreatesSchemas { role });
        }
        if self.inherits_app {
            return Err(LoginProblem::Inherits { login, app: roles.app.as_str().to_owned() });
        }
        Ok(())
    }

    fn refuse_rights_beside_the_runtime_role(&self) -> Result<(), LoginProblem> {
        match self.held_tables.first().cloned() {
            Some(Right { role, object }) => {
                Err(LoginProblem::Holds { login: self.login.clone(), role, table: object })
            }
            None => Ok(()),
        }
    }
}

/// The registered tables, as the parameters `$3`, `$4` and `$5` of [`REPORT`]: in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// Their schemas, `text[]`.
    pub schemas: Vec<String>,
    /// Their names, `text[]`.
    pub names: Vec<String>,
    /// Whether their rows belong to tenants, `boolean[]`.
    pub of_tenants: Vec<bool>,
}

impl Tables {
    /// Those of a registry.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        let mut tables = Self::default();
        for table in registry.tables() {
            tables.schemas.push(table.name.schema().as_str().to_owned());
            tables.names.push(table.name.name().as_str().to_owned());
            tables.of_tenants.push(table.tenant_type().is_some());
        }
        tables
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn report() -> LoginReport {
        LoginReport {
            login: "app_login".into(),
            current_role: "app_login".into(),
            superuser: false,
            bypass_rls: false,
            create_role: false,
            replication: false,
            predefined_roles: vec![],
            owned_tables: vec![],
            writable_schemas: vec![],
            schema_makers: vec![],
            inherits_app: false,
            held_tables: vec![],
            unprotected_tables: vec![],
            observed_tables: vec![],
            uncovered_tables: vec![],
            shadowed_tables: vec![],
            policy_types: [TenantType::Text].into(),
            unsigned_tables: vec![],
            signed_tables: vec![],
            may_set: true,
            key_readers: vec![],
            may_not_unlock: vec![],
            may_become_app: true,
            may_become_admin: false,
            isolation: Some(Isolation::SharedRole),
            may_admit: true,
            may_administer: false,
        }
    }

    fn verdict(report: &LoginReport, login: Login) -> Result<(), String> {
        let roles = Roles::default();
        let isolation = Isolation::SharedRole;
        let signing = SigningExpectation::Off;
        let expected = Expectation { roles: &roles, isolation, admits: true, login, signing };
        report.verdict(&expected).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_powerless_login_serves_requests() {
        assert_eq!(verdict(&report(), Login::Powerless), Ok(()));
    }

    #[test]
    fn each_power_is_refused_with_its_remedy() {
        let right = |role: &str, object: &str| Right { role: role.into(), object: object.into() };
        let remedies = [
            (LoginReport { replication: true, ..report() }, "allow_powerful_login"),
            (
                LoginReport { predefined_roles: vec!["pg_monitor".into()], ..report() },
                "REVOKE pg_monitor FROM app_login",
            ),
            (
                LoginReport { writable_schemas: vec![right("app_login", "public")], ..report() },
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC, app_login",
            ),
            (
                LoginReport { schema_makers: vec!["app_login".into()], ..report() },
                "REVOKE CREATE ON DATABASE .. FROM PUBLIC, app_login",
            ),
            (LoginReport { inherits_app: true, ..report() }, "ALTER ROLE app_login NOINHERIT"),
            (
                LoginReport { held_tables: vec![right("PUBLIC", "public.posts")], ..report() },
                "REVOKE ALL ON TABLE public.posts FROM PUBLIC",
            ),
            (
                LoginReport { may_not_unlock: vec!["app_login".into()], ..report() },
                "GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO app_login",
            ),
            (LoginReport { superuser: true, ..report() }, "allow_powerful_login"),
            (LoginReport { bypass_rls: true, ..report() }, "NOINHERIT"),
            (LoginReport { create_role: true, ..report() }, "CREATEROLE"),
            (LoginReport { owned_tables: vec!["public.posts".into()], ..report() }, "public.posts"),
            (LoginReport { may_become_admin: true, ..report() }, "REVOKE tenants_admin FROM"),
            (LoginReport { may_become_app: false, ..report() }, "tenants setup"),
            (LoginReport { isolation: None, ..report() }, "tenants setup --login app_login"),
            (LoginReport { may_admit: false, ..report() }, "Admission::Off"),
            (LoginReport { isolation: Some(Isolation::RolePerTenant), ..report() }, "--isolation"),
        ];
        for (report, remedy) in remedies {
            let message = verdict(&report, Login::Powerless).unwrap_err();
            assert!(message.contains(remedy), "{message}");
        }
    }

    #[test]
    fn the_provisioning_login_can_do_its_work() {
        let provisioner = LoginReport { create_role: true, may_administer: true, ..report() };
        let weak = LoginReport { create_role: false, ..provisioner.clone() };
        let stranger = LoginReport { may_administer: false, ..provisioner.clone() };
        for isolation in [Isolation::SharedRole, Isolation::RolePerTenant] {
            assert_eq!(provisioner.provisioning_verdict(isolation), Ok(()));
            let refused = stranger.provisioning_verdict(isolation).unwrap_err().to_string();
            assert!(refused.contains("tenants setup --provisioner app_login"), "{refused}");
        }
        assert_eq!(weak.provisioning_verdict(Isolation::SharedRole), Ok(()));
        let refused = weak.provisioning_verdict(Isolation::RolePerTenant).unwrap_err().to_string();
        assert!(refused.contains("CREATEROLE"), "{refused}");
    }

    #[test]
    fn the_admin_login_has_no_power_beyond_the_admin_role_unless_allowed() {
        let admin = LoginReport { may_become_admin: true, ..report() };
        let roles = Roles::default();
        let verdict = |report: &LoginReport, login| {
            let isolation = Isolation::SharedRole;
            let signing = SigningExpectation::Off;
            report.admin_verdict(&Expectation {
                roles: &roles,
                isolation,
                admits: true,
                login,
                signing,
            })
        };
        assert_eq!(verdict(&admin, Login::Powerless), Ok(()));
        for powerful in [
            LoginReport { superuser: true, ..admin.clone() },
            LoginReport { bypass_rls: true, ..admin.clone() },
            LoginReport { create_role: true, ..admin.clone() },
            LoginReport { replication: true, ..admin.clone() },
            LoginReport { owned_tables: vec!["public.posts".into()], ..admin.clone() },
        ] {
            let refused = verdict(&powerful, Login::Powerless).unwrap_err().to_string();
            assert!(refused.contains("--admin-login"), "{refused}");
            assert_eq!(verdict(&powerful, Login::Powerful), Ok(()));
        }
        let stranger = verdict(&report(), Login::Powerful);
        assert!(matches!(stranger, Err(LoginProblem::NotAMember { .. })), "{stranger:?}");
    }

    #[test]
    fn a_database_that_cannot_keep_tenants_apart_is_refused_with_its_remedy() {
        assert_eq!(DatabaseProblem::of_encoding("UTF8"), Ok(()));
        assert_eq!(report().protection_verdict(Observation::Refused), Ok(()));
        let unprotected =
            LoginReport { unprotected_tables: vec!["public.posts".into()], ..report() };
        let observed =
            LoginReport { observed_tables: vec!["public.posts".into()], ..unprotected.clone() };
        assert_eq!(observed.protection_verdict(Observation::Allowed), Ok(()));
        let other =
            LoginReport { observed_tables: vec!["public.notes".into()], ..unprotected.clone() };
        let pair = |other: &str| vec![("public.posts".to_owned(), other.to_owned())];
        let uncovered = LoginReport { uncovered_tables: pair("TRUNCATE"), ..report() };
        let shadowed = LoginReport { shadowed_tables: pair("evil.posts"), ..report() };
        for (verdict, remedy) in [
            (DatabaseProblem::of_encoding("LATIN1"), "ENCODING 'UTF8'"),
            (unprotected.protection_verdict(Observation::Refused), "tenants migration generate"),
            (other.protection_verdict(Observation::Allowed), "are open to scoped code"),
            (
                observed.protection_verdict(Observation::Refused),
                "or call `allow_unenforced_tables`",
            ),
            (
                uncovered.protection_verdict(Observation::Refused),
                "REVOKE TRUNCATE ON TABLE public.posts",
            ),
            (
                shadowed.protection_verdict(Observation::Refused),
                "evil.posts is, which stands before it",
            ),
        ] {
            let message = verdict.unwrap_err().to_string();
            assert!(message.contains(remedy), "{message}");
        }
    }

    #[test]
    fn an_allowed_powerful_login_must_still_start_as_the_runtime_role() {
        let powerful = LoginReport { superuser: true, may_become_admin: true, ..report() };
        assert!(verdict(&powerful, Login::Powerful).unwrap_err().contains("-c role=tenants_app"));
        let born = LoginReport { current_role: "tenants_app".into(), ..powerful };
        assert_eq!(verdict(&born, Login::Powerful), Ok(()));
    }
}
