//! What is changed behind the library's back: it is found, a migration repairs it, and that one is taken back.

use tenants_core::plan::{Comparison, Plan};
use tenants_diesel::{Registry, TenantPool, sync};

use super::golden::{catalog, tagged};
use super::scratch::{Scratch, stderr};

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { events (id) { id -> BigInt, tenant -> Text, } }
mod wider {
    diesel::table! { posts (id) { id -> BigInt, tenant -> Uuid, } }
    diesel::table! { counts (id) { id -> BigInt, tenant -> BigInt, } }
}
mod elsewhere {
    diesel::table! { #[sql_name = "posts"] archive.archived (id) { id -> BigInt, tenant -> Text, } }
    diesel::table! { articles (id) { id -> BigInt, tenant -> Text, } }
    diesel::table! { posts (id) { id -> BigInt, owner -> Text, } }
}
diesel::table! { counts (id) { id -> BigInt, tenant -> Integer, } }

const TABLES: &str = "
    CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, title text, PRIMARY KEY (tenant, id));
    CREATE TABLE events (id bigserial, tenant text NOT NULL, PRIMARY KEY (tenant, id)) PARTITION BY LIST (tenant);
    CREATE TABLE events_a PARTITION OF events FOR VALUES IN ('a');
    CREATE TABLE counts (id bigint GENERATED ALWAYS AS IDENTITY, tenant integer NOT NULL, PRIMARY KEY (tenant, id))";

/// One change of somebody else's, and what is then said of it.
struct Case {
    change: &'static str,
    said: &'static [&'static str],
}

const fn case(change: &'static str, said: &'static [&'static str]) -> Case {
    Case { change, said }
}

const CASES: &[Case] = &[
    case(
        "ALTER TABLE posts DISABLE ROW LEVEL SECURITY",
        &[r#""public"."posts": row-level security is off"#],
    ),
    case(
        "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY",
        &[r#""public"."posts": row-level security does not bind the owner"#],
    ),
    case(
        "DROP POLICY tenants_guard ON posts",
        &[r#""public"."posts": policy `tenants_guard` is missing"#],
    ),
    case(
        "ALTER POLICY tenants_isolation ON posts USING (true)",
        &[r#""public"."posts": policy `tenants_isolation` is not the one that `tenants` creates"#],
    ),
    case(
        "ALTER POLICY tenants_guard ON posts WITH CHECK (tenant <> '')",
        &[r#""public"."posts": policy `tenants_guard` is not the one that `tenants` creates"#],
    ),
    case(
        "ALTER POLICY tenants_guard ON posts TO {login}",
        &[r#""public"."posts": policy `tenants_guard` is not the one that `tenants` creates"#],
    ),
    case(
        "DROP POLICY tenants_isolation ON posts; CREATE POLICY tenants_isolation ON posts FOR SELECT USING (true)",
        &[r#""public"."posts": policy `tenants_isolation` is not the one that `tenants` creates"#],
    ),
    case(
        "DROP POLICY tenants_guard ON posts; CREATE POLICY tenants_guard ON posts FOR INSERT TO {app}, {admin} WITH CHECK (title <> 'x''y')",
        &[r#""public"."posts": policy `tenants_guard` is not the one that `tenants` creates"#],
    ),
    case(
        "CREATE POLICY \"All \"\"of\"\" it\" ON posts FOR UPDATE TO {app} USING (true)",
        &[r#""public"."posts": policy `All "of" it` opens the table further"#],
    ),
    case(
        "CREATE POLICY everybody ON events_a USING (true)",
        &[r#""public"."events_a": policy `everybody` opens the table further"#],
    ),
    case(
        "CREATE TABLE events_b PARTITION OF events FOR VALUES IN ('b')",
        &[
            r#""public"."events_b": row-level security is off"#,
            r#""public"."events_b": policy `tenants_isolation` is missing"#,
        ],
    ),
    case(
        "ALTER TABLE posts ALTER COLUMN tenant DROP DEFAULT",
        &[r#""public"."posts": the current tenant is not the default of the tenant column"#],
    ),
    case(
        "ALTER TABLE counts DROP CONSTRAINT counts_pkey; ALTER TABLE counts ALTER COLUMN tenant DROP NOT NULL",
        &[
            r#""public"."counts": the tenant column allows NULL"#,
            r#""public"."counts": no index begins with the tenant column"#,
        ],
    ),
    case(
        "REVOKE INSERT ON posts FROM {app}",
        &[r#""public"."posts": a right that the tag says is missing"#],
    ),
    case(
        "GRANT TRUNCATE ON posts TO {app}",
        &[r#""public"."posts": "{app}" may do what no tag says"#],
    ),
    case(
        "GRANT SELECT (title) ON posts TO PUBLIC",
        &[r#""public"."posts": PUBLIC may do what no tag says"#],
    ),
    case(
        "GRANT SELECT ON events_a TO {login}",
        &[r#""public"."events_a": "{login}" may do what no tag says"#],
    ),
    case(
        "REVOKE USAGE ON SEQUENCE events_id_seq FROM {app}",
        &[r#""public"."events": no right on the sequence `"public"."events_id_seq"`"#],
    ),
    case(
        "GRANT SELECT, UPDATE ON SEQUENCE events_id_seq TO {login} WITH GRANT OPTION; GRANT SELECT ON SEQUENCE posts_id_seq TO PUBLIC",
        &[
            r#""public"."events": "{login}" may read or set the sequence `"public"."events_id_seq"`"#,
            r#""public"."posts": PUBLIC may read or set the sequence `"public"."posts_id_seq"`"#,
        ],
    ),
    case(
        "CREATE OR REPLACE FUNCTION tenants.admit(tenant text) RETURNS void LANGUAGE sql AS ''",
        &["the function `tenants.admit(text)` is not the one that `tenants` installs"],
    ),
    case(
        "ALTER FUNCTION tenants.list_tenants() RESET search_path",
        &["the function `tenants.list_tenants()` is not the one that `tenants` installs"],
    ),
];

/// Since PostgreSQL 15.
const VIEWS: &[Case] = &[
    case(
        "CREATE VIEW titles AS SELECT title FROM posts; CREATE VIEW more AS TABLE titles; GRANT SELECT ON titles, more TO {app}",
        &[
            r#""public"."posts": the view `"public"."titles"` reads it with the rights of its owner"#,
            r#""public"."posts": the view `"public"."more"` reads it with the rights of its owner"#,
        ],
    ),
    case(
        "CREATE VIEW titles WITH (security_invoker = false) AS SELECT title FROM posts; GRANT SELECT ON titles TO PUBLIC",
        &[r#"the view `"public"."titles"` reads it with the rights of its owner"#],
    ),
];

fn registry() -> Registry {
    Registry::new(vec![
        tagged::<posts::table, posts::tenant>(),
        tagged::<events::table, events::tenant>(),
        tagged::<counts::table, counts::tenant>(),
    ])
    .unwrap()
}

async fn compared(scratch: &Scratch, registry: &Registry) -> Comparison {
    let catalog = catalog(scratch, registry).await;
    Comparison::new(registry, &catalog, &scratch.roles(), catalog.database.signing)
}

async fn plan(scratch: &Scratch, registry: &Registry) -> Plan {
    super::golden::plan(scratch, registry).await
}

async fn apply(scratch: &Scratch, sql: &str) {
    scratch.run("owner", &format!("BEGIN; {sql} COMMIT")).await;
}

/// A database in which nothing is different.
async fn protected() -> Scratch {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    // Up to PostgreSQL 14 everybody may create tables there, which pools refuse.
    scratch.superuser_here("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let create = format!("GRANT CREATE ON SCHEMA public TO {}", scratch.role("owner"));
    scratch.superuser_here(&create).await;
    scratch.run("owner", TABLES).await;
    let plan = plan(&scratch, &registry()).await;
    apply(&scratch, &plan.up_sql()).await;
    assert_clean(&scratch, &registry()).await;
    scratch
}

async fn assert_clean(scratch: &Scratch, registry: &Registry) {
    let comparison = compared(scratch, registry).await;
    assert!(comparison.is_clean(), "{comparison}");
    assert!(plan(scratch, registry).await.is_empty());
}

/// What is different is said, one migration repairs it, and `down.sql` brings it back exactly.
async fn repaired(scratch: &Scratch, registry: &Registry, said: &[&str]) {
    let before = scratch.snapshot().await;
    let comparison = compared(scratch, registry).await.to_string();
    for said in said {
        assert!(comparison.contains(&fill(scratch, said)), "{said}: {comparison}");
    }
    let plan = plan(scratch, registry).await;
    apply(scratch, &plan.up_sql()).await;
    assert_clean(scratch, registry).await;
    apply(scratch, &plan.down_sql()).await;
    assert_eq!(scratch.snapshot().await, before, "{}", plan.down_sql());
    assert_eq!(compared(scratch, registry).await.to_string(), comparison);
    apply(scratch, &plan.up_sql()).await;
}

fn fill(scratch: &Scratch, text: &str) -> String {
    ["app", "admin", "login"].iter().fold(text.to_owned(), |text, part| {
        text.replace(&format!("{{{part}}}"), &scratch.role(part))
    })
}

#[tokio::test]
async fn every_change_is_found_and_repaired() {
    let scratch = protected().await;
    for Case { change, said } in CASES {
        scratch
            .superuser_here(&format!(
                "SET ROLE {}; {}",
                scratch.role("owner"),
                fill(&scratch, change)
            ))
            .await;
        repaired(&scratch, &registry(), said).await;
    }
}

#[tokio::test]
async fn views_are_read_with_the_rights_of_whoever_reads_them() {
    let scratch = protected().await;
    let version = scratch.values("owner", "SHOW server_version_num").await.unwrap();
    let knows_invokers = version[0].parse::<i32>().unwrap() >= 150_000;
    for Case { change, said } in VIEWS {
        let change = if knows_invokers {
            (*change).to_owned()
        } else {
            change.replace("WITH (security_invoker = false) ", "")
        };
        scratch.run("owner", &fill(&scratch, &change)).await;
        if knows_invokers {
            repaired(&scratch, &registry(), said).await;
        } else {
            // There is no other kind, so nothing is asked for.
            assert_clean(&scratch, &registry()).await;
        }
        scratch.run("owner", "DROP VIEW titles CASCADE").await;
    }
}

/// The table is closed and keeps its policies; its rows are nobody's but its owner's.
#[tokio::test]
async fn a_tag_that_was_removed_closes_the_table() {
    let scratch = protected().await;
    let fewer = Registry::new(vec![
        tagged::<events::table, events::tenant>(),
        tagged::<counts::table, counts::tenant>(),
    ]);
    let fewer = fewer.unwrap();
    repaired(&scratch, &fewer, &[r#""public"."posts": no tag names this table any more"#]).await;
    let open = format!("SET ROLE {}; TABLE posts", scratch.role("app"));
    let denied = scratch.values("login", &open).await.unwrap_err();
    assert!(denied.starts_with("42501"), "{denied}");
    let policies = "SELECT count(*) FROM pg_policies WHERE tablename = 'posts'";
    assert_eq!(scratch.values("owner", policies).await.unwrap(), ["3"]);
}

#[tokio::test]
async fn a_table_that_looks_like_one_of_tenants_is_named() {
    let scratch = protected().await;
    scratch.run("owner", "CREATE TABLE drafts (tenant text)").await;
    let comparison = compared(&scratch, &registry()).await.to_string();
    assert!(
        comparison.contains(r#"`"public"."drafts"` has a column of the name of a tenant column"#),
        "{comparison}"
    );
    // Not what a migration could decide.
    assert!(plan(&scratch, &registry()).await.is_empty());
    scratch.run("owner", "DROP TABLE drafts").await;
    assert_clean(&scratch, &registry()).await;
}

/// The ids stay, and nobody sees the rows of others, before and after.
#[tokio::test]
async fn a_tenant_column_gets_another_type() {
    let scratch = protected().await;
    let [a, b] = [1, 2].map(|number| uuid::Uuid::from_u128(number).to_string());
    let rows = format!(
        "SET row_security = off; ALTER TABLE posts NO FORCE ROW LEVEL SECURITY; ALTER TABLE counts NO FORCE ROW LEVEL SECURITY;
        INSERT INTO posts (tenant, title) VALUES ('{a}', 'a'), ('{b}', 'b'); INSERT INTO counts (tenant) VALUES (1), (2);
        ALTER TABLE posts FORCE ROW LEVEL SECURITY; ALTER TABLE counts FORCE ROW LEVEL SECURITY"
    );
    scratch.run("owner", &rows).await;
    // A policy that names the column, and would hinder the change.
    scratch.run("owner", "CREATE POLICY further ON posts USING (tenant = 'x')").await;
    let retyped = Registry::new(vec![
        tagged::<wider::posts::table, wider::posts::tenant>(),
        tagged::<events::table, events::tenant>(),
        tagged::<wider::counts::table, wider::counts::tenant>(),
    ]);
    let retyped = retyped.unwrap();
    let said = [
        r#""public"."posts": the tenant column is text, and registered as uuid"#,
        r#""public"."counts": the tenant column is integer, and registered as bigint"#,
    ];
    repaired(&scratch, &retyped, &said).await;
    for (tenant, table, seen) in
        [(&*a, "posts", "a"), (&*b, "posts", "b"), ("1", "counts", "1"), ("2", "counts", "2")]
    {
        let column = if table == "posts" { "title" } else { "tenant" };
        let read = format!(
            "SET ROLE {}; SET tenants.tenant = '{tenant}'; SELECT {column}::text FROM {table}",
            scratch.role("app")
        );
        assert_eq!(scratch.values("login", &read).await.unwrap(), [seen], "{table}");
    }
}

/// Ids that are none of the new type: nothing is changed.
#[tokio::test]
async fn ids_that_do_not_fit_keep_their_type() {
    let scratch = protected().await;
    let row =
        "ALTER TABLE posts NO FORCE ROW LEVEL SECURITY; INSERT INTO posts (tenant) VALUES ('acme');
        ALTER TABLE posts FORCE ROW LEVEL SECURITY";
    scratch.run("owner", row).await;
    let before = scratch.snapshot().await;
    let retyped =
        Registry::new(vec![tagged::<wider::posts::table, wider::posts::tenant>()]).unwrap();
    let up = plan(&scratch, &retyped).await.up_sql();
    let refused = scratch.values("owner", &format!("BEGIN; {up} COMMIT")).await.unwrap_err();
    assert!(refused.starts_with("22P02"), "{refused}");
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn a_table_that_was_renamed_or_moved_keeps_its_protection() {
    let scratch = protected().await;
    scratch.run("owner", "ALTER TABLE posts RENAME TO articles; ALTER TABLE articles RENAME COLUMN title TO name").await;
    let renamed = Registry::new(vec![
        tagged::<elsewhere::articles::table, elsewhere::articles::tenant>(),
        tagged::<events::table, events::tenant>(),
        tagged::<counts::table, counts::tenant>(),
    ]);
    assert_clean(&scratch, &renamed.unwrap()).await;
    let comparison = compared(&scratch, &registry()).await.to_string();
    assert!(
        comparison.contains(r#"table `"public"."posts"` is registered but not in the database"#),
        "{comparison}"
    );
    assert!(
        comparison.contains(r#""public"."articles": no tag names this table any more"#),
        "{comparison}"
    );

    scratch
        .run("owner", "ALTER TABLE articles RENAME TO posts; CREATE SCHEMA archive; ALTER TABLE posts SET SCHEMA archive")
        .await;
    let others =
        || [tagged::<events::table, events::tenant>(), tagged::<counts::table, counts::tenant>()];
    let moved = [tagged::<elsewhere::archived::table, elsewhere::archived::tenant>()];
    let moved = Registry::new(moved.into_iter().chain(others())).unwrap();
    let said = ["no right to name what is in the schema `archive`"];
    repaired(&scratch, &moved, &said).await;

    // The same name in two schemas: each is its own.
    scratch
        .run(
            "owner",
            "CREATE TABLE posts (id bigint, tenant text NOT NULL, PRIMARY KEY (tenant, id))",
        )
        .await;
    let both = [
        tagged::<elsewhere::archived::table, elsewhere::archived::tenant>(),
        tagged::<posts::table, posts::tenant>(),
    ];
    let both = Registry::new(both.into_iter().chain(others())).unwrap();
    repaired(&scratch, &both, &[r#""public"."posts": row-level security is off"#]).await;

    // A column that was renamed: policies follow it, and the tag must.
    scratch.run("owner", "ALTER TABLE posts RENAME COLUMN tenant TO owner").await;
    let comparison = compared(&scratch, &both).await.to_string();
    assert!(
        comparison.contains(r#"table `"public"."posts"` has no column `tenant`"#),
        "{comparison}"
    );
    let renamed = [
        tagged::<elsewhere::archived::table, elsewhere::archived::tenant>(),
        tagged::<elsewhere::posts::table, elsewhere::posts::owner>(),
    ];
    assert_clean(&scratch, &Registry::new(renamed.into_iter().chain(others())).unwrap()).await;
}

/// Dropped and, by a `down.sql` that knows of no policies, created again: closed, and to be taken back all the same.
#[tokio::test]
async fn a_table_that_was_dropped_and_created_again_is_taken_back() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", TABLES).await;
    scratch.run("owner", "ALTER TABLE posts DROP CONSTRAINT posts_pkey").await;
    let protect = plan(&scratch, &registry()).await;
    apply(&scratch, &protect.up_sql()).await;
    let create = "CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY, tenant text NOT NULL, title text)";
    scratch.run("owner", &format!("DROP TABLE posts; {create}")).await;
    let open = format!("SET ROLE {}; SET tenants.tenant = 'a'; TABLE posts", scratch.role("app"));
    let denied = scratch.values("login", &open).await.unwrap_err();
    assert!(denied.starts_with("42501"), "{denied}");
    apply(&scratch, &protect.down_sql()).await;
    apply(&scratch, &protect.up_sql()).await;
    assert_clean(&scratch, &registry()).await;
}

#[tokio::test]
async fn a_table_of_the_runtime_role_is_named() {
    let scratch = protected().await;
    let owner = |part| format!("ALTER TABLE posts OWNER TO {}", scratch.role(part));
    scratch.superuser_here(&owner("app")).await;
    let comparison = compared(&scratch, &registry()).await.to_string();
    let said = r#"table `"public"."posts"` is owned by the runtime role"#;
    assert!(comparison.contains(said), "{comparison}");
    scratch.superuser_here(&owner("owner")).await;
    let comparison = compared(&scratch, &registry()).await.to_string();
    assert!(!comparison.contains(said), "{comparison}");
}

/// Only its owner knows which of two functions it is to be.
#[tokio::test]
async fn another_function_of_the_tenant_is_for_setup_to_replace() {
    let scratch = protected().await;
    let replaced = "CREATE OR REPLACE FUNCTION tenants.current_tenant() RETURNS text LANGUAGE sql STABLE RETURN 'a'";
    scratch.run("owner", replaced).await;
    let comparison = compared(&scratch, &registry()).await.to_string();
    assert!(comparison.contains("`tenants.current_tenant()` is another function"), "{comparison}");
    let (login, roles) = (scratch.role("login"), scratch.role_args());
    let args: Vec<_> =
        ["setup", "--login", &login].into_iter().chain(roles.iter().map(String::as_str)).collect();
    let said = stderr(&scratch.tenants(&args), 1);
    assert!(said.contains("say it with `--isolation`"), "{said}");
    for isolation in ["role-per-tenant", "shared-role"] {
        scratch.set_up(&["--isolation", isolation]);
        assert_clean(&scratch, &registry()).await;
        scratch.run("owner", replaced).await;
    }
}

/// One that is created anew is open to nobody: by default PostgreSQL lets everybody call it.
#[tokio::test]
async fn a_function_that_is_missing_is_for_setup_to_create() {
    let scratch = protected().await;
    let before = scratch.snapshot().await;
    let drop = "DROP FUNCTION tenants.delete_tenant(text), tenants.admit(text)";
    scratch.run("owner", drop).await;
    let comparison = compared(&scratch, &registry()).await.to_string();
    for function in ["tenants.admit(text)", "tenants.delete_tenant(text)"] {
        let said = format!("the function `{function}` is missing: run `tenants setup`");
        assert!(comparison.contains(&said), "{comparison}");
    }
    scratch.set_up(&[]);
    assert_clean(&scratch, &registry()).await;
    assert_eq!(scratch.snapshot().await, before);
}

#[tokio::test]
async fn pools_compare_as_well() {
    let scratch = protected().await;
    let url = scratch.url("login");
    let pool = TenantPool::builder(&url).roles(scratch.roles()).registry(registry());
    let pool = pool.build().await.unwrap();
    let roles = scratch.roles();
    let build = move || sync::TenantPool::builder(url).roles(roles).registry(registry()).build();
    let blocking = tokio::task::spawn_blocking(build).await.unwrap().unwrap();
    let check = async || {
        let (other, blocking) = (pool.check().await.unwrap(), blocking.clone());
        let comparison =
            tokio::task::spawn_blocking(move || blocking.check()).await.unwrap().unwrap();
        assert_eq!(comparison, other);
        comparison
    };
    assert!(check().await.is_clean());
    scratch.run("owner", "ALTER POLICY tenants_isolation ON posts USING (true)").await;
    let comparison = check().await;
    assert_eq!(comparison, compared(&scratch, &registry()).await);
    assert_eq!(comparison.differences.len(), 1);
}
