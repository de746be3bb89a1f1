//! The async pool and a server that accepts encrypted connections alone.

mod encrypted;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tenants_diesel::{BuildError, TenantPool};
use tenants_tests::schema::{posts, text_registry};
use tokio::sync::mpsc;
use tokio_postgres::NoTls;

use crate::cancel::{drop_when_active, until_active};
use crate::two::{pid, tenant, tenants_seen};
use encrypted::{Encrypted, self_signed, trusting};

#[tokio::test]
async fn a_url_that_asks_for_tls_needs_a_function_that_speaks_it() {
    let plain = "postgres://app_login:s3cret@127.0.0.1:1/shop";
    let tls = format!("{plain}?sslmode=require");
    let refused = TenantPool::builder(&tls).registry(text_registry()).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::Tls { which: "database URL" }), "{refused:?}");
    let said = refused.to_string();
    assert!(said.contains("`custom_setup`") && said.contains("`cancel_with`"), "{said}");
    assert!(!told(&refused).contains("s3cret"), "{}", told(&refused));
}

#[tokio::test]
async fn a_connection_that_is_not_encrypted_is_an_error_without_secrets() {
    let server = Encrypted::server().await;
    let url = server.plain_url("app_login").replacen("app_login@", "app_login:s3cret@", 1);
    assert!(url.contains(":s3cret@"));
    let refused = TenantPool::builder(url).registry(text_registry()).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::Connect(_)), "{refused:?}");
    assert!(!told(&refused).contains("s3cret"), "{}", told(&refused));
}

#[tokio::test]
async fn scopes_and_admins_work_through_tls() {
    let server = Encrypted::server().await;
    let pool = server.builder(&server.trusted()).build().await.unwrap();
    let superuser = server.superuser().await;
    let encrypted = async |pid: i32| {
        superuser.row(&format!("SELECT ssl FROM pg_stat_ssl WHERE pid = {pid}")).await
    };
    let posted = posts::table.count();
    for (id, count) in [("acme", 2), ("globex", 1)] {
        let tenant = tenant(id);
        let mut conn = pool.get(&tenant).await.unwrap();
        assert_eq!(tenants_seen(&mut conn).await.unwrap(), [id]);
        assert_eq!(encrypted(pid(&mut conn).await).await, "t");
        drop(conn);
        let read = pool.read(&tenant, async |conn| posted.get_result(conn).await);
        assert_eq!(read.await, QueryResult::<i64>::Ok(count));
    }
    let mut admin = pool.admin("test").await.unwrap();
    assert_eq!(tenants_seen(&mut admin).await.unwrap(), ["acme", "globex"]);
    assert_eq!(encrypted(pid(&mut admin).await).await, "t");
}

#[tokio::test]
async fn a_dropped_statement_is_cancelled_through_tls() {
    let server = Encrypted::server().await;
    let (sender, mut requests) = mpsc::unbounded_channel();
    let trusted = server.trusted();
    let pool = server.builder(&trusted).max_size(1).cancel_with(move |token| {
        let (sender, tls) = (sender.clone(), trusted.clone());
        Box::pin(async move {
            // What the pool would do by itself: `sslmode=require` keeps it from being sent.
            let plain = token.cancel_query(NoTls).await;
            let encrypted = token.cancel_query(tls).await;
            sender.send((plain.is_ok(), encrypted.is_ok())).unwrap();
        })
    });
    let pool = pool.build().await.unwrap();
    let watcher = server.superuser().await;
    let sleep = "SELECT pg_sleep(600)";
    let mut conn = pool.get(&tenant("acme")).await.unwrap();
    let before = pid(&mut conn).await;
    drop_when_active(&watcher, sleep, diesel::sql_query(sleep).execute(&mut conn)).await;
    drop(conn);
    assert_eq!(requests.recv().await, Some((false, true)));
    until_active(&watcher, sleep, false).await;
    let mut conn = pool.get(&tenant("globex")).await.unwrap();
    assert_ne!(pid(&mut conn).await, before);
    assert_eq!(tenants_seen(&mut conn).await.unwrap(), ["globex"]);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_an_error() {
    let server = Encrypted::server().await;
    let other = trusting(self_signed().cert.der());
    let refused = server.builder(&other).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::Connect(_)), "{refused:?}");
    assert!(told(&refused).contains("InvalidCertificate"), "{refused:?}");
}

/// All that a program could print of an error.
fn told(error: &BuildError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    causes.map(|error| format!("{error}\n{error:?}\n")).collect()
}
