//! Each SQL type that a tenant column may have.

use tenants_core::TenantType;
use tenants_diesel::{IdentifierError, Tenancy, WithRls};

diesel::table! { texts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { varchars (id) { id -> BigInt, tenant -> Varchar, } }
diesel::table! { ints (id) { id -> BigInt, tenant -> Integer, } }
diesel::table! { bigints (id) { id -> BigInt, tenant -> BigInt, } }
diesel::table! { uuids (id) { id -> BigInt, tenant -> Uuid, } }

#[derive(WithRls)]
struct Text;

#[derive(WithRls)]
struct Varchar;

#[derive(WithRls)]
struct Int;

#[derive(WithRls)]
struct Bigint;

#[derive(WithRls)]
struct Uuid;

#[test]
fn the_type_is_that_of_the_column() -> Result<(), IdentifierError> {
    for (table, expected) in [
        (Text::table()?, TenantType::Text),
        (Varchar::table()?, TenantType::Text),
        (Int::table()?, TenantType::Int4),
        (Bigint::table()?, TenantType::Int8),
        (Uuid::table()?, TenantType::Uuid),
    ] {
        let Tenancy::PerTenant { column_type, .. } = table.tenancy else {
            unreachable!("not global")
        };
        assert_eq!(column_type, expected, "{}", table.name);
    }
    Ok(())
}
