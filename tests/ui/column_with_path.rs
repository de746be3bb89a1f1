//! A column with its table: it could be another one.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(column = posts::tenant)]
struct Post;

fn main() {}
