//! Diesel's methods, on a scoped connection.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::upsert::excluded;
use tenants_tests::schema::{NewPost, Post, posts};

use super::world::{FIRST, World};
use super::{Connection, RunQueryDsl, SaveChangesDsl};
use crate::acceptance::check::{Check, CheckError};

async fn loading_methods(world: &World) -> Check {
    let rows = world.rows_of(&world.a);
    let mut conn = world.pool.get(&world.a).await?;
    let all = || posts::table.order(posts::id).select(Post::as_select());
    ensure_eq!(all().load(&mut conn).await?, rows);
    ensure_eq!(all().get_results(&mut conn).await?, rows);
    ensure_eq!(all().first(&mut conn).await?, rows[0]);
    ensure_eq!(all().get_result::<Post>(&mut conn).await?, rows[0]);
    let none = all().filter(posts::id.eq(0));
    ensure_eq!(none.first::<Post>(&mut conn).await.optional()?, None);
    Ok(())
}

async fn an_insert_without_the_tenant_fills_it_in(world: &World) {
    let mut conn = world.pool.get(&world.b).await.unwrap();
    let insert = diesel::insert_into(posts::table).values(&NewPost { title: "new" });
    assert_eq!(insert.execute(&mut conn).await, Ok(1));
    let insert = diesel::insert_into(posts::table).values(&NewPost { title: "newer" });
    let new = insert.returning(Post::as_returning()).get_result::<Post>(&mut conn).await.unwrap();
    assert_eq!((new.tenant.as_str(), new.title.as_str()), (world.b.as_str(), "newer"));
    let default = diesel::insert_into(posts::table);
    let batch = [NewPost { title: "1" }, NewPost { title: "2" }, NewPost { title: "3" }];
    let batch = default.values(&batch[..]).returning(posts::tenant);
    let tenants = batch.get_results::<String>(&mut conn).await.unwrap();
    assert_eq!(tenants, vec![world.b.to_string(); 3]);
    world.ensure_untouched(&world.a).await.unwrap();
}

/// The server sends the row before it finds that the row cannot stay.
async fn a_row_that_was_not_stored_is_not_returned(world: &World) {
    let deferred = "ALTER TABLE posts ADD CONSTRAINT one_title UNIQUE (tenant, title)
        DEFERRABLE INITIALLY DEFERRED";
    world.database.run("owner", deferred).await;
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let again = NewPost { title: "a 1" };
    let insert = diesel::insert_into(posts::table).values(&again);
    let refused = insert.returning(posts::id).get_result::<i64>(&mut conn).await;
    let unique = DatabaseErrorKind::UniqueViolation;
    assert!(matches!(&refused, Err(DieselError::DatabaseError(kind, _)) if *kind == unique));
    let kept = NewPost { title: "a 3" };
    let insert = diesel::insert_into(posts::table).values(&kept);
    insert.returning(posts::id).get_result::<i64>(&mut conn).await.unwrap();
    assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(3));
}

async fn upserts_of_own_rows(world: &World) {
    let mut conn = world.pool.get(&world.a).await.unwrap();
    let again = Post { title: "again".into(), ..world.rows_of(&world.a)[0].clone() };
    let key = (posts::tenant, posts::id);
    let insert = || diesel::insert_into(posts::table).values(&again).on_conflict(key);
    assert_eq!(insert().do_nothing().execute(&mut conn).await, Ok(0));
    world.ensure_untouched(&world.a).await.unwrap();
    let update = insert().do_update().set(posts::title.eq(excluded(posts::title)));
    let updated = update.returning(Post::as_returning()).get_result::<Post>(&mut conn).await;
    assert_eq!(updated, Ok(again));
}

async fn changes_are_saved(world: &World) -> Check {
    let mut conn = world.pool.get(&world.a).await?;
    let changed = Post { title: "changed".into(), ..world.rows_of(&world.a)[0].clone() };
    ensure_eq!(changed.save_changes::<Post>(&mut conn).await?, changed);
    let foreign = Post { tenant: world.b.to_string(), ..changed };
    let saved = foreign.save_changes::<Post>(&mut conn).await;
    ensure_eq!(saved, Err(DieselError::NotFound));
    world.ensure_untouched(&world.b).await?;
    Ok(())
}

async fn nested_transactions_are_savepoints(world: &World) -> Check {
    let insert = |title| diesel::insert_into(posts::table).values(posts::title.eq(title));
    let done = world.pool.transaction(&world.a, async |conn| -> Result<i64, CheckError> {
        insert("outer").execute(conn).await?;
        conn.transaction(async |conn| insert("inner").execute(conn).await).await?;
        let undone = conn.transaction(async |conn| {
            insert("undone").execute(conn).await?;
            conn.transaction(async |conn| insert("undone too").execute(conn).await).await?;
            QueryResult::<()>::Err(DieselError::RollbackTransaction)
        });
        ensure_eq!(undone.await, Err(DieselError::RollbackTransaction));
        // A failed statement spoils its savepoint alone.
        let failed =
            conn.transaction(async |conn| diesel::sql_query("SELECT 1 / 0").execute(conn).await);
        ensure_matches!(failed.await, Err(DieselError::DatabaseError(..)));
        Ok(posts::table.filter(posts::id.ne(FIRST)).count().get_result::<i64>(conn).await?)
    });
    ensure_eq!(done.await?, 3);
    let titles: Vec<_> = world.database.posts().await.into_iter().map(|post| post.title).collect();
    ensure_eq!(
        ["outer", "inner", "undone", "undone too"].map(|title| titles.contains(&title.to_owned())),
        [true, true, false, false],
        "{titles:?}"
    );
    Ok(())
}

async fn a_transaction_rolls_back_when_its_closure_fails(world: &World) {
    let undone = world.pool.transaction(&world.a, async |conn| {
        diesel::delete(posts::table).execute(conn).await?;
        QueryResult::<()>::Err(DieselError::NotFound)
    });
    assert_eq!(undone.await, Err(DieselError::NotFound));
    world.ensure_untouched(&world.a).await.unwrap();
}

async fn read_refuses_to_write(world: &World) {
    let written =
        world.pool.read(&world.a, async |conn| diesel::delete(posts::table).execute(conn).await);
    assert!(matches!(
        written.await,
        Err(DieselError::DatabaseError(diesel::result::DatabaseErrorKind::ReadOnlyTransaction, _))
    ));
    world.ensure_untouched(&world.a).await.unwrap();
}

isolation_cases![loading_methods, changes_are_saved, nested_transactions_are_savepoints,];
in_both_modes![
    an_insert_without_the_tenant_fills_it_in,
    a_row_that_was_not_stored_is_not_returned,
    upserts_of_own_rows,
    a_transaction_rolls_back_when_its_closure_fails,
    read_refuses_to_write,
];
