//! Temporary objects, which outlive the scope that made them.

use crate::quote::Sql;

/// Takes the right to create temporary tables in the current database from everybody who does not
/// have it by a grant of their own.
///
/// A temporary table hides the table of its name from all later users of its connection, until the
/// connection is cleaned. Who cannot make one leaves none behind.
#[must_use]
pub fn revoke_from_public() -> Sql {
    // The statement names the database, and nobody who prints it has to know the name.
    Sql::fixed(
        "DO $$
BEGIN
    EXECUTE pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
END
$$",
    )
}
