//! `crate` without the path.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, customer -> Text, } }

#[derive(WithRls)]
#[tenants(crate)]
struct Post;

fn main() {}
