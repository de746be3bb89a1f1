//! A parent is the path of a table.

use tenants_diesel::WithRls;

diesel::table! { plans (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(parent = "plans")]
struct Plan;

fn main() {}
