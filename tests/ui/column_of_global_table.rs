//! A global table has no tenant column.

use tenants_diesel::WithRls;

diesel::table! { plans (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(global, column = tenant)]
struct Plan;

fn main() {}
