//! Where the key must not be: logs, `Debug`, errors, pg_stat_statements, and what scoped code reads.

use tenants_diesel::{Isolation, TenantPool};
use tenants_tests::SUPERUSER;

use super::{Signed, titles};
use crate::raw::Raw;

/// What scoped code is refused.
#[tokio::test]
async fn no_scoped_code_reads_a_key() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let scoped = Raw::connect(&signed.db.url("app_login")).await;
    for role in ["NONE", "tenants_app"] {
        scoped.run(&format!("SET ROLE {role}")).await.unwrap();
        for statement in [
            "SELECT inner_pad FROM tenants.scope_key",
            "SELECT count(*) FROM tenants.scope_key",
            "COPY tenants.scope_key TO STDOUT",
            "SELECT table_to_xml('tenants.scope_key', true, true, '')",
            "SELECT tenants.add_scope_key()",
            "UPDATE tenants.scope_key SET retires_at = NULL",
            "DELETE FROM tenants.scope_key",
            "INSERT INTO tenants.scope_key SELECT 'aaaaaaaa', repeat('a', 64)::bytea, repeat('a', 64)::bytea",
        ] {
            assert_eq!(scoped.run(statement).await, Err("42501".to_owned()), "{role}: {statement}");
        }
    }
    let owner = Raw::connect(&signed.db.url("owner")).await;
    assert_eq!(owner.row("SELECT count(*) FROM tenants.scope_key").await, "1");
}

#[tokio::test]
async fn nothing_that_is_shown_holds_the_key() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let (text, _) = signed.db.cli(&["key", "add"]).await;
    let secret = text.trim().rsplit_once('_').unwrap().1.to_owned();
    let key: tenants_diesel::SigningKey = text.parse().unwrap();
    let builder = signed.db.builder().signed(key.clone());
    let shown = format!("{key:?} {builder:?}");
    let pool: TenantPool = builder.build().await.unwrap();
    let shown = format!("{shown} {pool:?} {:?}", pool.get(&signed.a).await.unwrap());
    assert!(shown.contains(key.id()) && !shown.contains(&secret[..8]), "{shown}");
}

/// Statements, parameters and results of everything that makes, lists and uses keys, as a server
/// that logs all of it and tracks all statements keeps them.
#[tokio::test]
async fn the_server_writes_no_key_down() {
    let signed = Signed::new(Isolation::SharedRole).await;
    let server = Raw::connect(&signed.db.url(SUPERUSER)).await;
    let database = server.row("SELECT current_database()").await;
    server.run(&format!("ALTER DATABASE {database} SET log_statement = 'all'")).await.unwrap();
    server
        .run(&format!("ALTER DATABASE {database} SET log_min_duration_statement = 0"))
        .await
        .unwrap();
    let mut keys = Vec::new();
    for arguments in [&["key", "add"][..], &["key", "rotate"]] {
        keys.push(signed.db.cli(arguments).await.0.trim().to_owned());
    }
    signed.db.cli(&["key", "list"]).await;
    let pool = signed.db.builder().signed(keys[1].parse().unwrap()).build().await.unwrap();
    titles(&mut pool.get(&signed.a).await.unwrap()).await.unwrap();
    let log = tenants_tests::server().log();
    assert!(log.contains("add_scope_key"), "nothing was logged");
    assert!(log.contains("tenants.scope"), "nothing was logged");
    for key in keys {
        let secret = key.rsplit_once('_').unwrap().1;
        assert!(!log.contains(secret), "the key is in the log");
    }
}

/// Whoever reads statements reads neither keys nor signatures, and a signature for each scope does not
/// crowd the other statements out.
#[cfg(feature = "translations")]
#[tokio::test]
async fn pg_stat_statements_holds_no_key_and_no_signature() {
    const SCOPES: usize = 20;
    let start = || {
        let server = throwaway::Server::builder()
            .setting("shared_preload_libraries", "pg_stat_statements")
            .start()
            .unwrap();
        let database = tenants_tests::prepare(&server);
        let owner = server.url("owner", database);
        let (mut key, mut hints) = (Vec::new(), Vec::new());
        let add = ["tenants", "key", "add", "--database-url", &owner];
        assert_eq!(tenants_diesel::cli::run_with(add, &mut key, &mut hints), 0);
        (server, database, String::from_utf8(key).unwrap())
    };
    let (server, database, key) = tokio::task::spawn_blocking(start).await.unwrap();
    let superuser = Raw::connect(&server.superuser_url(database)).await;
    superuser.run("CREATE EXTENSION pg_stat_statements").await.unwrap();
    let pool = TenantPool::builder(server.url("app_login", database))
        .provisioning_url(server.url("provisioner", database))
        .registry(tenants_tests::schema::text_registry())
        .signed(key.parse().unwrap())
        .allow_unsigned_guards()
        .build()
        .await
        .unwrap();
    let tenant = pool.create_tenant("acme").await.unwrap();
    for _ in 0..SCOPES {
        pool.read(&tenant, async |conn| titles(conn).await).await.unwrap();
    }
    let shown =
        "SELECT count(*) FROM pg_stat_statements WHERE query LIKE 'SELECT pg_catalog.set_config(%'";
    assert_eq!(superuser.row(shown).await, "1");
    let calls = "SELECT calls >= 20 FROM pg_stat_statements WHERE query LIKE 'SELECT pg_catalog.set_config(%'";
    assert_eq!(superuser.row(calls).await, "t");
    let all = superuser.row("SELECT string_agg(query, E'\\n') FROM pg_stat_statements").await;
    let (public, secret) = key.trim().rsplit_once('_').unwrap();
    let id = public.rsplit_once('_').unwrap().1;
    assert!(all.contains("add_scope_key") && !all.contains(secret) && !all.contains(id), "{all}");
}
