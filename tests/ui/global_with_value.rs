//! `global` and `writable` are bare words.

use tenants_diesel::WithRls;

diesel::table! { plans (id) { id -> BigInt, } }

#[derive(WithRls)]
#[tenants(global = true)]
struct Plan;

fn main() {}
