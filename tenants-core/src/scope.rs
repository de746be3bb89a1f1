//! The statements that put a connection into a tenant's scope and take it out again.
//!
//! Pure functions: the drivers in `tenants-diesel` only send what stands here. Each [`Sql`] is
//! one message of the simple protocol, so PostgreSQL runs it as one implicit transaction: all of
//! it holds, or none.

use crate::quote::{Identifier, Literal, Sql, sql};
use crate::roles::{Isolation, Roles};
use crate::tenant_id::{TenantId, TenantIdError};

/// Whether a scope asks the database for the tenant's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admission {
    /// `tenants.admit` refuses unknown and inactive tenants, in the scope message itself.
    #[default]
    Check,
    /// The same, after creating the tenant if it is missing.
    CreateIfMissing,
    /// No check: the application keeps its tenants elsewhere.
    Off,
}

/// What the login may do while no scope is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Login {
    /// A NOINHERIT login without rights of its own.
    #[default]
    Powerless,
    /// A superuser, BYPASSRLS or owning login that the application explicitly allowed. Its
    /// connections start with [`role_option`] and so never run as the login itself.
    Powerful,
}

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `BEGIN`
    ReadWrite,
    /// `BEGIN READ ONLY`
    ReadOnly,
}

/// Whose rows a scope shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// One tenant's.
    Tenant(&'a TenantId),
    /// All tenants'.
    Admin,
}

/// Renders scope statements for one pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The roles that the policies name.
    pub roles: Roles,
    /// What tells tenants apart.
    pub isolation: Isolation,
    /// Whether the tenant's status is asked for.
    pub admission: Admission,
    /// What the login may do by itself.
    pub login: Login,
}

/// Value of the start-up option `options` that makes a role the one to which `RESET ROLE`
/// returns.
///
/// # Examples
///
/// ```
/// use tenants_core::{Roles, scope};
///
/// assert_eq!(scope::role_option(&Roles::default().app), "-c role=tenants_app");
/// ```
#[must_use]
pub fn role_option(role: &Identifier) -> String {
    // The server splits `options` at spaces; a backslash takes the next character as it is.
    let mut escaped = String::new();
    for c in role.as_str().chars() {
        if c == '\\' || c.is_ascii_whitespace() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    format!("-c role={escaped}")
}

impl Scope {
    /// Puts an idle connection into scope until it is [parked](Self::park), in three messages.
    ///
    /// They are sent without waiting, in this order, ahead of the first operation:
    ///
    /// 1. fail if a transaction is open: in it, the messages behind would be undone by a `ROLLBACK`;
    /// 2. leave whatever scope is set, as a message of its own: together with the third, a failure
    ///    there would undo it, and the previous tenant would stay;
    /// 3. enter the new scope.
    ///
    /// # Errors
    ///
    /// [`TenantIdError::TooLong`] if tenants have roles and the id is too long for a role's name.
    pub fn session(&self, subject: Subject<'_>) -> Result<[Sql; 3], TenantIdError> {
        let mut enter = self.admit(subject);
        if let Subject::Tenant(tenant) = subject {
            if self.isolation == Isolation::SharedRole {
                enter.push(sql!("SET \"tenants\".\"tenant\" = {id}", id = tenant.literal()));
            }
        }
        enter.push(sql!("SET ROLE {role}", role = self.role(subject)?));
        Ok([assert_idle(), self.leave(), all_or_aborted(enter)])
    }

    /// Starts a transaction in scope. The messages are sent without waiting, ahead of the first
    /// statement; if one fails, PostgreSQL refuses all that follows in the transaction.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub fn begin(&self, subject: Subject<'_>, access: Access) -> Result<Vec<Sql>, TenantIdError> {
        let mut messages = Vec::with_capacity(2);
        if let (Subject::Tenant(tenant), true) = (subject, self.creates_tenants()) {
            // Its own message, committed at once: the tenant stays if the transaction fails, and
            // other transactions of a new tenant do not wait for this one.
            let create = self.as_login([ensure(tenant)]);
            messages.push(Sql::message(create));
        }
        let mut begin = vec![
            Sql::fixed(match access {
                Access::ReadWrite => "BEGIN",
                Access::ReadOnly => "BEGIN READ ONLY",
            }),
            assert_idle(),
        ];
        if let (Subject::Tenant(tenant), true) = (subject, self.admission != Admission::Off) {
            begin.extend(self.as_login([admit(tenant)]));
        }
        begin.push(sql!("SET LOCAL ROLE {role}", role = self.role(subject)?));
        if let Subject::Tenant(tenant) = subject {
            if self.isolation == Isolation::SharedRole {
                begin.push(sql!("SET LOCAL \"tenants\".\"tenant\" = {id}", id = tenant.literal()));
            }
        }
        messages.push(Sql::message(begin));
        Ok(messages)
    }

    /// Verifies that the scope still holds and commits, in one message: a lost scope is an error,
    /// and the error a rollback. For a transaction inside a [session](Self::session) scope.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub fn commit(&self, subject: Subject<'_>) -> Result<Sql, TenantIdError> {
        Ok(Sql::message([self.verify(subject)?, Sql::fixed("COMMIT")]))
    }

    /// The same, and parks the connection: the end of what [`begin`](Self::begin) began.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub fn commit_and_park(&self, subject: Subject<'_>) -> Result<Sql, TenantIdError> {
        Ok(Sql::message([self.commit(subject)?, self.leave()]))
    }

    /// Ends a transaction that has nothing to lose and parks the connection.
    #[must_use]
    pub fn finish_and_park(&self) -> Sql {
        Sql::message([Sql::fixed("COMMIT"), self.leave()])
    }

    /// Rolls a transaction inside a [session](Self::session) scope back.
    #[must_use]
    pub fn rollback(&self) -> Sql {
        Sql::fixed("ROLLBACK")
    }

    /// Rolls a transaction back and parks the connection.
    #[must_use]
    pub fn rollback_and_park(&self) -> Sql {
        Sql::message([Sql::fixed("ROLLBACK"), self.leave()])
    }

    /// Starts a transaction as the login itself, to call the functions of [`lifecycle`].
    ///
    /// [`lifecycle`]: crate::lifecycle
    #[must_use]
    pub fn begin_as_login(&self) -> Sql {
        let begin = [Sql::fixed("BEGIN"), assert_idle()];
        Sql::message(begin.into_iter().chain(self.as_login([])))
    }

    /// Takes a connection out of [session](Self::session) scope when it goes back to its pool.
    ///
    /// The first message fails if a transaction is open, which leaves the connection in a state
    /// in which PostgreSQL refuses every later scope.
    #[must_use]
    pub fn park(&self) -> [Sql; 2] {
        [assert_idle(), self.leave()]
    }

    /// Takes a connection whose transaction has ended out of what outlives transactions.
    #[must_use]
    pub fn park_idle(&self) -> Sql {
        self.leave()
    }

    /// The role that scoped statements run as.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub fn role(&self, subject: Subject<'_>) -> Result<Identifier, TenantIdError> {
        match (subject, self.isolation) {
            (Subject::Admin, _) => Ok(self.roles.admin.clone()),
            (Subject::Tenant(_), Isolation::SharedRole) => Ok(self.roles.app.clone()),
            (Subject::Tenant(tenant), Isolation::RolePerTenant) => tenant.role(),
        }
    }

    fn admit(&self, subject: Subject<'_>) -> Vec<Sql> {
        let Subject::Tenant(tenant) = subject else { return Vec::new() };
        let mut checks = Vec::new();
        if self.creates_tenants() {
            checks.push(ensure(tenant));
        }
        if self.admission != Admission::Off {
            checks.push(admit(tenant));
        }
        if checks.is_empty() { checks } else { self.as_login(checks) }
    }

    /// With a role for each tenant, creating one needs rights that the login does not have.
    fn creates_tenants(&self) -> bool {
        self.admission == Admission::CreateIfMissing && self.isolation == Isolation::SharedRole
    }

    /// Leaves the scope, and takes away what PostgreSQL keeps for the session beyond a transaction:
    /// settings, cursors WITH HOLD, channels, temporary tables (they hide tables of the same name),
    /// `lastval()` and advisory locks.
    ///
    /// `RESET ALL` comes before all that may take time, since it lifts a `statement_timeout`, and
    /// Diesel's own two settings come behind it. Not `DISCARD ALL`, which drops the prepared
    /// statements that Diesel believes in.
    fn leave(&self) -> Sql {
        let role = match self.login {
            // Not `RESET ROLE`, which a role's own default redirects (`ALTER ROLE .. SET role`).
            Login::Powerless => Sql::fixed("SET ROLE NONE"),
            Login::Powerful => Sql::fixed("RESET ROLE"),
        };
        all_or_aborted([
            role,
            Sql::fixed(
                "RESET ALL; SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'; \
                 SET \"tenants\".\"tenant\" = ''; CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES; \
                 SELECT pg_catalog.pg_advisory_unlock_all()",
            ),
        ])
    }

    /// Only the login may call the functions that look at tenants, not [`Roles::app`].
    fn as_login(&self, statements: impl IntoIterator<Item = Sql>) -> Vec<Sql> {
        let become_login = match self.login {
            Login::Powerless => None,
            // `LOCAL`: whatever happens, the end of this message or transaction takes it back.
            Login::Powerful => Some(Sql::fixed("SET LOCAL ROLE NONE")),
        };
        become_login.into_iter().chain(statements).collect()
    }

    fn verify(&self, subject: Subject<'_>) -> Result<Sql, TenantIdError> {
        let role = self.role(subject)?;
        let role = Literal::new(role.as_str());
        Ok(match (subject, self.isolation) {
            (Subject::Tenant(tenant), Isolation::SharedRole) => sql!(
                "SELECT CASE WHEN current_user = {role} AND pg_catalog.current_setting('tenants.tenant', true) = {id} \
                 THEN NULL ELSE \"tenants\".\"refuse\"('tenants_scope_lost') END",
                role = role,
                id = tenant.literal(),
            ),
            _ => sql!(
                "SELECT CASE WHEN current_user = {role} \
                 THEN NULL ELSE \"tenants\".\"refuse\"('tenants_scope_lost') END",
                role = role,
            ),
        })
    }
}

/// `now()` is the start of the transaction: outside of one, that is the start of this message.
fn assert_idle() -> Sql {
    Sql::fixed(
        "SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() \
         THEN \"tenants\".\"refuse\"('tenants_open_transaction') END",
    )
}

/// One message whose failure leaves the transaction aborted, so that PostgreSQL itself refuses what
/// follows. Without `BEGIN` the message would be undone, and what follows would run without it.
fn all_or_aborted(statements: impl IntoIterator<Item = Sql>) -> Sql {
    let begin = [Sql::fixed("BEGIN")].into_iter();
    Sql::message(begin.chain(statements).chain([Sql::fixed("COMMIT")]))
}

fn admit(tenant: &TenantId) -> Sql {
    sql!("SELECT \"tenants\".\"admit\"({id})", id = tenant.literal())
}

fn ensure(tenant: &TenantId) -> Sql {
    sql!("SELECT \"tenants\".\"ensure_tenant\"({id})", id = tenant.literal())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GUARD: &str = "SELECT CASE WHEN pg_catalog.now() <> pg_catalog.statement_timestamp() \
                         THEN \"tenants\".\"refuse\"('tenants_open_transaction') END";
    const LEAVE: &str = "BEGIN; SET ROLE NONE; RESET ALL; SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'; \
                         SET \"tenants\".\"tenant\" = ''; CLOSE ALL; UNLISTEN *; DISCARD TEMP; \
                         DISCARD SEQUENCES; SELECT pg_catalog.pg_advisory_unlock_all(); COMMIT";

    fn texts(messages: impl IntoIterator<Item = Sql>) -> Vec<String> {
        messages.into_iter().map(|sql| sql.to_string()).collect()
    }

    fn acme() -> TenantId {
        TenantId::try_from("acme").unwrap()
    }

    #[test]
    fn a_session_checks_leaves_and_enters_in_messages_of_their_own() {
        let messages = Scope::default().session(Subject::Tenant(&acme())).unwrap();
        let enter = "BEGIN; SELECT \"tenants\".\"admit\"('acme'); SET \"tenants\".\"tenant\" = 'acme'; \
                     SET ROLE \"tenants_app\"; COMMIT";
        assert_eq!(texts(messages), [GUARD, LEAVE, enter]);
    }

    #[test]
    fn a_transaction_begins_in_one_message_and_sets_everything_locally() {
        let begin = Scope::default().begin(Subject::Tenant(&acme()), Access::ReadWrite).unwrap();
        let expected = format!(
            "BEGIN; {GUARD}; SELECT \"tenants\".\"admit\"('acme'); SET LOCAL ROLE \"tenants_app\"; \
             SET LOCAL \"tenants\".\"tenant\" = 'acme'"
        );
        assert_eq!(texts(begin), [expected]);
        let read = Scope::default().begin(Subject::Tenant(&acme()), Access::ReadOnly).unwrap();
        assert!(texts(read)[0].starts_with("BEGIN READ ONLY; "));
    }

    #[test]
    fn a_commit_verifies_role_and_tenant_first_and_parks_last() {
        let commit = Scope::default().commit_and_park(Subject::Tenant(&acme())).unwrap();
        let expected = format!(
            "SELECT CASE WHEN current_user = 'tenants_app' AND pg_catalog.current_setting('tenants.tenant', true) = 'acme' \
             THEN NULL ELSE \"tenants\".\"refuse\"('tenants_scope_lost') END; COMMIT; {LEAVE}"
        );
        assert_eq!(commit.as_str(), expected);
    }

    #[test]
    fn a_tenant_with_a_role_needs_no_setting() {
        let scope = Scope { isolation: Isolation::RolePerTenant, ..Scope::default() };
        let messages = scope.session(Subject::Tenant(&acme())).unwrap();
        let enter = "BEGIN; SELECT \"tenants\".\"admit\"('acme'); SET ROLE \"tenant_acme\"; COMMIT";
        assert_eq!(texts(messages), [GUARD, LEAVE, enter]);
        let commit = scope.commit(Subject::Tenant(&acme())).unwrap();
        assert!(
            commit.as_str().starts_with("SELECT CASE WHEN current_user = 'tenant_acme' THEN NULL")
        );
        let long = TenantId::try_from("x".repeat(57)).unwrap();
        let refused = Err(TenantIdError::TooLong { bytes: 57, max: 56 });
        assert_eq!(scope.session(Subject::Tenant(&long)).map(texts), refused);
    }

    #[test]
    fn a_missing_tenant_is_created_outside_of_the_transaction() {
        let scope = Scope { admission: Admission::CreateIfMissing, ..Scope::default() };
        let begin = texts(scope.begin(Subject::Tenant(&acme()), Access::ReadOnly).unwrap());
        assert_eq!(begin[0], "SELECT \"tenants\".\"ensure_tenant\"('acme')");
        assert!(begin[1].starts_with("BEGIN READ ONLY; "));
    }

    #[test]
    fn a_powerful_login_shows_itself_to_the_functions_of_the_login_alone() {
        let scope = Scope { login: Login::Powerful, ..Scope::default() };
        let enter = &texts(scope.session(Subject::Tenant(&acme())).unwrap())[2];
        assert_eq!(
            enter,
            "BEGIN; SET LOCAL ROLE NONE; SELECT \"tenants\".\"admit\"('acme'); SET \"tenants\".\"tenant\" = 'acme'; \
             SET ROLE \"tenants_app\"; COMMIT"
        );
        let off = Scope { admission: Admission::Off, ..scope };
        assert!(!texts(off.session(Subject::Tenant(&acme())).unwrap())[2].contains("NONE"));
    }

    #[test]
    fn an_id_is_quoted_in_every_message() {
        let id = TenantId::try_from("a'; RESET ROLE; --").unwrap();
        for message in texts(Scope::default().session(Subject::Tenant(&id)).unwrap()) {
            assert_eq!(message.contains("a'';"), message.contains("admit"), "{message}");
            assert!(!message.contains("a';"), "{message}");
        }
    }
}
