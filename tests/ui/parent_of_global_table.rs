//! Rows that all tenants share belong to no other.

use tenants_diesel::WithRls;

diesel::table! { plans (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(global, parent = plans)]
struct Plan;

fn main() {}
