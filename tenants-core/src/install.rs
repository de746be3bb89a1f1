//! The statements that bring schema `tenants` up to date; the migrations themselves stand in
//! `migrations/`.

/// First message of the transaction: waits for every other process that does the same, and makes
/// the schema and the table of applied migrations. The lock ends with the transaction.
pub const PREPARE: &str = include_str!("install/prepare.sql");
/// The versions that were applied, as column `version`.
pub const APPLIED: &str = r#"SELECT "version" FROM "tenants"."__diesel_schema_migrations""#;
/// Records that version `$1` was applied.
pub const RECORD: &str =
    r#"INSERT INTO "tenants"."__diesel_schema_migrations" ("version") VALUES ($1)"#;
/// Serialises what changes schema `tenants` and its grants, in this database.
pub const LOCK: &str = "SELECT pg_catalog.pg_advisory_xact_lock(8387231245791425313)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_take_the_same_lock() {
        assert!(PREPARE.starts_with(&format!("{LOCK};")), "{PREPARE}");
        assert_eq!(8387231245791425313, i64::from_be_bytes(*b"tenants!"));
    }
}
