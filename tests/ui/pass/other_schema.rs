//! A table outside `public`, several modules deep.

use tenants_diesel::{IdentifierError, WithRls};

mod schema {
    pub(super) mod archive {
        diesel::table! { archive.posts (id) { id -> BigInt, tenant -> Text, } }
    }
}

#[derive(WithRls)]
#[diesel(table_name = schema::archive::posts)]
struct Post;

#[test]
fn the_schema_is_part_of_the_name() -> Result<(), IdentifierError> {
    assert_eq!(Post::table()?.name.to_string(), r#""archive"."posts""#);
    Ok(())
}
