//! What no policy can hold, the runtime role has no right to.

use diesel::prelude::*;
use tenants_tests::REFUSED;

use super::RunQueryDsl;
use super::world::{World, state};
use crate::acceptance::check::Check;

async fn ax_truncate_is_denied(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    ensure_eq!(state(&mut conn, "TRUNCATE posts").await?, REFUSED);
    world.ensure_untouched(&world.a).await?;
    Ok(world.ensure_untouched(&world.b).await?)
}

async fn ax_creating_objects_is_denied(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for statement in [
        "CREATE TABLE public.mine ()",
        "CREATE TABLE tenants.mine ()",
        "CREATE SCHEMA mine",
        "CREATE VIEW public.mine AS SELECT 1",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        ensure_eq!(state(&mut conn, statement).await?, REFUSED, "for {statement}");
    }
    Ok(())
}

async fn ax_changing_the_protection_is_denied(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for statement in [
        "ALTER TABLE posts DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON posts USING (true)",
        "DROP TABLE posts",
        "CREATE TRIGGER mine BEFORE INSERT ON posts EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE INDEX mine ON posts (title)",
        "CREATE OR REPLACE FUNCTION tenants.current_tenant() RETURNS text LANGUAGE sql AS 'SELECT ''x'''",
        "SELECT lo_import('/etc/passwd')",
    ] {
        ensure_eq!(state(&mut conn, statement).await?, REFUSED, "for {statement}");
    }
    Ok(())
}

async fn ax_other_roles_cannot_be_taken(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for statement in [
        "SET ROLE tenants_admin",
        "SET ROLE owner",
        "SELECT set_config('role', 'tenants_admin', true)",
        "SET SESSION AUTHORIZATION owner",
        "CREATE ROLE mine",
        "GRANT tenants_admin TO app_login",
    ] {
        ensure_eq!(state(&mut conn, statement).await?, REFUSED, "for {statement}");
    }
    Ok(())
}

async fn ax_tenants_do_not_see_or_change_the_list_of_tenants(world: &World) -> Check {
    let mut conn = world.connect(&world.a).await?;
    for statement in [
        "TABLE tenants.tenant",
        "INSERT INTO tenants.tenant (id) VALUES ('mine')",
        "SELECT tenants.create_tenant('mine')",
        "SELECT tenants.ensure_tenant('mine')",
        "SELECT tenants.delete_tenant('mine')",
        "SELECT tenants.restore_tenant('mine')",
        "SELECT tenants.tenant_exists('mine')",
        "SELECT tenants.admit('mine')",
        "SELECT tenants.list_tenants()",
        "SELECT tenants.provision_tenant('mine', 'tenants_app', 'app_login')",
        "SELECT tenants.provision_role('mine', 'tenants_app', 'app_login')",
        "SELECT tenants.restore_tenant('mine', 'tenants_app', 'app_login')",
        "CALL tenants.provision_roles('tenants_app', 'app_login')",
    ] {
        ensure_eq!(state(&mut conn, statement).await?, REFUSED, "for {statement}");
    }
    Ok(())
}

/// PostgreSQL supports COPY FROM on no table with row-level security.
async fn ax_copy_from_is_refused(world: &World) -> Check {
    const FEATURE_NOT_SUPPORTED: &str = "0A000";
    let (role, id) = (world.role_of(&world.a), world.a.literal());
    let scope = format!("SET ROLE {role}; SET tenants.tenant = {id}");
    let copy = async |table| {
        let copy = format!("COPY {table} FROM STDIN");
        world.database.copy_in_state("app_login", &scope, &copy).await
    };
    ensure_eq!(copy("posts (title)").await.as_deref(), Some(FEATURE_NOT_SUPPORTED));
    let unprotected =
        "CREATE TABLE public.log (line text); GRANT INSERT ON public.log TO tenants_app";
    world.database.run("owner", unprotected).await;
    ensure_eq!(copy("log").await, None);
    Ok(())
}

async fn a24_an_unregistered_table_is_left_alone_and_out_of_reach(world: &World) -> Check {
    let table = "CREATE TABLE public.unregistered (tenant text); INSERT INTO public.unregistered VALUES ('x')";
    world.database.run("owner", table).await;
    let mut conn = world.connect(&world.a).await?;
    for statement in ["TABLE unregistered", "DELETE FROM unregistered"] {
        ensure_eq!(state(&mut conn, statement).await?, REFUSED, "for {statement}");
    }
    let policies = "SELECT count(*) FROM pg_policies WHERE tablename = 'unregistered'";
    ensure_eq!(world.database.number(policies).await, 0);
    Ok(())
}

async fn global_tables_are_read_by_tenants_and_written_by_nobody(world: &World) -> Check {
    use tenants_tests::schema::plans;
    for tenant in [&world.a, &world.b] {
        let mut conn = world.connect(tenant).await?;
        let names = plans::table.order(plans::id).select(plans::name);
        ensure_eq!(names.load::<String>(&mut conn).await?, ["free", "paid"]);
        for statement in [
            "INSERT INTO plans VALUES (3, 'mine')",
            "UPDATE plans SET name = 'mine'",
            "DELETE FROM plans",
            "TRUNCATE plans",
        ] {
            ensure_eq!(state(&mut conn, statement).await?, REFUSED, "for {statement}");
        }
    }
    ensure_eq!(world.database.number("SELECT count(*) FROM plans").await, 2);
    Ok(())
}

in_both_modes![
    ax_truncate_is_denied,
    ax_creating_objects_is_denied,
    ax_changing_the_protection_is_denied,
    ax_other_roles_cannot_be_taken,
    ax_tenants_do_not_see_or_change_the_list_of_tenants,
    ax_copy_from_is_refused,
    a24_an_unregistered_table_is_left_alone_and_out_of_reach,
    global_tables_are_read_by_tenants_and_written_by_nobody,
];
