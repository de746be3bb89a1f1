//! Tenants always write their own rows.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(writable)]
struct Post;

fn main() {}
