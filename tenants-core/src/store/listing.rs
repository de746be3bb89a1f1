//! The statements that read parts of the list, in each dialect.
//!
//! The tenants of one status are one range of an index. Of several statuses each range is read as far as the part could
//! go, and the ranges are merged: `status IN (..)` would have to sort all of them, or pass over all others.

use super::sql::PRESENT;
use super::{Cursor, Dialect, Filter, ListQuery, Statement, Statements};
use crate::tenant_id::TenantId;

/// Of the slug characters, `z` is the last one in the order of bytes; this one follows it.
const BEHIND_SLUGS: &str = "{";

impl Statements {
    /// A part of the list, and one record more if there is one behind it.
    #[must_use]
    pub fn list(self, query: &ListQuery) -> Statement {
        let limit = i64::from(query.limit.get()) + 1;
        let offset = i64::try_from(query.offset).unwrap_or(i64::MAX);
        let each = |part: Statement| {
            let part = query.after.iter().fold(part, |part, after| self.before(part, after));
            let part = part.sql("\n        ORDER BY created_at DESC, id DESC LIMIT ");
            part.value(limit.saturating_add(offset))
        };
        self.merged(&query.filter, each)
            .sql("\nORDER BY tenant.created_at DESC, tenant.id DESC\nLIMIT ")
            .value(limit)
            .sql(" OFFSET ")
            .value(offset)
    }

    /// Up to `limit` records behind an id, in the order of their ids.
    #[must_use]
    pub fn walk(self, filter: &Filter, after: Option<&TenantId>, limit: u16) -> Statement {
        let limit = i64::from(limit);
        let each = |part: Statement| {
            let part =
                after.iter().fold(part, |part, id| part.sql(" AND id > ").value(id.as_str()));
            part.sql("\n        ORDER BY id LIMIT ").value(limit)
        };
        self.merged(filter, each).sql("\nORDER BY tenant.id\nLIMIT ").value(limit)
    }

    /// One row, a number.
    #[must_use]
    pub fn count(self, filter: &Filter) -> Statement {
        let statuses = filter.statuses().iter().map(|status| status.as_str());
        let Dialect::Postgres = self.0 else {
            let count = self.statement("SELECT count(*) AS number FROM ").sql(self.0.table());
            return count.sql(" WHERE status IN ").list(statuses);
        };
        // One by one: where the planner knows that most tenants are meant, it reads the table, which is several times as
        // large as the index. No tenant is of the status NULL.
        let count = self.statement(
            "SELECT coalesce(sum(one.number), 0)::bigint AS number\nFROM unnest(ARRAY[NULL",
        );
        let count = statuses.fold(count, |count, status| count.sql(", ").value(status));
        count
            .sql("]) AS wanted (status),\n    LATERAL (SELECT count(*) AS number FROM ")
            .sql(self.0.table())
            .sql(" AS tenant WHERE tenant.status = wanted.status) AS one")
    }

    /// Up to `limit` records whose slug or name holds a text: first the one of that slug, then those whose slug begins
    /// with it.
    ///
    /// These are a range of the index of slugs, in its order. Others are looked for only if they are too few.
    #[must_use]
    pub fn search(self, text: &str, limit: u16) -> Statement {
        // In `LIKE`, `%`, `_` and the escape itself stand for themselves.
        let containing = |text: &str| -> String {
            let escape = |it| matches!(it, '%' | '_' | '!').then_some('!').into_iter().chain([it]);
            ['%'].into_iter().chain(text.chars().flat_map(escape)).chain(['%']).collect()
        };
        // Slugs are ASCII. What the lower case of a name is, the database says of both sides.
        let slug = text.to_lowercase();
        let (from, to) = beginning_with(&slug);
        let limit = i64::from(limit);
        self.statement("WITH ahead AS (\n    SELECT * FROM ")
            .sql(self.0.table())
            .sql(" WHERE slug >= ")
            .value(&*from)
            .sql(" AND slug < ")
            .value(&*to)
            .sql(" ORDER BY slug LIMIT ")
            .value(limit)
            .sql("\n)\nSELECT ")
            .sql(self.0.columns())
            .sql("\nFROM (\n    SELECT 0 AS place, ahead.* FROM ahead\n    UNION ALL\n    SELECT 1 AS place, others.* FROM (\n        SELECT * FROM ")
            .sql(self.0.table())
            .sql("\n        WHERE (SELECT count(*) FROM ahead) < ")
            .value(limit)
            .sql(" AND (slug IS NULL OR slug < ")
            .value(&*from)
            .sql(" OR slug >= ")
            .value(&*to)
            .sql(")\n            AND (slug LIKE ")
            .value(&*containing(&slug))
            .sql(" ESCAPE '!' OR lower(name) LIKE lower(")
            .value(&*containing(text))
            .sql(") ESCAPE '!')")
            .sql(PRESENT)
            .sql("\n        ORDER BY slug, id LIMIT ")
            .value(limit)
            .sql("\n    ) AS others\n) AS tenant\nORDER BY place, tenant.slug, tenant.id\nLIMIT ")
            .value(limit)
            // How to find the others depends on how many of them there are.
            .once()
    }

    /// The records of each status of a filter, as far as `each` lets them, as the table `tenant`.
    fn merged(self, filter: &Filter, each: impl Fn(Statement) -> Statement) -> Statement {
        let statuses = filter.statuses().iter().map(|status| Some(status.as_str()));
        // Of no status at all there is none.
        let none = filter.statuses().is_empty().then_some(None);
        let select = self.statement("SELECT ").sql(self.0.columns()).sql("\nFROM (");
        let ranges = statuses.chain(none).enumerate().fold(select, |merged, (number, status)| {
            let merged = if number == 0 { merged } else { merged.sql("\n    UNION ALL") };
            let range = merged.sql("\n    SELECT * FROM (\n        SELECT * FROM ");
            let range = range.sql(self.0.table()).sql(" WHERE status = ").value(status);
            each(range).sql("\n    ) AS one")
        });
        ranges.sql("\n) AS tenant")
    }

    /// Those behind a place in the list.
    fn before(self, part: Statement, cursor: &Cursor) -> Statement {
        let (created_at, id) = cursor.key();
        let (moment, end) = self.0.moment();
        let part = match self.0 {
            Dialect::Postgres | Dialect::Sqlite => part.sql(" AND (created_at, id) < ("),
            // For a comparison of rows MySQL takes no index.
            Dialect::MySql => {
                let part = part.sql(" AND (created_at < ").sql(moment).value(created_at).sql(end);
                let part = part.sql(" OR (created_at = ").sql(moment).value(created_at).sql(end);
                return part.sql(" AND id < ").value(id.as_str()).sql("))");
            }
        };
        part.sql(moment).value(created_at).sql(end).sql(", ").value(id.as_str()).sql(")")
    }
}

/// From where to where the slugs are that begin with a text.
fn beginning_with(text: &str) -> (String, String) {
    let is_part = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    // Not left to the comparison: for MySQL a text is the same with spaces behind it.
    if text.bytes().all(is_part) {
        (text.to_owned(), format!("{text}{BEHIND_SLUGS}"))
    } else {
        (BEHIND_SLUGS.to_owned(), BEHIND_SLUGS.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TenantStatus;

    #[test]
    fn each_status_is_a_range() {
        let filter = Filter::any_of([TenantStatus::Active, TenantStatus::Failed]);
        let walk = Statements(Dialect::Sqlite).walk(&filter, None, 3);
        assert_eq!(walk.as_sql().matches("WHERE status = ?").count(), 2);
        assert_eq!(walk.as_sql().matches("UNION ALL").count(), 1);
        let none = Statements(Dialect::Sqlite).walk(&Filter::any_of([]), None, 3);
        assert_eq!(none.as_sql().matches("WHERE status = ?").count(), 1);
        assert_eq!(none.values()[0], None.into());
    }

    #[test]
    fn slugs_that_begin_with_a_text_are_in_its_range() {
        let is_in = |slug: &str, text: &str| {
            let (from, to) = beginning_with(text);
            *slug >= *from && *slug < *to
        };
        for slug in ["acme", "acme-1", "acmez", "acme-zz9"] {
            assert!(is_in(slug, "acme") && is_in(slug, "") && is_in(slug, "ac"), "{slug}");
            assert!(!is_in(slug, "acme ") && !is_in(slug, "acma") && !is_in(slug, "b"), "{slug}");
        }
        assert!(!is_in("acm", "acme") && !is_in("acmf", "acme") && !is_in("ac", "_"));
    }
}
