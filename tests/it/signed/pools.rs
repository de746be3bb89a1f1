//! Both pools, with signed scopes, do what they do without.

use diesel::prelude::*;
use diesel_async::AsyncConnection;
use diesel_async::RunQueryDsl;
use tenants_core::signature::Signing;
use tenants_diesel::{BuildError, DatabaseProblem, Isolation, LoginProblem, SigningError};
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{NewPost, posts};

use tenants_tests::schema::all_registry;

use super::{Signed, in_both_modes, titles};

in_both_modes! {
    each_call_sees_and_writes_its_own_rows
    the_sync_pool_does_so_too
}

async fn each_call_sees_and_writes_its_own_rows(isolation: Isolation) {
    let signed = Signed::new(isolation).await;
    let pool = signed.builder().max_size(1).build().await.unwrap();
    for _ in 0..2 {
        let read = pool.read(&signed.a, async |conn| titles(conn).await);
        assert_eq!(read.await.unwrap(), ["a 1", "a 2"]);
        let mut conn = pool.get(&signed.b).await.unwrap();
        assert_eq!(titles(&mut conn).await.unwrap(), ["b 1"]);
        let nested = conn.transaction(async |conn| titles(conn).await);
        assert_eq!(nested.await.unwrap(), ["b 1"]);
    }
    let written = pool.transaction(&signed.b, async |conn| {
        let post = NewPost { title: "b 2" };
        diesel::insert_into(posts::table).values(&post).execute(conn).await?;
        titles(conn).await
    });
    assert_eq!(written.await.unwrap(), ["b 1", "b 2"]);
    let mut admin = pool.admin("the guard does not bind it").await.unwrap();
    assert_eq!(titles(&mut admin).await.unwrap().len(), 4);
}

async fn the_sync_pool_does_so_too(isolation: Isolation) {
    let signed = Signed::new(isolation).await;
    let run = move || {
        let pool = signed.sync_builder().max_size(1).build().unwrap();
        let all = || posts::table.select(posts::title).order(posts::title);
        for _ in 0..2 {
            let read: Vec<String> =
                pool.read(&signed.a, |conn| diesel::RunQueryDsl::load(all(), conn)).unwrap();
            assert_eq!(read, ["a 1", "a 2"]);
            let mut conn = pool.get(&signed.b).unwrap();
            assert_eq!(diesel::RunQueryDsl::load::<String>(all(), &mut conn).unwrap(), ["b 1"]);
        }
        let insert = diesel::insert_into(posts::table).values(posts::title.eq("b 2"));
        let written =
            pool.transaction(&signed.b, |conn| diesel::RunQueryDsl::execute(insert, conn));
        assert_eq!(written, Ok(1));
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[tokio::test]
async fn a_pool_that_does_not_sign_is_refused_where_signatures_are_asked_for() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let unsigned = signed.db.builder().build().await.unwrap_err();
    let BuildError::Database(DatabaseProblem::Signed { tables }) = unsigned else {
        panic!("{unsigned}")
    };
    assert!(tables.contains(&"public.posts".to_owned()), "{tables:?}");
}

#[tokio::test]
async fn a_pool_that_signs_is_refused_where_nobody_asks() {
    let signed = Signed::new(Isolation::SharedRole).await;
    signed.db.set_signing(Signing::Off, &all_registry()).await;
    let built = signed.builder().build().await.unwrap_err();
    assert!(matches!(built, BuildError::Database(DatabaseProblem::Unsigned { .. })), "{built}");
    let pool = signed.builder().allow_unsigned_guards().build().await.unwrap();
    assert_eq!(pool.read(&signed.a, async |conn| titles(conn).await).await.unwrap().len(), 2);
    // The guards change under the pool, which goes on.
    signed.db.set_signing(Signing::On, &all_registry()).await;
    assert_eq!(pool.read(&signed.a, async |conn| titles(conn).await).await.unwrap().len(), 2);
}

/// With the proof in one policy and the claim in the other, a statement can change what rows are found by.
#[tokio::test]
async fn no_pool_is_built_where_only_some_policies_ask_for_signatures() {
    let signed = Signed::new(Isolation::SharedRole).await;
    for policy in ["tenants_isolation", "tenants_guard"] {
        let claim = "(tenant = tenants.current_tenant())";
        let alter = format!("ALTER POLICY {policy} ON posts USING {claim} WITH CHECK {claim}");
        signed.db.run("owner", &alter).await;
        let built = signed.builder().build().await.unwrap_err();
        let BuildError::Database(DatabaseProblem::Unsigned { tables }) = built else {
            panic!("{policy}: {built}")
        };
        assert_eq!(tables, ["public.posts"], "{policy}");
        let built = signed.db.builder().build().await.unwrap_err();
        assert!(matches!(built, BuildError::Database(DatabaseProblem::Signed { .. })), "{built}");
        // `generate` puts it right.
        signed.db.set_signing(Signing::On, &all_registry()).await;
        signed.pool().await;
    }
}

#[tokio::test]
async fn a_key_that_the_database_does_not_know_is_refused() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let other = Signed::new(Isolation::SharedRole).await.key;
    let id = other.id().to_owned();
    let built = signed.db.builder().signed(other).build().await.unwrap_err();
    match built {
        BuildError::Signing(SigningError::Refused { id: refused, .. }) => assert_eq!(refused, id),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn settings_of_signatures_without_a_key_are_refused() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let second = std::time::Duration::from_secs(1);
    for builder in [
        signed.db.builder().signature_lifetime(second),
        signed.db.builder().allow_unsigned_guards(),
    ] {
        assert!(matches!(builder.build().await, Err(BuildError::NoSigningKey)));
    }
    for lifetime in [second / 2, second * 60 * 60 * 25] {
        let built = signed.builder().signature_lifetime(lifetime).build().await;
        assert!(matches!(built, Err(BuildError::SignatureLifetime { .. })));
    }
}

#[tokio::test]
async fn a_login_that_reads_the_keys_or_may_not_show_signatures_is_refused() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let run = async |sql: &str| signed.db.run(SUPERUSER, sql).await;
    run("GRANT SELECT (inner_pad) ON tenants.scope_key TO tenants_app").await;
    let built = signed.builder().build().await.unwrap_err();
    let BuildError::Login(LoginProblem::ReadsKeys { role, .. }) = built else {
        panic!("{built:?}")
    };
    assert_eq!(role, "tenants_app");
    run("REVOKE SELECT (inner_pad) ON tenants.scope_key FROM tenants_app").await;
    run("REVOKE EXECUTE ON FUNCTION set_config(text, text, boolean) FROM PUBLIC").await;
    let built = signed.builder().build().await;
    assert!(matches!(built, Err(BuildError::Login(LoginProblem::MayNotSign { .. }))));
    run("GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO app_login").await;
    signed.pool().await;
}
