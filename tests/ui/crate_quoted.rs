//! A crate in quotes.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(crate = "tenants_diesel")]
struct Post;

fn main() {}
