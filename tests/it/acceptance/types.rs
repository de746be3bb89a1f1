//! Tenants that are named by numbers and UUIDs.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tenants_core::{Registry, TenantType};
use tenants_diesel::{CheckoutError, LifecycleError, TenantId, TenantIdError};
use tenants_tests::schema::{files, notes, number_registry, orders, uuid_registry};
use tenants_tests::{unique_id, unique_number};
use uuid::Uuid;

use super::world::World;
use super::{RunQueryDsl, builder};
use crate::acceptance::check::Check;

/// Two tenants with two rows each, inserted by one admin: each sees and changes its own.
macro_rules! each_tenant_sees_its_own_rows {
    ($world:expr, $registry:expr, $table:ident, $ids:expr) => {{
        let pool = builder(&$world.database).registry($registry).build().await?;
        let mut admin = pool.admin("rows for the tests").await?;
        for id in $ids {
            pool.create_tenant(id).await?;
            let row = ($table::tenant.eq(id), $table::body.eq("x"));
            let rows = [row, row];
            let inserted = diesel::insert_into($table::table).values(&rows[..]);
            ensure_eq!(inserted.execute(&mut admin).await?, 2);
        }
        ensure_eq!($table::table.count().get_result::<i64>(&mut admin).await?, 4);

        let [first, second] = $ids;
        for (id, other) in [(first, second), (second, first)] {
            let mut conn = pool.get(&TenantId::from(id)).await?;
            let seen = $table::table.select($table::tenant).load(&mut conn).await;
            ensure_eq!(seen, Ok(vec![id; 2]));
            let filled_in = diesel::insert_into($table::table).values($table::body.eq("new"));
            let filled_in = filled_in.returning($table::tenant).get_result(&mut conn).await;
            ensure_eq!(filled_in, Ok(id));
            let foreign = ($table::tenant.eq(other), $table::body.eq("new"));
            let foreign = diesel::insert_into($table::table).values(foreign);
            let foreign = foreign.execute(&mut conn).await;
            ensure_matches!(
                foreign,
                Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _))
            );
        }
        let all = $table::table.select($table::tenant).order($table::id);
        let all = all.load(&mut admin).await;
        ensure_eq!(all, Ok(vec![first, first, second, second, first, second]));
    }};
}

async fn a11_int_tenants_see_their_own_rows(world: &World) -> Check {
    let ids: [i32; 2] = [unique_number(), unique_number()];
    each_tenant_sees_its_own_rows!(world, number_registry(), notes, ids);
    Ok(())
}

async fn a12_uuid_tenants_see_their_own_rows(world: &World) -> Check {
    let ids = [Uuid::new_v4(), Uuid::new_v4()];
    each_tenant_sees_its_own_rows!(world, uuid_registry(), files, ids);
    Ok(())
}

async fn n08_bigint_tenants_see_their_own_rows(world: &World) -> Check {
    // The same number to whoever keeps 32 bits of it.
    let low = i64::from(unique_number());
    let ids: [i64; 2] = [(1 << 40) + low, low];
    each_tenant_sees_its_own_rows!(world, bigint_registry(), orders, ids);
    Ok(())
}

/// `007` and `7` are one tenant to the database, and must not be two here.
async fn n07_another_spelling_of_a_number_or_uuid_is_refused(world: &World) {
    let numbers = builder(&world.database).registry(number_registry()).build().await.unwrap();
    let uuids = builder(&world.database).registry(uuid_registry()).build().await.unwrap();
    let upper = Uuid::new_v4().hyphenated().to_string().to_uppercase();
    for (pool, spelling, column) in [
        (&numbers, "007", TenantType::Int4),
        (&numbers, "+7", TenantType::Int4),
        (&numbers, "acme", TenantType::Int4),
        (&numbers, "1099511627776", TenantType::Int4),
        (&uuids, upper.as_str(), TenantType::Uuid),
        (&uuids, "7", TenantType::Uuid),
    ] {
        let refused = TenantIdError::NotCanonical { column };
        let created = pool.create_tenant(spelling).await;
        assert!(matches!(created, Err(LifecycleError::TenantId(why)) if why == refused));
        let tenant = TenantId::try_from(spelling).unwrap();
        let got = pool.get(&tenant).await;
        assert!(matches!(got, Err(CheckoutError::TenantId(why)) if why == refused));
        let entered = pool.transaction(&tenant, async |_| QueryResult::Ok(())).await.unwrap_err();
        let found = CheckoutError::of(&entered);
        assert!(matches!(found, Some(CheckoutError::TenantId(why)) if *why == refused));
    }
}

/// The program knows tables of text alone; the tables of another one are in the same database.
async fn n07_another_spelling_for_a_table_of_another_program_is_refused(world: &World) {
    let pool = builder(&world.database).build().await.unwrap();
    let upper = Uuid::new_v4().hyphenated().to_string().to_uppercase();
    for (spelling, column) in [
        ("007", TenantType::Int4),
        (" 7", TenantType::Int4),
        ("0x7", TenantType::Int4),
        ("01099511627776", TenantType::Int8),
        (upper.as_str(), TenantType::Uuid),
    ] {
        let refused = TenantIdError::NotCanonical { column };
        let created = pool.create_tenant(spelling).await;
        let found = matches!(&created, Err(LifecycleError::TenantId(why)) if *why == refused);
        assert!(found, "{spelling}: {created:?}");
        let tenant = TenantId::try_from(spelling).unwrap();
        let got = pool.get(&tenant).await;
        assert!(matches!(got, Err(CheckoutError::TenantId(why)) if why == refused));
        let entered = pool.transaction(&tenant, async |_| QueryResult::Ok(())).await.unwrap_err();
        let found = CheckoutError::of(&entered);
        assert!(matches!(found, Some(CheckoutError::TenantId(why)) if *why == refused));
    }
    // Spelled as the other tables do, or read by none of them.
    for id in [unique_number().to_string(), Uuid::new_v4().to_string(), unique_id()] {
        let tenant = pool.create_tenant(&*id).await.unwrap();
        let entered = pool.transaction(&tenant, async |_| QueryResult::Ok(())).await;
        assert_eq!(entered, Ok(()));
    }
}

fn bigint_registry() -> Registry {
    let of_bigint = number_registry();
    let of_bigint = of_bigint.tables().filter(|t| t.tenant_type() == Some(TenantType::Int8));
    Registry::new(of_bigint.cloned()).unwrap()
}

isolation_cases![
    a11_int_tenants_see_their_own_rows,
    a12_uuid_tenants_see_their_own_rows,
    n08_bigint_tenants_see_their_own_rows,
];
in_both_modes![
    n07_another_spelling_of_a_number_or_uuid_is_refused,
    n07_another_spelling_for_a_table_of_another_program_is_refused,
];
