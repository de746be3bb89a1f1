//! A path to the wrong crate is one mistake.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(crate = framework::tenants)]
struct Post;

fn main() {
    let _ = Post::table();
}
