//! A tenant column that may be empty.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, owner -> Nullable<Text>, } }

#[derive(WithRls)]
#[diesel(table_name = posts)]
#[tenants(column = owner)]
struct Post;

fn main() {}
