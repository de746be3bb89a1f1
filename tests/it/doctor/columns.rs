//! Lints of columns, indexes and keys.

use tenants_diesel::Isolation;
use tenants_tests::SUPERUSER;

use super::case::{Case, Patient, check_all, lint, repaired, told};
use crate::migrations::scratch::query;

pub(super) const CASES: &[Case] = &[
    repaired(
        "T301",
        "ALTER TABLE posts DROP CONSTRAINT posts_pkey; ALTER TABLE posts ALTER tenant DROP NOT NULL",
        "public.posts.tenant",
        "allows NULL",
    ),
    told("T301", "ALTER TABLE notes DROP tenant CASCADE", "public.notes.tenant", "no such column"),
    repaired("T302", "ALTER TABLE posts ALTER tenant DROP DEFAULT", "public.posts.tenant", "no default"),
    repaired(
        "T302",
        "ALTER TABLE posts ALTER tenant SET DEFAULT 'acme'",
        "public.posts.tenant",
        "its default is 'acme'",
    ),
    repaired(
        "T303",
        "ALTER TABLE posts DROP CONSTRAINT posts_pkey; CREATE INDEX ON posts (title, tenant)",
        "public.posts.tenant",
        "no valid index",
    ),
    repaired(
        "T303",
        r#"ALTER TABLE posts DROP CONSTRAINT posts_pkey; CREATE INDEX ON posts (tenant COLLATE "C")"#,
        "public.posts.tenant",
        "no valid index",
    ),
    // What `CREATE INDEX CONCURRENTLY` leaves that failed.
    repaired(
        "T303",
        "ALTER TABLE posts DROP CONSTRAINT posts_pkey; CREATE INDEX ON posts (tenant);
        UPDATE pg_index SET indisvalid = false WHERE indrelid = 'posts'::regclass",
        "public.posts.tenant",
        "no valid index",
    ),
    told(
        "T304",
        "CREATE UNIQUE INDEX by_title ON posts (title) INCLUDE (tenant)",
        "public.posts.by_title",
        "a unique index without",
    ),
    told(
        "T305",
        "CREATE UNIQUE INDEX by_id ON posts (id); ALTER TABLE posts ADD parent bigint REFERENCES posts (id)",
        "public.posts.posts_parent_fkey",
        "references public.posts",
    ),
    told(
        "T306",
        "CREATE UNIQUE INDEX by_id ON posts (id); ALTER TABLE plans ADD post bigint REFERENCES posts (id)",
        "public.plans.plans_post_fkey",
        "references public.posts",
    ),
    told(
        "T307",
        "ALTER TABLE posts ADD parent bigint;
        ALTER TABLE posts ADD CONSTRAINT parent FOREIGN KEY (tenant, parent) REFERENCES posts ON DELETE SET NULL",
        "public.posts.parent",
        "overwrites the tenant column",
    ),
    repaired(
        "T308",
        "ALTER TABLE posts ADD CONSTRAINT titled CHECK (title <> '') NOT VALID",
        "public.posts.titled",
        "is not validated",
    ),
    repaired(
        "T308",
        "ALTER TABLE posts ADD parent bigint;
        ALTER TABLE posts ADD CONSTRAINT parent FOREIGN KEY (tenant, parent) REFERENCES posts NOT VALID",
        "public.posts.parent",
        "is not validated",
    ),
    repaired(
        "T308",
        "ALTER TABLE posts ADD parent bigint;
        ALTER TABLE posts ADD CONSTRAINT parent FOREIGN KEY (tenant, parent) REFERENCES posts;
        ALTER TABLE posts DISABLE TRIGGER ALL",
        "public.posts.",
        "is disabled",
    ),
    told(
        "T701",
        "ALTER TABLE posts ADD price numeric; CREATE INDEX by_price ON posts (tenant, price)",
        "public.by_price",
        "column price of type numeric",
    ),
    told(
        "T701",
        "CREATE TYPE mood AS ENUM ('good', 'bad'); ALTER TABLE posts ADD mood mood;
        CREATE INDEX by_mood ON posts (tenant, mood)",
        "public.by_mood",
        "column mood of type public.mood",
    ),
    told(
        "T701",
        "ALTER TABLE posts ADD tags jsonb; CREATE INDEX by_tags ON posts USING gin (tags)",
        "public.by_tags",
        "column tags of type jsonb",
    ),
    told(
        "T701",
        "CREATE INDEX by_lower ON posts (tenant, lower(title))",
        "public.by_lower",
        "an expression lower(title)",
    ),
];

#[tokio::test]
async fn faults_of_columns_and_keys_are_found_and_repaired() {
    check_all(CASES, Isolation::SharedRole).await;
}

/// What a condition can use behind a policy, nothing is said of.
#[tokio::test]
async fn indexes_that_serve_scoped_queries_are_not_named() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let indexes =
        "ALTER TABLE posts ADD at timestamptz, ADD day date, ADD key uuid, ADD number integer,
            ADD is_public boolean;
        CREATE INDEX ON posts (tenant, title, at, day, key, number, is_public);
        CREATE INDEX ON posts (title COLLATE \"C\"); CREATE INDEX ON posts (title text_pattern_ops);
        CREATE INDEX ON posts USING hash (title)";
    patient.run(indexes).await;
    assert_eq!(patient.examine([lint("T701")]).await.findings, []);
    // The columns can name the tenant, too.
    let columns = "ALTER TABLE posts ADD parent bigint;
        ALTER TABLE posts ADD FOREIGN KEY (tenant, parent) REFERENCES posts (tenant, id)";
    patient.run(columns).await;
    let keys = ["T304", "T305", "T306", "T307", "T308"].map(lint);
    assert_eq!(patient.examine(keys).await.findings, []);
}

/// What the lint says of an index, and what the server does with it behind the policies.
#[tokio::test]
async fn the_server_looks_up_what_is_not_named_and_filters_what_is() {
    let patient = Patient::new(Isolation::SharedRole).await;
    let columns = "CREATE TYPE mood AS ENUM ('good', 'bad');
        ALTER TABLE posts ADD price numeric, ADD mood mood, ADD at timestamptz;
        CREATE INDEX by_price ON posts (tenant, price); CREATE INDEX by_mood ON posts (tenant, mood);
        CREATE INDEX by_lower ON posts (tenant, lower(title)); CREATE INDEX by_title ON posts (tenant, title);
        CREATE INDEX by_at ON posts (tenant, at)";
    patient.run(columns).await;
    let report = patient.examine([lint("T701")]).await;
    for (index, condition, is_useless) in [
        ("by_price", "price = 1", true),
        ("by_mood", "mood = 'good'", true),
        ("by_lower", "lower(title) = 'a'", true),
        ("by_title", "title = 'a'", false),
        ("by_at", "at = '2027-01-01'", false),
    ] {
        let named = report.findings.iter().any(|it| it.object == format!("public.{index}"));
        assert_eq!(named, is_useless, "{index}: {report}");
        let explain = format!(
            "SET ROLE tenants_app; SET tenants.tenant = 'a'; SET enable_seqscan = off; SET enable_bitmapscan = off;
            EXPLAIN (COSTS OFF) SELECT FROM posts WHERE {condition}"
        );
        let plan = query(&patient.database.url(SUPERUSER), &explain).await.unwrap();
        // The policy itself is looked up, in any case.
        let looked_up = plan.iter().find(|line| line.contains("Index Cond: ")).unwrap();
        assert!(looked_up.contains("tenant = "), "{plan:?}");
        let column = condition.split(" = ").next().unwrap();
        assert_eq!(!looked_up.contains(&format!("{column} = ")), is_useless, "{plan:?}");
    }
}
