//! A value without a key.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, customer -> Text, } }

#[derive(WithRls)]
#[tenants("customer")]
struct Post;

fn main() {}
