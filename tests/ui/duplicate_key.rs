//! One key twice, even in two attributes.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, author -> Text, } }

#[derive(WithRls)]
#[tenants(column = tenant)]
#[tenants(column = author)]
struct Post;

fn main() {}
