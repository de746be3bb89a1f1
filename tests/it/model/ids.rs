//! Whatever ids tenants have: each is a tenant of its own, or refused.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use proptest::prelude::*;
use tenants_diesel::{Isolation, LifecycleError, TenantId, TenantIdError, TenantPool};
use tenants_tests::Database;
use tenants_tests::schema::{NewPost, posts};
use tokio::runtime::{Builder, Runtime};

use crate::quoting::{NASTY, for_all, text};

const CASES: u32 = 10;

/// An id, and what somebody may take for the same.
fn family(id: &str) -> BTreeSet<String> {
    let mut shorter = id.to_owned();
    shorter.pop();
    let like: String = id.chars().map(|c| if c.is_alphanumeric() { '_' } else { c }).collect();
    let family = [
        id.to_owned(),
        shorter,
        format!("{id}1"),
        format!("{id}%"),
        format!("{id} "),
        format!("tenant_{id}"),
        id.to_uppercase(),
        id.replace('\\', "\\\\"),
        like,
    ];
    family.into_iter().filter(|id| !id.is_empty()).collect()
}

/// Texts, numbers and UUIDs in and out of their canonical spelling, and ids as long as the longest.
fn ids(longest: usize) -> impl Strategy<Value = String> {
    let number = any::<i64>();
    let uuid = any::<u128>().prop_map(uuid::Uuid::from_u128);
    let edge = (longest - 2..=longest + 1, prop::sample::select(vec!["x", "é", "日", "'", "\\"]));
    prop_oneof![
        4 => text(longest),
        1 => number.prop_map(|number| number.to_string()),
        1 => number.prop_map(|number| format!("0{number}")),
        1 => uuid.clone().prop_map(|uuid| uuid.to_string()),
        1 => uuid.prop_map(|uuid| uuid.simple().to_string().to_uppercase()),
        2 => edge.prop_map(|(bytes, unit)| {
            // One character more than fits is cut off by its last byte.
            let whole = unit.repeat(bytes / unit.len());
            format!("{whole}{}", "x".repeat(bytes - whole.len()))
        }),
    ]
}

struct Stage {
    runtime: Runtime,
    pool: TenantPool,
    longest: usize,
}

impl Stage {
    fn new(isolation: Isolation, longest: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let pool = runtime.block_on(async {
            let database = Database::isolated_by(isolation).await;
            // Where tenants are numbers, too, a text like `\n0` is refused: there it would be tenant 0.
            database.run("owner", "DROP TABLE notes, orders, files").await;
            database.builder().max_size(2).build().await.unwrap()
        });
        Self { runtime, pool, longest }
    }

    fn check(&self, id: &str) -> Result<(), TestCaseError> {
        self.runtime.block_on(async {
            let mut tenants = Vec::new();
            for id in family(id) {
                let created = self.pool.create_tenant(id.as_str()).await;
                if id.len() > self.longest {
                    prop_assert!(is_too_long(&created), "{:?}: {:?}", id, created);
                    continue;
                }
                // A case that was run before created it.
                let tenant = match created {
                    Err(LifecycleError::AlreadyExists) => TenantId::try_from(id.as_str()).unwrap(),
                    created => created.unwrap(),
                };
                prop_assert_eq!(tenant.as_str(), id.as_str());
                write(&self.pool, &tenant).await.unwrap();
                tenants.push(tenant);
            }
            for tenant in &tenants {
                let own = vec![(tenant.to_string(), tenant.to_string())];
                prop_assert_eq!(
                    seen(&self.pool, tenant).await,
                    Ok([own.clone(), own.clone(), own])
                );
            }
            Ok(())
        })
    }
}

fn is_too_long(created: &Result<TenantId, LifecycleError>) -> bool {
    matches!(created, Err(LifecycleError::TenantId(TenantIdError::TooLong { .. })))
}

/// Leaves a tenant with one post, titled like itself.
async fn write(pool: &TenantPool, tenant: &TenantId) -> QueryResult<usize> {
    pool.transaction(tenant, async |conn| {
        diesel::delete(posts::table).execute(conn).await?;
        let post = NewPost { title: tenant.as_str() };
        diesel::insert_into(posts::table).values(&post).execute(conn).await
    })
    .await
}

/// Whose posts a tenant sees, by each call.
async fn seen(pool: &TenantPool, tenant: &TenantId) -> QueryResult<[Vec<(String, String)>; 3]> {
    let all = posts::table.select((posts::tenant, posts::title));
    let mut conn = pool.get(tenant).await?;
    Ok([
        all.load(&mut conn).await?,
        pool.transaction(tenant, async |conn| all.load(conn).await).await?,
        pool.read(tenant, async |conn| all.load(conn).await).await?,
    ])
}

/// Those that were once taken for others.
fn named(longest: usize) -> Vec<String> {
    let edges = [longest - 1, longest, longest + 1].map(|bytes| "x".repeat(bytes));
    NASTY.map(str::to_owned).into_iter().chain(edges).collect()
}

#[test]
fn each_id_is_a_tenant_of_its_own_with_a_shared_role() {
    let longest = TenantId::MAX_BYTES;
    let stage = Stage::new(Isolation::SharedRole, longest);
    for_all(CASES, &ids(longest), named(longest), |id| stage.check(&id));
}

#[test]
fn each_id_is_a_tenant_of_its_own_with_a_role_for_each() {
    let longest = TenantId::MAX_BYTES_WITH_ROLE;
    let stage = Stage::new(Isolation::RolePerTenant, longest);
    for_all(CASES, &ids(longest), named(longest), |id| stage.check(&id));
}
