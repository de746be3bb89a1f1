//! Keys that stay as they are, each with its reason, and `tenants.toml`.

use std::fs;

use tenants_core::plan::Note;
use tenants_diesel::Registry;

use super::super::golden::{plan, tagged};
use super::super::scratch::{Directory, Scratch, stderr, stdout, written};
use super::{comments, composite, found, posts, told};

diesel::table! { numbers (id) { id -> Integer, owner -> Integer, } }

const POSTS: &str =
    "CREATE TABLE posts (id integer PRIMARY KEY, tenant text NOT NULL, slug text, UNIQUE (slug));";

/// What keeps keys from being rewritten.
struct Left {
    /// What the owner makes.
    made: &'static str,
    /// What the superuser does to it.
    hurt: &'static str,
    /// The first version of PostgreSQL that knows it; older ones refuse it as a syntax error.
    since: u32,
    /// The table whose struct does not ask for composite keys.
    silent: &'static str,
    /// The reasons that are given.
    reasons: &'static [&'static str],
}

const NONE: Left = Left { made: "", hurt: "", since: 0, silent: "", reasons: &[] };

const LEFT: &[Left] = &[
    Left {
        made: "CREATE VIEW v AS SELECT id, slug FROM posts GROUP BY id",
        reasons: &["public.v depend on it"],
        ..NONE
    },
    Left {
        made: "ALTER TABLE posts REPLICA IDENTITY USING INDEX posts_pkey",
        reasons: &["REPLICA IDENTITY USING INDEX depend on it"],
        ..NONE
    },
    Left {
        made: "CREATE PUBLICATION listed FOR TABLE posts (id, slug)",
        since: 150_000,
        reasons: &["PUBLICATION listed depend on it"],
        ..NONE
    },
    Left {
        made: "ALTER TABLE posts ADD EXCLUDE (slug WITH =)",
        reasons: &["it excludes overlaps"],
        ..NONE
    },
    // As `CREATE UNIQUE INDEX CONCURRENTLY` leaves it that failed.
    Left {
        made: "CREATE UNIQUE INDEX half ON posts (slug, id)",
        hurt: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass",
        reasons: &["its index is not valid"],
        ..NONE
    },
    Left {
        made: "DO $$ BEGIN
            EXECUTE 'CREATE UNIQUE INDEX widest ON posts (' || array_to_string(array_fill('slug'::text, ARRAY[32]), ', ') || ')';
        END $$",
        reasons: &["it has as many columns as an index can have"],
        ..NONE
    },
    Left {
        made: "CREATE TABLE outside (post integer CONSTRAINT out REFERENCES posts)",
        reasons: &["`out` of `\"public\".\"outside\"`, whose rows belong to no tenant"],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT calm REFERENCES posts)",
        silent: "comments",
        reasons: &["`calm` of `\"public\".\"comments\"` references it: give that table"],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT calm REFERENCES posts)",
        silent: "posts",
        reasons: &["no key of the other table begins with the tenant column"],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT up REFERENCES posts ON UPDATE SET NULL)",
        reasons: &[
            "its ON UPDATE would set the tenant column",
            "`up` of `\"public\".\"comments\"` references it, and stays",
        ],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT full_one REFERENCES posts MATCH FULL)",
        reasons: &[
            "MATCH FULL would refuse rows",
            "`full_one` of `\"public\".\"comments\"` references it, and stays",
        ],
        ..NONE
    },
    Left {
        made: "ALTER TABLE posts ADD UNIQUE (tenant, id);
            CREATE TABLE comments (id integer, owner text NOT NULL, other text, post integer,
                CONSTRAINT pair FOREIGN KEY (other, post) REFERENCES posts (tenant, id))",
        reasons: &["it pairs a tenant column with another column"],
        ..NONE
    },
    Left {
        made: "CREATE TABLE numbers (id integer, owner integer NOT NULL, post integer CONSTRAINT far REFERENCES posts)",
        reasons: &[
            "the two tenant columns have different types",
            "`far` of `\"public\".\"numbers\"` references it, and stays",
        ],
        ..NONE
    },
    Left {
        made: "ALTER TABLE posts ADD part int4range, ADD during daterange;
            ALTER TABLE posts ADD CONSTRAINT held UNIQUE (part, during WITHOUT OVERLAPS);
            CREATE TABLE comments (id integer, owner text NOT NULL, part int4range, during daterange,
                CONSTRAINT while_held FOREIGN KEY (part, PERIOD during) REFERENCES posts (part, PERIOD during))",
        since: 180_000,
        reasons: &["it has a PERIOD", "it excludes overlaps"],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT quiet REFERENCES posts)",
        hurt: "ALTER TABLE comments DISABLE TRIGGER ALL",
        reasons: &[
            "one of its triggers is disabled",
            "`quiet` of `\"public\".\"comments\"` references it, and stays",
        ],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT loose REFERENCES posts)
                PARTITION BY RANGE (id);
            CREATE TABLE comments_1 (id integer, owner text NOT NULL, post integer CONSTRAINT own REFERENCES posts);
            ALTER TABLE comments ATTACH PARTITION comments_1 FOR VALUES FROM (0) TO (9)",
        reasons: &[
            "partitions call it by other names",
            "`loose` of `\"public\".\"comments\"` references it, and stays",
        ],
        ..NONE
    },
    Left {
        made: "CREATE TABLE comments (id integer, owner text NOT NULL, post integer CONSTRAINT loose REFERENCES posts)
                PARTITION BY RANGE (id);
            CREATE TABLE comments_1 PARTITION OF comments FOR VALUES FROM (0) TO (9);
            COMMENT ON CONSTRAINT loose ON comments_1 IS 'of a part'",
        reasons: &[
            "or have a comment on it",
            "`loose` of `\"public\".\"comments\"` references it, and stays",
        ],
        ..NONE
    },
];

impl Left {
    /// Whether the server knows what is made; one that does not says so.
    async fn is_made(&self, scratch: &Scratch) -> bool {
        scratch.set_up(&[]);
        scratch.run("owner", POSTS).await;
        let made = scratch.values("owner", self.made).await;
        let version = scratch.superuser_values("SHOW server_version_num").await;
        if version[0].parse::<u32>().unwrap() < self.since {
            let refused = made.unwrap_err();
            assert!(refused.starts_with("42601"), "{}: {refused}", self.made);
            return false;
        }
        made.unwrap();
        scratch.superuser_here(self.hurt).await;
        true
    }

    fn registry(&self) -> Registry {
        let tables = [
            ("posts", tagged::<posts::table, posts::tenant>()),
            ("comments", tagged::<comments::table, comments::owner>()),
            ("numbers", tagged::<numbers::table, numbers::owner>()),
        ];
        let is_there =
            |name: &str| name == "posts" || self.made.contains(&format!("TABLE {name} ("));
        let tables = tables.into_iter().filter(|(name, _)| is_there(name));
        let asks = |(name, table)| if name == self.silent { table } else { composite(table) };
        Registry::new(tables.map(asks)).unwrap()
    }
}

/// Each key that stays has its reason, and the doctor finds it still; the others are rewritten.
#[tokio::test]
async fn what_stays_has_its_reason_and_its_lint_and_is_no_difference() {
    for left in LEFT {
        let scratch = Scratch::new().await;
        if !left.is_made(&scratch).await {
            continue;
        }
        let registry = left.registry();
        let plan = plan(&scratch, &registry).await;
        let notes = plan
            .notes
            .iter()
            .filter(|note| matches!(note, Note::KeyLeft { .. } | Note::ForeignKeyLeft { .. }));
        let said: Vec<_> = notes.map(ToString::to_string).collect();
        assert_eq!(said.len(), left.reasons.len(), "{}: {said:?}", left.made);
        for reason in left.reasons {
            assert!(said.iter().any(|said| said.contains(reason)), "{reason}: {said:?}");
        }
        scratch.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
        assert_eq!(found(&scratch, &registry).await, told(&plan), "{}", left.made);
        let again = super::super::golden::plan(&scratch, &registry).await;
        assert!(again.is_empty(), "{}", again.up_sql());
        let slug =
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'posts_slug_key'";
        let other = if left.silent == "posts" { "UNIQUE (slug)" } else { "UNIQUE (tenant, slug)" };
        assert_eq!(scratch.superuser_values(slug).await, [other], "the other key");
    }
}

#[tokio::test]
async fn a_file_asks_for_all_tables() {
    let scratch = Scratch::new().await;
    scratch.set_up(&[]);
    scratch.run("owner", include_str!("../tables.sql")).await;
    let project = Directory::new();
    fs::create_dir(project.join("migrations")).unwrap();
    let refused = |toml: &str, reason: &str| {
        fs::write(project.join("tenants.toml"), toml).unwrap();
        let said = stderr(&scratch.generate(&project, "keys"), 1);
        assert!(said.contains(reason) && said.contains("tenants.toml"), "{said}");
    };
    refused("composite_keys", "cannot be understood");
    refused("composite_keys = 'yes'", "write `composite_keys = true`");
    refused(
        "composed_keys = true",
        "unknown key `composed_keys`: expected `composite_keys = true`",
    );
    fs::write(project.join("tenants.toml"), "composite_keys = true").unwrap();
    stdout(&scratch.generate(&project, "keys"));
    let made = fs::read_dir(project.join("migrations")).unwrap().next().unwrap().unwrap().path();
    let up = fs::read_to_string(made.join("up.sql")).unwrap();
    assert!(up.contains(r#"PRIMARY KEY ("tenant", id)"#), "{up}");
    let check = || {
        let roles = scratch.role_args();
        let mut args = vec!["check", "--ignore-untagged"];
        args.extend(roles.iter().map(String::as_str));
        let mut command = scratch.command(env!("CARGO_BIN_EXE_tenants"), &args);
        command.current_dir(&*project).output().unwrap()
    };
    let said = written(&check(), 1);
    assert!(said.contains("keys leave the tenant column out: `posts_pkey`"), "{said}");
    scratch.run("owner", &format!("BEGIN; {up} COMMIT")).await;
    written(&check(), 0);
    assert!(stdout(&scratch.generate(&project, "again")).contains("Nothing to do"));
}
