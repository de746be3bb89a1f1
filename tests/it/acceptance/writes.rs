//! A tenant writes its own rows, and neither makes, changes, takes nor sees those of others.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::upsert::excluded;
use tenants_tests::schema::{Post, posts};
use tenants_tests::{REFUSED, SUCCESS};

use super::RunQueryDsl;
use super::world::{FIRST, SECOND, World, number, state};
use crate::acceptance::check::Check;

async fn a16_a_row_for_another_tenant_is_refused(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let insert = |tenant| {
        let values = (posts::tenant.eq(tenant), posts::title.eq("new"));
        diesel::insert_into(posts::table).values(values)
    };
    let refused = insert(world.b.as_str()).execute(&mut conn).await;
    ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
    let text = format!("INSERT INTO posts (tenant, title) VALUES ({}, 'new')", world.b.literal());
    ensure_eq!(state(&mut conn, &text).await?, REFUSED);
    world.ensure_untouched(&world.b).await?;
    ensure_eq!(insert(world.a.as_str()).execute(&mut conn).await?, 1);
    Ok(())
}

async fn a17_deleting_another_tenants_rows_deletes_nothing(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let delete = |tenant| diesel::delete(posts::table.filter(posts::tenant.eq(tenant)));
    ensure_eq!(delete(world.b.as_str()).execute(&mut conn).await?, 0);
    world.ensure_untouched(&world.b).await?;
    ensure_eq!(delete(world.a.as_str()).execute(&mut conn).await?, 2);
    world.ensure_rows(&world.a, &[]).await?;
    Ok(())
}

async fn ax_deleting_without_a_filter_deletes_own_rows_only(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    ensure_eq!(diesel::delete(posts::table).execute(&mut conn).await?, 2);
    world.ensure_rows(&world.a, &[]).await?;
    world.ensure_untouched(&world.b).await?;
    Ok(())
}

async fn a18_taking_over_another_tenants_rows_takes_nothing(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let others = posts::table.filter(posts::tenant.eq(world.b.as_str()));
    // With new ids, so that no key of their own stands in the way.
    let take = (posts::tenant.eq(world.a.as_str()), posts::id.eq(posts::id + 1_000_000));
    ensure_eq!(diesel::update(others).set(take).execute(&mut conn).await?, 0);
    world.ensure_untouched(&world.b).await?;
    let own = posts::table.filter(posts::tenant.eq(world.a.as_str()));
    ensure_eq!(diesel::update(own).set(take).execute(&mut conn).await?, 2);
    Ok(())
}

async fn ax_moving_an_own_row_to_another_tenant_is_refused(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let give = |tenant| {
        let own = posts::table.find((world.a.as_str(), FIRST));
        diesel::update(own).set((posts::tenant.eq(tenant), posts::id.eq(1)))
    };
    let refused = give(world.b.as_str()).execute(&mut conn).await;
    ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
    let text = format!(
        "UPDATE posts SET tenant = {}, id = 1 WHERE tenant = {}",
        world.b.literal(),
        world.a.literal()
    );
    ensure_eq!(state(&mut conn, &text).await?, REFUSED);
    world.ensure_untouched(&world.a).await?;
    world.ensure_untouched(&world.b).await?;
    ensure_eq!(give(world.a.as_str()).execute(&mut conn).await?, 1);
    Ok(())
}

async fn ax_an_upsert_onto_another_tenants_row_is_refused(world: &World) -> Check {
    // An index that leaves the tenant out, so that the rows of two tenants can collide.
    let index = "CREATE UNIQUE INDEX \"posts_title_key\" ON \"public\".\"posts\" (\"title\")";
    world.database.run("owner", index).await;
    let mut conn = world.connect(&world.a).await?;
    let upsert = |title| {
        diesel::insert_into(posts::table)
            .values(posts::title.eq(title))
            .on_conflict(posts::title)
            .do_update()
            .set(posts::id.eq(7))
    };
    let refused = upsert("b 1").execute(&mut conn).await;
    ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
    let text = "INSERT INTO posts (title) VALUES ('b 1') ON CONFLICT (title) DO UPDATE SET id = 7";
    ensure_eq!(state(&mut conn, text).await?, REFUSED);
    world.ensure_untouched(&world.b).await?;
    ensure_eq!(upsert("a 1").execute(&mut conn).await?, 1);

    let key = (posts::tenant, posts::id);
    let whole = |tenant: &str| Post { id: SECOND, tenant: tenant.into(), title: "stolen".into() };
    let refused = diesel::insert_into(posts::table)
        .values(whole(world.b.as_str()))
        .on_conflict(key)
        .do_update()
        .set(posts::title.eq(excluded(posts::title)))
        .execute(&mut conn)
        .await;
    ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
    world.ensure_untouched(&world.b).await?;
    Ok(())
}

async fn ax_another_tenants_key_collides_without_telling_its_values(world: &World) -> Check {
    let index = "CREATE UNIQUE INDEX \"posts_title_key\" ON \"public\".\"posts\" (\"title\")";
    world.database.run("owner", index).await;
    let mut conn = world.connect(&world.a).await?;
    let insert = |title| diesel::insert_into(posts::table).values(posts::title.eq(title));
    match insert("b 1").execute(&mut conn).await {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, said)) => {
            ensure_eq!(said.details(), None);
            ensure_eq!(said.message().contains("b 1"), false);
        }
        other => ensure_matches!(other, Err(_)),
    }
    ensure_eq!(insert("new").execute(&mut conn).await?, 1);
    world.ensure_untouched(&world.b).await?;
    Ok(())
}

async fn ax_the_same_key_under_two_tenants_is_two_rows(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let mine = posts::table.find((world.a.as_str(), FIRST));
    let changed = diesel::update(mine).set(posts::title.eq("mine"));
    ensure_eq!(changed.execute(&mut conn).await?, 1);
    let changed = diesel::update(posts::table.filter(posts::id.eq(SECOND)));
    ensure_eq!(changed.set(posts::title.eq("mine too")).execute(&mut conn).await, Ok(1));
    world.ensure_untouched(&world.b).await?;
    Ok(())
}

async fn ax_a_row_of_no_tenant_is_refused(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for nobody in ["NULL", "''"] {
        let text = format!("INSERT INTO posts (tenant, title) VALUES ({nobody}, 'nobody''s')");
        ensure_eq!(state(&mut conn, &text).await?, REFUSED, "for {nobody}");
        let text = format!("UPDATE posts SET tenant = {nobody}");
        ensure_eq!(state(&mut conn, &text).await?, REFUSED, "for {nobody}");
    }
    world.ensure_untouched(&world.a).await?;
    ensure_eq!(state(&mut conn, "INSERT INTO posts (title) VALUES ('own')").await?, SUCCESS);
    ensure_eq!(number(&mut conn, "SELECT count(*) FROM posts").await?, 3);
    Ok(())
}

async fn ax_one_foreign_row_in_a_batch_refuses_the_batch(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let row = |tenant: &str, id| Post { id, tenant: tenant.into(), title: format!("new {id}") };
    let (a, b) = (world.a.as_str(), world.b.as_str());
    let mixed = [row(a, 1), row(b, 2), row(a, 3)];
    let refused = diesel::insert_into(posts::table).values(&mixed[..]).execute(&mut conn).await;
    ensure_matches!(refused, Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)));
    world.ensure_untouched(&world.a).await?;
    world.ensure_untouched(&world.b).await?;
    let own = [row(a, 1), row(a, 3)];
    let inserted = diesel::insert_into(posts::table).values(&own[..]).execute(&mut conn).await?;
    ensure_eq!(inserted, 2);
    Ok(())
}

async fn ax_copies_and_returned_rows_are_own_ones(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let copy = "INSERT INTO posts (title) SELECT 'copy of ' || title FROM posts";
    ensure_eq!(diesel::sql_query(copy).execute(&mut conn).await?, 2);
    let changed = diesel::update(posts::table).set(posts::title.eq("x"));
    let changed = changed.returning(posts::tenant).get_results::<String>(&mut conn).await?;
    ensure_eq!(changed, vec![world.a.to_string(); 4]);
    let deleted = diesel::delete(posts::table).returning(posts::tenant);
    ensure_eq!(deleted.get_results::<String>(&mut conn).await?, vec![world.a.to_string(); 4]);
    world.ensure_untouched(&world.b).await?;
    Ok(())
}

isolation_cases![
    a16_a_row_for_another_tenant_is_refused,
    a17_deleting_another_tenants_rows_deletes_nothing,
    ax_deleting_without_a_filter_deletes_own_rows_only,
    a18_taking_over_another_tenants_rows_takes_nothing,
    ax_moving_an_own_row_to_another_tenant_is_refused,
    ax_an_upsert_onto_another_tenants_row_is_refused,
    ax_another_tenants_key_collides_without_telling_its_values,
    ax_the_same_key_under_two_tenants_is_two_rows,
    ax_a_row_of_no_tenant_is_refused,
    ax_one_foreign_row_in_a_batch_refuses_the_batch,
    ax_copies_and_returned_rows_are_own_ones,
];
