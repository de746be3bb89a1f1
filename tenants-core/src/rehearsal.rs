//! Running a migration that is not applied, for a look at what it makes, and taking that back.
//!
//! Values only: a driver sends [`BEGIN`], the statement of [`up`], whatever it has to ask, and
//! [`ROLLBACK`].

use crate::quote::{Body, Literal, Sql, sql};

/// First message: all that is read until [`ROLLBACK`] is as of the same moment.
pub const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '5s'";
/// Last message, whatever came of the others.
pub const ROLLBACK: &str = "ROLLBACK";
/// One row: whether Diesel's table of applied migrations is there, as column `is_true`.
pub const HAS_HISTORY: &str =
    "SELECT pg_catalog.to_regclass('__diesel_schema_migrations') IS NOT NULL AS is_true";
/// One row: whether the migration of version `$1` is applied, as column `is_true`.
pub const IS_APPLIED: &str =
    "SELECT EXISTS (SELECT FROM __diesel_schema_migrations WHERE version = $1) AS is_true";
/// The constraint that an error of [`up`] names if its statements need to be outside of a transaction, or
/// begin or end one.
pub const NOT_IN_TRANSACTION: &str = "tenants_not_in_transaction";

/// Runs the statements of an `up.sql`, and nothing that would end the transaction.
///
/// `EXECUTE` refuses `COMMIT` and its like, also inside of blocks and procedures. In a message of its own, the text
/// could end our transaction and stay.
///
/// Returns `None` if the text holds a NUL character, which no statement has.
#[must_use]
pub fn up(text: &str) -> Option<Sql> {
    let body = sql!(
        "DECLARE
    context text;
BEGIN
    EXECUTE {up};
EXCEPTION
    WHEN active_sql_transaction OR invalid_transaction_termination THEN
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, CONSTRAINT = {not_in_transaction};
    WHEN feature_not_supported THEN
        GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
        -- A statement that failed has lines of its own. One that EXECUTE itself refuses has none.
        IF strpos(context, chr(10)) > 0 THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, CONSTRAINT = {not_in_transaction};
END",
        up = Literal::checked(text)?,
        not_in_transaction = Literal::new(NOT_IN_TRANSACTION),
    );
    Some(sql!("DO {body}", body = Body(&body)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ddl::lock_timeout;

    #[test]
    fn it_waits_for_locks_as_long_as_a_migration_does() {
        let wait = lock_timeout::for_this_transaction();
        assert!(BEGIN.ends_with(wait.as_str()), "{BEGIN}");
    }

    #[test]
    fn no_text_leaves_the_block() {
        let up = up("SELECT '$$', 'é'; DO $$ BEGIN END $$").unwrap();
        assert!(up.as_str().starts_with("DO $body1$\n"), "{up}");
        assert!(up.as_str().contains(r"EXECUTE  E'SELECT ''$$'', ''\u00E9'';"), "{up}");
        assert_eq!(super::up("SELECT 1\0"), None);
    }
}
