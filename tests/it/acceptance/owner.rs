//! FORCE binds the owner of a table as well: a migration URL in the wrong place shows nothing.

use tenants_tests::REFUSED;

use super::world::World;
use crate::acceptance::check::Check;

async fn n16_the_owner_outside_of_a_scope_sees_no_rows(world: &World) -> Check {
    // `reset` has seen to it that there are rows.
    let none = "DO $$ BEGIN IF EXISTS (SELECT FROM posts) THEN RAISE 'rows'; END IF; END $$";
    ensure_eq!(world.database.sqlstate("owner", none).await, None);
    Ok(())
}

async fn n16_the_owner_outside_of_a_scope_changes_no_rows(world: &World) -> Check {
    let insert = "INSERT INTO posts (tenant, title) VALUES ('x', 'owner''s')";
    ensure_eq!(world.database.sqlstate("owner", insert).await.as_deref(), Some(REFUSED));
    ensure_eq!(world.database.sqlstate("owner", "DELETE FROM posts").await, None);
    world.ensure_untouched(&world.a).await?;
    Ok(world.ensure_untouched(&world.b).await?)
}

isolation_cases![
    n16_the_owner_outside_of_a_scope_sees_no_rows,
    n16_the_owner_outside_of_a_scope_changes_no_rows,
];
