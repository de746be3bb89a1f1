//! A framework that re-exports this crate under another name.

mod framework {
    pub(super) use tenants_diesel as tenancy;
}

use framework::tenancy::{IdentifierError, WithRls};

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, } }

#[derive(WithRls)]
#[tenants(crate = framework::tenancy)]
struct Post;

#[test]
fn the_generated_code_takes_the_given_path() -> Result<(), IdentifierError> {
    assert_eq!(Post::table()?.name.to_string(), r#""public"."posts""#);
    Ok(())
}
