//! Runs the lints of [`tenants_core::doctor`], which say what is wrong with a database.
//!
//! [`TenantPool::doctor`](crate::TenantPool::doctor) looks at the database of a pool, `tenants doctor` at any, and
//! [`examine`] serves tools of your own. What each lint means is in `docs/doctor.md`.

#![allow(clippy::disallowed_methods, reason = "runs the queries of `tenants_core::doctor`")]

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text};
pub use tenants_core::doctor::{
    AllowList, AllowListError, Allowance, Check, Finding, LINTS, Lint, Reads, Report, Severity,
    Target, Unrun,
};

#[cfg(feature = "async")]
pub use crate::pool::examine;

/// A row of [`Check::Catalog`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct FindingRow {
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Text)]
    detail: String,
    #[diesel(sql_type = Nullable<Text>)]
    remedy: Option<String>,
}

impl FindingRow {
    pub(crate) fn into_finding(self, lint: &'static Lint) -> Finding {
        let Self { object, detail, remedy } = self;
        Finding { lint, object, detail, remedy, allowed: None }
    }
}

/// A row of [`Check::Rows`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct QuestionRow {
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Text)]
    detail: String,
    #[diesel(sql_type = Text)]
    pub(crate) query: String,
}

impl From<QuestionRow> for FindingRow {
    fn from(QuestionRow { object, detail, .. }: QuestionRow) -> Self {
        Self { object, detail, remedy: None }
    }
}

/// The row that its query has.
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct AnswerRow {
    #[diesel(sql_type = Bool)]
    pub(crate) is_broken: bool,
}

/// A row of [`Check::Sessions`].
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(Pg))]
pub(crate) struct SessionRow {
    #[diesel(sql_type = Integer)]
    pub(crate) session: i32,
}

/// A query of [`Check::Catalog`] with its parameters bound.
pub(crate) fn catalog(sql: &'static str, of: &Target) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    let target = of.clone();
    diesel::sql_query(sql)
        .into_boxed()
        .bind::<Text, _>(target.login)
        .bind::<Text, _>(target.app)
        .bind::<Text, _>(target.admin)
        .bind::<Nullable<Text>, _>(target.admin_login)
        .bind::<Array<Text>, _>(target.schemas)
        .bind::<Array<Text>, _>(target.names)
        .bind::<Array<Nullable<Text>>, _>(target.columns)
        .bind::<Array<Nullable<Text>>, _>(target.tenants)
}

/// A query of [`Check::Sessions`].
pub(crate) fn session(sql: &'static str) -> SqlQuery {
    diesel::sql_query(sql)
}

/// What came of a lint, and of those before it.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    findings: Vec<Finding>,
    unrun: Vec<Unrun>,
}

impl Outcomes {
    pub(crate) fn add(
        &mut self,
        lint: &'static Lint,
        outcome: Result<Vec<FindingRow>, DieselError>,
    ) {
        match outcome {
            Ok(rows) => self.findings.extend(rows.into_iter().map(|row| row.into_finding(lint))),
            Err(error) => self.unrun.push(Unrun { lint, reason: error.to_string() }),
        }
    }

    pub(crate) fn into_report(self) -> Report {
        Report::new(self.findings, self.unrun)
    }
}

/// What the sessions of two connections say.
pub(crate) fn sessions(one: &[i32], other: &[i32]) -> Vec<FindingRow> {
    let fault = tenants_core::doctor::sessions::fault(one, other);
    let row = |detail: &str| FindingRow {
        object: "the database URL".to_owned(),
        detail: detail.to_owned(),
        remedy: None,
    };
    fault.map(row).into_iter().collect()
}
