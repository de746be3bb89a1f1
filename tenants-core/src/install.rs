//! The statements that bring schema `tenants` up to date; the migrations themselves stand in
//! `migrations/`.

/// First message of the transaction: waits for every other process that does the same, makes the
/// schema and leads Diesel's table of applied migrations into it. Lock and path end with the
/// transaction.
///
/// READ COMMITTED, whatever the default: the wait must end with a look at what the others did.
pub const PREPARE: &str = include_str!("install/prepare.sql");
/// Serialises what changes schema `tenants` and its grants, in this database.
pub const LOCK: &str = "SELECT pg_catalog.pg_advisory_xact_lock(8387231245791425313)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_take_the_same_lock() {
        assert!(PREPARE.contains(&format!("{LOCK};")), "{PREPARE}");
        assert_eq!(8387231245791425313, i64::from_be_bytes(*b"tenants!"));
    }
}
