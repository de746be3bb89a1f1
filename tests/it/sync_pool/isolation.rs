//! What tenant A can do to tenant B. Each test must fail on tables without row-level security.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_tests::Database;
use tenants_tests::schema::*;

use super::{assert_refused, database, insert, one_connection, raw, run_as, titles};

macro_rules! isolation_tests {
    ($($name:ident),* $(,)?) => {
        mod protected {
            $(#[test] fn $name() { super::$name(&super::database()) })*
        }
        mod unprotected {
            $(#[test] #[should_panic] fn $name() { super::$name(&super::unprotected_database()) })*
        }
    };
}

isolation_tests![
    a_query_without_a_filter_shows_own_rows,
    a_filter_for_another_tenant_finds_nothing,
    raw_sql_shows_own_rows,
    a_join_shows_own_rows,
    a_count_counts_own_rows,
    an_insert_for_another_tenant_is_refused,
    an_update_reaches_own_rows,
    a_row_cannot_be_moved_to_another_tenant,
    a_delete_reaches_own_rows,
    an_upsert_onto_another_tenants_row_is_refused,
    save_changes_reaches_own_rows,
    a_read_shows_own_rows,
    a_transaction_shows_own_rows,
    savepoints_keep_the_scope,
    a_rollback_keeps_the_scope,
    a_commit_keeps_the_scope,
    a_connection_serves_one_tenant_after_another,
    row_by_row_shows_own_rows,
];

fn unprotected_database() -> Database {
    let db = database();
    run_as(&db, "owner", "ALTER TABLE posts DISABLE ROW LEVEL SECURITY");
    db
}

fn a_query_without_a_filter_shows_own_rows(db: &Database) {
    let (pool, a, b) = one_connection(db);
    assert_eq!(titles(&mut pool.get(&a).unwrap()).unwrap(), ["a"]);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

fn a_filter_for_another_tenant_finds_nothing(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    let theirs = posts::table.filter(posts::tenant.eq("b")).select(Post::as_select());
    assert_eq!(theirs.load(&mut conn).unwrap(), []);
    assert_eq!(theirs.first(&mut conn).optional().unwrap(), None);
}

fn raw_sql_shows_own_rows(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    assert_eq!(raw(&mut conn, "SELECT * FROM posts WHERE tenant = 'b' OR true").unwrap(), 1);
}

fn a_join_shows_own_rows(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    let pairs = "SELECT * FROM posts AS p LEFT JOIN posts AS q ON p.tenant <> q.tenant \
                 WHERE q.title IS NOT NULL";
    assert_eq!(raw(&mut conn, pairs).unwrap(), 0);
    assert_eq!(titles(&mut conn).unwrap(), ["a"]);
}

fn a_count_counts_own_rows(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    assert_eq!(posts::table.count().get_result::<i64>(&mut conn).unwrap(), 1);
}

fn an_insert_for_another_tenant_is_refused(db: &Database) {
    let (pool, a, b) = one_connection(db);
    let theirs = (posts::tenant.eq("b"), posts::title.eq("planted"));
    let mut conn = pool.get(&a).unwrap();
    assert_refused(diesel::insert_into(posts::table).values(theirs).execute(&mut conn));
    let batch = [(posts::tenant.eq("a"), posts::title.eq("mine")), theirs];
    assert_refused(diesel::insert_into(posts::table).values(&batch[..]).execute(&mut conn));
    drop(conn);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

fn an_update_reaches_own_rows(db: &Database) {
    let (pool, a, b) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    let updated: Vec<Post> = diesel::update(posts::table)
        .set(posts::title.eq("changed"))
        .returning(Post::as_returning())
        .get_results(&mut conn)
        .unwrap();
    assert_eq!(updated.iter().map(|post| post.tenant.as_str()).collect::<Vec<_>>(), ["a"]);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

fn a_row_cannot_be_moved_to_another_tenant(db: &Database) {
    let (pool, a, b) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    assert_refused(diesel::update(posts::table).set(posts::tenant.eq("b")).execute(&mut conn));
    drop(conn);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

fn a_delete_reaches_own_rows(db: &Database) {
    let (pool, a, b) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    let theirs = diesel::delete(posts::table.filter(posts::tenant.eq("b")));
    assert_eq!(theirs.execute(&mut conn).unwrap(), 0);
    assert_eq!(diesel::delete(posts::table).execute(&mut conn).unwrap(), 1);
    drop(conn);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

fn an_upsert_onto_another_tenants_row_is_refused(db: &Database) {
    let (pool, a, b) = one_connection(db);
    let id: i64 = posts::table.select(posts::id).first(&mut pool.get(&b).unwrap()).unwrap();
    let mut conn = pool.get(&a).unwrap();
    assert_refused(
        diesel::insert_into(posts::table)
            .values((posts::tenant.eq("b"), posts::id.eq(id), posts::title.eq("changed")))
            .on_conflict((posts::tenant, posts::id))
            .do_update()
            .set(posts::title.eq("changed"))
            .execute(&mut conn),
    );
    drop(conn);
    assert_eq!(titles(&mut pool.get(&b).unwrap()).unwrap(), ["b"]);
}

fn save_changes_reaches_own_rows(db: &Database) {
    let (pool, a, b) = one_connection(db);
    let mut theirs: Post =
        posts::table.select(Post::as_select()).first(&mut pool.get(&b).unwrap()).unwrap();
    theirs.title = "changed".into();
    let saved = theirs.save_changes::<Post>(&mut pool.get(&a).unwrap());
    assert_eq!(saved, Err(DieselError::NotFound));
    assert_eq!(theirs.save_changes::<Post>(&mut pool.get(&b).unwrap()).unwrap(), theirs);
}

fn a_read_shows_own_rows(db: &Database) {
    let (pool, a, b) = one_connection(db);
    assert_eq!(pool.read(&a, titles).unwrap(), ["a"]);
    assert_eq!(pool.read(&b, titles).unwrap(), ["b"]);
}

fn a_transaction_shows_own_rows(db: &Database) {
    let (pool, a, b) = one_connection(db);
    assert_eq!(pool.transaction(&a, titles).unwrap(), ["a"]);
    assert_eq!(pool.transaction(&b, titles).unwrap(), ["b"]);
}

fn savepoints_keep_the_scope(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let seen = pool.transaction(&a, |conn| {
        let mut seen = Vec::new();
        for outcome in [Ok(()), Err(DieselError::RollbackTransaction)] {
            let inner = conn.transaction(|conn| {
                insert(conn, "inner")?;
                seen.push(titles(conn)?);
                outcome
            });
            assert!(matches!(inner, Ok(()) | Err(DieselError::RollbackTransaction)));
            seen.push(titles(conn)?);
        }
        QueryResult::Ok(seen)
    });
    let expected: [&[&str]; 4] =
        [&["a", "inner"], &["a", "inner"], &["a", "inner", "inner"], &["a", "inner"]];
    assert_eq!(seen.unwrap(), expected);
}

fn a_rollback_keeps_the_scope(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    let rolled_back = conn.transaction(|conn| {
        insert(conn, "gone")?;
        Err::<(), _>(DieselError::RollbackTransaction)
    });
    assert_eq!(rolled_back, Err(DieselError::RollbackTransaction));
    assert_eq!(titles(&mut conn).unwrap(), ["a"]);
}

fn a_commit_keeps_the_scope(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    conn.transaction(|conn| insert(conn, "kept")).unwrap();
    assert_eq!(titles(&mut conn).unwrap(), ["a", "kept"]);
}

fn a_connection_serves_one_tenant_after_another(db: &Database) {
    let (pool, a, b) = one_connection(db);
    for round in 0..50 {
        let (tenant, title) = if round % 2 == 0 { (&a, "a") } else { (&b, "b") };
        let seen = match round % 3 {
            0 => titles(&mut pool.get(tenant).unwrap()),
            1 => pool.read(tenant, titles),
            _ => pool.transaction(tenant, titles),
        };
        assert_eq!(seen.unwrap(), [title], "round {round}");
    }
}

fn row_by_row_shows_own_rows(db: &Database) {
    let (pool, a, _) = one_connection(db);
    let mut conn = pool.get(&a).unwrap();
    let rows: QueryResult<Vec<String>> = posts::table
        .select(posts::title)
        .load_iter::<String, diesel::pg::PgRowByRowLoadingMode>(&mut conn)
        .unwrap()
        .collect();
    assert_eq!(rows.unwrap(), ["a"]);
}

#[test]
fn the_database_fills_the_tenant_in() {
    let (pool, a, _) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    let batch = ["x", "y"].map(|title| NewPost { title });
    let inserted: Vec<String> = diesel::insert_into(posts::table)
        .values(&batch[..])
        .returning(posts::tenant)
        .get_results(&mut conn)
        .unwrap();
    assert_eq!(inserted, ["a", "a"]);
}

#[test]
fn an_upsert_onto_an_own_row_changes_it() {
    let (pool, a, _) = one_connection(&database());
    let mut conn = pool.get(&a).unwrap();
    let id: i64 = posts::table.select(posts::id).first(&mut conn).unwrap();
    let post: Post = diesel::insert_into(posts::table)
        .values((posts::id.eq(id), posts::title.eq("again")))
        .on_conflict((posts::tenant, posts::id))
        .do_update()
        .set(posts::title.eq("changed"))
        .returning(Post::as_returning())
        .get_result(&mut conn)
        .unwrap();
    assert_eq!((post.tenant.as_str(), post.title.as_str()), ("a", "changed"));
}

#[test]
fn the_admin_connection_shows_the_rows_of_all_tenants() {
    let (pool, ..) = one_connection(&database());
    let mut admin = pool.admin("monthly report").unwrap();
    assert_eq!(titles(&mut admin).unwrap(), ["a", "b"]);
    assert_eq!(admin.reason(), "monthly report");
    assert_eq!(super::text(&mut admin, "current_user::text"), "tenants_admin");
}

#[test]
fn threads_never_see_each_others_tenant() {
    let db = database();
    let pool = super::builder(&db).max_size(3).build().unwrap();
    let (a, b) = super::two_tenants(&pool);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (pool, tenant) = (&pool, if worker % 2 == 0 { &a } else { &b });
            scope.spawn(move || {
                for round in 0..40 {
                    // Some callers are careless.
                    let careless = catch_unwind(AssertUnwindSafe(|| {
                        pool.transaction(tenant, |conn| {
                            let seen = titles(conn);
                            match round % 10 {
                                3 => panic!("careless"),
                                5 => raw(conn, "SET ROLE NONE").map(|_| ()),
                                7 => raw(conn, "SAVEPOINT x").map(|_| ()),
                                _ => {
                                    assert_eq!(seen?, [tenant.as_str()]);
                                    QueryResult::Ok(())
                                }
                            }
                        })
                    }));
                    assert_eq!(careless.is_err(), round % 10 == 3);
                    let mut conn = pool.get(tenant).unwrap();
                    assert_eq!(titles(&mut conn).unwrap(), [tenant.as_str()]);
                    if round % 10 == 9 {
                        raw(&mut conn, "SET ROLE NONE").unwrap();
                    }
                }
            });
        }
    });
}
