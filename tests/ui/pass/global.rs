//! Tables that all tenants share.

use tenants_diesel::{GlobalAccess, IdentifierError, Tenancy, WithRls};

diesel::table! { plans (id) { id -> BigInt, } }
diesel::table! { counters (name) { name -> Text, hits -> BigInt, } }

#[derive(WithRls)]
#[tenants(global)]
struct Plan;

#[derive(WithRls)]
#[tenants(global, writable)]
struct Counter;

#[test]
fn global_tables_are_read_only_unless_they_say_otherwise() -> Result<(), IdentifierError> {
    assert_eq!(Plan::table()?.tenancy, Tenancy::Global(GlobalAccess::Read));
    assert_eq!(Counter::table()?.tenancy, Tenancy::Global(GlobalAccess::ReadWrite));
    Ok(())
}
