//! The statements of a store, in each dialect.
//!
//! A record that was removed for good stays as its id alone, with a status that is none: it keeps anybody else from
//! getting the id, and no statement here finds it.

use super::NewTenant;
use super::{
    Dialect, InstallError, Metadata, Placement, Slug, Statement, TenantChanges, TenantStatus,
    Version,
};
use crate::tenant_id::TenantId;

/// The most ids that one statement names: SQLite takes 32,766 values, others more.
pub const CHUNK: usize = 500;

/// What a store needs of its table: columns; no two records of one id or slug; and ids that are told apart by their bytes.
pub const PARTS: [&str; 14] = [
    "id",
    "slug",
    "name",
    "status",
    "isolation",
    "schema_name",
    "database_url",
    "metadata",
    "version",
    "created_at",
    "updated_at",
    "a unique id",
    "a unique slug",
    "an id compared by its bytes",
];

/// What is stored of a [`Placement`], whose URL has been sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<'a> {
    isolation: &'static str,
    schema_name: Option<&'a str>,
    database_url: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn new(placement: &'a Placement, sealed: Option<&'a str>) -> Self {
        let schema_name = match placement {
            Placement::Schema(name) => Some(name.as_str()),
            _ => None,
        };
        Self { isolation: placement.as_str(), schema_name, database_url: sealed }
    }
}

/// How the records are written and read in one dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statements(pub Dialect);

impl Statements {
    /// Asks MySQL for the number of the error that the last statement ended with, for
    /// [`error_number`](Self::error_number). It goes without being prepared, which would forget the error.
    pub const DIAGNOSE: &str = "GET DIAGNOSTICS CONDITION 1 @tenants_error = MYSQL_ERRNO";

    /// One row, a number: the one that was asked for.
    #[must_use]
    pub fn error_number(self) -> Statement {
        self.statement("SELECT COALESCE(CAST(@tenants_error AS SIGNED), 0) AS number")
    }

    /// What keeps the versions of the table, beside it.
    pub const VERSIONS: &str =
        "CREATE TABLE IF NOT EXISTS tenants_store_version (version bigint NOT NULL PRIMARY KEY)";

    /// One row, a number: 1 if there is what keeps versions, which a table of somebody else's has not.
    #[must_use]
    pub fn has_versions(self) -> Statement {
        self.statement(match self.0 {
            Dialect::MySql => {
                "SELECT count(*) AS number FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'tenants_store_version'"
            }
            Dialect::Postgres | Dialect::Sqlite => {
                "SELECT count(*) AS number FROM sqlite_schema WHERE name = 'tenants_store_version'"
            }
        })
    }

    /// One row, a number: how many [steps](Dialect::steps) were run.
    #[must_use]
    pub fn version(self) -> Statement {
        self.statement("SELECT COALESCE(MAX(version), 0) AS number FROM tenants_store_version")
    }

    /// Notes that so many were.
    #[must_use]
    pub fn set_version(self, version: i64) -> Statement {
        self.statement("INSERT INTO tenants_store_version (version) VALUES (")
            .value(version)
            .sql(")")
    }

    /// One row, a number: 1 if no other connection installs into this database until [`install_unlock`](Self::install_unlock), 0 if one
    /// did for so many seconds. `None` where a transaction locks: MySQL ends it with each table that is made.
    #[must_use]
    pub fn install_lock(self, seconds: i64) -> Option<Statement> {
        let Dialect::MySql = self.0 else { return None };
        let lock = "SELECT COALESCE(CAST(GET_LOCK(CONCAT('tenants_store.', MD5(DATABASE())), ";
        Some(self.statement(lock).value(seconds).sql(") AS SIGNED), 0) AS number"))
    }

    /// Lets others install.
    #[must_use]
    pub fn install_unlock(self) -> Statement {
        let unlock = "SELECT COALESCE(CAST(RELEASE_LOCK(CONCAT('tenants_store.', MD5(DATABASE()))) AS SIGNED), 0) AS number";
        self.statement(unlock)
    }

    /// One text for each of [`PARTS`] that is there.
    #[must_use]
    pub fn parts(self) -> Statement {
        self.statement(match self.0 {
            Dialect::Postgres => include_str!("parts/postgres.sql"),
            Dialect::Sqlite => include_str!("parts/sqlite.sql"),
            Dialect::MySql => include_str!("parts/mysql.sql"),
        })
    }

    /// Compares what is there with [`PARTS`].
    ///
    /// # Errors
    ///
    /// [`InstallError::NoTable`] if nothing is, [`InstallError::Lacks`] with what is not.
    pub fn check_parts(self, there: &[String]) -> Result<(), InstallError> {
        let (table, remedy) = match self.0 {
            Dialect::Postgres => {
                ("tenants.tenant", "run `tenants setup`, or `migrations::install`")
            }
            Dialect::Sqlite | Dialect::MySql => {
                (self.0.table(), "call `install`, or run the steps that `Dialect::steps` has")
            }
        };
        let lacks = PARTS.into_iter().filter(|part| there.iter().all(|it| it != part));
        match lacks.collect::<Vec<_>>() {
            _ if there.is_empty() => Err(InstallError::NoTable { table, remedy }),
            parts if parts.is_empty() => Ok(()),
            parts => Err(InstallError::Lacks { table, parts, remedy }),
        }
    }

    /// Creates a record; with [`returns`](Dialect::returns), one row, or none if its id or its slug is taken.
    #[must_use]
    pub fn create(self, new: &NewTenant, sealed: Option<&str>) -> Statement {
        let place = Place::new(&new.placement, sealed);
        let insert = self
            .statement("INSERT INTO ")
            .sql(self.0.table())
            .sql(" (id, slug, name, status, isolation, schema_name, database_url, metadata)\nVALUES (")
            .value(new.id.as_str())
            .sql(", ")
            .value(new.slug.as_str())
            .sql(", ")
            .value(&*new.name)
            .sql(", ")
            .value(new.status.as_str())
            .sql(", ")
            .value(place.isolation)
            .sql(", ")
            .value(place.schema_name)
            .sql(", ")
            .value(place.database_url)
            .sql(", ")
            .value(&*new.metadata.to_json())
            .sql(self.0.json())
            .sql(")");
        if self.0.returns() {
            self.returning(insert.sql("\nON CONFLICT DO NOTHING"))
        } else {
            insert
        }
    }

    /// One row, a number: 1 if the id is taken, also by a record that was removed.
    #[must_use]
    pub fn is_taken(self, id: &TenantId) -> Statement {
        let count = self.statement("SELECT count(*) AS number FROM ").sql(self.0.table());
        count.sql(" WHERE id = ").value(id.as_str())
    }

    /// The record of an id.
    #[must_use]
    pub fn get(self, id: &TenantId) -> Statement {
        self.select().sql(" WHERE id = ").value(id.as_str()).sql(PRESENT)
    }

    /// The same, which nobody else changes until the transaction ends.
    #[must_use]
    pub fn lock(self, id: &TenantId) -> Statement {
        self.get(id).sql(self.for_update())
    }

    /// The record of an id as it is by now, whatever the transaction saw before.
    #[must_use]
    pub fn current(self, id: &TenantId) -> Statement {
        match self.0 {
            // Where the caller's transaction has another isolation level than ours, a plain read goes back in time.
            Dialect::MySql => self.lock(id),
            Dialect::Postgres | Dialect::Sqlite => self.get(id),
        }
    }

    /// The record of a slug.
    #[must_use]
    pub fn get_by_slug(self, slug: &Slug) -> Statement {
        self.select().sql(" WHERE slug = ").value(slug.as_str()).sql(PRESENT)
    }

    /// The records of up to [`CHUNK`] ids, in no order.
    #[must_use]
    pub fn get_many<'a>(self, ids: impl IntoIterator<Item = &'a TenantId>) -> Statement {
        let ids = ids.into_iter().map(TenantId::as_str);
        self.select().sql(" WHERE id IN ").list(ids).sql(PRESENT).once()
    }

    /// The same in the order of their ids, which nobody else changes until the transaction ends.
    #[must_use]
    pub fn lock_many<'a>(self, ids: impl IntoIterator<Item = &'a TenantId>) -> Statement {
        self.get_many(ids).sql("\nORDER BY id").sql(self.for_update())
    }

    /// Changes what an update names, if the record is of that version.
    #[must_use]
    pub fn update(
        self,
        id: &TenantId,
        expected: Version,
        changes: &TenantChanges,
        sealed: Option<&str>,
    ) -> Statement {
        let mut update = self.change();
        if let Some(slug) = &changes.slug {
            update = update.sql(", slug = ").value(slug.as_ref().map(Slug::as_str));
        }
        if let Some(name) = &changes.name {
            update = update.sql(", name = ").value(&**name);
        }
        if let Some(placement) = &changes.placement {
            let place = Place::new(placement, sealed);
            update = update.sql(", isolation = ").value(place.isolation);
            update = update.sql(", schema_name = ").value(place.schema_name);
            update = update.sql(", database_url = ").value(place.database_url);
        }
        let update = update.sql("\nWHERE id = ").value(id.as_str()).sql(" AND version = ");
        self.returning(update.value(expected.stored()).sql(PRESENT))
    }

    /// Gives a record another status, if it has one of some others.
    #[must_use]
    pub fn transition(
        self,
        id: &TenantId,
        from: impl IntoIterator<Item = TenantStatus>,
        to: TenantStatus,
    ) -> Statement {
        let from = from.into_iter().map(TenantStatus::as_str);
        let update = self.become_status(to);
        let update = update.sql("\nWHERE id = ").value(id.as_str()).sql(" AND status IN ");
        self.returning(update.list(from))
    }

    /// Gives up to [`CHUNK`] records, which are locked, another status.
    #[must_use]
    pub fn transition_many<'a>(
        self,
        ids: impl IntoIterator<Item = &'a TenantId>,
        to: TenantStatus,
    ) -> Statement {
        let update = self.become_status(to);
        update.sql("\nWHERE id IN ").list(ids.into_iter().map(TenantId::as_str)).once()
    }

    /// Puts metadata over what is there, if the outcome is not too large. `None` where that takes a
    /// [lock](Self::lock) and [`set_metadata`](Self::set_metadata).
    #[must_use]
    pub fn merge(self, id: &TenantId, patch: &Metadata) -> Option<Statement> {
        let Dialect::Postgres = self.0 else { return None };
        let (patch, max) =
            (patch.to_json(), i64::try_from(Metadata::MAX_BYTES).unwrap_or(i64::MAX));
        let there = "(CASE WHEN jsonb_typeof(metadata) = 'object' THEN metadata ELSE '{}' END || ";
        let update = self.change().sql(", metadata = ").sql(there).value(&*patch).sql("::jsonb)");
        let update = update.sql("\nWHERE id = ").value(id.as_str()).sql(PRESENT);
        let update = update.sql(" AND octet_length(").sql(there).value(&*patch);
        Some(self.returning(update.sql("::jsonb)::text) <= ").value(max)))
    }

    /// Replaces the metadata of a record.
    #[must_use]
    pub fn set_metadata(self, id: &TenantId, metadata: &Metadata) -> Statement {
        let update =
            self.change().sql(", metadata = ").value(&*metadata.to_json()).sql(self.0.json());
        self.returning(update.sql("\nWHERE id = ").value(id.as_str()).sql(PRESENT))
    }

    /// Removes a record for good, all but its id.
    #[must_use]
    pub fn delete(self, id: &TenantId) -> Statement {
        self.change()
            .sql(", status = 'purged', slug = NULL, name = '', isolation = 'shared', schema_name = NULL, database_url = NULL, metadata = '{}'")
            .sql("\nWHERE id = ")
            .value(id.as_str())
            .sql(PRESENT)
    }

    pub(super) fn statement(self, sql: &'static str) -> Statement {
        Statement::new(self.0, sql)
    }

    fn select(self) -> Statement {
        self.statement("SELECT ").sql(self.0.columns()).sql("\nFROM ").sql(self.0.table())
    }

    fn change(self) -> Statement {
        self.statement("UPDATE ").sql(self.0.table()).sql("\nSET ").sql(self.0.touch())
    }

    fn become_status(self, to: TenantStatus) -> Statement {
        let change = self.change().sql(", status = ").value(to.as_str());
        match (self.0, to) {
            // As `tenants.delete_tenant` does: `restore_tenant` serves nobody who was suspended.
            (Dialect::Postgres, TenantStatus::Deleted) => change.sql(
                r#", "restores_to" = CASE "status" WHEN 'active' THEN 'active' ELSE 'suspended' END"#,
            ),
            _ => change,
        }
    }

    fn returning(self, statement: Statement) -> Statement {
        if self.0.returns() {
            statement.sql("\nRETURNING ").sql(self.0.columns())
        } else {
            statement
        }
    }

    /// SQLite locks the whole file when the transaction begins.
    fn for_update(self) -> &'static str {
        match self.0 {
            Dialect::Postgres | Dialect::MySql => "\nFOR UPDATE",
            Dialect::Sqlite => "",
        }
    }
}

/// Not a record that was removed.
pub(super) const PRESENT: &str = " AND status <> 'purged'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let mut there = PARTS.map(str::to_owned).to_vec();
        there.push("a column of the application's".to_owned());
        let statements = Statements(Dialect::MySql);
        assert!(statements.check_parts(&there).is_ok());
        there.retain(|part| part != "slug" && part != "a unique id");
        let lacks = statements.check_parts(&there).map_err(|error| error.to_string());
        let told = "the table `tenants_tenant` lacks slug, a unique id: ";
        assert!(lacks.is_err_and(|lacks| lacks.starts_with(told)));
        let none = statements.check_parts(&[]);
        assert!(matches!(none, Err(InstallError::NoTable { table: "tenants_tenant", .. })));
    }
}
