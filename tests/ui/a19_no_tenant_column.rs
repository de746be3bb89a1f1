//! A table that has no tenant column.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, title -> Text, } }

#[derive(WithRls)]
#[diesel(table_name = posts)]
struct Post;

fn main() {}
