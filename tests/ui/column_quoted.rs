//! A column in quotes.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(column = "tenant")]
struct Post;

fn main() {}
