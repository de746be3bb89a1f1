//! What code in one tenant's scope tries to become another one.

use diesel::QueryResult;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use tenants_core::signature::{Binding, Signing};
use tenants_diesel::{Denied, DeniedBy, Isolation, ScopeError, TenantConnection, TenantPool};

use tenants_tests::schema::all_registry;
use tenants_tests::show_for_the_session;

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
    assert_eq!(after(&signed, &pool, &switch).await.unwrap(), ["a 1", "a 2"]);
    let write = format!("{switch}; INSERT INTO posts (tenant, title) VALUES ('{}', 'x')", signed.b);
    let mut conn = pool.get(&signed.a).await.unwrap();
    let raw = conn.unchecked_as_pg().await.unwrap();
    raw.batch_execute(&write).await.unwrap_err();
    assert_eq!(signed.db.posts().await.len(), 3);
    let sees_b = format!("{switch}; RESET tenants.scope");
    let unsigned = after(&signed, &pool, &sees_b).await.unwrap_err();
    assert!(unsigned.to_string().contains("not signed"), "{unsigned}");
    // Without signatures the same statements lead to `b`.
    signed.db.set_signing(Signing::Off, &all_registry()).await;
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
        let literal = show_for_the_session(&signed.key.sign(&signed.b, binding, in_an_hour));
        after(&signed, &pool, &format!("{switch}; {literal}")).await
    };
    let elsewhere = stolen(Binding::Backend(1)).await.unwrap_err().to_string();
    assert!(elsewhere.contains("is not valid"), "{elsewhere}");
    // Behind a pooler nothing binds it.
    assert_eq!(stolen(Binding::Any).await.unwrap(), ["b 1"]);
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

/// Views and functions that run as their owner ask for the signature, too. Without signatures they show the
/// rows of whatever tenant is set.
#[tokio::test]
async fn views_and_functions_of_the_owner_show_the_tenant_that_was_signed_for() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let make = "CREATE VIEW titles AS SELECT title FROM posts;
        CREATE FUNCTION titles_of() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
            BEGIN ATOMIC SELECT title FROM posts; END;
        GRANT SELECT ON titles TO tenants_app";
    signed.db.run("owner", make).await;
    for (signing, shown) in [(Signing::Off, vec!["b 1"]), (Signing::On, vec!["a 1", "a 2"])] {
        signed.db.set_signing(signing, &all_registry()).await;
        let pool = signed.builder().allow_unsigned_guards().build().await.unwrap();
        let mut conn = pool.get(&signed.a).await.unwrap();
        let raw = conn.unchecked_as_pg().await.unwrap();
        raw.batch_execute(&switch(&signed)).await.unwrap();
        for query in
            ["SELECT title FROM titles ORDER BY 1", "SELECT titles_of() AS title ORDER BY 1"]
        {
            let rows: Vec<Title> = diesel::sql_query(query).load(raw).await.unwrap();
            let titles: Vec<_> = rows.iter().map(|row| row.title.as_str()).collect();
            assert_eq!(titles, shown, "{signing:?}: {query}");
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Title {
    #[diesel(sql_type = diesel::sql_types::Text)]
    title: String,
}

/// Also while the statement runs, between what the planner compares and what it then looks up.
#[tokio::test]
async fn a_statement_that_changes_the_tenant_while_it_runs_sees_its_own() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let pool = signed.builder().allow_unsigned_guards().build().await.unwrap();
    let switch = format!("set_config('tenants.tenant', '{}', false)", signed.b);
    for (signing, seen) in [(Signing::On, vec!["a 1", "a 2"]), (Signing::Off, vec!["b 1"])] {
        signed.db.set_signing(signing, &all_registry()).await;
        for query in [
            format!(
                "SELECT p.title FROM (SELECT {switch}) AS s, LATERAL (SELECT title FROM posts WHERE s IS NOT NULL) AS p"
            ),
            format!(
                "SELECT title FROM (SELECT {switch} OFFSET 0) AS s JOIN LATERAL (SELECT * FROM posts OFFSET 0) AS p ON s IS NOT NULL"
            ),
        ] {
            let mut conn = pool.get(&signed.a).await.unwrap();
            let rows: Vec<Title> = diesel::sql_query(query.as_str()).load(&mut conn).await.unwrap();
            let mut titles: Vec<_> = rows.iter().map(|row| row.title.as_str()).collect();
            titles.sort_unstable();
            assert_eq!(titles, seen, "{signing:?}: {query}");
        }
    }
}

/// Where a signature is asked for the guard alone denies, by its name, and is explained like any other policy.
#[tokio::test]
async fn a_write_that_the_guard_alone_denies_is_explained() {
    let signed = Signed::new(Isolation::SharedRole).await;
    signed.db.run("owner", "CREATE POLICY wide ON posts FOR INSERT WITH CHECK (true)").await;
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
