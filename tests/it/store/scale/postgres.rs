//! With a million tenants, by the plans of the server and by the pages that it touched.

use std::fmt;

use serde_json::Value as Json;
use tenants_core::store::{Dialect, Filter, Statement, Statements, TenantStatus, Value};
use throwaway::Server;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::{Case, lists, lookups};

const SQL: Statements = Statements(Dialect::Postgres);

/// How the server plans prepared statements: for their values, or for any.
const MODES: [&str; 2] = ["force_custom_plan", "force_generic_plan"];

#[tokio::test(flavor = "multi_thread")]
async fn of_a_million_tenants_few_are_read() {
    let (server, database) = tokio::task::spawn_blocking(server).await.unwrap();
    let superuser = connect(&server.superuser_url(database)).await;
    superuser.batch_execute(include_str!("fill_postgres.sql")).await.unwrap();
    superuser.batch_execute("VACUUM ANALYZE tenants.tenant").await.unwrap();
    let store = connect(&server.url("provisioner", database)).await;

    for mode in MODES {
        store.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.unwrap();
        let cases = lookups(Dialect::Postgres).into_iter().chain(lists(Dialect::Postgres));
        for Case { what, statement, most } in cases.chain(counts()).chain(searches()) {
            let plan = Plan::of(&store, &statement).await;
            plan.check(most).unwrap_or_else(|why| panic!("{what}, {mode}: {why}\n{plan}"));
        }
    }
    parts_of_names_take_an_index(&superuser, &store).await;

    // That the checks can fail.
    let drop = "DROP INDEX tenants.tenant_status_created_at_idx, tenants.tenant_status_idx";
    superuser.batch_execute(drop).await.unwrap();
    let needs_it = |case: &Case| {
        ["list of failed ones, 0", "walk of few, 1", "count of active ones"].contains(&&*case.what)
    };
    let cases = lists(Dialect::Postgres).into_iter().chain(counts()).filter(needs_it);
    let cases: Vec<_> = cases.collect();
    assert_eq!(cases.len(), 3);
    for Case { what, statement, most } in cases {
        let plan = Plan::of(&store, &statement).await;
        assert!(plan.check(most).is_err(), "{what} needs no index\n{plan}");
    }
}

/// Planned for the text, as the store has it.
async fn parts_of_names_take_an_index(superuser: &Client, store: &Client) {
    store.batch_execute("SET plan_cache_mode = auto").await.unwrap();
    let parts = ["me-77123", "mer 5397861", "xyz"];
    let plan = Plan::of(store, &SQL.search(parts[0], 20)).await;
    assert!(plan.check(1_500).is_err(), "it is found without an index\n{plan}");
    superuser.batch_execute(Dialect::Postgres.search_index().unwrap()).await.unwrap();
    superuser.batch_execute("ANALYZE tenants.tenant").await.unwrap();
    for part in parts {
        let plan = Plan::of(store, &SQL.search(part, 20)).await;
        plan.check(1_500).unwrap_or_else(|why| panic!("{part}: {why}\n{plan}"));
    }
}

/// To count is to read what is counted, though of the index alone: in all it has a quarter of the pages of the table.
fn counts() -> Vec<Case> {
    let case = |what: &str, filter: &Filter, most| Case {
        what: format!("count of {what}"),
        statement: SQL.count(filter),
        most,
    };
    vec![
        case("failed ones", &Filter::status(TenantStatus::Failed), 30),
        case("active ones", &Filter::status(TenantStatus::Active), 8_000),
        case("all but deleted ones", &Filter::default(), 8_000),
    ]
}

/// Of these, enough begin with the text.
fn searches() -> Vec<Case> {
    let case = |text: &str, limit| Case {
        what: format!("search for {text}"),
        statement: SQL.search(text, limit),
        most: 150,
    };
    vec![case("acme-900001", 1), case("acme-77", 20), case("ACME", 100), case("", 100)]
}

fn server() -> (Server, &'static str) {
    let settings =
        [("shared_buffers", "512MB"), ("max_wal_size", "4GB"), ("maintenance_work_mem", "512MB")];
    let builder = settings
        .into_iter()
        .fold(Server::builder(), |builder, (name, value)| builder.setting(name, value));
    let server = builder.start().unwrap();
    let database = tenants_tests::prepare(&server);
    (server, database)
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// How the server ran a statement.
struct Plan(Json);

impl Plan {
    async fn of(client: &Client, statement: &Statement) -> Self {
        let (types, values): (Vec<_>, Vec<_>) = statement
            .values()
            .iter()
            .map(|value| match value {
                Value::Text(Some(text)) => ("text", format!("'{text}'")),
                Value::Text(None) => ("text", "NULL".to_owned()),
                Value::Integer(number) => ("bigint", number.to_string()),
            })
            .unzip();
        let (types, values, sql) = (types.join(", "), values.join(", "), statement.as_sql());
        let explain = format!(
            "DEALLOCATE ALL;
            PREPARE one ({types}) AS {sql};
            EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE one ({values})"
        );
        let rows = client.simple_query(&explain).await.unwrap();
        let plan = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let plan: Json = serde_json::from_str(plan.unwrap()).unwrap();
        Self(plan[0]["Plan"].clone())
    }

    /// Refuses a plan that reads the table from one end to the other, sorts more than is returned, or touches more than
    /// so many pages.
    fn check(&self, most: u64) -> Result<(), String> {
        let mut nodes = vec![&self.0];
        while let Some(node) = nodes.pop() {
            let kind = node["Node Type"].as_str().unwrap();
            let parts = node["Plans"].as_array().map_or(&[][..], Vec::as_slice);
            // What was planned and not begun read nothing.
            if node["Actual Loops"] == 0 {
                continue;
            }
            if kind == "Seq Scan" {
                return Err("all records are read".to_owned());
            }
            if kind.ends_with("Sort") && parts.iter().any(|part| number(part, "Actual Rows") > 150)
            {
                return Err("many records are sorted".to_owned());
            }
            nodes.extend(parts);
        }
        let pages = number(&self.0, "Shared Hit Blocks") + number(&self.0, "Shared Read Blocks");
        if pages > most { Err(format!("{pages} pages are read, of {most}")) } else { Ok(()) }
    }
}

/// Since PostgreSQL 18 rows have fractions.
fn number(node: &Json, name: &str) -> u64 {
    node[name].as_f64().unwrap() as u64
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}
