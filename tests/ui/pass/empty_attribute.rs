//! An attribute without entries is like none.

use tenants_diesel::{IdentifierError, Tenancy, WithRls};

diesel::table! { invoices (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants()]
struct Invoice;

#[test]
fn the_tenant_column_is_the_usual_one() -> Result<(), IdentifierError> {
    let Tenancy::PerTenant { column, .. } = Invoice::table()?.tenancy else {
        unreachable!("not global")
    };
    assert_eq!(column.as_str(), "tenant");
    Ok(())
}
