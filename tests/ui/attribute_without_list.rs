//! `#[tenants]` that says nothing.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants]
struct Post;

fn main() {}
