//! One table, and a struct for each use of it.

use diesel::prelude::*;
use tenants_diesel::{Registry, WithRls};

diesel::table! { posts (id) { id -> BigInt, tenant -> Text, title -> Text, } }

#[derive(Queryable, Selectable, WithRls)]
struct Post {
    id: i64,
    title: String,
}

#[derive(Insertable, WithRls)]
#[diesel(table_name = posts)]
struct NewPost<'a> {
    title: &'a str,
}

#[test]
fn several_structs_are_one_table() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new([NewPost::table()?, Post::table()?])?;
    let tables: Vec<_> = registry.tables().collect();
    assert_eq!(tables.len(), 1);
    let names: Vec<_> = tables[0].declarations.iter().map(|declaration| declaration.name).collect();
    assert_eq!(names, [concat!(module_path!(), "::NewPost"), concat!(module_path!(), "::Post")]);
    Ok(())
}
