//! Every future of a pool moves between threads: into `tokio::spawn`, and into a web handler.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::TryStreamExt;
use tenants_diesel::{LifecycleError, ScopeError, TenantConnection, TenantId, TenantPool};
use tenants_tests::schema::{NewPost, posts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::two::{Two, tenant};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_moves_between_threads() {
    let two = Two::new().await;
    let pool = tokio::spawn(two.db.builder().max_size(2).build()).await.unwrap().unwrap();
    let mut tasks = JoinSet::new();
    for (tenant, titles) in [(&two.acme, 2), (&two.globex, 1)].into_iter().cycle().take(16) {
        let (pool, tenant) = (pool.clone(), tenant.clone());
        tasks.spawn(async move {
            let mut conn = pool.get(&tenant).await.unwrap();
            let own = vec![tenant.to_string(); titles];
            let loaded = posts::table.select(posts::tenant).load(&mut conn).await;
            assert_eq!(loaded.as_ref(), Ok(&own));
            assert_eq!(streamed(&mut conn).await, Ok(own));
            let counted = posts::table.count().get_result::<i64>(&mut conn).await;
            assert_eq!(counted, Ok(titles as i64));
            let updated = diesel::update(posts::table).set(posts::title.eq("seen"));
            assert_eq!(updated.execute(&mut conn).await, Ok(titles));
            assert_eq!(undone(&mut conn).await, Ok((1, 0)));
        });
    }
    finish(tasks).await;
    assert_eq!(two.all_posts().await, [("acme".to_owned(), 2), ("globex".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_moves_between_threads() {
    let two = Two::new().await;
    let pool = two.db.builder().max_size(2).build().await.unwrap();
    let mut tasks = JoinSet::new();
    for tenant in [&two.acme, &two.globex].into_iter().cycle().take(16) {
        let (pool, tenant) = (pool.clone(), tenant.clone());
        tasks.spawn(async move {
            let scope = tenant.clone();
            let written = pool.transaction(&tenant, async move |conn| {
                assert_eq!(*conn.tenant(), scope);
                assert_eq!(undone(conn).await?, (1, 0));
                insert(conn, "again").await
            });
            assert_eq!(written.await, Ok(1));
            let seen = pool.read(&tenant, async |conn| streamed(conn).await).await.unwrap();
            assert!(seen.len() > 1 && seen.iter().all(|seen| seen == tenant.as_str()), "{seen:?}");
        });
    }
    finish(tasks).await;
    assert_eq!(two.all_posts().await, [("acme".to_owned(), 10), ("globex".to_owned(), 9)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_tenant_work_moves_between_threads() {
    let two = Two::new().await;
    let pool = two.db.pool().await;
    let task = tokio::spawn(async move {
        let mut admin = pool.admin("report").await.unwrap();
        let all = posts::table.select(posts::tenant).order(posts::tenant);
        let nested = admin.transaction(async |admin| {
            let stream = all.load_stream::<String>(admin).await?;
            stream.try_collect::<Vec<_>>().await
        });
        assert_eq!(nested.await, Ok(["acme", "acme", "globex"].map(str::to_owned).to_vec()));
    });
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unchecked_doors_move_between_threads() {
    let two = Two::new().await;
    let pool = two.db.pool().await;
    let task = tokio::spawn(async move {
        let mut conn = pool.get(&two.globex).await.unwrap();
        conn.unchecked_batch_execute("SELECT 1; SELECT 2").await.unwrap();
        let raw = conn.unchecked_as_pg().await.unwrap();
        let seen = posts::table.select(posts::tenant).load::<String>(raw).await;
        assert_eq!(seen, Ok(vec!["globex".to_owned()]));
    });
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_tenant_moves_between_threads() {
    let two = Two::new().await;
    let pool = two.db.pool().await;
    let task = tokio::spawn(async move {
        let initech = pool.create_tenant("initech").await.unwrap();
        assert!(pool.tenant_exists(&initech).await.unwrap());
        pool.delete_tenant(&initech).await.unwrap();
        assert!(!pool.tenant_exists(&initech).await.unwrap());
        assert!(matches!(pool.create_tenant(&initech).await, Err(LifecycleError::TenantDeleted)));
        pool.restore_tenant(&initech).await.unwrap();

        let creating = pool.create_if_missing();
        let hooli = tenant("hooli");
        assert_eq!(
            creating.transaction(&hooli, async |conn| insert(conn, "again").await).await,
            Ok(1)
        );
        assert_eq!(
            creating.read(&hooli, async |conn| streamed(conn).await).await,
            Ok(vec!["hooli".to_owned()])
        );
        let mut umbrella = creating.get(&tenant("umbrella")).await.unwrap();
        assert_eq!(streamed(&mut umbrella).await, Ok(Vec::new()));
        let names = ["acme", "globex", "hooli", "initech", "umbrella"].map(tenant);
        assert_eq!(pool.list_tenants().await.unwrap(), names);
    });
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_handler_serves_each_tenant_its_own_rows() {
    let two = Two::new().await;
    // Two connections for all requests: tenants take turns on them.
    let pool = two.db.builder().max_size(2).build().await.unwrap();
    let app = Router::new()
        .route("/", get(list).post(add))
        .route("/checkout", get(list_by_checkout))
        .with_state(pool);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let mut requests = JoinSet::new();
    for path in ["/", "/checkout"].into_iter().cycle().take(16) {
        requests.spawn(async move {
            let answer = |tenant| request(address, "GET", path, tenant);
            assert_eq!(answer("acme").await, (200, "acme: first, acme: second".to_owned()));
            assert_eq!(answer("globex").await, (200, "globex: first".to_owned()));
            assert_eq!(answer("initech").await.0, 404);
            assert_eq!(answer("").await.0, 400);
        });
    }
    finish(requests).await;

    assert_eq!(request(address, "POST", "/", "globex").await, (200, "1".to_owned()));
    assert_eq!(request(address, "POST", "/", "initech").await.0, 404);
    let answer = request(address, "GET", "/", "globex").await;
    assert_eq!(answer, (200, "globex: again, globex: first".to_owned()));
    assert_eq!(two.all_posts().await, [("acme".to_owned(), 2), ("globex".to_owned(), 2)]);
    server.abort();
}

async fn finish(mut tasks: JoinSet<()>) {
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

async fn insert(conn: &mut TenantConnection, title: &str) -> QueryResult<usize> {
    diesel::insert_into(posts::table).values(NewPost { title }).execute(conn).await
}

/// Whose posts a connection sees, row by row.
async fn streamed(conn: &mut TenantConnection) -> QueryResult<Vec<String>> {
    posts::table.select(posts::tenant).load_stream(conn).await?.try_collect().await
}

/// Counts the posts that a nested transaction adds: inside it, and after it was undone.
async fn undone(conn: &mut TenantConnection) -> QueryResult<(i64, i64)> {
    let added = posts::table.filter(posts::title.eq("undone")).count();
    conn.transaction(async |conn| {
        let mut inside = 0;
        let nested = conn.transaction(async |conn| {
            insert(conn, "undone").await?;
            inside = added.get_result(conn).await?;
            QueryResult::<()>::Err(DieselError::RollbackTransaction)
        });
        assert_eq!(nested.await, Err(DieselError::RollbackTransaction));
        Ok((inside, added.get_result(conn).await?))
    })
    .await
}

type Post = (String, String);

async fn list(State(pool): State<TenantPool>, headers: HeaderMap) -> Result<String, StatusCode> {
    let tenant = tenant_of(&headers)?;
    let posts = pool.read(&tenant, async |conn| all_posts(conn).await).await;
    posts.map(|posts| page(&posts)).map_err(|error| status(&error))
}

async fn list_by_checkout(
    State(pool): State<TenantPool>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    let mut conn = pool.get(&tenant_of(&headers)?).await.map_err(|error| status(&error.into()))?;
    all_posts(&mut conn).await.map(|posts| page(&posts)).map_err(|error| status(&error))
}

async fn add(State(pool): State<TenantPool>, headers: HeaderMap) -> Result<String, StatusCode> {
    let tenant = tenant_of(&headers)?;
    let added = pool.transaction(&tenant, async |conn| insert(conn, "again").await).await;
    added.map(|rows| rows.to_string()).map_err(|error| status(&error))
}

async fn all_posts(conn: &mut TenantConnection) -> QueryResult<Vec<Post>> {
    posts::table
        .select((posts::tenant, posts::title))
        .order((posts::tenant, posts::title))
        .load(conn)
        .await
}

fn page(posts: &[Post]) -> String {
    let lines: Vec<String> =
        posts.iter().map(|(tenant, title)| format!("{tenant}: {title}")).collect();
    lines.join(", ")
}

fn tenant_of(headers: &HeaderMap) -> Result<TenantId, StatusCode> {
    let header = headers.get("x-tenant").and_then(|value| value.to_str().ok());
    TenantId::try_from(header.unwrap_or_default()).map_err(|_| StatusCode::BAD_REQUEST)
}

fn status(error: &DieselError) -> StatusCode {
    match ScopeError::of(error) {
        Some(ScopeError::UnknownTenant) => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Status and body of the answer to a request as it is on the wire.
async fn request(address: SocketAddr, method: &str, path: &str, tenant: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-tenant: {tenant}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|head| head.get(..3)).unwrap();
    (status.parse().unwrap(), body.to_owned())
}
