//! What a tenant can leave on a session never reaches the next: each residue, left and looked for by each call.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::Text;
use tenants_diesel::TenantId;
use tenants_tests::SUPERUSER;

use super::world::World;
use super::{Connection, RunQueryDsl, TenantConnection, TenantPool, builder};
use crate::acceptance::check::Check;
use crate::raw::Raw;

/// Statements that leave something, and an expression that shows it.
type Residue = (&'static [&'static str], &'static str);

const RESIDUES: &[Residue] = &[
    (&["DECLARE kept CURSOR WITH HOLD FOR SELECT 1"], CURSORS),
    (&["CREATE TEMP TABLE kept AS SELECT 1 AS id"], TEMPORARY),
    (&["SELECT 1 AS id INTO TEMP posts"], "('posts'::regclass = 'public.posts'::regclass)::text"),
    (
        &["CREATE TEMP VIEW plans AS SELECT 1 AS id"],
        "('plans'::regclass = 'public.plans'::regclass)::text",
    ),
    (
        &["CREATE FUNCTION pg_temp.kept() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
        TEMPORARY_FUNCTIONS,
    ),
    (&["SELECT pg_advisory_lock(1)"], LOCKS),
    (&["SELECT pg_advisory_lock_shared(2, 3)", "SELECT pg_advisory_lock_shared(2, 3)"], LOCKS),
    (&["LISTEN kept"], "(SELECT count(*) FROM pg_listening_channels())::text"),
    (&["PREPARE kept AS SELECT 1"], PREPARED),
    (&["SELECT set_config('role', 'none', false)"], "current_user::text"),
    (&["SET ROLE NONE"], "current_user::text"),
    (&["SELECT set_config('tenants.tenant', 'somebody', false)"], TENANT),
    (&["SET tenants.tenant = 'somebody'"], TENANT),
    (&["SET statement_timeout = 54321"], "current_setting('statement_timeout')"),
    (&["SET lock_timeout = 54321"], "current_setting('lock_timeout')"),
    (
        &["SET idle_in_transaction_session_timeout = 54321"],
        "current_setting('idle_in_transaction_session_timeout')",
    ),
    (&["SELECT set_config('search_path', 'tenants', false)"], "current_setting('search_path')"),
    (&["SET search_path = pg_temp"], "current_setting('search_path')"),
    (&["SET row_security = off"], "current_setting('row_security')"),
    (&["SET default_transaction_read_only = on"], READ_ONLY),
    (&["SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"], READ_ONLY),
    (
        &["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
        "current_setting('default_transaction_isolation')",
    ),
    (&["SET TIME ZONE 'Asia/Tokyo'"], "current_setting('TimeZone')"),
    (&["SET DateStyle = 'German'"], "current_setting('DateStyle')"),
    (&["SET client_encoding = 'LATIN1'"], "current_setting('client_encoding')"),
    (&["SET standard_conforming_strings = off"], "current_setting('standard_conforming_strings')"),
    (&["SET plan_cache_mode = force_generic_plan"], "current_setting('plan_cache_mode')"),
    (&["SET app.audited = 'by a'"], AUDITED),
    (&["SELECT set_config('app.audited', 'by a', false)"], AUDITED),
    (&["SET application_name = 'of a'"], "current_setting('application_name')"),
];

const CURSORS: &str = "(SELECT count(*) FROM pg_cursors WHERE is_holdable)::text";
const TEMPORARY: &str =
    "(SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema())::text";
const TEMPORARY_FUNCTIONS: &str =
    "(SELECT count(*) FROM pg_proc WHERE pronamespace = pg_my_temp_schema())::text";
const LOCKS: &str =
    "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())::text";
const PREPARED: &str = "(SELECT count(*) FROM pg_prepared_statements WHERE name = 'kept')::text";
const TENANT: &str = "(coalesce(current_setting('tenants.tenant', true), '') = 'somebody')::text";
const READ_ONLY: &str = "current_setting('default_transaction_read_only')";
const AUDITED: &str = "coalesce(current_setting('app.audited', true), '')";

/// Where what is left would be found: each way to enter a scope.
const LOOKS: [Call; 3] = [Call::Get, Call::Transaction, Call::Read];

/// Where a tenant's statements run.
const CALLS: [Call; 5] =
    [Call::Get, Call::GetTransaction, Call::Transaction, Call::Rollback, Call::Read];

#[derive(Debug, Clone, Copy)]
enum Call {
    Get,
    GetTransaction,
    Transaction,
    Rollback,
    Read,
}

impl Call {
    async fn leave(
        self,
        pool: &TenantPool,
        tenant: &TenantId,
        statements: &[&str],
    ) -> QueryResult<()> {
        match self {
            Self::Get => run(&mut pool.get(tenant).await?, statements).await,
            Self::GetTransaction => {
                let mut conn = pool.get(tenant).await?;
                conn.transaction(async |conn| run(conn, statements).await).await
            }
            Self::Transaction => {
                pool.transaction(tenant, async |conn| run(conn, statements).await).await
            }
            Self::Rollback => {
                pool.transaction(tenant, async |conn| {
                    run(conn, statements).await?;
                    Err(DieselError::RollbackTransaction)
                })
                .await
            }
            Self::Read => pool.read(tenant, async |conn| run(conn, statements).await).await,
        }
    }

    async fn look(self, pool: &TenantPool, tenant: &TenantId, probe: &str) -> QueryResult<String> {
        match self {
            Self::Get | Self::GetTransaction => seen(&mut pool.get(tenant).await?, probe).await,
            Self::Transaction | Self::Rollback => {
                pool.transaction(tenant, async |conn| seen(conn, probe).await).await
            }
            Self::Read => pool.read(tenant, async |conn| seen(conn, probe).await).await,
        }
    }
}

async fn run(conn: &mut TenantConnection, statements: &[&str]) -> QueryResult<()> {
    for statement in statements {
        diesel::sql_query(*statement).execute(conn).await?;
    }
    Ok(())
}

async fn seen(conn: &mut TenantConnection, probe: &str) -> QueryResult<String> {
    diesel::select(sql::<Text>(probe)).get_result(conn).await
}

/// What a session shows that has nothing of anybody on it.
async fn fresh(world: &World, probe: &str) -> QueryResult<String> {
    let pool = builder(&world.database).max_size(1).build().await.expect("a pool");
    Call::Get.look(&pool, &world.b, probe).await
}

async fn n03_no_residue_reaches_the_next_tenant(world: &World) -> Check {
    world.database.grant_temporary().await;
    let pool = builder(&world.database).max_size(1).build().await?;
    for (statements, probe) in RESIDUES {
        let fresh = fresh(world, probe).await?;
        for left_by in CALLS {
            for found_by in LOOKS {
                // Some calls refuse some of them, which is as good.
                let _ = left_by.leave(&pool, &world.a, statements).await;
                let found = found_by.look(&pool, &world.b, probe).await?;
                ensure_eq!(found, fresh, "{statements:?} by {left_by:?}, seen by {found_by:?}");
            }
        }
    }
    world.ensure_clean(&pool).await
}

/// A session that nobody cleans shows each of them, so the case above looks in the right place.
async fn n03_each_residue_is_seen_where_nobody_cleans(world: &World) -> Check {
    world.database.grant_temporary().await;
    for (statements, probe) in RESIDUES {
        let fresh = fresh(world, probe).await?;
        let naive = Raw::connect(&world.database.url("app_login")).await;
        let scope = format!(
            "SET TIME ZONE 'UTC'; SET tenants.tenant = {}; SET ROLE {}",
            world.b.literal(),
            world.role_of(&world.b)
        );
        naive.run(&scope).await?;
        let look = format!("SELECT {probe}");
        ensure_eq!(naive.row(&look).await, fresh, "{statements:?}");
        for statement in *statements {
            naive.run(statement).await?;
        }
        let found = naive.row(&look).await;
        ensure_eq!(found != fresh, true, "{statements:?} shows itself: {found}");
    }
    Ok(())
}

/// Transactions that somebody opened by hand, on a connection that was handed out raw.
async fn n03_no_open_transaction_reaches_the_next_tenant(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    for open in ["BEGIN", "BEGIN; SELECT 1", "BEGIN; DELETE FROM posts", "BEGIN; SAVEPOINT a"] {
        let mut conn = pool.get(&world.a).await?;
        super::unchecked_batch_execute(&mut conn, open).await?;
        drop(conn);
        world.ensure_clean(&pool).await?;
        let refused = pool
            .transaction(&world.a, async |conn| {
                super::unchecked_batch_execute(conn, &format!("COMMIT; {open}")).await
            })
            .await;
        ensure_eq!(refused.is_err(), true, "{open}");
        world.ensure_clean(&pool).await?;
        // A statement by itself is refused before it is sent.
        let mut conn = pool.get(&world.a).await?;
        ensure_eq!(run(&mut conn, &["BEGIN"]).await.is_err(), true);
    }
    Ok(())
}

/// A server that gives no session's statement a chance leaves the next tenant with its own rows or an error.
async fn n03_a_timeout_that_is_left_fails_nobody_else(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    for _ in 0..5 {
        for call in CALLS {
            let _ = call.leave(&pool, &world.a, &["SET statement_timeout = 1"]).await;
            world.ensure_clean(&pool).await?;
        }
    }
    let superuser = Raw::connect(&world.database.url(SUPERUSER)).await;
    ensure_eq!(superuser.row("SELECT count(*) FROM posts").await, "5");
    Ok(())
}

in_both_modes![
    n03_no_open_transaction_reaches_the_next_tenant,
    n03_a_timeout_that_is_left_fails_nobody_else
];
in_both_modes![
    n03_no_residue_reaches_the_next_tenant,
    n03_each_residue_is_seen_where_nobody_cleans
];
