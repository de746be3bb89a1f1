//! Looking for what is wrong with a database.

use std::time::Duration;

use deadpool::managed::Timeouts;
use diesel::QueryResult;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tenants_core::doctor::{
    BEGIN, Check, END, LINTS, Lint, ROWS, Reads, Report, Target, sessions::ROUNDS,
};

use super::tenant_pool::{TenantPool, checkout};
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
    /// `SELECT pg_backend_pid()`. Both connections are closed afterwards.
    ///
    /// # Errors
    ///
    /// [`CheckoutError`]. A lint that fails is part of the report, which then is not
    /// [clean](Report::is_clean).
    ///
    /// # Cancellation
    ///
    /// Safe: nothing is changed, and the connections are not used again.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use tenants_diesel::{TenantPool, doctor::Severity};
    ///
    /// # async fn example(tenants: TenantPool) -> Result<(), tenants_diesel::CheckoutError> {
    /// let report = tenants.doctor().await?;
    /// assert!(report.is_clean(Severity::Low), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn doctor(&self) -> Result<Report, CheckoutError> {
        let pool = &self.shared.runtime;
        let mut connection = Object::take(checkout(pool).await?);
        // Who waits for a second connection while the pool is busy could wait for ever.
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..pool.timeouts() };
        let mut other = pool.timeout_get(&at_once).await.ok().map(Object::take);
        // What a pooler in transaction mode does is known where it was told.
        let lints = LINTS.iter().filter(|lint| match lint.check {
            Check::Sessions(_) => self.shared.pooler == Pooler::None,
            Check::Catalog(_) => true,
            // Policies bind this login, so it could not tell.
            Check::Rows(_) => false,
        });
        Ok(examine(&mut connection, other.as_mut(), &self.shared.doctor, lints).await)
    }
}

/// Runs lints on a connection of any role; a second connection of the same URL tells whether a pooler in
/// transaction mode stands between.
///
/// # Executed SQL
///
/// As for [`TenantPool::doctor`].
///
/// # Cancellation
///
/// Nothing is changed, but the connection can be left in a transaction: close it.
pub async fn examine(
    connection: &mut AsyncPgConnection,
    mut other: Option<&mut AsyncPgConnection>,
    target: &Target,
    lints: impl IntoIterator<Item = &'static Lint>,
) -> Report {
    let mut outcomes = Outcomes::default();
    let mut begun = false;
    for lint in lints {
        let outcome = check(lint, connection, other.as_deref_mut(), target, &mut begun).await;
        if outcome.is_err() || lint.reads() == Reads::Rows {
            // The others still run, in a transaction of their own.
            end(connection, &mut begun).await;
        }
        outcomes.add(lint, outcome);
    }
    end(connection, &mut begun).await;
    outcomes.into_report()
}

async fn check(
    lint: &'static Lint,
    connection: &mut AsyncPgConnection,
    other: Option<&mut AsyncPgConnection>,
    target: &Target,
    begun: &mut bool,
) -> QueryResult<Vec<FindingRow>> {
    match lint.check {
        Check::Catalog(sql) => {
            begin(connection, begun).await?;
            catalog(sql, target).load(connection).await
        }
        Check::Rows(sql) => {
            begin(connection, begun).await?;
            read_rows(sql, connection, target).await
        }
        Check::Sessions(sql) => {
            end(connection, begun).await;
            ask(sql, connection, other).await
        }
    }
}

/// Without it names could mean something else, so no lint runs behind one that failed.
async fn begin(connection: &mut AsyncPgConnection, begun: &mut bool) -> QueryResult<()> {
    if !std::mem::replace(begun, true) {
        connection.batch_execute(BEGIN).await?;
    }
    Ok(())
}

/// A connection that is lost tells so by the next query.
async fn end(connection: &mut AsyncPgConnection, begun: &mut bool) {
    if std::mem::take(begun) {
        let _ = connection.batch_execute(END).await;
    }
}

async fn read_rows(
    sql: &'static str,
    connection: &mut AsyncPgConnection,
    target: &Target,
) -> QueryResult<Vec<FindingRow>> {
    connection.batch_execute(ROWS).await?;
    let mut broken = Vec::new();
    for question in catalog(sql, target).load::<QuestionRow>(connection).await? {
        let asked = diesel::sql_query(&question.query);
        if asked.get_result::<AnswerRow>(connection).await?.is_broken {
            broken.push(question.into());
        }
    }
    Ok(broken)
}

async fn ask(
    sql: &'static str,
    connection: &mut AsyncPgConnection,
    mut other: Option<&mut AsyncPgConnection>,
) -> QueryResult<Vec<FindingRow>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(session(sql).get_result::<SessionRow>(connection).await?.session);
        if let Some(other) = &mut other {
            theirs.push(session(sql).get_result::<SessionRow>(*other).await?.session);
        }
    }
    Ok(sessions(&ours, &theirs))
}
