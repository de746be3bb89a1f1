//! Between two statements of a generated migration, as of one that died there: nobody sees the rows of others.

use tenants_core::plan::Plan;
use tenants_core::signature::Signing;
use tenants_diesel::Registry;

use super::golden::{self, events, posts, tagged};
use super::scratch::Scratch;

/// A plan for a table with rows of `a` and `b`, and all tables that these can be read through.
struct Walk {
    scratch: Scratch,
    registry: Registry,
    tables: &'static [&'static str],
}

impl Walk {
    async fn new(sql: &str, tables: &'static [&'static str]) -> Self {
        let scratch = Scratch::new().await;
        scratch.set_up(&[]);
        let sql = ["app", "login"].iter().fold(sql.to_owned(), |sql, part| {
            sql.replace(&format!("tenants_{part}"), &scratch.role(part))
        });
        scratch.run("owner", &sql).await;
        let registry = match tables[0] {
            "events" => tagged::<events::table, events::tenant>(),
            _ => tagged::<posts::table, posts::tenant>(),
        };
        let registry = Registry::new([registry]).unwrap();
        let insert = format!("INSERT INTO {} (tenant) VALUES ('a'), ('b')", tables[0]);
        scratch.superuser_here(&insert).await;
        Self { scratch, registry, tables }
    }

    async fn plan(&self, signing: Signing) -> Plan {
        golden::plan_with(&self.scratch, &self.registry, signing).await
    }

    /// Runs each statement on its own, and says after which of them the rows of others can be met: first of all,
    /// before the first one.
    async fn open_after(&self, statements: &[&str]) -> Vec<bool> {
        let mut open = vec![self.is_open().await];
        for statement in statements {
            self.scratch.run("owner", statement).await;
            open.push(self.is_open().await);
        }
        open
    }

    async fn is_open(&self) -> bool {
        let mut open = false;
        for table in self.tables {
            for tenant in ["a", "b", ""] {
                let other = if tenant == "a" { "b" } else { "a" };
                for statement in [
                    format!("SELECT tenant FROM {table}"),
                    format!("UPDATE {table} SET tenant = tenant RETURNING tenant"),
                    format!("DELETE FROM {table} RETURNING tenant"),
                    format!("INSERT INTO {table} (tenant) VALUES ('{other}') RETURNING tenant"),
                ] {
                    let met = self.met_by(tenant, &statement).await;
                    open |= met.iter().any(|met| met != tenant);
                }
            }
            // The login has nothing of its own.
            let all = format!("SELECT tenant FROM {table}");
            open |= self.scratch.values("login", &all).await.is_ok_and(|met| !met.is_empty());
        }
        open
    }

    /// Whose rows a statement meets in a scope; it is taken back.
    async fn met_by(&self, tenant: &str, statement: &str) -> Vec<String> {
        let app = self.scratch.role("app");
        let scoped = format!(
            "BEGIN; SET LOCAL ROLE {app}; SET LOCAL tenants.tenant = '{tenant}'; {statement}; ROLLBACK"
        );
        let met = self.scratch.values("login", &scoped).await;
        met.unwrap_or_else(|refused| {
            assert!(refused.starts_with("42501") || refused.starts_with("TN"), "{refused}");
            Vec::new()
        })
    }

    /// Each tenant sees its own row: nothing here passes because there is nothing to see.
    async fn assert_both_see_their_own(&self) {
        for tenant in ["a", "b"] {
            let see = format!("SELECT tenant FROM {}", self.tables[0]);
            assert_eq!(self.met_by(tenant, &see).await, [tenant]);
        }
    }
}

fn statements(sql: &str) -> Vec<&str> {
    sql.split_inclusive(";\n").collect()
}

const POSTS: &str = "CREATE TABLE posts (id serial PRIMARY KEY, tenant text);";
const EVENTS: &str = "CREATE TABLE events (id bigint NOT NULL DEFAULT 1, tenant text NOT NULL) PARTITION BY RANGE (id);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
    CREATE TABLE events_1a PARTITION OF events_1 FOR VALUES FROM (0) TO (5);";
/// Half of it is there, and a policy that somebody added.
const HALF: &str = "CREATE TABLE posts (id serial PRIMARY KEY, tenant text NOT NULL);
    ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
    CREATE POLICY tenants_isolation ON posts
        USING (tenant = tenants.current_tenant()) WITH CHECK (tenant = tenants.current_tenant());";
const ALL_EVENTS: &[&str] = &["events", "events_1", "events_1a"];

#[tokio::test]
async fn no_point_of_a_migration_opens_a_table() {
    for (sql, tables) in [(POSTS, &["posts"][..]), (EVENTS, ALL_EVENTS), (HALF, &["posts"])] {
        let walk = Walk::new(sql, tables).await;
        let plan = walk.plan(Signing::Off).await;
        let [up, down] = [plan.up_sql(), plan.down_sql()];
        assert!(statements(&up).len() > 6, "{up}");
        let open = walk.open_after(&statements(&up)).await;
        assert!(!open.contains(&true), "{open:?}: {up}");
        walk.assert_both_see_their_own().await;
        let open = walk.open_after(&statements(&down)).await;
        assert!(!open.contains(&true), "{open:?}: {down}");
    }
}

/// Guards and policies change one by one.
#[tokio::test]
async fn no_point_of_a_change_to_signatures_and_back_opens_a_table() {
    let walk = Walk::new(POSTS, &["posts"]).await;
    for statement in statements(&walk.plan(Signing::Off).await.up_sql()) {
        walk.scratch.run("owner", statement).await;
    }
    walk.assert_both_see_their_own().await;
    let plan = walk.plan(Signing::On).await;
    let open = walk.open_after(&statements(&plan.up_sql())).await;
    assert!(open.len() > 4 && !open.contains(&true), "{open:?}");
    assert_eq!(walk.met_by("a", "SELECT tenant FROM posts").await, [""; 0], "unsigned");
    let open = walk.open_after(&statements(&plan.down_sql())).await;
    assert!(open.len() > 4 && !open.contains(&true), "{open:?}");
    walk.assert_both_see_their_own().await;
}

/// What was open before is closed once and for all, and opened again by the last statements that take it back.
#[tokio::test]
async fn a_table_that_was_open_is_closed_once() {
    let granted = format!(
        "{EVENTS} GRANT SELECT, INSERT, UPDATE, DELETE ON events, events_1a TO tenants_app;
        GRANT SELECT ON events_1 TO PUBLIC; GRANT SELECT ON events TO tenants_login"
    );
    let walk = Walk::new(&granted, ALL_EVENTS).await;
    let plan = walk.plan(Signing::Off).await;
    let [up, down] = [plan.up_sql(), plan.down_sql()];
    let open = walk.open_after(&statements(&up)).await;
    assert!(open[0] && open.is_sorted_by_key(|open| !open) && !open[open.len() - 1], "{open:?}");
    walk.assert_both_see_their_own().await;
    let open = walk.open_after(&statements(&down)).await;
    assert!(!open[0] && open.is_sorted() && open[open.len() - 1], "{open:?}: {down}");
}

/// The check finds a grant that comes too early, and a policy that goes too soon.
#[tokio::test]
async fn another_order_is_found() {
    let walk = Walk::new(POSTS, &["posts"]).await;
    let plan = walk.plan(Signing::Off).await;
    let [up, down] = [plan.up_sql(), plan.down_sql()];
    let (mut early, mut late) = (statements(&up), statements(&down));
    early.sort_by_key(|statement| !statement.contains("GRANT SELECT"));
    assert!(walk.open_after(&early).await.contains(&true));
    walk.assert_both_see_their_own().await;
    late.sort_by_key(|statement| statement.contains("REVOKE SELECT"));
    assert!(walk.open_after(&late).await.contains(&true));
}
