//! Ids that other libraries confuse are told apart or refused.

use diesel::prelude::*;
use tenants_diesel::{CheckoutError, Isolation, LifecycleError, TenantId, TenantIdError};
use tenants_tests::schema::{NewPost, posts};
use tenants_tests::unique_id;

use super::world::World;
use super::{RunQueryDsl, builder};
use crate::acceptance::check::Check;

/// What is in front of or behind the id that makes it unique on the server.
const NEIGHBOURS: [&str; 22] = [
    "",
    "1",
    "_1",
    "%1",
    " 1",
    "A",
    "a",
    "'",
    "''",
    "\"",
    "\\",
    "\\'",
    "'; DROP TABLE posts --",
    "$$",
    "a%b",
    "a\\:b",
    "a :b",
    ":b",
    "\n",
    "é",
    "e\u{301}",
    "\u{202e}",
];

async fn n07_neighbouring_ids_are_tenants_of_their_own(world: &World) -> Check {
    let unique = unique_id();
    let ids =
        NEIGHBOURS.iter().flat_map(|text| [format!("{unique}{text}"), format!("{text}{unique}")]);
    let ids: std::collections::BTreeSet<String> =
        // The prefix of a role's name, once more; a pattern that matches any one character.
        ids.chain([format!("tenant_{unique}"), unique.replacen('t', "_", 1)]).collect();
    for id in &ids {
        let tenant = world.pool.create_tenant(id).await?;
        ensure_eq!(tenant.as_str(), id);
        let mut conn = world.pool.get(&tenant).await?;
        ensure_eq!(posts::table.count().get_result::<i64>(&mut conn).await?, 0, "for {id:?}");
        let post = NewPost { title: id };
        diesel::insert_into(posts::table).values(&post).execute(&mut conn).await?;
    }
    for id in &ids {
        let tenant = TenantId::try_from(id)?;
        let seen = world.pool.transaction(&tenant, async |conn| -> QueryResult<_> {
            posts::table.select((posts::tenant, posts::title)).load::<(String, String)>(conn).await
        });
        ensure_eq!(seen.await?, [(id.clone(), id.clone())]);
    }
    let listed = world.pool.list_tenants().await?;
    ensure_eq!(ids.iter().all(|id| listed.iter().any(|listed| listed.as_str() == id)), true);
    Ok(())
}

/// PostgreSQL cuts a role's name after 63 bytes, and `tenant_` is 7 of them.
async fn n07_long_ids_that_share_a_prefix_are_told_apart_or_refused(world: &World) -> Check {
    let prefix = format!("{}{}", unique_id(), "x".repeat(64))[..56].to_owned();
    for last in ["y", "z"] {
        // As long as the name of a role allows.
        let id = format!("{}{last}", &prefix[..55]);
        let mut conn = world.pool.get(&world.pool.create_tenant(&id).await?).await?;
        let post = NewPost { title: &id };
        diesel::insert_into(posts::table).values(&post).execute(&mut conn).await?;
        let seen = posts::table.select(posts::title).load::<String>(&mut conn).await?;
        ensure_eq!(seen, [id]);
    }
    let tails = ["1".repeat(15), "2".repeat(15)];
    for (id, tail) in tails.iter().map(|tail| (format!("{prefix}{tail}"), tail)) {
        ensure_eq!(id.len(), 71);
        let created = world.pool.create_tenant(&id).await;
        if world.database.isolation() == Isolation::RolePerTenant {
            let why = TenantIdError::TooLong { bytes: 71, max: 56 };
            ensure_matches!(created, Err(LifecycleError::TenantId(found)) if *found == why);
            let got = world.pool.get(&TenantId::try_from(&id)?).await;
            ensure_matches!(got, Err(CheckoutError::TenantId(found)) if *found == why);
            continue;
        }
        let mut conn = world.pool.get(&created?).await?;
        let post = NewPost { title: tail };
        diesel::insert_into(posts::table).values(&post).execute(&mut conn).await?;
        let seen = posts::table.select(posts::title).load::<String>(&mut conn).await?;
        ensure_eq!(seen, std::slice::from_ref(tail));
    }
    Ok(())
}

diesel::define_sql_function! {
    fn set_config(name: diesel::sql_types::Text, value: diesel::sql_types::Text, is_local: diesel::sql_types::Bool) -> diesel::sql_types::Text;
}

/// A function of the application, called by a query of Diesel's own types, may leave any setting behind,
/// and the server reads a statement in the encoding that its session has set.
async fn n07_an_id_is_read_as_it_is_written(world: &World) -> Check {
    let pool = builder(&world.database).max_size(1).build().await?;
    let unique = unique_id();
    // The same bytes in UTF-8 and in LATIN1; a character of SJIS that ends with a backslash.
    let (umlaut, bytes) = (format!("{unique}ü"), format!("{unique}Ã¼"));
    let backslash = format!("{unique}ぃ\\'");
    for id in [&umlaut, &bytes, &backslash] {
        let tenant = pool.create_tenant(id).await?;
        let mut conn = pool.get(&tenant).await?;
        diesel::insert_into(posts::table).values(&NewPost { title: id }).execute(&mut conn).await?;
    }
    for encoding in ["LATIN1", "SJIS", "EUC_JP", "WIN1252"] {
        for id in [&umlaut, &bytes, &backslash] {
            for session in [true, false] {
                let left = pool.transaction(&world.a, async |conn| -> QueryResult<String> {
                    let quoting = set_config("backslash_quote", "on", false);
                    diesel::select(quoting).get_result::<String>(conn).await?;
                    let strings = set_config("standard_conforming_strings", "off", false);
                    diesel::select(strings).get_result::<String>(conn).await?;
                    let encoding = set_config("client_encoding", encoding, false);
                    diesel::select(encoding).get_result(conn).await
                });
                ensure_eq!(left.await?, encoding);
                let tenant = TenantId::try_from(id)?;
                let titles = posts::table.select(posts::title);
                let seen = if session {
                    titles.load::<String>(&mut pool.get(&tenant).await?).await?
                } else {
                    let seen = pool.transaction(&tenant, async |conn| titles.load(conn).await);
                    let seen: QueryResult<Vec<String>> = seen.await;
                    seen?
                };
                ensure_eq!(&seen, std::slice::from_ref(id), "behind {encoding}");
            }
        }
    }
    Ok(())
}

async fn n07_ids_that_postgresql_cannot_hold_are_refused(world: &World) -> Check {
    let before = world.pool.list_tenants().await?;
    for (id, why) in [
        (String::new(), TenantIdError::Empty),
        ("a\0b".to_owned(), TenantIdError::Nul),
        ("é".repeat(128), TenantIdError::TooLong { bytes: 256, max: 255 }),
    ] {
        let created = world.pool.create_tenant(&id).await;
        ensure_matches!(created, Err(LifecycleError::TenantId(found)) if *found == why);
        let deleted = world.pool.delete_tenant(&id).await;
        ensure_matches!(deleted, Err(LifecycleError::TenantId(found)) if *found == why);
        let restored = world.pool.restore_tenant(&id).await;
        ensure_matches!(restored, Err(LifecycleError::TenantId(found)) if *found == why);
        let exists = world.pool.tenant_exists(&id).await;
        ensure_matches!(exists, Err(LifecycleError::TenantId(found)) if *found == why);
    }
    ensure_eq!(world.pool.list_tenants().await?, before);
    Ok(())
}

isolation_cases![
    n07_neighbouring_ids_are_tenants_of_their_own,
    n07_long_ids_that_share_a_prefix_are_told_apart_or_refused,
];
in_both_modes![n07_an_id_is_read_as_it_is_written, n07_ids_that_postgresql_cannot_hold_are_refused,];
