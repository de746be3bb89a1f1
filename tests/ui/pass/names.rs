//! Names that SQL and Rust spell differently.

use tenants_diesel::{IdentifierError, Tenancy, WithRls};

diesel::table! {
    #[sql_name = "Order \"Items\""]
    order_items (kind, number) {
        #[sql_name = "type"]
        kind -> Text,
        number -> Integer,
        #[sql_name = "Tenant, Id"]
        tenant_id -> Uuid,
    }
}
diesel::table! { r#matchs (id) { id -> BigInt, r#where -> Integer, } }

#[derive(WithRls)]
#[tenants(column = tenant_id)]
struct OrderItem;

#[allow(non_camel_case_types)]
#[derive(WithRls)]
#[tenants(column = r#where)]
struct r#match;

#[test]
fn the_names_are_those_that_queries_spell() -> Result<(), IdentifierError> {
    let table = OrderItem::table()?;
    assert_eq!(table.name.to_string(), r#""public"."Order ""Items""""#);
    let key: Vec<_> = table.primary_key.iter().map(|column| column.as_str()).collect();
    assert_eq!(key, ["type", "number"]);
    let Tenancy::PerTenant { column, .. } = table.tenancy else { unreachable!("not global") };
    assert_eq!(column.as_str(), "Tenant, Id");
    Ok(())
}

#[test]
fn raw_identifiers_lose_their_prefix() -> Result<(), IdentifierError> {
    let table = r#match::table()?;
    assert_eq!(table.name.to_string(), r#""public"."matchs""#);
    let Tenancy::PerTenant { column, .. } = table.tenancy else { unreachable!("not global") };
    assert_eq!(column.as_str(), "where");
    assert!(
        table.declarations.iter().all(|declaration| declaration.name.ends_with("names::match"))
    );
    Ok(())
}
