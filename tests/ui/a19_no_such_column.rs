//! A tenant column that the table does not have.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[diesel(table_name = posts)]
#[tenants(column = tenant_id)]
struct Post;

fn main() {}
