//! `writable` needs no value; whether it is global is said apart.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, customer -> Text, } }

#[derive(WithRls)]
#[tenants(global, writable = true)]
struct Post;

fn main() {}
