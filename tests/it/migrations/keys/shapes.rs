//! Keys of every shape: rewritten under their own names, and taken back exactly.

use tenants_core::plan::{Comparison, Difference, Plan};
use tenants_core::signature::Signing;
use tenants_diesel::Registry;

use super::super::golden::{catalog, plan, tagged};
use super::super::scratch::Scratch;
use super::{comments, composite, found, posts, told};

/// What `up.sql` makes of the definitions, beside what was there.
struct Shape {
    tables: &'static str,
    /// `pg_get_constraintdef` and `pg_get_indexdef` hold these afterwards.
    after: &'static [&'static str],
}

const POSTS: &str = "CREATE TABLE posts (id integer NOT NULL, tenant text NOT NULL, slug text, email text NOT NULL, age integer);";

const SHAPES: &[Shape] = &[
    Shape {
        tables: "ALTER TABLE posts ADD PRIMARY KEY (id)",
        after: &["posts_pkey PRIMARY KEY (tenant, id)"],
    },
    Shape {
        tables: "ALTER TABLE posts ALTER COLUMN tenant DROP NOT NULL;
            ALTER TABLE posts ADD CONSTRAINT \"The \"\"key\"\"\" PRIMARY KEY (id, email) INCLUDE (tenant)
                WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED;
            COMMENT ON CONSTRAINT \"The \"\"key\"\"\" ON posts IS 'it''s \\ a key';
            COMMENT ON INDEX \"The \"\"key\"\"\" IS 'and an index';
            ALTER TABLE posts CLUSTER ON \"The \"\"key\"\"\"",
        after: &["The \"key\" PRIMARY KEY (tenant, id, email) INCLUDE (tenant) DEFERRABLE INITIALLY DEFERRED"],
    },
    Shape {
        tables: "ALTER TABLE posts ADD UNIQUE (slug, age) DEFERRABLE, ADD CONSTRAINT one UNIQUE (email)",
        after: &[
            "posts_slug_age_key UNIQUE (tenant, slug, age) DEFERRABLE",
            "one UNIQUE (tenant, email)",
        ],
    },
    Shape {
        tables: "CREATE UNIQUE INDEX \"i (\" ON posts (lower(slug) COLLATE \"C\" text_pattern_ops DESC NULLS LAST, age)
                INCLUDE (tenant) WITH (fillfactor = 50) WHERE age > 3;
            COMMENT ON INDEX \"i (\" IS 'partial'",
        after: &[
            "USING btree (tenant, lower(slug) COLLATE \"C\" text_pattern_ops DESC NULLS LAST, age) INCLUDE (tenant) WITH (fillfactor='50') WHERE (age > 3)",
        ],
    },
    // What holds for one tenant already stays.
    Shape {
        tables: "ALTER TABLE posts ADD PRIMARY KEY (id, tenant), ADD UNIQUE (slug)",
        after: &["posts_pkey PRIMARY KEY (id, tenant)", "posts_slug_key UNIQUE (tenant, slug)"],
    },
    Shape {
        tables: "DROP TABLE posts;
            CREATE TABLE posts (id integer NOT NULL, tenant text, slug text) PARTITION BY RANGE (id);
            CREATE TABLE posts_1 PARTITION OF posts FOR VALUES FROM (0) TO (9);
            CREATE TABLE posts_2 PARTITION OF posts FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (id);
            CREATE TABLE posts_2a PARTITION OF posts_2 FOR VALUES FROM (9) TO (50);
            ALTER TABLE posts_1 ADD CONSTRAINT \"My own\" PRIMARY KEY (id);
            ALTER TABLE posts_1 ADD CONSTRAINT apart UNIQUE (slug);
            ALTER TABLE posts ADD PRIMARY KEY (id);
            CREATE UNIQUE INDEX lowered ON posts (id, lower(slug));
            COMMENT ON CONSTRAINT \"My own\" ON posts_1 IS 'of a part'",
        after: &[
            "posts_pkey PRIMARY KEY (tenant, id)",
            "My own PRIMARY KEY (tenant, id)",
            "posts_2a_pkey PRIMARY KEY (tenant, id)",
            "apart UNIQUE (tenant, slug)",
            "CREATE UNIQUE INDEX lowered ON ONLY public.posts USING btree (tenant, id, lower(slug))",
        ],
    },
    // Foreign keys of every kind, to the table itself and in a circle.
    Shape {
        tables: "ALTER TABLE posts ADD PRIMARY KEY (id), ADD UNIQUE (email), ADD reply integer REFERENCES posts;
            CREATE TABLE comments (
                id integer PRIMARY KEY,
                owner text,
                post integer CONSTRAINT gone REFERENCES posts ON DELETE RESTRICT DEFERRABLE,
                other integer CONSTRAINT zero REFERENCES posts ON UPDATE CASCADE,
                mail text NOT NULL CONSTRAINT full_one REFERENCES posts (email) MATCH FULL ON DELETE CASCADE INITIALLY DEFERRED
            );
            ALTER TABLE comments ADD CONSTRAINT unchecked FOREIGN KEY (post) REFERENCES posts ON UPDATE RESTRICT NOT VALID;
            ALTER TABLE posts ADD best integer CONSTRAINT best REFERENCES comments;
            COMMENT ON CONSTRAINT best ON posts IS 'in a circle'",
        after: &[
            "posts_reply_fkey FOREIGN KEY (tenant, reply) REFERENCES posts(tenant, id)",
            "gone FOREIGN KEY (owner, post) REFERENCES posts(tenant, id) ON DELETE RESTRICT DEFERRABLE",
            "zero FOREIGN KEY (owner, other) REFERENCES posts(tenant, id) ON UPDATE CASCADE",
            "full_one FOREIGN KEY (owner, mail) REFERENCES posts(tenant, email) MATCH FULL ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
            "unchecked FOREIGN KEY (owner, post) REFERENCES posts(tenant, id) ON UPDATE RESTRICT NOT VALID",
            "best FOREIGN KEY (tenant, best) REFERENCES comments(owner, id)",
        ],
    },
    Shape {
        tables: "DROP TABLE posts;
            CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL, slug text) PARTITION BY RANGE (id);
            CREATE TABLE posts_1 PARTITION OF posts FOR VALUES FROM (0) TO (9);
            CREATE TABLE posts_2 PARTITION OF posts FOR VALUES FROM (9) TO (99);
            CREATE TABLE comments (id integer PRIMARY KEY, owner text NOT NULL, post integer CONSTRAINT loose REFERENCES posts ON DELETE CASCADE)
                PARTITION BY RANGE (id);
            CREATE TABLE comments_1 PARTITION OF comments FOR VALUES FROM (0) TO (9);
            CREATE TABLE comments_2 PARTITION OF comments FOR VALUES FROM (9) TO (99)",
        after: &["loose FOREIGN KEY (owner, post) REFERENCES posts(tenant, id) ON DELETE CASCADE"],
    },
    // A key that is there already is enough for the table that references it.
    Shape {
        tables: "ALTER TABLE posts ADD UNIQUE (id, tenant), ADD CONSTRAINT ids UNIQUE (id);
            CREATE TABLE comments (id integer, owner text, post integer CONSTRAINT loose REFERENCES posts (id), UNIQUE (owner, id))",
        after: &["loose FOREIGN KEY (owner, post) REFERENCES posts(tenant, id)"],
    },
];

async fn definitions(scratch: &Scratch) -> String {
    let all = "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index";
    scratch.superuser_values(all).await.join("\n")
}

/// What sets columns names them, from PostgreSQL 15 on; before, the keys stay, with the reason.
const SETS: Shape = Shape {
    tables: "ALTER TABLE posts ADD PRIMARY KEY (id);
        CREATE TABLE comments (
            id integer PRIMARY KEY,
            owner text,
            post integer CONSTRAINT gone REFERENCES posts ON DELETE SET NULL,
            other integer DEFAULT 0 CONSTRAINT zero REFERENCES posts ON DELETE SET DEFAULT
        )",
    after: &[
        "gone FOREIGN KEY (owner, post) REFERENCES posts(tenant, id) ON DELETE SET NULL (post)",
        "zero FOREIGN KEY (owner, other) REFERENCES posts(tenant, id) ON DELETE SET DEFAULT (other)",
    ],
};

#[tokio::test]
async fn what_sets_columns_leaves_the_tenant_as_it_is() {
    let (scratch, registry) = made(&SETS).await;
    let is_old =
        "SELECT 1 FROM pg_settings WHERE name = 'server_version_num' AND setting::int < 150000";
    let is_old = !scratch.superuser_values(is_old).await.is_empty();
    let after = if is_old { &["posts_pkey PRIMARY KEY (id)"] } else { SETS.after };
    let plan = goes_up_and_down(&scratch, &registry, &Shape { after, ..SETS }).await;
    let notes = plan.notes.iter().filter(|note| note.to_string().contains("from 15 on only"));
    assert_eq!(notes.count(), if is_old { 2 } else { 0 });
}

/// Makes the shape, where `comments` may be missing.
async fn made(shape: &Shape) -> (Scratch, Registry) {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", &format!("{POSTS} {}", shape.tables)).await;
    let mut tables = vec![composite(tagged::<posts::table, posts::tenant>())];
    if shape.tables.contains("TABLE comments") {
        tables.push(composite(tagged::<comments::table, comments::owner>()));
    }
    (scratch, Registry::new(tables).unwrap())
}

async fn apply(scratch: &Scratch, sql: &str) {
    scratch.run("owner", &format!("BEGIN; {sql} COMMIT")).await;
}

async fn goes_up_and_down(scratch: &Scratch, registry: &Registry, shape: &Shape) -> Plan {
    let before = scratch.snapshot().await;
    let plan = plan(scratch, registry).await;
    apply(scratch, &plan.up_sql()).await;
    let after = definitions(scratch).await;
    for expected in shape.after {
        assert!(
            after.contains(expected),
            "{expected}\nis not in\n{after}\nafter\n{}",
            plan.up_sql()
        );
    }
    let live = catalog(scratch, registry).await;
    let again = Comparison::new(registry, &live, &scratch.roles(), Signing::Off);
    assert!(again.is_clean(), "{again}");
    assert_eq!(found(scratch, registry).await, told(&plan), "what the doctor still finds");
    apply(scratch, &plan.down_sql()).await;
    assert_eq!(scratch.snapshot().await, before, "{}", plan.down_sql());
    plan
}

/// Each shape, on tables that are not protected yet and on such as are.
#[tokio::test]
async fn every_shape_is_rewritten_and_restored() {
    for shape in SHAPES {
        let (scratch, registry) = made(shape).await;
        assert_eq!(told(&goes_up_and_down(&scratch, &registry, shape).await), [].into());
        assert_ne!(found(&scratch, &registry).await, [].into(), "{}", shape.tables);
        let tables = registry.tables().cloned();
        let loose = tables.map(|table| tenants_diesel::Table { keys: Default::default(), ..table });
        let protect = plan(&scratch, &Registry::new(loose).unwrap()).await;
        assert!(protect.hardening.is_empty());
        apply(&scratch, &protect.up_sql()).await;
        goes_up_and_down(&scratch, &registry, shape).await;
    }
}

/// `tenants check` says which keys, with what repairs them, and that can be run as it is.
#[tokio::test]
async fn a_check_finds_keys_and_its_statements_repair_them() {
    let shape = SHAPES.iter().find(|shape| shape.tables.contains("full_one")).unwrap();
    let (scratch, registry) = made(shape).await;
    let live = catalog(&scratch, &registry).await;
    let found = Comparison::new(&registry, &live, &scratch.roles(), Signing::Off);
    let said = found.to_string();
    assert!(
        said.contains(
            "keys leave the tenant column out: `posts_email_key` of `\"public\".\"posts\"`"
        ) || said.contains("`posts_email_key` of"),
        "{said}"
    );
    for difference in &found.differences {
        let Difference::Drift { repair, .. } = difference else { panic!("{said}") };
        scratch.run("owner", repair.as_str()).await;
    }
    let live = catalog(&scratch, &registry).await;
    let found = Comparison::new(&registry, &live, &scratch.roles(), Signing::Off);
    assert!(found.is_clean(), "{found}");
}
