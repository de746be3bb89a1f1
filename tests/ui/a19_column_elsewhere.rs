//! What another table has, or what else is in scope, is no column of this one.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, } }
diesel::table! { comments (id) { id -> BigInt, tenant -> Text, } }

use comments::tenant;

#[derive(WithRls)]
struct Post;

fn main() {
    let _ = tenant;
}
