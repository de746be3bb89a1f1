//! A tenant reads its own rows, however it asks.

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use tenants_diesel::Isolation;
use tenants_tests::REFUSED;
use tenants_tests::schema::{Post, posts};

use super::world::{FIRST, World, number, state};
use super::{Connection, RunQueryDsl};
use crate::acceptance::check::Check;

async fn a13_an_unfiltered_select_shows_own_rows_only(world: &World) -> Check {
    for tenant in [&world.a, &world.b] {
        let mut conn = world.connect(tenant).await?;
        let all = posts::table.order(posts::id).select(Post::as_select());
        ensure_eq!(all.load::<Post>(&mut conn).await?, world.rows_of(tenant));
    }
    Ok(())
}

async fn ax_a_filter_for_another_tenant_finds_nothing(world: &World) -> Check {
    for (tenant, other, rows) in [(&world.a, &world.b, 2), (&world.b, &world.a, 3)] {
        let mut conn = world.connect(tenant).await?;
        let of = |tenant| posts::table.filter(posts::tenant.eq(tenant)).count();
        ensure_eq!(of(tenant.as_str()).get_result::<i64>(&mut conn).await?, rows);
        ensure_eq!(of(other.as_str()).get_result::<i64>(&mut conn).await?, 0);
    }
    Ok(())
}

async fn ax_the_key_of_another_tenants_row_finds_nothing(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let find = |tenant| posts::table.find((tenant, FIRST)).select(Post::as_select());
    ensure_eq!(find(world.a.as_str()).first::<Post>(&mut conn).await?, world.rows_of(&world.a)[0]);
    let other = find(world.b.as_str());
    ensure_eq!(other.first::<Post>(&mut conn).await.optional()?, None);
    let there = diesel::select(exists(posts::table.filter(posts::title.eq("b 1"))));
    ensure_eq!(there.get_result::<bool>(&mut conn).await?, false);
    Ok(())
}

async fn ax_joins_and_subqueries_stay_inside(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    let other = diesel::alias!(posts as other_posts);
    let pairs = posts::table.inner_join(other.on(other.field(posts::id).eq(posts::id)));
    ensure_eq!(pairs.select(count_star()).get_result::<i64>(&mut conn).await?, 2);
    let titles = other.select(other.field(posts::title));
    let same = posts::table.filter(posts::title.eq_any(titles)).count();
    ensure_eq!(same.get_result::<i64>(&mut conn).await?, 2);
    Ok(())
}

async fn ax_raw_sql_is_filtered(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for query in [
        "SELECT count(*) FROM posts",
        "SELECT count(*) FROM ONLY public.posts AS p WHERE true OR p.tenant = ''",
        "WITH everything AS MATERIALIZED (TABLE posts) SELECT count(*) FROM everything",
        "SELECT count(*) FROM (SELECT FROM posts UNION ALL SELECT FROM posts WHERE false) AS u",
        "SELECT count(*) FROM posts AS p FULL JOIN posts AS q USING (tenant, id)",
        "SELECT sum(n)::bigint FROM (SELECT count(*) OVER () AS n FROM posts LIMIT 1) AS w",
        "SELECT count(*) FROM (SELECT FROM posts FOR UPDATE) AS locked",
        "SELECT count(*) FROM posts TABLESAMPLE BERNOULLI (100)",
        "SELECT cardinality(ARRAY(SELECT title FROM posts))::bigint",
        "SELECT (xpath('count(//row)', query_to_xml('TABLE posts', true, false, '')))[1]::text::bigint",
    ] {
        ensure_eq!(number(&mut conn, query).await?, 2, "in {query}");
    }
    Ok(())
}

async fn ax_security_invoker_views_are_filtered(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for query in ["SELECT count(*) FROM invokers_view", "SELECT invokers_count()"] {
        ensure_eq!(number(&mut conn, query).await?, 2, "in {query}");
    }
    Ok(())
}

/// FORCE binds the owner, whose rights these views and functions lend.
async fn n19_views_and_functions_of_the_owner_are_filtered(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    ensure_eq!(number(&mut conn, "SELECT count(*) FROM owners_view").await?, 2);
    // In it the current user is the owner, who is no tenant's role.
    let inside = match world.database.isolation() {
        Isolation::SharedRole => 2,
        Isolation::RolePerTenant => 0,
    };
    ensure_eq!(number(&mut conn, "SELECT owners_count()").await?, inside);
    Ok(())
}

async fn ax_row_security_off_is_an_error_and_no_bypass(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    ensure_eq!(number(&mut conn, "SELECT count(*) FROM posts").await?, 2);
    conn.transaction(async |conn| -> Check {
        diesel::sql_query("SET LOCAL row_security = off").execute(conn).await?;
        ensure_eq!(state(conn, "SELECT FROM posts").await?, REFUSED);
        let all = posts::table.count().get_result::<i64>(conn).await;
        ensure_matches!(all, Err(DieselError::DatabaseError(..)));
        Err(DieselError::RollbackTransaction.into())
    })
    .await
    .or_else(|error| match error.downcast_ref() {
        Some(DieselError::RollbackTransaction) => Ok(()),
        _ => Err(error),
    })
}

isolation_cases![
    a13_an_unfiltered_select_shows_own_rows_only,
    ax_a_filter_for_another_tenant_finds_nothing,
    ax_the_key_of_another_tenants_row_finds_nothing,
    ax_joins_and_subqueries_stay_inside,
    ax_raw_sql_is_filtered,
    ax_security_invoker_views_are_filtered,
    n19_views_and_functions_of_the_owner_are_filtered,
    ax_row_security_off_is_an_error_and_no_bypass,
];
