//! What this library quotes, the server reads back unchanged: whatever the text.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, RunQueryDsl};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tenants_core::{Identifier, Literal};
use tenants_diesel::{Admission, TenantConnection, TenantId, TenantPool};
use tenants_tests::Database;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// How many texts are checked beyond those that have a name.
const TEXTS: u32 = 300;

/// What a quoting mistake would turn into something else.
pub(crate) const NASTY: [&str; 16] = [
    "tenant_1",
    "a%b",
    r"a\:b",
    "a :b",
    "';--",
    r"\'; RESET ROLE;--",
    "\"; RESET ROLE;--",
    "$tenants$",
    "$1",
    "日本",
    " leading",
    "trailing ",
    r"ends in \",
    r"\047\x27\u0027",
    "two\r\nlines",
    "'",
];

#[test]
fn an_identifier_is_written_as_the_server_would_write_it_and_names_what_it_spells() {
    let server = Server::start();
    for_all(TEXTS, &text(63), NASTY.map(str::to_owned), |name| {
        let name = name.as_str();
        let quoted = Identifier::new(name).unwrap();
        let messages = server.simple(&format!("SELECT 1 AS {quoted}"));
        let SimpleQueryMessage::RowDescription(columns) = &messages[0] else {
            panic!("{messages:?}");
        };
        prop_assert_eq!(columns[0].name(), name);
        // The server leaves quotes out where a name needs none.
        let written = server.text("SELECT quote_ident($1)", name);
        if written.starts_with('"') {
            prop_assert_eq!(quoted.to_string(), written);
        } else {
            prop_assert_eq!(quoted.to_string(), format!("\"{written}\""));
        }
        Ok(())
    });
}

#[test]
fn a_literal_means_its_value_in_every_encoding_that_a_session_may_have_set() {
    let server = Server::start();
    server.block_on(server.database.grant_temporary());
    for_all(TEXTS, &text(512), NASTY.map(str::to_owned), |value| {
        let value = value.as_str();
        let literal = Literal::checked(value).unwrap();
        for strings in ["on", "off"] {
            server.simple(&format!("SET standard_conforming_strings = {strings}"));
            prop_assert!(literal.to_string().is_ascii());
            if value.is_ascii() {
                let mut written = server.text("SELECT quote_literal($1)", value);
                if written.starts_with('E') {
                    // As libpq's `PQescapeLiteral` does, lest the E join a word that stands before it.
                    written.insert(0, ' ');
                }
                prop_assert_eq!(literal.to_string(), written);
            }
            for encoding in ["LATIN1", "SJIS", "BIG5", "GBK"] {
                server.simple(&format!("SET client_encoding = {encoding}"));
                server
                    .simple(&format!("CREATE TEMP TABLE kept AS SELECT {literal}::text AS value"));
                server.simple("SET client_encoding = 'UTF8'");
                let kept = server.simple("SELECT value FROM kept; DROP TABLE kept");
                prop_assert_eq!(only_values(&kept), [value], "under {}", encoding);
            }
            let read = format!("SELECT ({literal})::text WHERE {literal} = $1");
            prop_assert_eq!(server.text(&read, value), value);
            // As the scope messages are sent: in the simple protocol, between other statements.
            let messages = server.simple(&format!("SELECT 1; SELECT {literal}; SELECT 2"));
            prop_assert_eq!(only_values(&messages), ["1", value, "2"]);
        }
        Ok(())
    });
}

#[test]
fn a_scope_is_that_of_the_tenant_it_names() {
    assert_scopes(&Server::start());
}

#[test]
fn a_scope_is_that_of_the_tenant_it_names_where_backslashes_escape() {
    let server = Server::start();
    let setting = "DO $$ BEGIN EXECUTE format(
        'ALTER DATABASE %I SET standard_conforming_strings = off', current_database()); END $$";
    server.block_on(server.database.run("postgres", setting));
    assert_scopes(&server);
}

fn assert_scopes(server: &Server) {
    let pool = server.block_on(async {
        // Where tenants are numbers, too, a text like `\n0` is refused: there it would be tenant 0.
        server.database.run("owner", "DROP TABLE notes, orders, files").await;
        server.database.builder().admission(Admission::Off).max_size(1).build().await.unwrap()
    });
    let longest = "é".repeat(127) + "'";
    let longest_backslashes = r"\".repeat(255);
    let fixed = NASTY.into_iter().chain([longest.as_str(), &longest_backslashes]);
    for_all(TEXTS, &text(255), fixed.map(str::to_owned), |id| {
        let id = id.as_str();
        let seen = server.block_on(scopes(&pool, &TenantId::try_from(id).unwrap()));
        prop_assert_eq!(seen, Ok([id, id, id].map(str::to_owned)));
        Ok(())
    });
}

/// Whose scope the database says it is, in each way to enter one.
async fn scopes(pool: &TenantPool, tenant: &TenantId) -> QueryResult<[String; 3]> {
    let read = pool.read(tenant, async |conn| current_tenant(conn).await).await?;
    let written = pool.transaction(tenant, async |conn| current_tenant(conn).await).await?;
    let mut conn = pool.get(tenant).await?;
    let nested = conn.transaction(async |conn| current_tenant(conn).await).await?;
    Ok([read, written, nested])
}

async fn current_tenant(conn: &mut TenantConnection) -> QueryResult<String> {
    diesel::select(sql::<Text>("tenants.current_tenant()")).get_result(conn).await
}

/// A session without this library, and the runtime that drives it.
struct Server {
    runtime: Runtime,
    database: Database,
    client: Client,
}

impl Server {
    fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (database, client) = runtime.block_on(async {
            let database = Database::new().await;
            let url = database.url("app_login");
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
            tokio::spawn(connection);
            (database, client)
        });
        Self { runtime, database, client }
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn simple(&self, message: &str) -> Vec<SimpleQueryMessage> {
        self.block_on(self.client.simple_query(message)).unwrap()
    }

    /// The only value of a statement with one parameter.
    fn text(&self, statement: &str, parameter: &str) -> String {
        self.block_on(self.client.query_one(statement, &[&parameter])).unwrap().get(0)
    }
}

fn only_values(messages: &[SimpleQueryMessage]) -> Vec<&str> {
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    rows.collect()
}

/// Text without NUL of 1 to `bytes` bytes: any characters, or mostly those with a meaning in SQL.
pub(crate) fn text(bytes: usize) -> impl Strategy<Value = String> {
    let meaningful = prop::sample::select(vec![
        '\'',
        '"',
        '\\',
        '\n',
        '\r',
        '\t',
        '$',
        '%',
        ':',
        ';',
        '-',
        '/',
        '*',
        ' ',
        '_',
        '0',
        'E',
        'e',
        'n',
        'u',
        'U',
        '&',
        '\u{7f}',
        '\u{a0}',
        'ʼ',
        '’',
        '＇',
        '＼',
        '日',
        '\u{10ffff}',
    ]);
    let any = any::<char>().prop_filter("PostgreSQL has no NUL", |c| *c != '\0');
    let character = prop_oneof![3 => meaningful, 1 => any];
    prop_oneof![
        prop::collection::vec(character.clone(), 1..8),
        prop::collection::vec(character, 1..=bytes)
    ]
    .prop_map(move |characters| {
        let mut text = String::new();
        for c in characters {
            if text.len() + c.len_utf8() <= bytes {
                text.push(c);
            }
        }
        text
    })
}

/// Checks the named cases and then this many others; shows the smallest that fails.
pub(crate) fn for_all<S: Strategy>(
    cases: u32,
    strategy: &S,
    named: impl IntoIterator<Item = S::Value>,
    check: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    for value in named {
        check(value).unwrap();
    }
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(strategy, check).unwrap();
}
