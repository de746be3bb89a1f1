//! Two tenants take turns on one connection, in random calls with random work.

use diesel_async::AsyncConnection;
use proptest::prelude::*;
use tenants_diesel::{Isolation, TenantConnection, TenantId, TenantPool};
use tenants_tests::schema::Post;
use tenants_tests::{Database, SUPERUSER, unique_id};
use tokio::runtime::{Builder, Runtime};

use super::chance::Chance;
use super::rows::{Look, Rows, Step, Stop, Write, as_posts, is_conflict, same};
use crate::quoting::for_all;
use crate::two::tenant;

const CASES: u32 = 25;

/// Workloads that once showed something, by seed and length.
const NAMED: [(u64, usize); 2] = [(0, 1), (20_261_127, 60)];

struct Stage {
    runtime: Runtime,
    database: Database,
    pool: TenantPool,
    tenants: [TenantId; 2],
}

impl Stage {
    fn new(isolation: Isolation) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (database, pool, tenants) = runtime.block_on(async {
            let database = Database::isolated_by(isolation).await;
            let pool = database.builder().max_size(1).build().await.unwrap();
            let id = unique_id();
            let tenants = [tenant(&id), tenant(&format!("{id}1"))];
            for tenant in &tenants {
                pool.create_tenant(tenant).await.unwrap();
            }
            (database, pool, tenants)
        });
        Self { runtime, database, pool, tenants }
    }

    /// Does as many calls as are asked for, from no posts at all.
    async fn work(&self, seed: u64, calls: usize) -> Result<(), Stop> {
        self.database.run(SUPERUSER, "DELETE FROM posts").await;
        let mut chance = Chance::new(seed);
        let mut rows = [Rows::new(), Rows::new()];
        for _ in 0..calls {
            let number = usize::from(chance.once_in(2));
            self.call(&mut chance, &self.tenants[number], &mut rows[number]).await?;
        }
        let mut expected: Vec<Post> = Vec::new();
        for (tenant, rows) in self.tenants.iter().zip(&rows) {
            expected.extend(as_posts(tenant.as_str(), rows));
        }
        same(&self.database.posts().await, &expected)
    }

    async fn call(
        &self,
        chance: &mut Chance,
        tenant: &TenantId,
        rows: &mut Rows,
    ) -> Result<(), Stop> {
        let look = chance.one_of(&Look::ALL);
        let pool = &self.pool;
        if chance.once_in(3) {
            return pool
                .read(tenant, async |conn| look.run(conn, tenant.as_str(), rows).await)
                .await;
        }
        if chance.once_in(2) {
            let write = Write::random(chance);
            let mut conn = pool.get(tenant).await.map_err(diesel::result::Error::from)?;
            match (write.run(&mut conn).await, write.apply(rows)) {
                (Err(error), None) if is_conflict(&error) => {}
                (written, expected) => same(&written.map_err(Stop::from)?, &expected.unwrap_or(0))?,
            }
            return look.run(&mut conn, tenant.as_str(), rows).await;
        }
        let steps: Vec<Step> = (0..=chance.below(3)).map(|_| Step::random(chance)).collect();
        let mut after = rows.clone();
        steps.iter().for_each(|step| step.apply(&mut after));
        let is_kept = !chance.once_in(3);
        let work = async |conn: &mut TenantConnection| -> Result<(), Stop> {
            for step in &steps {
                step.run(conn).await?;
            }
            look.run(conn, tenant.as_str(), &after).await?;
            if is_kept { Ok(()) } else { Err(diesel::result::Error::RollbackTransaction.into()) }
        };
        let ended = if chance.once_in(2) {
            pool.transaction(tenant, async |conn| work(conn).await).await
        } else {
            let mut conn = pool.get(tenant).await.map_err(diesel::result::Error::from)?;
            conn.transaction(async |conn| work(conn).await).await
        };
        match ended {
            Ok(()) => *rows = after,
            Err(Stop::Refused(diesel::result::Error::RollbackTransaction)) if !is_kept => {}
            Err(stop) => return Err(stop),
        }
        Ok(())
    }

    fn check(&self, seed: u64, calls: usize) -> Result<(), TestCaseError> {
        let worked = self.runtime.block_on(self.work(seed, calls));
        worked.map_err(|stop| TestCaseError::fail(format!("{stop:?}")))
    }
}

fn check(isolation: Isolation) {
    let stage = Stage::new(isolation);
    let workloads = (any::<u64>(), 1..60_usize);
    for_all(CASES, &workloads, NAMED, |(seed, calls)| stage.check(seed, calls));
}

#[test]
fn two_tenants_have_what_they_wrote_with_a_shared_role() {
    check(Isolation::SharedRole);
}

#[test]
fn two_tenants_have_what_they_wrote_with_a_role_for_each() {
    check(Isolation::RolePerTenant);
}

/// The oracle notices, in each way to tell tenants apart.
#[test]
fn without_policies_the_oracle_finds_a_difference() {
    for isolation in [Isolation::SharedRole, Isolation::RolePerTenant] {
        let stage = Stage::new(isolation);
        let off = "ALTER TABLE posts DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY";
        stage.runtime.block_on(stage.database.run("owner", off));
        let found = stage.runtime.block_on(stage.work(NAMED[1].0, NAMED[1].1));
        assert!(matches!(found, Err(Stop::Different(_))), "{found:?}");
    }
}
