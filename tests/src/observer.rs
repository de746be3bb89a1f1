//! What a test sees and does past the library: as the superuser, whom no policy binds.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;

use crate::Database;
use crate::schema::{Post, posts};

/// The superuser of the throwaway server.
pub const SUPERUSER: &str = "postgres";

impl Database {
    /// All posts of all tenants, in the order of tenant and id.
    pub async fn posts(&self) -> Vec<Post> {
        let mut connection = self.connect(SUPERUSER).await;
        let all = posts::table.order((posts::tenant, posts::id)).select(Post::as_select());
        all.load(&mut connection).await.expect("posts can be read")
    }

    /// What a query of one `bigint` finds.
    pub async fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let mut connection = self.connect(SUPERUSER).await;
        let query = diesel::sql_query(format!("SELECT ({sql})::bigint AS \"number\""));
        query.get_result::<Number>(&mut connection).await.expect("the query runs").number
    }

    /// The SQLSTATE with which the server refuses a login's statement; `None` if it does not.
    pub async fn sqlstate(&self, login: &str, sql: &str) -> Option<String> {
        let mut connection = self.connect(login).await;
        let query = diesel::select(sqlstate(sql));
        let state: String = query.get_result(&mut connection).await.expect("the function runs");
        (state != SUCCESS).then_some(state)
    }

    /// The SQLSTATE with which the server refuses to receive rows, after a login has run `scope`.
    pub async fn copy_in_state(&self, login: &str, scope: &str, copy: &str) -> Option<String> {
        let url = self.url(login);
        let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("the server accepts");
        let connection = tokio::spawn(connection);
        client.batch_execute(scope).await.expect("the scope is entered");
        let refused = client.copy_in::<_, &[u8]>(copy).await.err();
        let state = refused.map(|error| error.code().expect("the server's answer").code().into());
        connection.abort();
        state
    }

    /// A new login, whose name no other role of the server has.
    pub async fn login(&self, attributes: &str, member_of: &[&str]) -> String {
        let login = crate::unique_id();
        self.run(SUPERUSER, &format!("CREATE ROLE {login} LOGIN {attributes}")).await;
        for role in member_of {
            self.run(SUPERUSER, &format!("GRANT {role} TO {login}")).await;
        }
        login
    }

    /// A new login that may serve requests.
    pub async fn runtime_login(&self) -> String {
        let login = self.login("NOINHERIT", &[]).await;
        self.set_up(&login).await;
        login
    }
}

/// The role that a statement runs as.
pub fn current_role() -> SqlLiteral<Text> {
    sql("current_user::text")
}

/// What [`sqlstate()`] returns for a statement that succeeds.
pub const SUCCESS: &str = "00000";
/// SQLSTATE: insufficient privilege, or a row that a policy refuses.
pub const REFUSED: &str = "42501";

#[diesel::declare_sql_function]
extern "SQL" {
    /// Runs a statement in the scope of whoever asks, and returns its SQLSTATE: Diesel hides it,
    /// and message texts are translated.
    fn sqlstate(statement: Text) -> Text;
}
