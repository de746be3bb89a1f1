//! The command as an application has it, with the tables of this file.

// The structs are here for their tags alone.
#![allow(dead_code)]

use tenants_diesel::WithRls;

mod schema {
    diesel::table! {
        posts (tenant, id) { id -> Integer, tenant -> Text, title -> Text, }
    }
    diesel::table! {
        #[sql_name = "posts"]
        archive.archived_posts (tenant, id) { id -> Integer, tenant -> Uuid, }
    }
    diesel::table! {
        plans (id) { id -> Integer, name -> Text, }
    }
}

#[derive(WithRls)]
#[diesel(table_name = schema::posts)]
struct Post;

#[derive(WithRls)]
#[diesel(table_name = schema::archived_posts)]
struct ArchivedPost;

tenants_diesel::global_tables!(schema::plans);

fn main() {
    tenants_diesel::cli::run()
}
