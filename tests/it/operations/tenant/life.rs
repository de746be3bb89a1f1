//! From `create` to `delete --purge`.

use tenants_diesel::{Isolation, ScopeError};
use tenants_tests::{Database, unique_id};

use super::{create, json, serves, slugs, tenant, typing};
use crate::migrations::scratch::{stderr, stdout};
use crate::operations::{PROGRAM, rows, shop, tenants};

#[tokio::test]
async fn a_pool_refuses_who_is_suspended_at_once_and_all_or_none_are() {
    let database = Database::new().await;
    let ids = ["aaa", "bbb", "ccc"];
    ids.iter().for_each(|id| create(&database, id));
    let pool = database.pool().await;
    for id in ids {
        serves(&pool, id).await.unwrap();
    }
    let suspended = tenant(&database, &["suspend", "aaa", "bbb", "--slug"]);
    assert_eq!(stdout(&suspended).matches("suspended").count(), 2);
    assert!(stderr(&suspended, 0).contains("Scopes that began before go on"));
    for id in ["aaa", "bbb"] {
        assert_eq!(serves(&pool, id).await, Err(ScopeError::SuspendedTenant));
    }
    serves(&pool, "ccc").await.unwrap();

    // One that is suspended already and one that is not there keep the others as they are.
    let refused = stderr(&tenant(&database, &["suspend", "ccc", "aaa", "nobody"]), 1);
    let expected = "error: no tenant was changed:\n  `aaa` is suspended\n  `nobody` is not there\n";
    assert_eq!(refused, expected);
    serves(&pool, "ccc").await.unwrap();
    let refused = stderr(&tenant(&database, &["suspend", "ccc", "nobody", "--slug"]), 1);
    assert!(refused.contains("`nobody` is not there"), "{refused}");
    serves(&pool, "ccc").await.unwrap();

    let activated = json(&database, &["activate", "aaa", "bbb", "aaa"]);
    assert_eq!(slugs(&activated), ["aaa", "bbb"]);
    for id in ids {
        serves(&pool, id).await.unwrap();
    }
    stdout(&tenant(&database, &["create", "new", "--id", "new", "--status", "provisioning"]));
    assert_eq!(serves(&pool, "new").await, Err(ScopeError::InactiveTenant));
    stdout(&tenant(&database, &["activate", "new"]));
    serves(&pool, "new").await.unwrap();
}

#[tokio::test]
async fn a_tenant_is_deleted_restored_and_purged() {
    let shop = shop().await;
    let run = |arguments: &[&str], typed: &str| {
        let mut command = shop.command(PROGRAM, &[&["tenant"], arguments].concat());
        command.env("DATABASE_URL", shop.url("owner"));
        typing(command, typed)
    };
    stdout(&run(&["update", "a", "--new-slug", "acme"], ""));
    let early = stderr(&run(&["delete", "a", "--purge", "--yes"], ""), 1);
    assert!(early.contains("the tenant is active, and only a deleted one is purged"), "{early}");
    stderr(&run(&["delete", "a", "--yes"], ""), 2);

    // One that was suspended comes back suspended.
    stdout(&run(&["suspend", "a"], ""));
    let deleted = run(&["delete", "acme", "--slug"], "");
    assert!(stdout(&deleted).contains("status      deleted"));
    assert!(stderr(&deleted, 0).contains("Its rows stay: `tenants erase a` deletes them"));
    assert!(stderr(&run(&["delete", "a"], ""), 1).contains("the tenant is deleted already"));
    assert!(
        stderr(&run(&["activate", "a"], ""), 1)
            .contains("`a` is deleted: `tenants tenant restore`")
    );
    assert!(stderr(&run(&["create", "acme"], ""), 1).contains("keeps its slug until it is purged"));
    assert!(stdout(&run(&["restore", "a"], "")).contains("status      suspended"));
    assert!(stderr(&run(&["restore", "a"], ""), 1).contains("the tenant is not deleted"));
    stdout(&run(&["delete", "a"], ""));

    // Who types something else, or nothing, removes nothing.
    for typed in ["", "\n", "a\n", "acme \n", "yes\n"] {
        let said = stderr(&run(&["delete", "a", "--purge"], typed), 2);
        assert!(
            said.contains("Type `acme` to go on:") && said.contains("nothing was removed"),
            "{said}"
        );
    }
    assert!(stdout(&run(&["show", "a"], "")).contains("status      deleted"));
    assert_eq!(stdout(&run(&["delete", "a", "--purge"], "acme\n")), "Removed the record of a.\n");
    assert!(stderr(&run(&["show", "a"], ""), 1).contains("there is no such tenant"));
    stderr(&run(&["restore", "a"], ""), 1);

    // Its rows are still there, nobody else gets its id, and they can be erased.
    assert!(!rows(&shop, "a").await.concat().is_empty());
    let taken = stderr(&run(&["create", "other", "--id", "a"], ""), 1);
    assert!(taken.contains("the id belongs, or once belonged"), "{taken}");
    stdout(&run(&["create", "acme", "--id", "c"], ""));
    let others = rows(&shop, "b").await;
    assert!(
        stdout(&tenants(&shop, "support", &["erase", "a", "--yes"])).starts_with("Deleted 75 rows")
    );
    assert!(rows(&shop, "a").await.concat().is_empty());
    assert_eq!(rows(&shop, "b").await, others);
    stdout(&run(&["delete", "c"], ""));
    let purged = run(&["delete", "c", "--purge", "--yes", "--format", "json"], "");
    assert_eq!(stdout(&purged), "{\n  \"purged\": \"c\",\n  \"version\": 1\n}\n");
    assert_eq!(stderr(&purged, 0), "");
}

#[tokio::test]
async fn where_each_tenant_has_a_role_it_is_made_with_the_record_or_neither_is() {
    let database = Database::isolated_by(Isolation::RolePerTenant).await;
    let pool = database.pool().await;
    let id = unique_id();
    let create =
        |more: &[&str]| tenant(&database, &[&["create", "acme", "--id", &id], more].concat());
    let said = stderr(&create(&[]), 2);
    assert!(said.contains("each tenant has a role here: pass `--login`"), "{said}");
    let long = "x".repeat(57);
    let said =
        stderr(&tenant(&database, &["create", "acme", "--id", &long, "--login", "app_login"]), 2);
    assert!(said.contains("a tenant id of 57 bytes is too long"), "{said}");

    // Somebody else's role of that name is not taken over, and no record stays.
    database.run(tenants_tests::SUPERUSER, &format!("CREATE ROLE tenant_{id}")).await;
    let said = stderr(&create(&["--login", "app_login"]), 1);
    assert!(said.contains("a role of the tenant's name exists"), "{said}");
    assert!(slugs(&json(&database, &["list", "--all"])).is_empty());
    database.run(tenants_tests::SUPERUSER, &format!("DROP ROLE tenant_{id}")).await;

    stdout(&create(&["--login", "app_login"]));
    serves(&pool, &id).await.unwrap();
    stdout(&tenant(&database, &["suspend", &id]));
    assert_eq!(serves(&pool, &id).await, Err(ScopeError::SuspendedTenant));
    stdout(&tenant(&database, &["activate", &id]));
    stdout(&tenant(&database, &["delete", &id]));
    assert_eq!(serves(&pool, &id).await, Err(ScopeError::InactiveTenant));
    database.run(tenants_tests::SUPERUSER, &format!("DROP ROLE tenant_{id}")).await;
    stderr(&tenant(&database, &["restore", &id]), 2);
    stdout(&tenant(&database, &["restore", &id, "--login", "app_login"]));
    serves(&pool, &id).await.unwrap();
}
