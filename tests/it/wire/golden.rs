//! What each call sends, word for word, as a server received and ran it: `tests/golden/scope`.
//!
//! A message is a paragraph, a statement a line. What the application itself runs is between them.

use std::fmt::Write;

use diesel::QueryResult;
use diesel::result::Error as DieselError;
use diesel_async::AsyncConnection;
use tenants_core::signature::Signing;
use tenants_diesel::{Isolation, Pooler, TenantId, TenantPool, TenantPoolBuilder};
use tenants_tests::schema::text_registry;
use tenants_tests::{Database, SUPERUSER, unique_id};

use super::order::park;
use super::{Sent, Wire};
use crate::golden::assert_golden;
use crate::two::tenants_seen;

/// A call of a pool, with one statement of the application.
#[derive(Debug, Clone, Copy)]
enum Call {
    Get,
    NestedTransaction,
    Transaction,
    Rollback,
    Read,
    Admin,
    Lifecycle,
}

impl Call {
    fn title(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::NestedTransaction => "get, with a transaction",
            Self::Transaction => "transaction",
            Self::Rollback => "transaction, rolled back",
            Self::Read => "read",
            Self::Admin => "admin",
            Self::Lifecycle => "tenant_exists",
        }
    }

    async fn run(self, pool: &TenantPool, tenant: &TenantId) {
        match self {
            Self::Get => {
                tenants_seen(&mut pool.get(tenant).await.unwrap()).await.unwrap();
            }
            Self::NestedTransaction => {
                let mut conn = pool.get(tenant).await.unwrap();
                conn.transaction(async |conn| tenants_seen(conn).await).await.unwrap();
            }
            Self::Transaction => {
                let seen = pool.transaction(tenant, async |conn| tenants_seen(conn).await);
                seen.await.unwrap();
            }
            Self::Rollback => {
                let undone = pool.transaction(tenant, async |conn| {
                    tenants_seen(conn).await?;
                    QueryResult::<()>::Err(DieselError::RollbackTransaction)
                });
                assert_eq!(undone.await, Err(DieselError::RollbackTransaction));
            }
            Self::Read => {
                let seen = pool.read(tenant, async |conn| tenants_seen(conn).await);
                seen.await.unwrap();
            }
            Self::Admin => {
                tenants_seen(&mut pool.admin("test").await.unwrap()).await.unwrap();
            }
            Self::Lifecycle => assert!(pool.tenant_exists(tenant).await.unwrap()),
        }
    }
}

/// A way to set a pool up, and the calls that differ by it.
struct Case {
    file: &'static str,
    isolation: Isolation,
    login: &'static str,
    calls: &'static [Call],
    set: fn(TenantPoolBuilder) -> TenantPoolBuilder,
    signing: Signing,
}

async fn check(case: Case) {
    let database = Database::isolated_by(case.isolation).await;
    // Roles are cluster-wide, so each test has its own tenant.
    let tenant = database.pool().await.create_tenant(unique_id()).await.unwrap();
    let key = match case.signing {
        Signing::On => Some(database.sign().await),
        Signing::Off => None,
    };
    let mut script = String::new();
    for call in case.calls {
        let wire = Wire::before(&database.url(case.login)).await;
        let side = Wire::before(&database.url("admin_login")).await;
        let builder = TenantPool::builder(wire.url())
            .admin_url(side.url())
            .isolation(case.isolation)
            .registry(text_registry())
            .max_size(1);
        let builder = match &key {
            Some(key) => builder.signed(key.clone()),
            None => builder,
        };
        let pool = (case.set)(builder).build().await.unwrap();
        let wire = if matches!(call, Call::Admin) { side } else { wire };
        wire.clear().await;
        call.run(&pool, &tenant).await;
        write!(script, "-- {}\n\n", call.title()).unwrap();
        for sent in up_to_next(*call, &pool, &wire).await {
            match sent {
                Sent::Query(sql) => write!(script, "{};\n\n", sql.replace("; ", ";\n")).unwrap(),
                Sent::Bind(sql) => write!(script, "{sql};\n\n").unwrap(),
                _ => {}
            }
        }
    }
    let script = unsigned(&script).replace(tenant.as_str(), "acme");
    assert_golden(format!("scope/{}.sql", case.file), &format!("{}\n", script.trim_end()));
}

/// Takes the signatures out, which differ each time.
fn unsigned(script: &str) -> String {
    const BEFORE: &str = "set_config('tenants.scope', '";
    let mut parts = script.split(BEFORE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |script, part| {
        let (signature, rest) = part.split_once('\'').unwrap();
        assert_eq!(signature.split(':').count(), 5, "{signature}");
        format!("{script}{BEFORE}<signature>'{rest}")
    })
}

/// What a call sent. When its connection comes back a pool sends what nobody waits for, so the end
/// of it is where the next call begins.
async fn up_to_next(call: Call, pool: &TenantPool, wire: &Wire) -> Vec<Sent> {
    let statements = || {
        let mut sent = wire.sent();
        sent.retain(|sent| sent.runs().is_some());
        sent
    };
    if let Call::Admin = call {
        // Its pool has other connections for the next call.
        wire.ends_with(&park()).await;
        return statements();
    }
    let next = TenantId::try_from("the-next-call").unwrap();
    // Refused or empty: there is no such tenant.
    let seen = pool.read(&next, async |conn| tenants_seen(conn).await).await;
    assert!(seen.is_err() || seen == Ok(Vec::new()), "{seen:?}");
    let mut sent = statements();
    let end = sent.iter().position(|sent| sent.runs().unwrap().contains(next.as_str()));
    sent.truncate(end.unwrap());
    sent
}

const SHARED_ROLE: Case = Case {
    file: "shared-role",
    isolation: Isolation::SharedRole,
    login: "app_login",
    calls: &[
        Call::Get,
        Call::NestedTransaction,
        Call::Transaction,
        Call::Rollback,
        Call::Read,
        Call::Admin,
        Call::Lifecycle,
    ],
    set: |builder| builder,
    signing: Signing::Off,
};

#[tokio::test]
async fn a_shared_role() {
    check(SHARED_ROLE).await;
}

#[tokio::test]
async fn a_role_for_each_tenant() {
    check(Case {
        file: "role-per-tenant",
        isolation: Isolation::RolePerTenant,
        calls: &[Call::Get, Call::Transaction, Call::Read],
        ..SHARED_ROLE
    })
    .await;
}

#[tokio::test]
async fn signed() {
    check(Case {
        file: "signed",
        calls: &[Call::Get, Call::Transaction, Call::Read],
        signing: Signing::On,
        ..SHARED_ROLE
    })
    .await;
}

#[tokio::test]
async fn create_if_missing() {
    check(Case {
        file: "create-if-missing",
        calls: &[Call::Get, Call::Transaction],
        set: |builder| builder.admission(tenants_diesel::Admission::CreateIfMissing),
        ..SHARED_ROLE
    })
    .await;
}

#[tokio::test]
async fn without_admission() {
    check(Case {
        file: "without-admission",
        calls: &[Call::Get, Call::Transaction],
        set: |builder| builder.admission(tenants_diesel::Admission::Off),
        ..SHARED_ROLE
    })
    .await;
}

#[tokio::test]
async fn a_powerful_login() {
    check(Case {
        file: "powerful-login",
        login: SUPERUSER,
        calls: &[Call::Get, Call::Transaction, Call::Lifecycle],
        set: TenantPoolBuilder::allow_powerful_login,
        ..SHARED_ROLE
    })
    .await;
}

#[tokio::test]
async fn behind_a_pooler() {
    check(Case {
        file: "pooler",
        calls: &[Call::Transaction, Call::Rollback, Call::Read, Call::Lifecycle],
        set: |builder| builder.pooler(Pooler::Transaction),
        ..SHARED_ROLE
    })
    .await;
}
