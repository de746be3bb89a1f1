//! `composite_keys` is a bare word.

use tenants_diesel::WithRls;

diesel::table! { plans (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(composite_keys = true)]
struct Plan;

fn main() {}
