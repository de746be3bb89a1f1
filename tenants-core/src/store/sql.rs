//! The statements of a store, in each dialect.
//!
//! A record that was removed for good stays as its id alone, with a status that is none: it keeps anybody else from
//! getting the id, and no statement here finds it.

use super::NewTenant;
use super::{Dialect, Metadata, Placement, Slug, Statement, TenantChanges, TenantStatus, Version};
use crate::tenant_id::TenantId;

/// The most ids that one statement names: SQLite takes 32,766 values, others more.
pub const CHUNK: usize = 500;

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
    /// One row, a number: 1 if the table is there. `None` where [`install`](Dialect::install) itself does nothing then.
    #[must_use]
    pub fn is_installed(self) -> Option<Statement> {
        let count = "SELECT count(*) AS number FROM sqlite_schema WHERE name = 'tenants_tenant'";
        (self.0 == Dialect::Sqlite).then(|| self.statement(count))
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
        let update = self.change().sql(", status = ").value(to.as_str());
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
        let update = self.change().sql(", status = ").value(to.as_str());
        update.sql("\nWHERE id IN ").list(ids.into_iter().map(TenantId::as_str)).once()
    }

    /// Puts metadata over what is there, if the outcome is not too large. `None` where that takes a
    /// [lock](Self::lock) and [`set_metadata`](Self::set_metadata).
    #[must_use]
    pub fn merge(self, id: &TenantId, patch: &Metadata) -> Option<Statement> {
        let Dialect::Postgres = self.0 else { return None };
        let (patch, max) =
            (patch.to_json(), i64::try_from(Metadata::MAX_BYTES).unwrap_or(i64::MAX));
        let update = self.change().sql(", metadata = metadata || ").value(&*patch).sql("::jsonb");
        let update = update.sql("\nWHERE id = ").value(id.as_str()).sql(PRESENT);
        let update = update.sql(" AND octet_length((metadata || ").value(&*patch);
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
