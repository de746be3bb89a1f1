//! A database with two tenants: `a`, who attacks, and `b`, who has secrets.

use std::sync::Arc;

use tenants_core::scope::{Access, Scope, Subject, Then};
use tenants_core::signature::{Binding, Signing};
use tenants_diesel::{Isolation, Registry, SigningKey, TenantId};
use tenants_tests::schema::per_tenant;
use tenants_tests::{Database, SUPERUSER, show, unique_id};

use tokio::sync::OnceCell;

use crate::raw::Raw;

/// How tenants are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) isolation: Isolation,
    pub(super) is_signed: bool,
}

impl Mode {
    /// In the order of [`Attack::expected`](super::attack::Attack::expected).
    pub(super) const ALL: [Self; 4] = [
        Self { isolation: Isolation::SharedRole, is_signed: false },
        Self { isolation: Isolation::SharedRole, is_signed: true },
        Self { isolation: Isolation::RolePerTenant, is_signed: false },
        Self { isolation: Isolation::RolePerTenant, is_signed: true },
    ];

    pub(super) fn name(self) -> &'static str {
        match (self.isolation, self.is_signed) {
            (Isolation::SharedRole, false) => "shared role",
            (Isolation::SharedRole, true) => "shared role, signed",
            (Isolation::RolePerTenant, false) => "role per tenant",
            (Isolation::RolePerTenant, true) => "role per tenant, signed",
        }
    }
}

/// A database with two tenants who have rows.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) db: Database,
    pub(super) mode: Mode,
    /// What scopes are signed with, if they are.
    pub(super) key: Option<SigningKey>,
    pub(super) a: TenantId,
    pub(super) b: TenantId,
    /// The server's `server_version_num`.
    pub(super) version: u32,
    /// What pools connect as.
    pub(super) login: String,
    is_naive: bool,
    root: Arc<OnceCell<Raw>>,
}

impl Stage {
    pub(super) async fn new(mode: Mode) -> Self {
        let db = Database::isolated_by(mode.isolation).await;
        db.run("owner", include_str!("fixture.sql")).await;
        db.protect(&registry()).await;
        let pool = db.builder().max_size(1).build().await.unwrap();
        let a = pool.create_tenant(unique_id()).await.unwrap();
        let b = pool.create_tenant(unique_id()).await.unwrap();
        let key = if mode.is_signed { Some(sign(&db).await) } else { None };
        let version = db.number("SELECT current_setting('server_version_num')").await;
        let stage = Self {
            db,
            mode,
            key,
            a,
            b,
            version: version.try_into().unwrap(),
            login: "app_login".to_owned(),
            is_naive: false,
            root: Arc::default(),
        };
        stage.reset().await.unwrap();
        let secrets = stage.fill("SELECT count(*) FROM customers WHERE tenant = '{b}'");
        assert_eq!(stage.db.number(&secrets).await, 40);
        Self { root: Arc::default(), ..stage }
    }

    /// The same, in which raw connections are scoped as one would without this library.
    pub(super) fn naive(self) -> Self {
        Self { is_naive: true, ..self }
    }

    /// Another one that looks the same. Nobody may be on this one.
    pub(super) async fn copy(&self) -> Self {
        Self { db: self.db.copy().await, root: Arc::default(), ..self.clone() }
    }

    /// Makes a login that may do what `app_login` may, of which an operator can make more.
    pub(super) async fn make_login(&mut self) {
        self.login = unique_id();
        let make = "CREATE ROLE {login} LOGIN NOINHERIT; GRANT tenants_app, {role_a}, {role_b} TO {login};
            GRANT USAGE ON SCHEMA tenants TO {login}; GRANT EXECUTE ON FUNCTION tenants.admit(text) TO {login}";
        self.db.run(SUPERUSER, &self.fill(make)).await;
    }

    /// Drops the database. A login that was made for it stays, and nobody knows its name.
    pub(super) async fn remove(self) {
        self.db.remove().await;
    }

    /// Gives both tenants their rows, unless something that an attack made is in the way.
    pub(super) async fn reset(&self) -> Result<(), String> {
        self.root().await.run(&self.fill(include_str!("rows.sql"))).await
    }

    /// All that `a` must not change.
    pub(super) async fn state(&self) -> String {
        self.root().await.row(&self.fill(include_str!("state.sql"))).await
    }

    /// The same, and what `a` may change.
    pub(super) async fn whole_state(&self) -> String {
        self.root()
            .await
            .row(&self.fill(&include_str!("state.sql").replace("<> '{a}'", "<> ''")))
            .await
    }

    /// Whether the server's installation holds an extension.
    pub(super) async fn has(&self, extension: Option<&str>) -> bool {
        let Some(extension) = extension else { return true };
        let found =
            format!("SELECT count(*) FROM pg_available_extensions WHERE name = '{extension}'");
        self.db.number(&found).await > 0
    }

    /// A superuser, who is not connected before somebody asks: a template has no guests.
    pub(super) async fn root(&self) -> &Raw {
        self.root.get_or_init(|| self.raw(SUPERUSER)).await
    }

    pub(super) async fn raw(&self, login: &str) -> Raw {
        Raw::connect(&self.db.url(login)).await
    }

    /// A connection without this library, in the scope of a tenant, in a transaction.
    pub(super) async fn scoped(&self, login: &str, tenant: &TenantId) -> Raw {
        let raw = self.raw(login).await;
        raw.run(&self.begin(tenant, &raw).await).await.unwrap();
        raw
    }

    /// The beginning of a transaction, as the library sends it on this connection.
    pub(super) async fn begin(&self, tenant: &TenantId, raw: &Raw) -> String {
        let signature = match &self.key {
            Some(key) => Some(key.sign(tenant, Binding::Backend(pid(raw).await), soon(raw).await)),
            None => None,
        };
        if self.is_naive {
            let role = self.role(tenant);
            let signed = signature.map_or_else(|| "SELECT 1".to_owned(), |signed| show(&signed));
            return format!(
                "BEGIN; SET LOCAL tenants.tenant = '{tenant}'; {signed}; SET LOCAL ROLE '{role}'"
            );
        }
        let entry = self.scope().begin(Subject::Tenant(tenant), Access::ReadWrite).unwrap();
        match signature {
            Some(signature) => entry.signed(&signature).to_string(),
            None => entry.unsigned().to_string(),
        }
    }

    /// The end of a transaction, as the library sends it.
    pub(super) fn commit(&self, tenant: &TenantId) -> String {
        if self.is_naive {
            return "COMMIT".to_owned();
        }
        self.scope().commit(Subject::Tenant(tenant), Then::Release).unwrap().to_string()
    }

    fn scope(&self) -> Scope {
        Scope { isolation: self.mode.isolation, ..Scope::default() }
    }

    /// Fills in what differs between modes and databases:
    ///
    /// - `{a}`, `{b}`: the ids; `{role_a}`, `{role_b}`: the roles that they run as; `{db}`: the database; `{login}`: what pools connect as.
    /// - `{set}`: the setting that tells tenants apart, set to `b`, for a `SET`.
    /// - `{switch}`: the same as an expression, until the end of the transaction; `{keep}`: beyond it; `{back}`:
    ///   set to `a` again, and `{set_a}` for a `SET`.
    /// - Behind `quoted_`, any of them inside of a literal.
    pub(super) fn fill(&self, text: &str) -> String {
        let (role_a, role_b) = (self.role(&self.a), self.role(&self.b));
        let (name, a, b) = match self.mode.isolation {
            Isolation::SharedRole => ("tenants.tenant", self.a.as_str(), self.b.as_str()),
            Isolation::RolePerTenant => ("role", role_a.as_str(), role_b.as_str()),
        };
        let holes = [
            ("set", format!("{name} = '{b}'")),
            ("set_a", format!("{name} = '{a}'")),
            ("switch", format!("set_config('{name}', '{b}', true)")),
            ("keep", format!("set_config('{name}', '{b}', false)")),
            ("back", format!("set_config('{name}', '{a}', true)")),
            ("role_a", role_a.clone()),
            ("role_b", role_b.clone()),
            ("a", self.a.to_string()),
            ("b", self.b.to_string()),
            ("login", self.login.clone()),
            ("db", self.db.name().to_owned()),
        ];
        holes.iter().fold(text.to_owned(), |text, (hole, value)| {
            text.replace(&format!("{{{hole}}}"), value)
                .replace(&format!("{{quoted_{hole}}}"), &value.replace('\'', "''"))
        })
    }

    fn role(&self, tenant: &TenantId) -> String {
        self.scope().role(Subject::Tenant(tenant)).unwrap().as_str().to_owned()
    }
}

async fn pid(raw: &Raw) -> i32 {
    raw.row("SELECT pg_backend_pid()").await.parse().unwrap()
}

/// A time in five minutes, by the server's clock.
async fn soon(raw: &Raw) -> i64 {
    let soon = "SELECT floor(extract(epoch FROM clock_timestamp()) + 300)::bigint";
    raw.row(soon).await.parse().unwrap()
}

/// Lets the guards ask for signatures.
async fn sign(db: &Database) -> SigningKey {
    let key = db.add_key().await;
    db.set_signing(Signing::On, &registry()).await;
    key
}

/// The tables of the fixture, as an application would have tagged them.
pub(super) fn registry() -> Registry {
    Registry::new([
        per_tenant::<customers::table, customers::tenant>(),
        per_tenant::<invoices::table, invoices::tenant>(),
        per_tenant::<visits::table, visits::tenant>(),
        per_tenant::<accounts::table, accounts::tenant>(),
        per_tenant::<payments::table, payments::tenant>(),
    ])
    .unwrap()
}

diesel::table! { customers (tenant, id) { tenant -> Text, id -> BigInt, email -> Text, secret -> Text, } }
diesel::table! { invoices (tenant, id) { tenant -> Text, id -> BigInt, customer -> BigInt, amount -> Integer, } }
diesel::table! { visits (tenant, day) { tenant -> Text, day -> Text, secret -> Text, } }
diesel::table! { accounts (id) { tenant -> Text, id -> BigInt, name -> Text, secret -> Text, } }
diesel::table! { payments (id) { tenant -> Text, id -> BigInt, account -> BigInt, } }
