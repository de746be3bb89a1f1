//! Tables that are observed: everything goes on as before, and what enforced policies would not let through is recorded.

mod doors;
mod harmless;
mod pools;
mod recorded;

use tenants_core::catalog::Catalog;
use tenants_core::plan::Plan;
use tenants_diesel::{Isolation, Registry, Roles, TenantPool, TenantPoolBuilder, catalog};
use tenants_tests::schema::all_registry;
use tenants_tests::{Database, SUPERUSER};

use crate::raw::Raw;

/// A database whose tables are observed, in which acme has two posts and globex has one.
pub(super) struct Observed {
    pub(super) db: Database,
}

impl Observed {
    pub(super) async fn new() -> Self {
        Self::isolated_by(Isolation::SharedRole).await
    }

    pub(super) async fn isolated_by(isolation: Isolation) -> Self {
        let db = Database::isolated_by(isolation).await;
        // As before it was protected.
        for table in ["posts", "notes", "orders", "files"] {
            let policies = ["isolation", "guard", "admin"]
                .map(|policy| format!("DROP POLICY tenants_{policy} ON {table};"));
            let open = format!(
                "{} ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
                policies.concat()
            );
            db.run("owner", &open).await;
        }
        let rows = "INSERT INTO tenants.tenant (id) VALUES ('acme'), ('globex');
            INSERT INTO posts (tenant, title)
            VALUES ('acme', 'first'), ('acme', 'second'), ('globex', 'theirs')";
        db.run(SUPERUSER, rows).await;
        let this = Self { db };
        this.observe().await;
        this
    }

    /// Runs the migration that observes.
    pub(super) async fn observe(&self) {
        let plan = self.plan(Plan::observing).await;
        self.db.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
    }

    /// Runs the migration that enforces, and returns it.
    pub(super) async fn enforce(&self) -> Plan {
        let plan = self.plan(Plan::new).await;
        self.db.run("owner", &format!("BEGIN; {} COMMIT", plan.up_sql())).await;
        plan
    }

    async fn plan<E: std::fmt::Debug>(
        &self,
        plan: impl FnOnce(&Registry, &Catalog, &Roles) -> Result<Plan, E>,
    ) -> Plan {
        let (registry, roles) = (all_registry(), Roles::default());
        let mut connection = self.db.connect("owner").await;
        let live = catalog::read(&mut connection, &registry, &roles).await.unwrap();
        plan(&registry, &live, &roles).unwrap()
    }

    pub(super) fn builder(&self) -> TenantPoolBuilder {
        self.db.builder().allow_unenforced_tables()
    }

    pub(super) async fn pool(&self) -> TenantPool {
        self.builder().build().await.unwrap()
    }

    /// A session without this library.
    pub(super) async fn raw(&self, login: &str) -> Raw {
        Raw::connect(&self.db.url(login)).await
    }

    /// The same in acme's scope, until it ends.
    pub(super) async fn acme(&self) -> Raw {
        let raw = self.raw("app_login").await;
        raw.run("SET ROLE tenants_app; SET tenants.tenant = 'acme'").await.unwrap();
        raw
    }

    /// What was recorded: table, side, scope, login, role and statement.
    pub(super) async fn recorded(&self) -> Vec<String> {
        let all = "SELECT concat_ws('|', relation, side, CASE WHEN is_scoped THEN 'scoped' ELSE 'unscoped' END,
                login, role, statement)
            FROM tenants.observation ORDER BY id";
        self.raw(SUPERUSER).await.rows(all).await.unwrap()
    }
}
