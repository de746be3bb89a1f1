//! The attribute on a field, where it would be passed over in silence.

use tenants_diesel::WithRls;

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, customer -> Text, } }

#[derive(WithRls)]
struct Post {
    #[tenants(column)]
    customer: String,
}

fn main() {}
