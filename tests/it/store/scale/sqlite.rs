//! With a hundred thousand tenants in SQLite, by its plans: it does not say how much it read.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tenants_core::store::{Dialect, Filter, Statement, Statements};

use super::{lists, lookups};

const SQL: Statements = Statements(Dialect::Sqlite);

#[test]
fn of_many_tenants_few_are_read() {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    for step in Dialect::Sqlite.steps() {
        connection.batch_execute(step).unwrap();
    }
    connection.batch_execute(include_str!("fill_sqlite.sql")).unwrap();
    // By guesses first, then by what is there.
    check_all(&mut connection);
    connection.batch_execute("ANALYZE").unwrap();
    check_all(&mut connection);

    // That the checks can fail.
    let drop = "DROP INDEX tenants_tenant_status_created_at; DROP INDEX tenants_tenant_status";
    connection.batch_execute(drop).unwrap();
    for case in lists(Dialect::Sqlite) {
        let plan = Plan::of(&mut connection, &case.statement);
        assert!(!plan.is_indexed(), "{} needs no index: {:#?}", case.what, plan.0);
    }
}

fn check_all(connection: &mut SqliteConnection) {
    for case in lookups(Dialect::Sqlite).into_iter().chain(lists(Dialect::Sqlite)) {
        let plan = Plan::of(connection, &case.statement);
        assert!(plan.is_indexed(), "{}: {:#?}", case.what, plan.0);
    }
    let plan = Plan::of(connection, &SQL.count(&Filter::default()));
    let covered = "SEARCH tenants_tenant USING COVERING INDEX";
    assert!(plan.is_indexed() && plan.0[0].starts_with(covered), "{:#?}", plan.0);
    // The others are looked for one by one, if they are.
    let plan = Plan::of(connection, &SQL.search("acme", 20));
    let ahead = |line: &String| {
        line.starts_with("SEARCH tenants_tenant") && line.contains("(slug>? AND slug<?)")
    };
    assert!(plan.0.iter().any(ahead), "{:#?}", plan.0);
}

/// How SQLite would run a statement.
struct Plan(Vec<String>);

impl Plan {
    fn of(connection: &mut SqliteConnection, statement: &Statement) -> Self {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            detail: String,
        }

        let explain = sql_query(format!("EXPLAIN QUERY PLAN {}", statement.as_sql()));
        let lines: Vec<Line> = explain.load(connection).unwrap();
        Self(lines.into_iter().map(|line| line.detail).collect())
    }

    /// Whether the table is read by equal keys alone, and nothing of it is sorted but what is one part of a list.
    fn is_indexed(&self) -> bool {
        let reads: Vec<_> = self.0.iter().filter(|line| line.contains(" tenants_tenant")).collect();
        let mut sorted = self.0.windows(2).filter(|lines| lines[1].contains("TEMP B-TREE"));
        !reads.is_empty()
            && reads.iter().all(|read| read.starts_with("SEARCH") && read.contains("=?"))
            && sorted.all(|lines| lines[0] == "SCAN one" || lines[0] == "SCAN tenant")
    }
}
