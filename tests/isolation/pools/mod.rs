//! What hostile or careless code of one tenant must not do to the next user of its connection, where that
//! takes more than statements.

mod residue;
mod roles;
mod streams;
mod unscoped;

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use std::time::Duration;
use tenants_diesel::{TenantConnection, TenantId, TenantPool};
use tenants_tests::Database;
use tenants_tests::schema::*;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    t: Option<String>,
}

/// The rows of a raw query with one text column `t`.
async fn texts(conn: &mut TenantConnection, sql: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Row> = diesel::sql_query(sql).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.t.unwrap_or_default()).collect())
}

async fn exec(conn: &mut TenantConnection, sql: &str) -> QueryResult<usize> {
    diesel::sql_query(sql).execute(conn).await
}

async fn post(conn: &mut TenantConnection, title: &str) -> QueryResult<usize> {
    diesel::insert_into(posts::table).values(&NewPost { title }).execute(conn).await
}

async fn all_posts(conn: &mut TenantConnection) -> QueryResult<Vec<Post>> {
    posts::table.select(Post::as_select()).load(conn).await
}

/// A pool of one connection, so that tenant `b` gets what `a` had.
async fn one_connection(db: &Database) -> (TenantPool, TenantId, TenantId) {
    let pool = db.builder().max_size(1).build().await.unwrap();
    let a = pool.create_tenant("a").await.unwrap();
    let b = pool.create_tenant("b").await.unwrap();
    (pool, a, b)
}

async fn in_time<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("nobody waits for ever")
}

/// What a superuser sees, whatever the policies say.
async fn stored(db: &Database) -> Vec<(String, String)> {
    let mut raw = db.connect("postgres").await;
    let query =
        posts::table.select((posts::tenant, posts::title)).order((posts::tenant, posts::id));
    query.load(&mut raw).await.unwrap()
}
