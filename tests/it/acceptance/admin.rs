//! Cross-tenant work.

use diesel::prelude::*;
use tenants_diesel::CheckoutError;
use tenants_tests::current_role;
use tenants_tests::schema::{Post, posts, text_registry};

use super::world::World;
use super::{Connection, RunQueryDsl, TenantPool};
use crate::log::Log;

/// Not the login itself, which may nothing until it becomes the admin role.
async fn a10_an_admin_connection_runs_as_the_admin_role(world: &World) {
    let mut admin = world.pool.admin("a look at who we are").await.unwrap();
    let role = diesel::select(current_role()).get_result::<String>(&mut admin).await;
    assert_eq!(role.as_deref(), Ok("tenants_admin"));
    assert_eq!(admin.reason(), "a look at who we are");
}

async fn a14_an_admin_inserts_rows_of_several_tenants_in_one_transaction(world: &World) {
    let mut admin = world.pool.admin("import").await.unwrap();
    let inserted = admin.transaction(async |admin| {
        let mut inserted = 0;
        for tenant in [&world.a, &world.b] {
            let row = (posts::tenant.eq(tenant.as_str()), posts::title.eq("imported"));
            inserted += diesel::insert_into(posts::table).values(row).execute(admin).await?;
        }
        QueryResult::Ok(inserted)
    });
    assert_eq!(inserted.await, Ok(2));
    drop(admin);
    for (tenant, rows) in [(&world.a, 3), (&world.b, 4)] {
        let mut conn = world.pool.get(tenant).await.unwrap();
        assert_eq!(posts::table.count().get_result::<i64>(&mut conn).await, Ok(rows));
    }
}

async fn a15_an_admin_sees_all_rows(world: &World) {
    let mut admin = world.pool.admin("export").await.unwrap();
    let all = posts::table.order(posts::title).select(Post::as_select());
    assert_eq!(all.load::<Post>(&mut admin).await, Ok(world.rows()));
}

async fn an_admin_connection_logs_its_reason(world: &World) {
    let log = Log::default();
    let listening = tracing::subscriber::set_default(log.clone());
    drop(world.pool.admin("monthly report").await.unwrap());
    world.pool.admin(" ").await.unwrap_err();
    drop(listening);
    drop(world.pool.admin("nobody listens").await.unwrap());
    let logged = log.of_target("tenants::admin");
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert!(
        logged[0].starts_with("INFO") && logged[0].contains("reason=\"monthly report\""),
        "{logged:?}"
    );
}

/// Whose rows would those be?
async fn an_admin_names_the_tenant_of_each_new_row(world: &World) {
    let mut admin = world.pool.admin("import").await.unwrap();
    let nobodys = diesel::insert_into(posts::table).values(posts::title.eq("nobody's"));
    assert!(nobodys.execute(&mut admin).await.is_err());
    assert_eq!(world.database.posts().await.len(), world.rows().len());
}

async fn cross_tenant_work_needs_a_login_and_a_reason(world: &World) {
    for none in ["", " ", "\n\t"] {
        let refused = world.pool.admin(none).await;
        assert!(matches!(refused, Err(CheckoutError::NoReason)), "{refused:?}");
    }
    let without = TenantPool::builder(world.database.url("app_login"))
        .registry(text_registry())
        .isolation(world.database.isolation());
    let refused = without.build().await.unwrap().admin("import").await;
    assert!(matches!(refused, Err(CheckoutError::NoAdminUrl)), "{refused:?}");
}

in_both_modes![
    a10_an_admin_connection_runs_as_the_admin_role,
    a14_an_admin_inserts_rows_of_several_tenants_in_one_transaction,
    a15_an_admin_sees_all_rows,
    an_admin_connection_logs_its_reason,
    an_admin_names_the_tenant_of_each_new_row,
    cross_tenant_work_needs_a_login_and_a_reason,
];
