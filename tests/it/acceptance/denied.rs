//! What the server denies is explained, in whatever language, and nothing else is.

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::{Denied, DeniedBy, TenantId};
use tenants_tests::SUPERUSER;
use tenants_tests::schema::{NewPost, posts};

use super::world::World;
use super::{RunQueryDsl, TenantPool, builder};

diesel::define_sql_function!(fn refuse_by_itself(what: diesel::sql_types::Text) -> diesel::sql_types::Integer);

/// A view, a sequence, a function and a schema to which nobody gave the runtime role a right, a key without
/// the tenant, a policy of the application's own and a function that refuses by itself.
const FURTHER: &str = "
    CREATE TABLE untagged (id integer, secret text);
    CREATE VIEW untagged_view AS SELECT * FROM untagged;
    CREATE SEQUENCE untagged_seq;
    CREATE FUNCTION untagged_fn() RETURNS integer LANGUAGE sql RETURN 1;
    REVOKE EXECUTE ON FUNCTION untagged_fn() FROM PUBLIC;
    CREATE SCHEMA untagged_schema;
    CREATE TABLE untagged_schema.t ();
    CREATE UNIQUE INDEX ON posts (id) WHERE id = 77;
    CREATE POLICY \"no \"\"drafts\"\"\" ON posts AS RESTRICTIVE FOR INSERT WITH CHECK (title <> 'draft');
    CREATE FUNCTION refuse_by_itself(what text) RETURNS integer LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '%', what USING ERRCODE = '42501', DETAIL = 'row s3cret', TABLE = 'posts'; END $$";

/// Statements and how each is denied, of which object.
fn statements(other: &TenantId) -> Vec<(String, DeniedBy, &'static str)> {
    let denied = |sql: &str, by, object| (sql.to_owned(), by, object);
    vec![
        (
            format!("INSERT INTO posts (tenant, title) VALUES ('{other}', 's3cret')"),
            DeniedBy::WithCheck,
            "posts",
        ),
        (format!("UPDATE posts SET tenant = '{other}'"), DeniedBy::WithCheck, "posts"),
        denied("INSERT INTO posts (title) VALUES ('draft')", DeniedBy::WithCheck, "posts"),
        denied(
            "INSERT INTO posts (id, title) VALUES (77, 's3cret') ON CONFLICT (id) WHERE id = 77 DO UPDATE SET title = 's3cret'",
            DeniedBy::Using,
            "posts",
        ),
        denied("SELECT * FROM untagged", DeniedBy::Table, "untagged"),
        denied("INSERT INTO untagged VALUES (1, 's3cret')", DeniedBy::Table, "untagged"),
        denied("TRUNCATE posts", DeniedBy::Table, "posts"),
        denied("SELECT * FROM untagged_view", DeniedBy::Table, "untagged_view"),
        denied("SELECT nextval('untagged_seq')", DeniedBy::Sequence, "untagged_seq"),
        denied("SELECT untagged_fn()", DeniedBy::Function, "untagged_fn"),
        denied("SELECT * FROM untagged_schema.t", DeniedBy::Schema, "untagged_schema"),
    ]
}

async fn further(world: &World) {
    world.database.run("owner", FURTHER).await;
    let theirs = format!("INSERT INTO posts (id, tenant, title) VALUES (77, '{}', 'x')", world.b);
    world.database.run(SUPERUSER, &theirs).await;
}

async fn each_denial_is_explained(world: &World) {
    further(world).await;
    ensure_explained(world, &world.pool).await;
}

async fn ensure_explained(world: &World, pool: &TenantPool) {
    for (sql, by, object) in statements(&world.b) {
        let mut conn = pool.get(&world.a).await.unwrap();
        let alone = diesel::sql_query(sql.as_str()).execute(&mut conn).await.unwrap_err();
        // The connection is as good as before.
        assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(2), "{sql}");
        drop(conn);
        let ended = pool.transaction(&world.a, async |conn| {
            posts::table.count().get_result::<i64>(conn).await?;
            diesel::sql_query(sql.as_str()).execute(conn).await
        });
        for error in [alone, ended.await.unwrap_err()] {
            let denied = Denied::of(&error).unwrap_or_else(|| panic!("{sql}: {error}"));
            assert_eq!((denied.by, denied.object.as_str()), (by, object), "{sql}: {error}");
            // What happened and what to do, for people who see the error alone.
            let DieselError::DatabaseError(_, said) = &error else { panic!("{error:?}") };
            assert!(said.message().contains(object), "{error}");
            assert!(said.message().ends_with(&by.to_string()), "{error}");
            assert_eq!(said.table_name(), Some(object));
            assert_eq!(said.details(), None);
            assert!(!format!("{error} {error:?} {denied} {:?}", said.hint()).contains("s3cret"));
        }
    }
}

/// Rows that arrive one by one, and what Diesel's own queries write.
async fn denials_of_queries_with_rows_are_explained(world: &World) {
    let other = world.b.as_str();
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let row = (posts::tenant.eq(other), posts::title.eq("s3cret"));
    let insert = diesel::insert_into(posts::table).values(row).returning(posts::id);
    let denied = insert.get_result::<i64>(&mut conn).await.unwrap_err();
    assert_eq!(Denied::of(&denied).unwrap().by, DeniedBy::WithCheck);
    let update = diesel::update(posts::table).set(posts::tenant.eq(other)).returning(posts::id);
    let denied = update.load::<i64>(&mut conn).await.unwrap_err();
    assert_eq!(Denied::of(&denied).unwrap().object, "posts");
}

/// What policies hide is no error: to a tenant it is not there.
async fn rows_of_others_are_not_there_and_not_denied(world: &World) {
    further(world).await;
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let theirs = || posts::table.filter(posts::id.eq(77));
    assert_eq!(theirs().count().get_result::<i64>(&mut conn).await, Ok(0));
    assert_eq!(diesel::update(theirs()).set(posts::title.eq("x")).execute(&mut conn).await, Ok(0));
    assert_eq!(diesel::delete(theirs()).execute(&mut conn).await, Ok(0));
    let own = diesel::insert_into(posts::table).values(&NewPost { title: "own" });
    assert_eq!(own.execute(&mut conn).await, Ok(1));
}

/// Also if the application has the same SQLSTATE, and the name of a table.
async fn what_the_application_refuses_is_its_own(world: &World) {
    further(world).await;
    let mut conn = world.pool.get(&world.a).await.unwrap();
    for text in ["posts", "you may not see posts", "permission", "new row for table \"posts\""] {
        let own = diesel::select(refuse_by_itself(text)).get_result::<i32>(&mut conn).await;
        let own = own.unwrap_err();
        assert_eq!(Denied::of(&own), None, "{text}");
        let DieselError::DatabaseError(_, said) = &own else { panic!("{own:?}") };
        assert_eq!(said.message(), text);
        assert_eq!(said.details(), Some("row s3cret"));
    }
    for other in
        ["SELECT 1 / 0", "SELECT * FROM nowhere", "SELECT 'x'::integer", "DROP TABLE posts"]
    {
        let own = diesel::sql_query(other).execute(&mut conn).await.unwrap_err();
        assert_eq!(Denied::of(&own), None, "{other}");
    }
}

/// A database whose operator did not run `tenants setup` since: errors are as the server sends them.
async fn without_the_servers_words_errors_stay_as_they_are(world: &World) {
    world.database.run("owner", "DROP FUNCTION tenants.denials()").await;
    let pool = builder(&world.database).build().await.unwrap();
    let foreign = format!("INSERT INTO posts (tenant, title) VALUES ('{}', 'x')", world.b);
    let denied = pool
        .transaction(&world.a, async |conn| diesel::sql_query(foreign).execute(conn).await)
        .await
        .unwrap_err();
    assert_eq!(Denied::of(&denied), None);
    assert!(denied.to_string().ends_with("for table \"posts\""), "{denied}");
}

/// The probe shows nothing and keeps nothing, whoever tries.
async fn the_probe_keeps_nothing(world: &World) {
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let probe = "tenants.tenants_probe";
    for write in [
        format!("INSERT INTO {probe} VALUES (1)"),
        format!("INSERT INTO {probe} VALUES (3)"),
        format!("INSERT INTO {probe} DEFAULT VALUES"),
        format!("DELETE FROM {probe}"),
        format!("TRUNCATE {probe}"),
        format!("INSERT INTO {probe} VALUES (2) ON CONFLICT (id) DO UPDATE SET id = 2"),
    ] {
        assert!(diesel::sql_query(&write).execute(&mut conn).await.is_err(), "{write}");
    }
    for nothing in [
        format!("UPDATE {probe} SET id = id"),
        format!("SELECT FROM {probe} FOR UPDATE"),
        format!("INSERT INTO {probe} VALUES (1) ON CONFLICT DO NOTHING"),
    ] {
        assert_eq!(diesel::sql_query(&nothing).execute(&mut conn).await, Ok(0), "{nothing}");
    }
}

/// It speaks German here.
#[cfg(feature = "translations")]
async fn a_server_that_speaks_german_is_understood(world: &World) {
    further(world).await;
    let german = "DO $$ BEGIN EXECUTE format(
        'ALTER DATABASE %I SET lc_messages = \"C.UTF-8\"', current_database()); END $$";
    world.database.run(SUPERUSER, german).await;
    let pool = builder(&world.database).build().await.unwrap();
    let said = pool
        .transaction(&world.a, async |conn| diesel::sql_query("TRUNCATE posts").execute(conn).await)
        .await
        .unwrap_err()
        .to_string();
    assert!(said.starts_with("keine Berechtigung für Tabelle posts; "), "{said}");
    ensure_explained(world, &pool).await;
}

#[cfg(feature = "translations")]
in_both_modes![a_server_that_speaks_german_is_understood];
in_both_modes![
    each_denial_is_explained,
    denials_of_queries_with_rows_are_explained,
    rows_of_others_are_not_there_and_not_denied,
    what_the_application_refuses_is_its_own,
    without_the_servers_words_errors_stay_as_they_are,
    the_probe_keeps_nothing,
];
