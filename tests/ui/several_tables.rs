//! Diesel inserts one struct into several tables; each of them needs its own registration.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }
diesel::table! { drafts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[diesel(table_name = posts, table_name = drafts)]
struct NewPost;

fn main() {}
