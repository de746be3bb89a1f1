//! A table that all tenants share has no tenant for its keys.

use tenants_diesel::WithRls;

diesel::table! { plans (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(global, composite_keys)]
struct Plan;

fn main() {}
