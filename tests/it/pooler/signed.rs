//! Signed scopes behind a pooler, where no signature can be bound to a process.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::Text;
use tenants_diesel::sync::TenantPool;
use tenants_diesel::{Isolation, Pooler, TenantId, TenantPoolBuilder};
use tenants_tests::schema::{NewPost, posts, text_registry};

use super::bouncer::{Bouncer, Statements};
use super::with_both;
use crate::raw::Raw;
use crate::signed::{Signed, in_both_modes, titles};

/// Longer than a busy machine takes from signing to the statement.
const SHORT: Duration = Duration::from_secs(5);

struct SignedBehind {
    signed: Signed,
    bouncer: Bouncer,
}

impl SignedBehind {
    async fn new(statements: Statements, isolation: Isolation) -> Self {
        let signed = Signed::new(isolation).await;
        let start = move || Bouncer::start(statements, 2);
        let bouncer = tokio::task::spawn_blocking(start).await.unwrap();
        Self { signed, bouncer }
    }

    fn builder(&self) -> TenantPoolBuilder {
        tenants_diesel::TenantPool::builder(self.bouncer.url(&self.signed.db, "app_login"))
            .isolation(self.signed.db.isolation())
            .registry(text_registry())
            .signed(self.signed.key.clone())
            .pooler(Pooler::Transaction)
    }

    /// What a transaction of a tenant shows of its signature, as a log might.
    async fn signature(&self, pool: &tenants_diesel::TenantPool, tenant: &TenantId) -> String {
        let shown = pool.transaction(tenant, async |conn| {
            let scope = diesel::select(sql::<Text>("current_setting('tenants.scope')"));
            diesel_async::RunQueryDsl::get_result::<String>(scope, conn).await
        });
        shown.await.unwrap()
    }

    /// A session of the server of its own, past the pooler.
    async fn thief(&self, stolen: &str, tenant: &TenantId) -> Raw {
        let thief = Raw::connect(&self.signed.db.url("app_login")).await;
        let scope = format!(
            "SET ROLE tenants_app; SET tenants.tenant = '{tenant}'; SET tenants.scope = '{stolen}'"
        );
        thief.run(&scope).await.unwrap();
        thief
    }
}

in_both_modes! {
    rule11_signed_transactions_see_and_write_their_own_rows
}

async fn rule11_signed_transactions_see_and_write_their_own_rows(isolation: Isolation) {
    let behind = SignedBehind::new(Statements::Carried, isolation).await;
    let Signed { a, b, .. } = &behind.signed;
    let pool = behind.builder().max_size(4).build().await.unwrap();
    let tasks = (0..4).map(|task| {
        let (pool, a, b) = (pool.clone(), a.clone(), b.clone());
        tokio::spawn(async move {
            for number in 0..20 {
                let (tenant, own) = if (task + number) % 2 == 0 { (&a, "a ") } else { (&b, "b ") };
                let seen = pool.transaction(tenant, async |conn| {
                    let post = NewPost { title: &format!("{own} new") };
                    let insert = diesel::insert_into(posts::table).values(post);
                    diesel_async::RunQueryDsl::execute(insert, conn).await?;
                    titles(conn).await
                });
                let seen = seen.await.unwrap();
                assert!(seen.iter().all(|title| title.starts_with(own)), "{seen:?}");
                let read = pool.read(tenant, async |conn| titles(conn).await).await.unwrap();
                assert!(
                    read.len() >= seen.len() && read.iter().all(|title| title.starts_with(own))
                );
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(behind.signed.db.posts().await.len(), 3 + 4 * 20);
}

with_both! {
    rule11_signed_sync_transactions_see_and_write_their_own_rows
}

async fn rule11_signed_sync_transactions_see_and_write_their_own_rows(statements: Statements) {
    let behind = SignedBehind::new(statements, Isolation::SharedRole).await;
    let run = move || {
        let pool = TenantPool::builder(behind.bouncer.url(&behind.signed.db, "app_login"))
            .registry(text_registry())
            .signed(behind.signed.key.clone())
            .pooler(Pooler::Transaction)
            .build()
            .unwrap();
        let own = || posts::table.select(posts::title).order(posts::title);
        let Signed { a, b, .. } = &behind.signed;
        std::thread::scope(|scope| {
            for (tenant, rows) in [(a, &["a 1", "a 2"][..]), (b, &["b 1"]), (a, &["a 1", "a 2"])] {
                let pool = &pool;
                scope.spawn(move || {
                    for _ in 0..20 {
                        let seen = pool.transaction(tenant, |conn| {
                            diesel::insert_into(posts::table)
                                .values(NewPost { title: "new" })
                                .execute(conn)?;
                            diesel::delete(posts::table.filter(posts::title.eq("new")))
                                .execute(conn)?;
                            own().load::<String>(conn)
                        });
                        assert_eq!(seen.unwrap(), rows);
                        assert_eq!(
                            pool.read(tenant, |conn| own().load::<String>(conn)).unwrap(),
                            rows
                        );
                    }
                });
            }
        });
        let unsigned = TenantPool::builder(behind.bouncer.url(&behind.signed.db, "app_login"))
            .registry(text_registry())
            .pooler(Pooler::Transaction)
            .build();
        assert!(unsigned.is_err(), "the guards ask for signatures");
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

/// What signatures without a process give up: whoever reads one in time can use it, for its tenant alone.
#[tokio::test]
async fn rule11_a_stolen_signature_counts_elsewhere_until_it_expires() {
    let behind = SignedBehind::new(Statements::Carried, Isolation::SharedRole).await;
    let Signed { a, b, .. } = &behind.signed;
    let pool = behind.builder().signature_lifetime(SHORT).build().await.unwrap();
    let stolen = behind.signature(&pool, b).await;
    assert_eq!(stolen.split(':').nth(2), Some("*"), "{stolen}");
    let thief = behind.thief(&stolen, b).await;
    let seen = "SELECT title FROM posts";
    assert_eq!(thief.rows(seen).await.unwrap(), ["b 1"]);
    // Whatever tenant is claimed beside it, it shows the rows of its own. It counts with no other expiry.
    assert_eq!(behind.thief(&stolen, a).await.rows(seen).await.unwrap(), ["b 1"]);
    let expiry = stolen.split(':').nth(3).unwrap();
    let later = stolen.replace(expiry, "9999999999");
    assert_eq!(behind.thief(&later, b).await.rows(seen).await, Err("42501".to_owned()));

    tokio::time::sleep(SHORT + Duration::from_millis(1500)).await;
    assert_eq!(thief.rows(seen).await, Err("42501".to_owned()));
    // The pool signs each transaction anew, and one that began in time ends in peace.
    let outlives = pool.transaction(b, async |conn| {
        titles(conn).await?;
        tokio::time::sleep(SHORT + Duration::from_millis(1500)).await;
        titles(conn).await
    });
    assert_eq!(outlives.await.unwrap(), ["b 1"]);
}

/// Behind a direct connection the same signature is bound, and worth nothing elsewhere.
#[tokio::test]
async fn rule11_without_a_pooler_a_stolen_signature_counts_nowhere_else() {
    let behind = SignedBehind::new(Statements::Carried, Isolation::SharedRole).await;
    let pool = behind.signed.pool().await;
    let stolen = behind.signature(&pool, &behind.signed.b).await;
    assert_ne!(stolen.split(':').nth(2), Some("*"));
    let thief = behind.thief(&stolen, &behind.signed.b).await;
    assert_eq!(thief.rows("SELECT title FROM posts").await, Err("42501".to_owned()));
}

/// No signature stays on the server's connection for its next user.
#[tokio::test]
async fn rule11_a_signature_ends_with_its_transaction() {
    let behind = SignedBehind::new(Statements::Carried, Isolation::SharedRole).await;
    let pool = behind.builder().max_size(1).build().await.unwrap();
    for fails in [false, true] {
        let ended = pool.transaction(&behind.signed.b, async |conn| {
            titles(conn).await?;
            if fails { Err(DieselError::RollbackTransaction) } else { Ok(()) }
        });
        assert_eq!(ended.await.is_err(), fails);
        let next = Raw::connect(&behind.bouncer.url(&behind.signed.db, "app_login")).await;
        assert_eq!(
            next.row("SELECT coalesce(current_setting('tenants.scope', true), '')").await,
            ""
        );
        assert_eq!(next.rows("SELECT title FROM posts").await, Err("42501".to_owned()));
    }
}
