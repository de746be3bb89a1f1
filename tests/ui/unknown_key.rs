//! A misspelled key; the right one behind it still counts.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(colum = tenant, crate = tenants_diesel)]
struct Post;

fn main() {}
