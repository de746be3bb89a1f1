//! Every other attribute of Diesel is passed over, wherever it stands.

use diesel::prelude::*;
use tenants_diesel::{IdentifierError, WithRls};

mod schema {
    diesel::table! { authors (id) { id -> BigInt, tenant -> Text, } }
    diesel::table! { blog_posts (id) { id -> BigInt, tenant -> Text, author_id -> BigInt, } }
}
use schema::{authors, blog_posts};

#[derive(Identifiable, Queryable, Selectable, WithRls)]
struct Author {
    id: i64,
}

#[derive(Identifiable, Queryable, Selectable, Associations, Insertable, AsChangeset, WithRls)]
#[diesel(primary_key(id), check_for_backend(diesel::pg::Pg))]
#[diesel(belongs_to(Author, foreign_key = author_id), table_name = schema::blog_posts)]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
struct Article {
    id: i64,
    #[diesel(column_name = author_id)]
    author_id: i64,
}

#[derive(HasQuery, WithRls)]
#[diesel(base_query = blog_posts::table.order_by((blog_posts::id, blog_posts::tenant)))]
#[diesel(base_query_type = diesel::dsl::Order<blog_posts::table, (blog_posts::id, blog_posts::tenant)>)]
struct BlogPost {
    id: i64,
}

#[derive(WithRls)]
#[diesel(table_name = "schema::blog_posts")]
struct Quoted;

#[test]
fn the_table_is_the_one_that_diesel_means() -> Result<(), IdentifierError> {
    let posts = [Article::table()?, BlogPost::table()?, Quoted::table()?];
    for table in posts {
        assert_eq!(table.name.to_string(), r#""public"."blog_posts""#);
    }
    assert_eq!(Author::table()?.name.to_string(), r#""public"."authors""#);
    Ok(())
}
