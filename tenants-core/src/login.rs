//! What the login of a pool may do, and what it must not.

use thiserror::Error;

use crate::quote::TableName;
use crate::roles::{Isolation, Roles};
use crate::scope::Login;

/// Reads a [`LoginReport`].
///
/// Parameters: `$1` the runtime role, `$2` the admin role (both `text`), `$3` and `$4` schemas and
/// names of the registered tables (`text[]`, in the same order). It reads the catalog only, so any
/// role may run it, whatever the `search_path`.
pub const REPORT: &str = include_str!("login.sql");

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
    /// Registered tables of which it is the owner, or a member of the owner, as `schema.table`.
    pub owned_tables: Vec<String>,
    /// Schemas in which the runtime role may create functions and tables.
    pub writable_schemas: Vec<String>,
    /// The runtime role exists, and the login may become it.
    pub may_become_app: bool,
    /// The login may become the admin role.
    pub may_become_admin: bool,
    /// What tells tenants apart in this database; `None` without the schema `tenants`.
    pub isolation: Option<Isolation>,
    /// The login may call `tenants.admit`.
    pub may_admit: bool,
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
    /// One tenant's functions could run in the name of another.
    #[error(
        "role `{app}` may create functions in schema `{schema}`, which would run for all tenants: `REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {app}`"
    )]
    Creates {
        /// The runtime role.
        app: String,
        /// The first such schema.
        schema: String,
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
        if database != expected.isolation {
            return Err(LoginProblem::OtherIsolation { database, pool: expected.isolation });
        }
        if expected.admits && !self.may_admit {
            return Err(LoginProblem::MayNotAdmit { login });
        }
        Ok(())
    }

    /// Checks that this login can do cross-tenant work, and nothing beyond: a raw `RESET ROLE` leads
    /// back to the login itself.
    ///
    /// # Errors
    ///
    /// [`LoginProblem::Unbound`], [`Owner`](LoginProblem::Owner) or
    /// [`CreatesRoles`](LoginProblem::CreatesRoles) unless a powerful login was allowed;
    /// [`NotAMember`](LoginProblem::NotAMember) if it may not become the admin role.
    pub fn admin_verdict(&self, expected: &Expectation<'_>) -> Result<(), LoginProblem> {
        if expected.login == Login::Powerless {
            self.refuse_ways_around_policies()?;
        }
        if self.may_become_admin {
            return Ok(());
        }
        let (login, role) = (self.login.clone(), expected.roles.admin.as_str().to_owned());
        Err(LoginProblem::NotAMember { login, role })
    }

    /// Checks that this login can make the roles of tenants.
    ///
    /// # Errors
    ///
    /// [`LoginProblem::CannotProvision`] if it can create no roles.
    pub fn provisioning_verdict(&self) -> Result<(), LoginProblem> {
        if self.create_role || self.superuser {
            return Ok(());
        }
        Err(LoginProblem::CannotProvision { login: self.login.clone() })
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
        Ok(())
    }

    fn refuse_power(&self, roles: &Roles) -> Result<(), LoginProblem> {
        self.refuse_ways_around_policies()?;
        let login = self.login.clone();
        if self.current_role != login {
            return Err(LoginProblem::BornAsAnother { login, role: self.current_role.clone() });
        }
        if let Some(schema) = self.writable_schemas.first() {
            let app = roles.app.as_str().to_owned();
            return Err(LoginProblem::Creates { app, schema: schema.clone() });
        }
        if self.may_become_admin {
            let admin = roles.admin.as_str().to_owned();
            return Err(LoginProblem::ReachesAdmin { login, admin });
        }
        Ok(())
    }
}

/// The schemas and names of tables, as the parameters `$3` and `$4` of [`REPORT`].
#[must_use]
pub fn table_parameters<'a>(
    tables: impl IntoIterator<Item = &'a TableName>,
) -> (Vec<&'a str>, Vec<&'a str>) {
    tables.into_iter().map(|table| (table.schema().as_str(), table.name().as_str())).unzip()
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
            owned_tables: vec![],
            writable_schemas: vec![],
            may_become_app: true,
            may_become_admin: false,
            isolation: Some(Isolation::SharedRole),
            may_admit: true,
        }
    }

    fn verdict(report: &LoginReport, login: Login) -> Result<(), String> {
        let roles = Roles::default();
        let isolation = Isolation::SharedRole;
        let expected = Expectation { roles: &roles, isolation, admits: true, login };
        report.verdict(&expected).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_powerless_login_serves_requests() {
        assert_eq!(verdict(&report(), Login::Powerless), Ok(()));
    }

    #[test]
    fn each_power_is_refused_with_its_remedy() {
        let remedies = [
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
    fn the_admin_login_has_no_power_beyond_the_admin_role_unless_allowed() {
        let admin = LoginReport { may_become_admin: true, ..report() };
        let roles = Roles::default();
        let verdict = |report: &LoginReport, login| {
            let isolation = Isolation::SharedRole;
            report.admin_verdict(&Expectation { roles: &roles, isolation, admits: true, login })
        };
        assert_eq!(verdict(&admin, Login::Powerless), Ok(()));
        for powerful in [
            LoginReport { superuser: true, ..admin.clone() },
            LoginReport { bypass_rls: true, ..admin.clone() },
            LoginReport { create_role: true, ..admin.clone() },
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
    fn an_allowed_powerful_login_must_still_start_as_the_runtime_role() {
        let powerful = LoginReport { superuser: true, may_become_admin: true, ..report() };
        assert!(verdict(&powerful, Login::Powerful).unwrap_err().contains("-c role=tenants_app"));
        let born = LoginReport { current_role: "tenants_app".into(), ..powerful };
        assert_eq!(verdict(&born, Login::Powerful), Ok(()));
    }
}
