//! Looking for what is wrong with a database.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tenants_core::doctor::{
    BEGIN, Check, END, LINTS, Lint, ROWS, Reads, Report, Target, sessions::ROUNDS,
};

use super::checkout::close_on_return;
use super::tenant_pool::TenantPool;
use crate::doctor::{
    AnswerRow, FindingRow, Outcomes, QuestionRow, SessionRow, catalog, session, sessions,
};
use crate::error::CheckoutError;
use crate::settings::Pooler;

impl TenantPool {
    /// Looks for everything that weakens the isolation of tenants in this database: missing policies, rights
    /// beyond what scopes need, views and functions around the policies, keys across tenants, known faults of the
    /// server.
    ///
    /// Where [`build`](super::TenantPoolBuilder::build) refuses what would let tenants see each other at once, this
    /// also tells what would do so together with the next mistake. Call it at start-up, or run `tenants doctor`
    /// in CI.
    ///
    /// # Executed SQL
    ///
    /// The queries of [`LINTS`], which read the catalog alone, as the runtime login, in one `READ ONLY` transaction
    /// that is rolled back; each is given up after ten seconds. On two connections in turn, three times:
    /// `SELECT pg_backend_pid()`; on one, if the pool is busy. Both connections are closed afterwards.
    ///
    /// # Errors
    ///
    /// [`CheckoutError`]. A lint that fails is part of the report, which then is not
    /// [clean](Report::is_clean).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tenants_diesel::{doctor::Severity, sync::TenantPool};
    ///
    /// # fn example(tenants: TenantPool) -> Result<(), tenants_diesel::CheckoutError> {
    /// let report = tenants.doctor()?;
    /// assert!(report.is_clean(Severity::Low), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn doctor(&self) -> Result<Report, CheckoutError> {
        let source = &self.shared.runtime;
        let mut connection = source.checkout()?;
        close_on_return(&mut connection);
        let mut other = source.another();
        if let Some(other) = &mut other {
            close_on_return(other);
        }
        // What a pooler in transaction mode does is known where it was told.
        let lints = LINTS.iter().filter(|lint| match lint.check {
            Check::Sessions(_) => self.shared.pooler == Pooler::None,
            Check::Catalog(_) => true,
            // Policies bind this login, so it could not tell.
            Check::Rows(_) => false,
        });
        Ok(examine(&mut connection, other.as_deref_mut(), &self.shared.doctor, lints))
    }
}

/// Runs lints on a connection of any role; a second connection of the same URL tells whether a pooler in
/// transaction mode stands between.
///
/// # Executed SQL
///
/// As for [`TenantPool::doctor`].
pub fn examine(
    connection: &mut PgConnection,
    mut other: Option<&mut PgConnection>,
    target: &Target,
    lints: impl IntoIterator<Item = &'static Lint>,
) -> Report {
    let mut outcomes = Outcomes::default();
    let mut begun = false;
    for lint in lints {
        let outcome = check(lint, connection, other.as_deref_mut(), target, &mut begun);
        if outcome.is_err() || lint.reads() == Reads::Rows {
            // The others still run, in a transaction of their own.
            end(connection, &mut begun);
        }
        outcomes.add(lint, outcome);
    }
    end(connection, &mut begun);
    outcomes.into_report()
}

fn check(
    lint: &'static Lint,
    connection: &mut PgConnection,
    other: Option<&mut PgConnection>,
    target: &Target,
    begun: &mut bool,
) -> QueryResult<Vec<FindingRow>> {
    match lint.check {
        Check::Catalog(sql) => {
            begin(connection, begun)?;
            catalog(sql, target).load(connection)
        }
        Check::Rows(sql) => {
            begin(connection, begun)?;
            read_rows(sql, connection, target)
        }
        Check::Sessions(sql) => {
            end(connection, begun);
            ask(sql, connection, other)
        }
    }
}

/// Without it names could mean something else, so no lint runs behind one that failed.
fn begin(connection: &mut PgConnection, begun: &mut bool) -> QueryResult<()> {
    if !std::mem::replace(begun, true) {
        connection.batch_execute(BEGIN)?;
    }
    Ok(())
}

/// A connection that is lost tells so by the next query.
fn end(connection: &mut PgConnection, begun: &mut bool) {
    if std::mem::take(begun) {
        let _ = connection.batch_execute(END);
    }
}

fn read_rows(
    sql: &'static str,
    connection: &mut PgConnection,
    target: &Target,
) -> QueryResult<Vec<FindingRow>> {
    connection.batch_execute(ROWS)?;
    let mut broken = Vec::new();
    for question in catalog(sql, target).load::<QuestionRow>(connection)? {
        let asked = diesel::sql_query(&question.query);
        if asked.get_result::<AnswerRow>(connection)?.is_broken {
            broken.push(question.into());
        }
    }
    Ok(broken)
}

fn ask(
    sql: &'static str,
    connection: &mut PgConnection,
    mut other: Option<&mut PgConnection>,
) -> QueryResult<Vec<FindingRow>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(session(sql).get_result::<SessionRow>(connection)?.session);
        if let Some(other) = &mut other {
            theirs.push(session(sql).get_result::<SessionRow>(*other)?.session);
        }
    }
    Ok(sessions(&ours, &theirs))
}
