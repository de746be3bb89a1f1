//! What a run makes, by name.

use std::env;
use std::path::PathBuf;

use tenants_diesel::Identifier;

use crate::Result;

pub struct Names {
    pub database: Identifier,
    pub login: Identifier,
    pub app: Identifier,
    pub admin: Identifier,
}

impl Names {
    /// What the database of every run is called, as a regular expression.
    pub const PATTERN: &str = "^tenants_quickstart_[0-9a-f]{12}$";

    pub fn random() -> Result<Self> {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self::new(&format!("tenants_quickstart_{}", &random[..12]))
    }

    pub fn new(name: &str) -> Result<Self> {
        let named = |suffix| Identifier::new(format!("{name}{suffix}"));
        Ok(Self {
            database: named("")?,
            login: named("_login")?,
            app: named("_app")?,
            admin: named("_admin")?,
        })
    }

    /// Where the migration is written.
    pub fn directory(&self) -> PathBuf {
        env::temp_dir().join(self.database.as_str())
    }

    pub fn create(&self, password: &str) -> [String; 2] {
        let Self { database, login, .. } = self;
        [
            format!("CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{password}'"),
            format!("CREATE DATABASE {database}"),
        ]
    }

    pub fn remove(&self) -> [String; 2] {
        let Self { database, login, app, admin } = self;
        [
            format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            format!("DROP ROLE IF EXISTS {login}, {app}, {admin}"),
        ]
    }
}
