//! A tenant column of a type that does not compare exactly.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Double, } }

#[derive(WithRls)]
#[diesel(table_name = posts)]
struct Post;

fn main() {}
