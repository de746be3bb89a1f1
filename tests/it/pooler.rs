//! Rule 11, with a real PgBouncer in transaction mode: one that carries prepared statements, and one that
//! does not.

mod bouncer;
mod ends;
mod prepared;
mod sharing;
mod signed;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use tenants_diesel::sync::{TenantPool, TenantPoolBuilder};
use tenants_diesel::{BuildError, CheckoutError, Pooler};
use tenants_tests::schema::{posts, text_registry};

use crate::raw::Raw;
use crate::two::Two;
use bouncer::{Bouncer, Statements};

const SCOPE_OF_ACME: &str = "SET ROLE tenants_app; SET tenants.tenant = 'acme'";
const SCOPE_OF_GLOBEX: &str = "SET ROLE tenants_app; SET tenants.tenant = 'globex'";

/// Two tenants behind a pooler.
struct Behind {
    two: Two,
    bouncer: Bouncer,
}

impl Behind {
    async fn new(statements: Statements) -> Self {
        Self::with_server_connections(statements, 1).await
    }

    async fn with_server_connections(statements: Statements, size: usize) -> Self {
        let two = Two::new().await;
        let start = move || Bouncer::start(statements, size);
        let bouncer = tokio::task::spawn_blocking(start).await.unwrap();
        Self { two, bouncer }
    }

    fn url(&self, login: &str) -> String {
        self.bouncer.url(&self.two.db, login)
    }

    /// A client of the pooler without this library.
    async fn raw(&self) -> Raw {
        Raw::connect(&self.url("app_login")).await
    }

    fn builder(&self) -> TenantPoolBuilder {
        TenantPool::builder(self.url("app_login"))
            .admin_url(self.url("admin_login"))
            .registry(text_registry())
    }

    fn async_builder(&self) -> tenants_diesel::TenantPoolBuilder {
        tenants_diesel::TenantPool::builder(self.url("app_login"))
            .admin_url(self.url("admin_login"))
            .registry(text_registry())
            .pooler(Pooler::Transaction)
    }
}

/// Runs a test with both kinds of PgBouncer.
macro_rules! with_both {
    ($($(#[$doc:meta])* $name:ident)+) => {
        $(
            mod $name {
                use crate::pooler::bouncer::Statements;

                #[tokio::test]
                async fn statements_passed_on() {
                    super::$name(Statements::PassedOn).await;
                }

                #[tokio::test]
                async fn statements_carried() {
                    super::$name(Statements::Carried).await;
                }
            }
        )+
    };
}
use with_both;

with_both! {
    rule11_session_scope_leaks_through_a_transaction_pooler
    rule11_no_session_scope_is_handed_out
    rule11_a_powerful_login_is_refused
    the_doctor_finds_a_pooler_that_was_not_told
}

/// Runs what blocks, and gives back what it worked with.
async fn blocking<R>(
    behind: Behind,
    test: impl FnOnce(&Behind) -> R + Send + 'static,
) -> (Behind, R)
where
    R: Send + 'static,
{
    let run = move || {
        let result = test(&behind);
        (behind, result)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Nothing else is found behind it, but that it is there, unless it was told.
async fn the_doctor_finds_a_pooler_that_was_not_told(statements: Statements) {
    let behind = Behind::with_server_connections(statements, 2).await;
    let (behind, found) = blocking(behind, |behind| {
        [Pooler::None, Pooler::Transaction].map(|pooler| {
            let pool = behind.builder().pooler(pooler).build().unwrap();
            let report = pool.doctor().unwrap();
            assert_eq!(report.unrun, []);
            report.findings.iter().any(|finding| finding.lint.id == "T605")
        })
    })
    .await;
    assert_eq!(found, [true, false]);
    let direct = TenantPool::builder(behind.two.db.url("app_login")).registry(text_registry());
    let examine = move || direct.build().unwrap().doctor().unwrap();
    let report = tokio::task::spawn_blocking(examine).await.unwrap();
    assert!(report.findings.iter().all(|finding| finding.lint.id != "T605"), "{report}");
}

async fn rule11_session_scope_leaks_through_a_transaction_pooler(statements: Statements) {
    let behind = Behind::new(statements).await;
    let (one, other) = (behind.raw().await, behind.raw().await);
    assert_eq!(other.tenants_seen().await, Err("42501".to_owned()));

    one.run(SCOPE_OF_ACME).await.unwrap();
    assert_eq!(other.tenants_seen().await.unwrap(), ["acme"]);
    assert_eq!(behind.raw().await.tenants_seen().await.unwrap(), ["acme"]);
    // Who asked for a tenant gets another one's rows.
    other.run(SCOPE_OF_GLOBEX).await.unwrap();
    assert_eq!(one.tenants_seen().await.unwrap(), ["globex"]);
}

async fn rule11_no_session_scope_is_handed_out(statements: Statements) {
    let behind = Behind::new(statements).await;
    let stranger = behind.raw().await;
    // What the setting prevents.
    let (behind, scoped) = blocking(behind, |behind| {
        let unaware = behind.builder().build().unwrap();
        let mut scoped = unaware.get(&behind.two.acme).unwrap();
        assert_eq!(tenants_seen(&mut scoped).unwrap(), ["acme"]);
        scoped
    })
    .await;
    assert_eq!(stranger.tenants_seen().await.unwrap(), ["acme"]);
    tokio::task::spawn_blocking(|| drop(scoped)).await.unwrap();

    let (behind, ()) = blocking(behind, |behind| {
        let pool = behind.builder().pooler(Pooler::Transaction).build().unwrap();
        assert_session_refused(&pool.get(&behind.two.acme).unwrap_err());
        assert_session_refused(&pool.admin("a report").unwrap_err());
    })
    .await;
    if statements == Statements::Carried {
        let pool = behind.async_builder().build().await.unwrap();
        assert_session_refused(&pool.get(&behind.two.acme).await.unwrap_err());
        assert_session_refused(&pool.admin("a report").await.unwrap_err());
    }
    assert_unscoped(&behind).await;
}

fn assert_session_refused(refused: &CheckoutError) {
    assert!(matches!(refused, CheckoutError::SessionBehindPooler), "{refused:?}");
    assert!(refused.to_string().contains("use `transaction`"), "{refused}");
}

/// Whose posts a connection sees, without a filter.
fn tenants_seen<C>(conn: &mut C) -> QueryResult<Vec<String>>
where
    C: LoadConnection<Backend = Pg>,
{
    posts::table.select(posts::tenant).distinct().order(posts::tenant).load(conn)
}

/// Fails unless the pooler's server connection belongs to nobody.
async fn assert_unscoped(behind: &Behind) {
    let stranger = behind.raw().await;
    assert_eq!(stranger.tenants_seen().await, Err("42501".to_owned()));
    let setting = "SELECT current_setting('tenants.tenant', true)";
    assert_eq!(stranger.row(setting).await, "");
    assert_eq!(stranger.row("SELECT current_user").await, "app_login");
}

async fn rule11_a_powerful_login_is_refused(statements: Statements) {
    let behind = Behind::new(statements).await;
    // The role that such a login starts as is lost on the way.
    let as_app = format!("{}?options=-c%20role%3Dtenants_app", behind.url("postgres"));
    assert_eq!(Raw::connect(&as_app).await.tenants_seen().await.unwrap(), ["acme", "globex"]);

    let powerful = behind.two.db.builder().allow_powerful_login();
    let refused = powerful.pooler(Pooler::Transaction).build().await.unwrap_err();
    assert!(matches!(refused, BuildError::PowerfulBehindPooler), "{refused:?}");
    blocking(behind, |behind| {
        let powerful = || TenantPool::builder(behind.url("postgres")).allow_powerful_login();
        let refused = powerful().pooler(Pooler::Transaction).build().unwrap_err();
        assert!(matches!(refused, BuildError::PowerfulBehindPooler), "{refused:?}");
        // Also if the pooler is not told of.
        let refused = powerful().registry(text_registry()).build().unwrap_err();
        assert!(matches!(refused, BuildError::Login(_)), "{refused:?}");
    })
    .await;
}
