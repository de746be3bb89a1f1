//! The statements that put a connection into a tenant's scope and take it out again.
//!
//! Pure functions: the drivers in `tenants-diesel` only send what stands here. Each [`Sql`] is
//! one message of the simple protocol. PostgreSQL runs its statements in order, and after an error
//! none of the rest.

use crate::quote::{Identifier, Literal, Sql, sql};
use crate::roles::{Isolation, Roles};
use crate::signature::{Lasts, Signature};
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

/// What follows the end of a transaction, in the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: the scope outlives its transactions, or none of the application's code ran in it.
    Stay,
    /// The scope ended with the transaction; advisory locks are given back at once, and the next
    /// scope takes away the rest.
    Release,
    /// [`Scope::park`], where the connection's next user may be somebody else's.
    Park,
}

const BEGIN: &str = "BEGIN";

/// A plain `BEGIN` inside of an open transaction is only a warning. This property of a transaction
/// can be set until its first query, so here it is an error, at no cost. An open transaction that ran
/// no query has nothing to lose, and ends with the first `COMMIT`.
const BEGIN_IDLE: &str = "BEGIN NOT DEFERRABLE";

/// Statements that provoke, one after the other, what the server says when a scope's message meets an
/// open transaction, a failed one and a savepoint. The first makes room for them.
pub const OPEN_TRANSACTION: [&str; 4] = [
    "ROLLBACK",
    "BEGIN; SELECT 1; BEGIN NOT DEFERRABLE",
    "SELECT 1",
    "ROLLBACK; BEGIN; SAVEPOINT a; BEGIN NOT DEFERRABLE",
];

/// Gives back locks that others may wait for.
const UNLOCK: &str = "pg_catalog.pg_advisory_unlock_all()";
const SELECT_UNLOCK: &str = "SELECT pg_catalog.pg_advisory_unlock_all()";

/// A message that enters a scope, with room for a [`Signature`]. It is signed when it is sent, since
/// signatures expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    before: Sql,
    lasts: Lasts,
    /// Takes the role, and with it the right to set what is secret from those who have it.
    after: Sql,
}

impl Entry {
    /// The message without a signature.
    #[must_use]
    pub fn unsigned(self) -> Sql {
        Sql::message([self.before, self.after])
    }

    /// The message with one.
    #[must_use]
    pub fn signed(&self, signature: &Signature) -> Sql {
        Sql::message([self.before.clone(), signature.set(self.lasts), self.after.clone()])
    }
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
    /// Puts an idle connection into scope until it is [parked](Self::park).
    ///
    /// One message of two transactions, sent without waiting ahead of the first operation:
    ///
    /// 1. take away whatever an earlier user left on the connection;
    /// 2. enter the new scope.
    ///
    /// If either fails it stays open, failed, and PostgreSQL refuses all that follows.
    ///
    /// # Errors
    ///
    /// [`TenantIdError::TooLong`] if tenants have roles and the id is too long for a role's name.
    pub fn session(&self, subject: Subject<'_>) -> Result<Entry, TenantIdError> {
        let mut before = vec![self.clean([]), Sql::fixed(BEGIN)];
        before.extend(self.admit(subject));
        if let Subject::Tenant(tenant) = subject {
            if self.isolation == Isolation::SharedRole {
                before.push(sql!("SET \"tenants\".\"tenant\" = {id}", id = tenant.literal()));
            }
        }
        self.session_entry(before, subject)
    }

    /// Renews the signature of a [`session`](Self::session), outside of its transactions.
    ///
    /// # Errors
    ///
    /// As for `session`.
    pub fn renew(&self, subject: Subject<'_>) -> Result<Entry, TenantIdError> {
        self.session_entry(vec![Sql::fixed(BEGIN_IDLE), self.no_role()], subject)
    }

    fn session_entry(
        &self,
        before: Vec<Sql>,
        subject: Subject<'_>,
    ) -> Result<Entry, TenantIdError> {
        let role = self.role(subject)?;
        let role = sql!("SET ROLE {role}", role = Literal::new(role.as_str()));
        Ok(Entry {
            before: Sql::message(before),
            lasts: Lasts::Session,
            after: Sql::message([role, Sql::fixed("COMMIT")]),
        })
    }

    /// Starts a transaction in scope.
    ///
    /// One message, sent without waiting ahead of the first statement: the same cleaning as for
    /// [`session`](Self::session), and a transaction that sets everything locally and stays open.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub fn begin(&self, subject: Subject<'_>, access: Access) -> Result<Entry, TenantIdError> {
        let mut message = vec![self.clean([])];
        if let (Subject::Tenant(tenant), true) = (subject, self.creates_tenants()) {
            // Committed at once: the tenant stays if the transaction fails, and other transactions
            // of a new tenant do not wait for this one.
            message.push(transaction(BEGIN, self.as_login([ensure(tenant)])));
        }
        message.push(Sql::fixed(match access {
            Access::ReadWrite => BEGIN,
            Access::ReadOnly => "BEGIN READ ONLY",
        }));
        match (subject, access) {
            (Subject::Tenant(tenant), _) if self.admission != Admission::Off => {
                message.extend(self.as_login([admit(tenant)]));
            }
            // Until its first query a transaction may be made one that writes.
            (_, Access::ReadOnly) => message.push(Sql::fixed("SELECT 1")),
            (_, Access::ReadWrite) => {}
        }
        // The tenant before the role: `pg_stat_statements` shows a text to whoever has the role that it ran as.
        message.extend(self.set_tenant_locally(subject));
        Ok(Self::local_entry(message, &self.role(subject)?))
    }

    /// Starts a transaction that only asks what a signature proves.
    #[must_use]
    pub fn prove(&self) -> Entry {
        Self::local_entry(vec![self.clean([]), Sql::fixed("BEGIN READ ONLY")], &self.roles.app)
    }

    fn local_entry(before: Vec<Sql>, role: &Identifier) -> Entry {
        Entry {
            before: Sql::message(before),
            lasts: Lasts::Transaction,
            after: set_role_locally(role),
        }
    }

    /// Starts a transaction as the login itself, to call the functions of [`lifecycle`].
    ///
    /// [`lifecycle`]: crate::lifecycle
    #[must_use]
    pub fn begin_as_login(&self) -> Sql {
        let begin = [self.clean([]), Sql::fixed(BEGIN)];
        Sql::message(begin.into_iter().chain(self.as_login([])))
    }

    /// Verifies that the scope still holds and commits, in one message: a lost scope is an error,
    /// and the error a rollback.
    ///
    /// With [`Then::Release`] and [`Then::Park`] locks are given back by the same statement, and so before the
    /// `COMMIT`: behind it, an error would report a transaction as failed that was committed.
    ///
    /// # Errors
    ///
    /// As for [`session`](Self::session).
    pub fn commit(&self, subject: Subject<'_>, then: Then) -> Result<Sql, TenantIdError> {
        let verify = self.verify(subject)?;
        let commit = Sql::fixed("COMMIT");
        if then == Then::Stay {
            return Ok(Sql::message([verify, commit]));
        }
        // Deferred triggers and held cursors are all that `COMMIT` runs of the application's, behind whatever
        // is verified and taken back here.
        let run = ["SET CONSTRAINTS ALL IMMEDIATE", "CLOSE ALL"].map(Sql::fixed);
        let verify = sql!("{verify}, {unlock}", verify = verify, unlock = Sql::fixed(UNLOCK));
        let verify = run.into_iter().chain([verify]);
        Ok(match then {
            Then::Park => Sql::message(verify.chain([commit, self.clean([])])),
            _ => Sql::message(verify.chain(self.disarm()).chain([commit])),
        })
    }

    /// Lets go of a role and tenant that the transaction may have set for the session, by a function
    /// that did not say `LOCAL`. So between scopes the connection is the bare login, also if the next
    /// scope's message fails before it begins.
    fn disarm(&self) -> Vec<Sql> {
        let mut statements = vec![Sql::fixed("SET statement_timeout = 0"), self.no_role()];
        if self.isolation == Isolation::SharedRole {
            statements.push(Sql::fixed("SET \"tenants\".\"tenant\" = ''"));
        }
        statements
    }

    fn set_tenant_locally(&self, subject: Subject<'_>) -> Option<Sql> {
        match (subject, self.isolation) {
            (Subject::Tenant(tenant), Isolation::SharedRole) => {
                let id = tenant.literal();
                Some(sql!("SET LOCAL \"tenants\".\"tenant\" = {id}", id = id))
            }
            _ => None,
        }
    }

    fn no_role(&self) -> Sql {
        Sql::fixed(match self.login {
            // Not `RESET ROLE`, which a role's own default redirects (`ALTER ROLE .. SET role`).
            Login::Powerless => "SET ROLE NONE",
            Login::Powerful => "RESET ROLE",
        })
    }

    /// Commits a transaction whose scope need not be verified.
    #[must_use]
    pub fn finish(&self, then: Then) -> Sql {
        self.end("COMMIT", then)
    }

    /// Rolls a transaction back.
    #[must_use]
    pub fn rollback(&self, then: Then) -> Sql {
        self.end("ROLLBACK", then)
    }

    /// Takes a connection out of scope when it goes back to its pool, together with all that an
    /// earlier user can leave on it.
    #[must_use]
    pub fn park(&self) -> Sql {
        self.clean([Sql::fixed(SELECT_UNLOCK)])
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

    fn end(&self, end: &'static str, then: Then) -> Sql {
        let end = Sql::fixed(end);
        match then {
            Then::Stay => end,
            Then::Release => Sql::message([end, Sql::fixed(SELECT_UNLOCK)]),
            Then::Park => Sql::message([end, self.park()]),
        }
    }

    /// Takes away the role, and what PostgreSQL keeps for the session beyond a transaction: settings,
    /// cursors WITH HOLD, channels, temporary tables (they hide tables of the same name) and
    /// `lastval()`. Fails if a transaction is open that has run anything.
    ///
    /// `RESET ALL` comes before all that may take time, since it lifts a `statement_timeout`, and
    /// Diesel's own two settings come behind it. Not `DISCARD ALL`, which drops the prepared
    /// statements that Diesel believes in.
    fn clean(&self, further: impl IntoIterator<Item = Sql>) -> Sql {
        let clean = [
            "RESET ALL",
            "SET TIME ZONE 'UTC'",
            "SET client_encoding = 'UTF8'",
            "SET \"tenants\".\"tenant\" = ''",
            "CLOSE ALL",
            "UNLISTEN *",
            "DISCARD TEMP",
            "DISCARD SEQUENCES",
        ];
        let clean = [self.no_role()].into_iter().chain(clean.into_iter().map(Sql::fixed));
        transaction(BEGIN_IDLE, clean.chain(further))
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

    /// Operators are named in full, since the scope could have changed the `search_path`.
    fn verify(&self, subject: Subject<'_>) -> Result<Sql, TenantIdError> {
        let role = self.role(subject)?;
        let role = Literal::new(role.as_str());
        let holds = match (subject, self.isolation) {
            (Subject::Tenant(tenant), Isolation::SharedRole) => sql!(
                "current_user OPERATOR(pg_catalog.=) {role} AND \
                 pg_catalog.current_setting('tenants.tenant', true) OPERATOR(pg_catalog.=) {id}",
                role = role,
                id = tenant.literal(),
            ),
            _ => sql!("current_user OPERATOR(pg_catalog.=) {role}", role = role),
        };
        Ok(sql!(
            "SELECT CASE WHEN {holds} THEN NULL ELSE \"tenants\".\"refuse\"('tenants_scope_lost') END",
            holds = holds,
        ))
    }
}

/// A transaction whose failure leaves it open, so that PostgreSQL itself refuses what follows.
/// Without `BEGIN` the message would be undone, and what follows would run without it.
fn transaction(begin: &'static str, statements: impl IntoIterator<Item = Sql>) -> Sql {
    let begin = [Sql::fixed(begin)].into_iter();
    Sql::message(begin.chain(statements).chain([Sql::fixed("COMMIT")]))
}

fn set_role_locally(role: &Identifier) -> Sql {
    sql!("SET LOCAL ROLE {role}", role = Literal::new(role.as_str()))
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

    const CLEAN: &str = "BEGIN NOT DEFERRABLE; SET ROLE NONE; RESET ALL; SET TIME ZONE 'UTC'; \
                         SET client_encoding = 'UTF8'; SET \"tenants\".\"tenant\" = ''; CLOSE ALL; UNLISTEN *; \
                         DISCARD TEMP; DISCARD SEQUENCES; COMMIT";
    fn session(scope: &Scope, tenant: &TenantId) -> Result<String, TenantIdError> {
        scope.session(Subject::Tenant(tenant)).map(|entry| entry.unsigned().to_string())
    }

    fn begin(scope: &Scope, access: Access) -> String {
        scope.begin(Subject::Tenant(&acme()), access).unwrap().unsigned().to_string()
    }

    fn commit(scope: &Scope, then: Then) -> String {
        scope.commit(Subject::Tenant(&acme()), then).unwrap().to_string()
    }

    fn acme() -> TenantId {
        TenantId::try_from("acme").unwrap()
    }

    #[test]
    fn a_session_cleans_and_enters_in_transactions_of_their_own() {
        let enter = "BEGIN; SELECT \"tenants\".\"admit\"('acme'); SET \"tenants\".\"tenant\" = 'acme'; \
                     SET ROLE 'tenants_app'; COMMIT";
        assert_eq!(session(&Scope::default(), &acme()), Ok(format!("{CLEAN}; {enter}")));
    }

    #[test]
    fn a_transaction_begins_in_the_same_message_and_sets_everything_locally() {
        let enter = "SELECT \"tenants\".\"admit\"('acme'); SET LOCAL \"tenants\".\"tenant\" = 'acme'; \
                     SET LOCAL ROLE 'tenants_app'";
        let scope = Scope::default();
        assert_eq!(begin(&scope, Access::ReadWrite), format!("{CLEAN}; BEGIN; {enter}"));
        assert_eq!(begin(&scope, Access::ReadOnly), format!("{CLEAN}; BEGIN READ ONLY; {enter}"));
    }

    #[test]
    fn a_commit_verifies_role_and_tenant_first() {
        let verify = "SELECT CASE WHEN current_user OPERATOR(pg_catalog.=) 'tenants_app' AND \
                      pg_catalog.current_setting('tenants.tenant', true) OPERATOR(pg_catalog.=) 'acme' \
                      THEN NULL ELSE \"tenants\".\"refuse\"('tenants_scope_lost') END";
        let scope = Scope::default();
        assert_eq!(commit(&scope, Then::Stay), format!("{verify}; COMMIT"));
        let disarm = "SET statement_timeout = 0; SET ROLE NONE; SET \"tenants\".\"tenant\" = ''";
        let verify = format!("SET CONSTRAINTS ALL IMMEDIATE; CLOSE ALL; {verify}, {UNLOCK}");
        assert_eq!(commit(&scope, Then::Release), format!("{verify}; {disarm}; COMMIT"));
        assert_eq!(commit(&scope, Then::Park), format!("{verify}; COMMIT; {CLEAN}"));
    }

    #[test]
    fn a_read_runs_a_query_before_anything_of_the_application_can_make_it_write() {
        let off = Scope { admission: Admission::Off, ..Scope::default() };
        let enter = "SET LOCAL \"tenants\".\"tenant\" = 'acme'; SET LOCAL ROLE 'tenants_app'";
        let read = format!("{CLEAN}; BEGIN READ ONLY; SELECT 1; {enter}");
        assert_eq!(begin(&off, Access::ReadOnly), read);
        assert_eq!(begin(&off, Access::ReadWrite), format!("{CLEAN}; BEGIN; {enter}"));
    }

    #[test]
    fn locks_are_given_back_behind_an_end_that_verifies_nothing() {
        let scope = Scope::default();
        assert_eq!(scope.finish(Then::Release).as_str(), format!("COMMIT; SELECT {UNLOCK}"));
        assert_eq!(scope.rollback(Then::Release).as_str(), format!("ROLLBACK; SELECT {UNLOCK}"));
    }

    #[test]
    fn parking_cleans_and_gives_locks_back() {
        let expected = CLEAN.replace("; COMMIT", &format!("; SELECT {UNLOCK}; COMMIT"));
        assert_eq!(Scope::default().park().as_str(), expected);
    }

    #[test]
    fn a_tenant_with_a_role_needs_no_setting() {
        let scope = Scope { isolation: Isolation::RolePerTenant, ..Scope::default() };
        let enter = "BEGIN; SELECT \"tenants\".\"admit\"('acme'); SET ROLE 'tenant_acme'; COMMIT";
        assert_eq!(session(&scope, &acme()), Ok(format!("{CLEAN}; {enter}")));
        let verify = "SELECT CASE WHEN current_user OPERATOR(pg_catalog.=) 'tenant_acme' THEN NULL";
        assert!(commit(&scope, Then::Stay).starts_with(verify));
        let long = TenantId::try_from("x".repeat(57)).unwrap();
        assert_eq!(session(&scope, &long), Err(TenantIdError::TooLong { bytes: 57, max: 56 }));
    }

    #[test]
    fn a_missing_tenant_is_created_outside_of_the_transaction() {
        let scope = Scope { admission: Admission::CreateIfMissing, ..Scope::default() };
        let ensure =
            "BEGIN; SELECT \"tenants\".\"ensure_tenant\"('acme'); COMMIT; BEGIN READ ONLY; ";
        assert!(begin(&scope, Access::ReadOnly).starts_with(&format!("{CLEAN}; {ensure}")));
    }

    #[test]
    fn a_powerful_login_shows_itself_to_the_functions_of_the_login_alone() {
        let scope = Scope { login: Login::Powerful, ..Scope::default() };
        let clean = CLEAN.replace("SET ROLE NONE", "RESET ROLE");
        let enter = "BEGIN; SET LOCAL ROLE NONE; SELECT \"tenants\".\"admit\"('acme'); \
                     SET \"tenants\".\"tenant\" = 'acme'; SET ROLE 'tenants_app'; COMMIT";
        assert_eq!(session(&scope, &acme()), Ok(format!("{clean}; {enter}")));
        let off = Scope { admission: Admission::Off, ..scope };
        assert!(!session(&off, &acme()).unwrap().contains("NONE"));
    }

    #[test]
    fn an_id_is_quoted_wherever_it_stands() {
        let id = TenantId::try_from("a'; RESET ROLE; --").unwrap();
        let message = session(&Scope::default(), &id).unwrap();
        assert_eq!(message.matches("'a''; RESET ROLE; --'").count(), 2);
        assert_eq!(message.matches("RESET ROLE").count(), 2);
    }
}
