//! What code in one tenant's scope tries to become another one.

use diesel::QueryResult;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use tenants_core::signature::{Binding, Signing};
use tenants_diesel::{Denied, DeniedBy, Isolation, ScopeError, TenantConnection, TenantPool};

use super::{Signed, in_both_modes, titles};

in_both_modes! {
    a_tenant_that_was_set_counts_for_nothing
    no_other_signature_counts
}

/// What makes `b` the tenant, as far as the database goes without signatures.
fn switch(signed: &Signed) -> String {
    match signed.db.isolation() {
        Isolation::SharedRole => format!("SET tenants.tenant = '{}'", signed.b),
        Isolation::RolePerTenant => format!("SET ROLE NONE; SET ROLE 'tenant_{}'", signed.b),
    }
}

/// What a connection of `a` sees and writes after some statements of its own.
async fn after(signed: &Signed, pool: &TenantPool, statements: &str) -> QueryResult<Vec<String>> {
    let mut conn = pool.get(&signed.a).await.unwrap();
    titles(&mut conn).await.unwrap();
    let raw = conn.unchecked_as_pg().await.unwrap();
    raw.batch_execute(statements).await.unwrap();
    titles(raw).await
}

async fn a_tenant_that_was_set_counts_for_nothing(isolation: Isolation) {
    let signed = Signed::new(isolation).await;
    let pool = signed.pool().await;
    let switch = switch(&signed);
    // Permissive policies show `b`, the guard `a`: nothing is left.
    assert_eq!(after(&signed, &pool, &switch).await, Ok(vec![]));
    let write = format!("{switch}; INSERT INTO posts (tenant, title) VALUES ('{}', 'x')", signed.b);
    let mut conn = pool.get(&signed.a).await.unwrap();
    let raw = conn.unchecked_as_pg().await.unwrap();
    raw.batch_execute(&write).await.unwrap_err();
    assert_eq!(signed.db.posts().await.len(), 3);
    let sees_b = format!("{switch}; RESET tenants.scope");
    let unsigned = after(&signed, &pool, &sees_b).await.unwrap_err();
    assert!(unsigned.to_string().contains("not signed"), "{unsigned}");
    // Without signatures the same statements lead to `b`.
    signed.db.set_signing(Signing::Off).await;
    let pool = signed.db.pool().await;
    assert_eq!(after(&signed, &pool, &switch).await.unwrap(), ["b 1"]);
}

async fn no_other_signature_counts(isolation: Isolation) {
    let signed = Signed::new(isolation).await;
    let pool = signed.pool().await;
    let switch = switch(&signed);
    let own = own_signature(&signed, &pool).await;
    let (mac, claim) = own.split_once(':').unwrap();
    let with_tenant = |tenant: &str| {
        let (rest, _) = claim.rsplit_once(':').unwrap();
        format!("{mac}:{rest}:{tenant}")
    };
    let later = claim.splitn(4, ':').collect::<Vec<_>>();
    let forged = [
        with_tenant(signed.b.as_str()),
        with_tenant(&format!("{}:{}", signed.a, signed.b)),
        format!("{mac}:{}:*:{}:{}", later[0], later[2], signed.b),
        format!("{mac}:{}:{}:9999999999:{}", later[0], later[1], signed.b),
        format!("{}:{claim}", mac.to_uppercase()),
        format!("{}:{claim}", "0".repeat(64)),
        format!("{mac};{claim}"),
        format!("{mac}:00000000:{}:{}:{}", later[1], later[2], signed.b),
        claim.to_owned(),
        "x".to_owned(),
        "::::".to_owned(),
        ":".repeat(300),
    ];
    for forged in forged {
        let set = format!("{switch}; SET tenants.scope = '{forged}'");
        let refused = after(&signed, &pool, &set).await.unwrap_err().to_string();
        assert!(refused.contains("is not valid"), "{forged}: {refused}");
    }
}

async fn own_signature(signed: &Signed, pool: &TenantPool) -> String {
    let mut conn = pool.get(&signed.a).await.unwrap();
    let scope = diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('tenants.scope')");
    diesel::select(scope).get_result(&mut conn).await.unwrap()
}

/// A signature of `b` itself is good in one process, and nowhere else.
#[tokio::test]
async fn a_stolen_signature_counts_in_its_own_process_alone() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.pool().await;
    let in_an_hour = i64::MAX / 4;
    let switch = switch(&signed);
    let stolen = async |binding| {
        let stolen = format!("{:?}", signed.key.sign(&signed.b, binding, in_an_hour));
        assert_eq!(stolen, "Signature(..)");
        let literal = sql_of(&signed.key.sign(&signed.b, binding, in_an_hour));
        after(&signed, &pool, &format!("{switch}; {literal}")).await
    };
    let elsewhere = stolen(Binding::Backend(1)).await.unwrap_err().to_string();
    assert!(elsewhere.contains("is not valid"), "{elsewhere}");
    // Behind a pooler nothing binds it.
    assert_eq!(stolen(Binding::Any).await.unwrap(), ["b 1"]);
}

/// The statement that shows a signature, by way of the message that enters a scope.
fn sql_of(signature: &tenants_core::signature::Signature) -> String {
    let scope = tenants_core::scope::Scope::default();
    let signed = scope.prove().signed(signature).to_string();
    let statement = signed.split("; ").find(|sql| sql.contains("set_config")).unwrap();
    statement.replace(", true)", ", false)")
}

/// Typed, on the statement that met it, and the connection is not used again.
#[tokio::test]
async fn a_statement_that_spoils_the_signature_is_told() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().max_size(1).build().await.unwrap();
    let mut conn: TenantConnection = pool.get(&signed.a).await.unwrap();
    diesel::sql_query("SET tenants.scope = 'x'").execute(&mut conn).await.unwrap();
    let refused = titles(&mut conn).await.unwrap_err();
    assert_eq!(ScopeError::of(&refused), Some(ScopeError::SignatureInvalid));
    drop(conn);
    assert_eq!(pool.status().size, 0, "it was closed");
    let read = pool.read(&signed.b, async |conn| titles(conn).await);
    assert_eq!(read.await.unwrap(), ["b 1"]);
}

/// Where a signature is asked for the guard alone denies, by its name, and is explained like any other policy.
#[tokio::test]
async fn a_write_that_the_guard_alone_denies_is_explained() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.pool().await;
    let mut conn = pool.get(&signed.a).await.unwrap();
    titles(&mut conn).await.unwrap();
    diesel::sql_query(switch(&signed)).execute(&mut conn).await.unwrap();
    let write = format!("INSERT INTO posts (tenant, title) VALUES ('{}', 's3cret')", signed.b);
    let denied = diesel::sql_query(write).execute(&mut conn).await.unwrap_err();
    assert!(denied.to_string().contains("\"tenants_guard\""), "{denied}");
    let explained = Denied::of(&denied).unwrap();
    assert_eq!((explained.by, explained.object.as_str()), (DeniedBy::WithCheck, "posts"));
}
